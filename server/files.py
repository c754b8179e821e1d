"""Bytes that came in: kept once, under their SHA-256, readable by nobody but the server."""

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workflow.errors import BadUpload, TooLarge

CHUNK = 1 << 20
PAPERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)


@dataclass(frozen=True)
class Kept:
    """A file on disk: `path` is `folder/<sha256>`."""

    sha256: str
    bytes: int
    path: Path
    name: str


def keep(stream: IO[bytes], folder: Path, name: str, limit: int) -> Kept:
    """Writes, hashes and syncs the stream, then gives it its name. Nothing half-written has a name.

    Raises TooLarge over `limit` bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{secrets.token_hex(8)}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with part.open("wb") as file:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise TooLarge.of("file_too_large", name=name, megabytes=limit // 2**20, where={"file": name})
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        path = folder / digest.hexdigest()
        os.chmod(part, 0o400)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(folder)
    return Kept(digest.hexdigest(), size, path, plain_name(name))


def plain_name(name: str) -> str:
    """The last part of a path of any system, without what does not print; its end stays where it is long."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip(". ")[-200:] or "berkas"


@contextmanager
def alone(lock: Path, *, wait: bool = True) -> Iterator[None]:
    """One process of this machine at a time. Raises BlockingIOError where another is there and nobody waits."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def paper_type(path: Path, what: str, name: str) -> str:
    """The media type of a document by its first bytes. Raises BadUpload for what is no PDF or image."""
    with path.open("rb") as file:
        head = file.read(16)
    for magic, media_type in PAPERS:
        if head.startswith(magic):
            return media_type
    where = {"file": name, "field": "berita_acara"}
    raise BadUpload.of("no_paper" if head else "paper_empty", what=what, name=name, where=where)
