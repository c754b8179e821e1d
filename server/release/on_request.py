"""Files that are made when somebody asks for them: once, by a process of their own, and kept in SEBAR_HOME/made.

They are no part of a release: no manifest names them and no backup holds them, because they can be made again at any
time. One large and one small file are made at once on a machine; whoever asks meanwhile waits, or is told to come back.
"""

import fcntl
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson

from server.release import formats
from workflow.errors import Broken, SebarError

WAIT = 110.0
"""Seconds that a reader waits at most."""
POLL = 0.05
SECONDS, MEMORY = 1800, 8 * 2**30
"""What a maker may use: time by the clock, address space in bytes."""
LARGE = 50_000_000
"""Bytes of data.gpkg from which on a file keeps small ones from waiting for it."""
ROOT = Path(__file__).resolve().parents[2]

# Readers must not take both threads of a web process (serving.py).
_waiting = threading.BoundedSemaphore(1)


class StillMaking(SebarError):
    code, title = "SEDANG-DIBUAT", "Berkas ini sedang dibuat"
    usual_mend = "Coba lagi sebentar lagi; berkas yang selesai disimpan."


@dataclass(frozen=True)
class Order:
    """`target` is the file's name below made/, `task` one of TASKS, `said` what it needs to know."""

    target: str
    task: str
    said: tuple[str, ...]
    bytes: int


def made(home: Path, order: Order) -> Path:
    """The file, made if need be. Raises StillMaking, and Broken where its maker failed."""
    target = home / "made" / order.target
    if target.exists():
        return target
    if not _waiting.acquire(blocking=False):
        raise StillMaking("Banyak berkas sedang dibuat untuk pembaca lain.")
    try:
        return _awaited(home, order, target, time.monotonic() + WAIT)
    finally:
        _waiting.release()


def begun(home: Path, order: Order) -> None:
    """Has the file made while nobody waits; where another is being made, it is asked for again."""
    target = home / "made" / order.target
    if not target.exists() and (held := _taken(_lock(home, order))):
        _started(order, target, held)


def _lock(home: Path, order: Order) -> Path:
    path = home / "locks" / f".made-{'large' if order.bytes > LARGE else 'small'}"
    path.parent.mkdir(exist_ok=True)
    return path


def _awaited(home: Path, order: Order, target: Path, deadline: float) -> Path:
    lock = _lock(home, order)
    while not target.exists():
        if held := _taken(lock):
            if target.exists():
                held.close()
                break
            ended = _started(order, target, held)
            if ended.wait(max(0.0, deadline - time.monotonic())) and not target.exists():
                raise Broken("Berkas ini gagal dibuat.", code="GAGAL-DIBUAT")
        elif time.monotonic() > deadline:
            raise StillMaking("Berkas sebesar ini butuh waktu beberapa menit untuk dibuat.")
        else:
            time.sleep(POLL)
    return target


def _taken(path: Path) -> IO[bytes] | None:
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _started(order: Order, target: Path, lock: IO[bytes]) -> threading.Event:
    """Starts the maker, which holds the lock as long as it lives, whatever happens to this process."""
    command = [sys.executable, "-m", "server.release.on_request", order.task, str(target), *order.said]
    maker = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[lock.fileno()])  # noqa: S603 - our own module, no shell
    ended = threading.Event()

    def see_it_end() -> None:
        maker.wait()
        shutil.rmtree(_workshop(target), ignore_errors=True)
        lock.close()
        ended.set()

    threading.Thread(target=see_it_end, daemon=True).start()
    return ended


def _workshop(target: Path) -> Path:
    # GDAL takes a folder that ends in .xlsx for an archive.
    return target.with_name("." + target.name.replace(".", "-"))


def _write_format(part: Path, folder: str, name: str) -> None:
    manifest, (below, _, file) = _manifest(folder), name.rpartition("/")
    entry = next(entry for entry in manifest["collections"] if entry["folder"] == (below or "."))
    formats.write(part, file, Path(folder) / below, entry)


def _write_all(part: Path, *folders: str) -> None:
    formats.write_all(part, [(Path(folder), _manifest(folder)) for folder in folders])


def _write_changes(part: Path, old: str, new: str) -> None:
    from server.release.changes import write_changes  # it brings half of the server along

    write_changes(part, (Path(old), _manifest(old)), (Path(new), _manifest(new)))


def _write_comparison(part: Path, old: str, new: str, metres: str) -> None:
    from server.comparing import write_comparison  # it brings half of the server along

    write_comparison(part, (Path(old), _manifest(old)), (Path(new), _manifest(new)), float(metres))


def _manifest(folder: str) -> formats.Manifest:
    manifest: formats.Manifest = orjson.loads((Path(folder) / "manifest.json").read_bytes())
    return manifest


TASKS: dict[str, Callable[..., None]] = {
    "format": _write_format,
    "all": _write_all,
    "changes": _write_changes,
    "comparison": _write_comparison,
}


def main(task: str, path: str, *said: str) -> None:
    os.nice(10)
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    target = Path(path)
    work = _workshop(target)
    shutil.rmtree(work, ignore_errors=True)  # of a maker that was killed together with its web process
    work.mkdir(parents=True)
    TASKS[task](work / target.name, *said)
    with (work / target.name).open("rb") as file:
        os.fsync(file.fileno())
    os.replace(work / target.name, target)
    shutil.rmtree(work)
    if task in ("all", "comparison"):
        for older in set(target.parent.glob(f"*{target.suffix}")) - {target}:
            older.unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
