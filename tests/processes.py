"""Real processes of Sebar for tests that kill them: forked from one that has everything imported.

`python -m tests.processes` reads orders as JSON lines and answers each with one line: the process id of what it
started, or how a process ended. All that it started ends with it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from server.settings import Settings

ROOT = Path(__file__).parents[1]
PATIENCE = 180
"""Seconds until something that never comes is called missing; nothing here is about speed."""


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """What a process is started with to be one of this installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEBAR_")}
    kept |= {
        "SEBAR_HOME": str(settings.home),
        "SEBAR_URL": settings.url,
        "SEBAR_PORT": str(settings.port),
        "SEBAR_SECRET_KEY": settings.secret_key,
        "SEBAR_UPLOAD_LIMIT": str(settings.upload_limit),
        "SEBAR_WORKERS": "1",
        "PYTHONWARNINGS": "error",
    }
    for name in ("database_url", "migration_url"):
        if value := getattr(settings, name):
            kept[f"SEBAR_{name.upper()}"] = value
    return kept | more


def is_dead(process: int) -> bool:
    """Also where nobody has waited for it yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_for(what: str, true: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > until:
            pytest.fail(f"never happened: {what}")
        time.sleep(0.05)


def on_free_port(settings: Settings) -> Settings:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return replace(settings, port=port, url=f"http://127.0.0.1:{port}")


@contextmanager
def sebar(
    settings: Settings, *arguments: str, log: Path, before: str = "", **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """`sebar serve` or `sebar web` from when it answers; ended with all that it started, at the latest afterwards.

    `before` is Python that its process runs first.
    """
    start = f"{before}\nimport sys\nfrom server.cli import main\nsys.exit(main(sys.argv[1:]))"
    command = [sys.executable, *(("-c", start) if before else ("-m", "server.cli")), *arguments]
    with log.open("ab") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(settings, **more), stdout=said, stderr=said, start_new_session=True
        )
    try:
        wait_for(f"an answer at {settings.url}", lambda: answers(settings.url) or process.poll() is not None)
        assert process.poll() is None, log.read_text()[-3000:]
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=10):  # noqa: S310 - loopback
            return True
    except OSError:
        return False


class Forks:
    """Starts `sebar …` and `take PERSON SUBMISSION STEP` as processes of their own."""

    def __init__(self, log: Path) -> None:
        self.log = log
        command = [sys.executable, "-W", "error", "-m", "tests.processes", str(log)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1, text=True)

    def start(self, settings: Settings, *arguments: str, **more: str) -> int:
        return self._order({"arguments": arguments, "environment": environment(settings, **more)})

    def wait(self, process: int) -> int:
        """As subprocess says it: an exit code, or minus the signal."""
        return self._order({"wait": process})

    def run(self, settings: Settings, *arguments: str, **more: str) -> int:
        return self.wait(self.start(settings, *arguments, **more))

    def stop(self, process: int) -> int:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
        return self.wait(process)

    @contextmanager
    def running(self, settings: Settings, *arguments: str) -> Iterator[int]:
        """Ended by SIGTERM, which has to be a good end."""
        process = self.start(settings, *arguments)
        try:
            yield process
        finally:
            code = self.stop(process)
        assert code == 0, self.log.read_text()[-3000:]

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE)

    def _order(self, order: Mapping[str, object]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self.log.read_text()[-3000:]
        return int(answer)


def _obey(log: Path) -> None:
    import server.app
    import server.cli
    import server.jobs  # noqa: F401 - imported once, for all that is forked

    alive: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
            alive.discard(order["wait"])
        else:
            answer = _forked(log, order["arguments"], order["environment"])
            alive.add(answer)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    for process in alive:
        os.kill(process, signal.SIGKILL)


def _forked(log: Path, arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    if process := os.fork():
        return process
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(environ)
    code = 70
    try:
        code = _take(*arguments[1:]) if arguments[0] == "take" else _sebar(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _sebar(arguments: Sequence[str]) -> int:
    from server.cli import main

    return main(list(arguments))


def _take(person: str, submission: str, step: str) -> int:
    """One step through the application, as a web process takes it; 0 where it was taken."""
    from server.app import from_settings
    from tests.conftest import PASSWORD

    path = f"/api/v1/submissions/{submission}/steps/{step}"
    if step in ("withdraw", "restore"):
        path = f"/api/v1/datasets/{submission}/steps/{step}"
    answer = (
        from_settings().test_client().post(path, auth=(person, PASSWORD), json={"note": "Alasan uji.", "release": 1})
    )
    sys.stdout.write(answer.text)
    return 0 if answer.status_code == 200 else 1


if __name__ == "__main__":
    _obey(Path(sys.argv[1]))
