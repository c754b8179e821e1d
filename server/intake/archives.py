"""Zip files, looked at by their directory before anything is unpacked."""

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from server.intake.refusals import refused

MEMBERS_AT_MOST = 200
BYTES_AT_MOST = 2 * 2**30
RATIO_AT_MOST = 100
RATIO_FROM = 5 * 2**20
_PIECE = 2**20


def members(path: Path) -> list[zipfile.ZipInfo]:
    """The files in an archive. Raises BadUpload: ZIP_BROKEN, ZIP_MEMBERS, ZIP_PATH, ZIP_LINK, ZIP_LOCKED, ZIP_BOMB."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise refused("ZIP_BROKEN", "archive") from None
    if len(found) > MEMBERS_AT_MOST:
        raise refused("ZIP_MEMBERS", count=len(found), most=MEMBERS_AT_MOST)
    for member in found:
        _refuse_member(member)
    if len({unicodedata.normalize("NFC", member.filename).casefold() for member in found}) != len(found):
        raise refused("ZIP_PATH", "twice")
    _refuse_bomb(path, found)
    return [member for member in found if not member.is_dir()]


def _refuse_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    steps = PurePosixPath(name).parts
    strange = any(unicodedata.category(letter) in ("Cc", "Cf") for letter in name)
    if strange or "\\" in name or ":" in name or ".." in steps or steps[:1] == ("/",) or not steps:
        raise refused("ZIP_PATH", "unsafe", name=ascii(name[:80]))
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused("ZIP_LINK", name=name)
    if member.flag_bits & 1:
        raise refused("ZIP_LOCKED")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused("ZIP_BROKEN", "method", name=name)


def _refuse_bomb(path: Path, found: list[zipfile.ZipInfo]) -> None:
    total = sum(member.file_size for member in found)
    ratio = total / max(path.stat().st_size, 1)
    if total > BYTES_AT_MOST or (total > RATIO_FROM and ratio > RATIO_AT_MOST):
        raise refused("ZIP_BOMB", megabytes=total / 10**6, ratio=ratio)


def pieces(path: Path, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """What is in one member, never more than it declares. Raises BadUpload ZIP_BROKEN."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as source:
            left = member.file_size
            while left > 0 and (piece := source.read(min(_PIECE, left))):
                left -= len(piece)
                yield piece
            if left or source.read(1):
                raise zipfile.BadZipFile
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        raise refused("ZIP_BROKEN", "member", name=member.filename) from None


def unpack(path: Path, member: zipfile.ZipInfo, to: Path) -> None:
    """Copies one member under a name of ours."""
    with open(to, "wb") as target:
        for piece in pieces(path, member):
            target.write(piece)
