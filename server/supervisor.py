"""Starts web and workers, restarts what dies, ends everything it started."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

LOG = logging.getLogger(__name__)
PATIENCE = 10.0


@dataclass
class Child:
    """A process and how to start it again."""

    arguments: tuple[str, ...]
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_deaths: int = 0
    again_at: float | None = None

    def start(self) -> None:
        self.started, self.again_at = time.monotonic(), None
        self.process = subprocess.Popen(  # noqa: S603 - our own command with our own words
            [sys.executable, "-m", "server.cli", *self.arguments],
            preexec_fn=_die_with_parent,
            start_new_session=True,
        )

    def wait_before_restart(self) -> float:
        """Seconds: none after a long life, more after each early death, at most ten."""
        self.quick_deaths = self.quick_deaths + 1 if time.monotonic() - self.started < 5 else 0
        return min(10.0, 0.2 * 2**self.quick_deaths if self.quick_deaths else 0.0)


@dataclass
class Supervisor:
    children: list[Child] = field(default_factory=list)
    stopping: bool = False

    def run(self, ready: Callable[[], bool], when_ready: Callable[[], None]) -> None:
        """Until SIGINT or SIGTERM. `when_ready` is called once, as soon as `ready` says yes."""
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)
        for child in self.children:
            child.start()
        told = False
        try:
            while not self.stopping:
                self._restart_dead()
                if not told and ready():
                    told = True
                    when_ready()
                time.sleep(0.1)
        finally:
            self._end_all()

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _restart_dead(self) -> None:
        for child in list(self.children):
            if child.process is None or child.process.poll() is None:
                continue
            if child.once:
                self.children.remove(child)
                continue
            if child.again_at is None:
                LOG.error("%s ended with %s and is started again", child.arguments[0], child.process.returncode)
                _signal_group(child, signal.SIGKILL)
                child.again_at = time.monotonic() + child.wait_before_restart()
            if time.monotonic() >= child.again_at:
                child.start()

    def _end_all(self) -> None:
        for child in self.children:
            _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                LOG.error("%s did not stop and is killed", child.arguments[0])
            _signal_group(child, signal.SIGKILL)
            child.process.wait()


def _signal_group(child: Child, number: int) -> None:
    if child.process is not None:
        with suppress(ProcessLookupError):
            os.killpg(child.process.pid, number)


def _die_with_parent() -> None:
    """A killed supervisor leaves no orphans (Linux: PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
