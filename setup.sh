#!/usr/bin/env bash
# Makes the Python environment, or fetches what the pages load in a browser, or with it the clients of `make interop`.
#   setup.sh FOLDER REQUIREMENTS      setup.sh --browser FOLDER      setup.sh --clients FOLDER
set -euo pipefail

works() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }

find_python() {
  local pyenv=${PYENV_ROOT:-$HOME/.pyenv} candidate
  for candidate in python3.13 python3.12 "$pyenv"/versions/3.13*/bin/python "$pyenv"/versions/3.12*/bin/python python3; do
    if works "$candidate"; then command -v "$candidate"; return; fi
  done
  echo "Sebar needs Python 3.12 or 3.13 and finds neither on the PATH nor among pyenv's versions." >&2
  echo "Install one, for example: apt install python3.13 python3.13-venv   or   pyenv install 3.13" >&2
  exit 1
}

if [ "$1" = --browser ] || [ "$1" = --clients ]; then
  venv=$2
  unwanted=$([ "$1" = --clients ] || echo --omit=dev)
  if ! command -v npm >/dev/null; then
    "$venv/bin/pip" install --quiet --require-hashes -r requirements-node.txt
    PATH="$PWD/$venv/bin:$PATH"
  fi
  npm ci --ignore-scripts $unwanted --no-audit --no-fund --loglevel=error
  "$venv/bin/python" -m server.vendor
  exit
fi

venv=$1 requirements=$2
if ! works "$venv/bin/python"; then
  python=$(find_python)
  echo "Making the environment with $("$python" --version) …"
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
