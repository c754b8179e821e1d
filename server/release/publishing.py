"""A candidate's folder becomes a release's, and every worker learns that what is served has changed."""

import fcntl
import mmap
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import orjson

from server.failpoints import failpoint
from server.release.candidate import write_manifest
from server.release.disk import described_file, sha256_of, whole_folder


def stage(
    home: Path,
    candidate_folder: Path,
    dataset: str,
    number: int,
    *,
    published_at: datetime,
    ledger_entries: Sequence[Mapping[str, Any]],
    write_metadata: Callable[[dict[str, Any]], Mapping[str, bytes]],
) -> Path:
    """Makes `releases/<dataset>/<number>/` out of the candidate's own files and returns it.

    A folder of that number is replaced: call this only while holding the dataset's lock, with a number that no record
    names. `write_metadata` gives the metadata files by name from the release's manifest.
    """
    target = home / "releases" / dataset / str(number)
    manifest = orjson.loads((candidate_folder / "manifest.json").read_bytes())
    with whole_folder(target) as work:
        for name in manifest["files"]:
            _link(candidate_folder / name, work / name)
        failpoint("stage.linked")
        manifest |= {
            "number": number,
            "published_at": published_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "ledger": [dict(entry) for entry in ledger_entries],
        }
        for name, content in write_metadata(manifest).items():
            (work / name).write_bytes(content)
            manifest["files"][name] = described_file(work / name)
        write_manifest(manifest, work)
        failpoint("stage.before_rename")
    return target


def verify_folder(folder: Path) -> list[str]:
    """The files of a candidate or release that are missing or not what its manifest says."""
    files = orjson.loads((folder / "manifest.json").read_bytes())["files"]
    return [name for name, entry in files.items() if _differs(folder / name, entry)]


def _differs(path: Path, entry: Mapping[str, Any]) -> bool:
    return not path.is_file() or path.stat().st_size != entry["bytes"] or sha256_of(path) != entry["sha256"]


def _link(source: Path, target: Path) -> None:
    """The same bytes under a second name, or a copy where the file system has no such thing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


class HasRevision(Protocol):
    def revision(self) -> int: ...


class RevisionFile:
    """The registry's revision as eight little-endian bytes, mapped: read on every request, without a system call.

    An aligned store of eight bytes is seen whole or not at all. The file is never replaced, only written in place.
    """

    def __init__(self, home: Path, records: HasRevision | None = None) -> None:
        self._file = (home / "revision").open("a+b")
        with _locked(self._file.fileno()):
            if os.fstat(self._file.fileno()).st_size < 8:
                self._file.truncate(8)
        self._map = mmap.mmap(self._file.fileno(), 8)
        self._number = memoryview(self._map).cast("Q")
        self._records = records
        self.catch_up()

    def read(self) -> int:
        return self._number[0]

    def write(self, revision: int) -> None:
        """Never goes back: two that publish at once may announce in either order."""
        with _locked(self._file.fileno()):
            if revision > self._number[0]:
                self._number[0] = revision

    def catch_up(self) -> None:
        """Takes the revision of the records: a process may have died between its commit and its announcement."""
        if self._records is not None:
            self.write(self._records.revision())

    def close(self) -> None:
        self._number.release()
        self._map.close()
        self._file.close()


class _locked:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *exception: object) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def bump_revision(home: Path, revision: int) -> None:
    """Announces a committed revision to every worker of this machine."""
    file = RevisionFile(home)
    file.write(revision)
    file.close()


def read_revision(home: Path) -> int:
    file = RevisionFile(home)
    number = file.read()
    file.close()
    return number
