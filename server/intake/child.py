"""Runs inside the walls: reads one upload and writes what it found into its own folder.

Everything is imported before the walls go up, because afterwards no other file can be read.
"""

from __future__ import annotations

import encodings.cp1252
import encodings.idna
import encodings.latin_1
import encodings.utf_8_sig
import encodings.utf_16  # noqa: F401 - codecs are looked up by name later
import errno
import json
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pyproj

from server.intake import crs, found, preflight, spatial, walls
from workflow.errors import BadUpload, Broken, SebarError, TooLarge


def main() -> int:
    folder = Path(sys.argv[1])
    order = json.loads((folder / "order.json").read_bytes())
    try:
        said = _work(folder, order)
        code = 0
    except SebarError as fault:
        said, code = {"error": _described(fault)}, 1
    except MemoryError:
        said, code = {"error": _described(_too_much())}, 1
    except walls.WallMissing as missing:
        traceback.print_exc()
        said, code = {"error": _described(Broken(f"Ruang baca terlindung tidak dapat dipasang: {missing}"))}, 1
    (folder / "answer.json").write_text(json.dumps(said))
    return code


def _work(folder: Path, order: dict[str, object]) -> dict[str, object]:
    task = {"read": _read, "prove": _prove}[str(order["task"])]
    upload = [Path(str(order["path"]))] if "path" in order else []
    library_data = [Path(pyproj.datadir.get_data_dir()), *spatial.prepare()]
    missing = walls.seal(
        readable=[*upload, *(path for path in library_data if path.is_dir())],
        writable=[folder],
        parent=int(str(order["parent"])),
        memory=int(str(order["memory"])),
        seconds=int(str(order["seconds"])),
        file_size=int(str(order["file_size"])),
    )
    return {**task(folder, order), "missing": missing}


def _read(folder: Path, order: dict[str, object]) -> dict[str, object]:
    _progress("Kenali", 0, 0)
    content = preflight.inspect(Path(str(order["path"])), folder)
    given = str(order["crs"]) if order.get("crs") else ""
    source_crs = content.crs or (crs.identify(given) if given else None)
    return found.write(spatial.read(content, source_crs, _progress), folder)


def _progress(stage: str, done: int, total: int) -> None:
    print(json.dumps([stage, done, total]), flush=True)  # noqa: T201 - the pipe to the parent


def _described(fault: SebarError) -> dict[str, object]:
    kind = next(kind.__name__ for kind in (TooLarge, BadUpload, SebarError) if isinstance(fault, kind))
    return {"kind": kind, "code": fault.code, "detail": fault.detail, "mend": fault.mend, "where": fault.where}


def _too_much() -> BadUpload:
    return BadUpload(
        "Berkas ini memerlukan lebih banyak memori daripada yang disediakan untuk satu bacaan.",
        code="READ_MEMORY",
        mend="Bagi data menjadi beberapa berkas, lalu unggah satu per satu.",
    )


def _prove(folder: Path, order: dict[str, object]) -> dict[str, object]:
    landlock = walls.has_landlock()
    attempts = {**_STOPPED_BY_SECCOMP, **(_STOPPED_BY_LANDLOCK if landlock else {})}
    return {"escaped": [name for name, attempt in attempts.items() if _succeeds(attempt)]}


def _succeeds(attempt: Callable[[], object]) -> bool:
    """Anything but a refusal counts as an escape."""
    try:
        attempt()
    except OSError as fault:
        return fault.errno not in (errno.EPERM, errno.EACCES, errno.ENOSYS)
    return True


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


_STOPPED_BY_SECCOMP: dict[str, Callable[[], object]] = {
    "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9), timeout=1),
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "fork": _fork,
    "exec": lambda: os.execv(sys.executable, [sys.executable, "-c", "pass"]),  # noqa: S606
    "program": lambda: subprocess.run(["/bin/true"], check=False),
    "signal": lambda: os.kill(os.getppid(), 0),
    "chmod": lambda: os.chmod(sys.executable, 0o755),
}
_STOPPED_BY_LANDLOCK: dict[str, Callable[[], object]] = {
    "read /etc/passwd": lambda: open("/etc/passwd", "rb").close(),
    "read the parent's environment": lambda: open(f"/proc/{os.getppid()}/environ", "rb").close(),
    "list /": lambda: os.listdir("/"),
    "write outside": lambda: open("/tmp/sebar-escaped", "wb").close(),  # noqa: S108 - it must not succeed
}


if __name__ == "__main__":
    sys.exit(main())
