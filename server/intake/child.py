"""Runs inside the walls: reads one upload and writes what it found into its own folder.

Everything is imported before the walls go up, because afterwards no other file can be read.
"""

import codecs
import ctypes
import errno
import json
import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyproj

from server.intake import delimited, found, marking, points, preflight, spatial, walls, workbook
from server.intake.content import Format
from server.intake.refusals import refused
from workflow.errors import BadUpload, Broken, SebarError, TooLarge

# What archives, shapefiles and CSV files are written in; Python would look these up as files, when it is too late.
_CODECS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "ascii", "latin-1", "idna", "cp437", "cp850", "cp852"),
    *(f"cp{number}" for number in range(1250, 1259)),
    *(f"iso8859-{number}" for number in (1, 2, 4, 5, 6, 7, 8, 9, 13, 14, 15)),
)


_libc = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    folder = Path(sys.argv[1])
    order = json.loads((folder / "order.json").read_bytes())
    try:
        said, code = _work(folder, order), 0
    except SebarError as fault:
        said, code = {"error": _described(fault)}, 1
    except MemoryError:
        said, code = {"error": _described(refused("READ_MEMORY"))}, 1
    except walls.WallMissing as missing:
        traceback.print_exc()
        said, code = {"error": _described(Broken(f"Ruang baca terlindung tidak dapat dipasang: {missing}"))}, 1
    (folder / "answer.json").write_text(json.dumps(said))
    return code


def _work(folder: Path, order: dict[str, Any]) -> dict[str, object]:
    task = {"read": _read, "mark": _mark, "prove": _prove}[order["task"]]
    upload = [Path(order["path"])] if "path" in order else []
    for path in upload:  # names that GDAL takes as they stand; links cannot be made later
        for ending in ("gpkg", "geojson", "kml", "gml", "fgb"):
            (folder / f"data.{ending}").symlink_to(path)
    library_data = [Path(pyproj.datadir.get_data_dir()), *spatial.prepare()]
    for name in _CODECS:
        codecs.lookup(name)
    if task is _mark:
        marking.prepare()
    walls.seal(
        readable=[*upload, *(path for path in library_data if path.is_dir())], writable=[folder], **order["limits"]
    )
    return task(folder, order)


def _read(folder: Path, order: dict[str, Any]) -> dict[str, object]:
    _progress("Kenali", 0, 0)
    wanted = order["reading"]
    name = Path(str(order["filename"]))
    stem = name.stem
    content = preflight.inspect(Path(order["path"]), folder, wanted)
    preflight.refuse_other_name(content, name.suffix)
    if content.dialect:
        there = delimited.read(content.path, stem, content.dialect, wanted, _progress)
    elif content.format in (Format.XLSX, Format.ODS):
        there = workbook.read(content.path, stem, wanted, _progress, is_ods=content.format is Format.ODS)
    else:
        return found.write(spatial.read(content, stem, order.get("crs") or "", _progress, wanted), folder)
    if wanted.get("x") and wanted.get("y"):
        spatial.add_geometry(there, points.wkb_of(there, wanted), order.get("crs"), wanted, _progress)
    return found.write(there, folder)


def _mark(folder: Path, order: dict[str, Any]) -> dict[str, object]:
    content = preflight.inspect(Path(order["path"]), folder, order["reading"])
    return marking.mark(content, folder / order["target"], order["reading"], order["marks"], _progress)


def _progress(stage: str, done: int, total: int) -> None:
    print(json.dumps([stage, done, total]), flush=True)  # noqa: T201 - the pipe to the parent


def _described(fault: SebarError) -> dict[str, object]:
    kind = next(kind.__name__ for kind in (TooLarge, BadUpload, SebarError) if isinstance(fault, kind))
    return {"kind": kind, "code": fault.code, "detail": fault.detail, "mend": fault.mend, "where": fault.where}


def _prove(folder: Path, order: dict[str, Any]) -> dict[str, object]:
    return {"escaped": [name for name, attempt in _ATTEMPTS.items() if _succeeds(attempt)]}


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


def _call(on_x86_64: int, on_aarch64: int) -> None:
    """A system call as such: whatever it says of its arguments, it was let through."""
    number = on_x86_64 if os.uname().machine == "x86_64" else on_aarch64
    if _libc.syscall(number, *(ctypes.c_long(0),) * 6) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _use_what_is_open() -> None:
    """Anything of the parent's beside the three that every process has, or of its environment."""
    inherited = any(name.startswith("SEBAR_") or name == "PATH" for name in os.environ)
    for descriptor in range(3, 64):
        with suppress(OSError):
            # The libraries keep their table of coordinate systems open.
            inherited |= os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")) != "proj.db"
    if not inherited:
        raise OSError(errno.EPERM, "nothing is there")


_ATTEMPTS: dict[str, Callable[[], object]] = {
    "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9), timeout=1),
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "fork": _fork,
    "exec": lambda: os.execv(sys.executable, [sys.executable, "-c", "pass"]),  # noqa: S606
    "program": lambda: subprocess.run(["/bin/true"], check=False),
    "signal": lambda: os.kill(os.getppid(), 0),
    "chmod": lambda: os.chmod(sys.executable, 0o700),
    "ptrace": lambda: _call(101, 117),
    "unshare": lambda: _call(272, 97),
    "mount": lambda: _call(165, 40),
    "io_uring": lambda: _call(425, 425),
    "use what the parent left open": _use_what_is_open,
    "read /etc/passwd": lambda: open("/etc/passwd", "rb").close(),
    "read the parent's environment": lambda: open(f"/proc/{os.getppid()}/environ", "rb").close(),
    "list /": lambda: os.listdir("/"),
    "write outside": lambda: open(Path.cwd().parent / "sebar-lolos", "wb").close(),
}


if __name__ == "__main__":
    sys.exit(main())
