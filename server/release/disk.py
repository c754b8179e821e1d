"""Files that are whole or not there: hashing, fsync and the rename that makes a folder visible."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.files import sync_folder

MEDIA_TYPES = {
    ".gpkg": "application/geopackage+sqlite3",
    ".geojsonl": "application/geo+json-seq",
    ".geojson": "application/geo+json",
    ".csv": "text/csv; charset=utf-8",
    ".zip": "application/zip",
    ".xml": "application/xml",
    ".json": "application/json",
    ".pmtiles": "application/vnd.pmtiles",
}


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def described_file(path: Path) -> dict[str, object]:
    """What manifest.json says of a file."""
    media_type = MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path), "media_type": media_type}


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A sibling folder to write in; it becomes `target` when the block ends well, replacing an older one.

    What an attempt that was killed left beside `target` is removed first. Where two processes build the same target,
    the one that began first fails rather than mixing its files with the other's.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for stale in target.parent.glob(f".{target.name}.*"):
        shutil.rmtree(stale, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield work
        work.chmod(0o755)
        for path in (*work.rglob("*"), work):
            sync_folder(path)
        older = target.with_name(f".{target.name}.older")
        if target.exists():
            target.rename(older)
        work.rename(target)
        sync_folder(target.parent)
        shutil.rmtree(older, ignore_errors=True)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
