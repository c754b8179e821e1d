"""`sebar doctor`: what this installation has and what it lacks."""

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pyogrio
from pygeoapi import __version__ as pygeoapi_version

from server.intake.sandbox import prove_sandbox
from server.settings import ROOT, Settings
from server.store import open_records
from workflow.errors import SebarError


def examine(settings: Settings) -> int:
    """Prints a line per part; 1 where one of them would keep Sebar from working."""
    parts: tuple[tuple[str, Callable[[], str]], ...] = (
        ("Python", platform.python_version),
        ("SQLite", lambda: sqlite3.sqlite_version),
        ("GDAL (reading)", lambda: ".".join(map(str, pyogrio.__gdal_version__))),
        ("pygeoapi", lambda: str(pygeoapi_version)),
        ("SEBAR_HOME", lambda: _writable(settings)),
        ("records", lambda: f"revision {open_records(settings).revision()}"),
        ("sandbox", _sandbox),
        ("pages", _pages),
        ("installation", _size),
    )
    wrong = 0
    for name, ask in parts:
        try:
            answer = ask()
        except (SebarError, OSError, RuntimeError) as error:
            wrong += 1
            answer = f"LACKS: {error}"
        sys.stdout.write(f"{name:16} {answer}\n")
    return int(wrong > 0)


def _writable(settings: Settings) -> str:
    if not os.access(settings.home, os.W_OK):
        raise OSError(f"{settings.home} is not writable")
    free = shutil.disk_usage(settings.home).free
    return f"{settings.home}, {free // 10**9} GB free"


def _sandbox() -> str:
    prove_sandbox()
    return "holds"


def _size() -> str:
    """Of the Python environment and what the pages load, without SEBAR_HOME."""
    folders = (Path(sys.prefix), ROOT / "server" / "static" / "vendor")
    size = sum(path.lstat().st_size for folder in folders for path in folder.rglob("*") if not path.is_dir())
    return f"{size // 10**6} MB"


def _pages() -> str:
    if not (ROOT / "server" / "static" / "vendor" / "icons.svg").exists():
        raise OSError("server/static/vendor is empty: run make run, or python -m server.vendor after npm ci")
    return "complete"
