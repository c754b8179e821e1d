"""A candidate's folder becomes a release's, and every worker learns that what is served has changed."""

import fcntl
import mmap
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from server.failpoints import failpoint
from server.release.candidate import write_manifest
from server.release.disk import described_file, sha256_of, whole_folder
from server.store import Records
from workflow.errors import Broken


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


def refuse_damaged(candidate: Path, recorded: Mapping[str, Any]) -> None:
    """Raises Broken where a file is not, byte for byte, what was recorded when it was built and approved."""
    wrong = [name for name, entry in recorded["files"].items() if not _is(candidate / name, entry)]
    manifest = candidate / "manifest.json"
    if not manifest.is_file() or orjson.loads(manifest.read_bytes())["content_hash"] != recorded["content_hash"]:
        wrong.append(manifest.name)
    if wrong:
        raise Broken.of("candidate_damaged", files=", ".join(wrong), where={"files": wrong})


def _is(path: Path, entry: Mapping[str, Any]) -> bool:
    return path.is_file() and path.stat().st_size == entry["bytes"] and sha256_of(path) == entry["sha256"]


def _link(source: Path, target: Path) -> None:
    """The same bytes under a second name, or a copy where the file system has no such thing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


class RevisionFile:
    """The registry's revision as eight little-endian bytes, mapped: read on every request, without a system call.

    An aligned store of eight bytes is seen whole or not at all. The file is never replaced, only written in place.
    """

    def __init__(self, home: Path, records: Records | None = None) -> None:
        """Takes the revision of the records: a process may have died between its commit and its announcement."""
        self._file = (home / "revision").open("a+b")
        with self._locked():
            if os.fstat(self._file.fileno()).st_size < 8:
                self._file.truncate(8)
        self._map = mmap.mmap(self._file.fileno(), 8)
        self._number = memoryview(self._map).cast("Q")
        if records is not None:
            self.write(records.revision())

    def read(self) -> int:
        return self._number[0]

    def write(self, revision: int) -> None:
        """Never goes back: two that publish at once may announce in either order."""
        with self._locked():
            if revision > self._number[0]:
                self._number[0] = revision

    def close(self) -> None:
        self._number.release()
        self._map.close()
        self._file.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)


def bump_revision(home: Path, revision: int) -> None:
    """Announces a committed revision to every worker of this machine."""
    with closing(RevisionFile(home)) as file:
        file.write(revision)
