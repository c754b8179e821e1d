"""Bytes that came in: kept once, under their SHA-256, readable by nobody but the server."""

import hashlib
import os
import re
import secrets
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
                    raise TooLarge(
                        f"Berkas “{name}” lebih besar daripada batas {limit // (1024 * 1024)} MB.",
                        mend="Bagi berkas itu, atau minta admin menaikkan batas unggahan.",
                        where={"file": name},
                    )
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
    raise BadUpload(
        f"{what} “{name}” bukan PDF atau gambar (PNG, JPEG, TIFF) menurut isinya."
        if head
        else f"{what} “{name}” kosong.",
        code="DOKUMEN-JENIS",
        mend="Pindai dokumen yang sudah ditandatangani sebagai PDF, lalu unggah lagi.",
        where={"file": name, "field": "berita_acara"},
    )
