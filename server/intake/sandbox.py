"""The process that reads uploads: started here, watched here, ended here.

The parent never opens an upload. The child has no network, no other files, no other programs and little time.
"""

import json
import logging
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from server.intake.refusals import refused
from workflow.errors import BadUpload, Broken, SebarError, TooLarge

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]

_ROOT = Path(__file__).resolve().parents[2]
_PREFIX = "sebar-baca-"
_SAID_AT_MOST = 16 * 2**20  # bytes of JSON a child may answer with
_LINE_AT_MOST = 64 * 2**10

# What GDAL and PROJ may do even inside the walls; see also the single driver left in spatial.py.
_ENVIRONMENT = {
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "/none",
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "GDAL_NUM_THREADS": "1",
    "GDAL_PAM_ENABLED": "NO",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "LANG": "C.UTF-8",
    "OGR_GPKG_NUM_THREADS": "1",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "OGR_SQLITE_PRAGMA": "trusted_schema=0",
    "OMP_NUM_THREADS": "1",
    "OPENPYXL_LXML": "False",
    "OPENBLAS_NUM_THREADS": "1",
    "PROJ_NETWORK": "OFF",
    "SHAPE_RESTORE_SHX": "NO",
    "https_proxy": "127.0.0.1:9",
}


@dataclass(frozen=True)
class Limits:
    """What one reading may use. `memory` is address space, `seconds` both CPU and by the clock."""

    memory: int
    seconds: int
    file_size: int

    @classmethod
    def of(cls, upload: int) -> "Limits":
        """They grow with the upload: a workbook needs several times its own size."""
        seconds = min(60 + upload // 200_000, 1800)
        return cls(memory=3 * 2**30 + 6 * upload, seconds=seconds, file_size=2 * 2**30 + 8 * upload)


@contextmanager
def ask_child(
    task: str, spec: Mapping[str, object], *, limits: Limits, progress: Progress | None = None
) -> Iterator[tuple[dict[str, Any], Path]]:
    """What one task of child.py says inside the walls, and the folder of what it wrote, which is gone afterwards.

    Raises what the child raised (BadUpload, TooLarge), BadUpload where it was ended, Broken where no wall stood.
    """
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as name:
        folder = Path(name)
        order = {**spec, "task": task, "limits": {"parent": os.getpid(), **asdict(limits)}}
        (folder / "order.json").write_text(json.dumps(order))
        ended = _run(folder, limits.seconds, progress or (lambda *_: None))
        yield _answer(folder, ended), folder


def _run(folder: Path, seconds: int, progress: Progress) -> int | None:
    """The child's exit code, or None where its time was up."""
    with (
        open(folder / "stderr", "wb") as errors,
        subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell, nothing of the upload in it
            [sys.executable, "-P", "-m", "server.intake.child", str(folder)],
            cwd=folder,
            env={**_ENVIRONMENT, "PYTHONPATH": str(_ROOT), "TMPDIR": str(folder), "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        ) as child,
    ):
        try:
            assert child.stdout is not None  # noqa: S101 - a pipe was asked for
            in_time = _listen(child.stdout, time.monotonic() + seconds, progress)
            return child.wait(timeout=5) if in_time else None
        except subprocess.TimeoutExpired:
            return None
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)


def _listen(pipe: IO[bytes], deadline: float, progress: Progress) -> bool:
    """Passes the child's lines on as progress until it closes its end; False where the time is up first."""
    rest = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(pipe, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if not waiting.select(left):
                continue
            chunk = os.read(pipe.fileno(), _LINE_AT_MOST)
            if not chunk:
                return True
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[:_LINE_AT_MOST]
            for line in lines:
                _pass_on(line, progress)
    return False


def _pass_on(line: bytes, progress: Progress) -> None:
    try:
        stage, done, total = json.loads(line)
        told = str(stage)[:40], int(done), int(total)
    except (ValueError, TypeError):
        log.debug("the reading process said %r", line[:200])
        return
    progress(*told)


def _answer(folder: Path, ended: int | None) -> dict[str, Any]:
    said = _read_json(folder / "answer.json")
    if ended == 0 and isinstance(said, dict):
        return said
    if isinstance(said, dict) and "error" in said:
        raise _fault(said["error"])
    log.warning("reading ended with %s: %s", ended, _tail(folder / "stderr"))
    if ended is None or ended == -signal.SIGXCPU:
        raise refused("READ_TIME")
    raise refused("READ_STOPPED")


def sweep() -> None:
    """Removes what is left in the temporary folder of readings whose process was killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        process = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if process.isdecimal() and not Path(f"/proc/{process}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _read_json(path: Path) -> object:
    try:
        if path.stat().st_size > _SAID_AT_MOST:
            return None
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _tail(path: Path) -> str:
    """Empty where the child took it away."""
    try:
        with open(path, "rb") as errors:
            errors.seek(max(0, path.stat().st_size - 2000))
            return errors.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _fault(error: Mapping[str, object]) -> SebarError:
    kinds = {"BadUpload": BadUpload, "TooLarge": TooLarge}
    kind = kinds.get(str(error.get("kind")), Broken)
    detail, code, mend = (str(error.get(part, "")) for part in ("detail", "code", "mend"))
    where = error.get("where")
    return kind(detail, code=code, mend=mend, where=where if isinstance(where, dict) else None)


def prove_sandbox() -> None:
    """Lets a child try to get out. Raises Broken where one of its attempts succeeds, or a wall cannot be put up."""
    try:
        with ask_child("prove", {}, limits=Limits.of(0)) as (said, _):
            escaped = said.get("escaped")
    except BadUpload as fault:
        raise Broken(f"Ruang baca terlindung tidak dapat dijalankan: {fault.detail}") from fault
    if escaped != []:
        raise Broken(f"Ruang baca terlindung bocor: {escaped}. Berkas tidak diterima sampai ini diperbaiki.")


proven = cache(prove_sandbox)
"""A proof holds for this process; what failed is tried again the next time."""


class Unproven(Broken):
    title = "Berkas belum dapat diterima"


def refuse_unproven() -> None:
    """Raises Unproven: without walls that are known to hold, nothing is taken in."""
    try:
        proven()
    except Broken as fault:
        raise Unproven.of("sandbox_unproven", why=fault.detail) from fault
