"""Zip files, looked at by their directory before anything is unpacked."""

from __future__ import annotations

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from workflow.errors import BadUpload

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
        raise _refused("ZIP_BROKEN", "Arsip ZIP ini rusak atau belum terunggah seluruhnya.") from None
    if len(found) > MEMBERS_AT_MOST:
        raise _refused("ZIP_MEMBERS", f"Arsip ini memuat {len(found)} berkas; paling banyak {MEMBERS_AT_MOST}.")
    for member in found:
        _refuse_member(member)
    names = [_folded(member.filename) for member in found]
    if len(set(names)) != len(names):
        raise _refused("ZIP_PATH", "Arsip ini memuat dua berkas dengan nama yang sama.")
    _refuse_bomb(path, found)
    return [member for member in found if not member.is_dir()]


def _refuse_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    steps = PurePosixPath(name).parts
    strange = any(unicodedata.category(letter) in ("Cc", "Cf") for letter in name)
    if strange or "\\" in name or ":" in name or ".." in steps or steps[:1] == ("/",) or not steps:
        raise _refused("ZIP_PATH", f"Arsip ini memuat nama berkas yang tidak aman: {name[:80]!a}.")
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(
            "ZIP_LINK", f"“{name[:80]}” di dalam arsip adalah tautan atau berkas khusus, bukan berkas biasa."
        )
    if member.flag_bits & 1:
        raise _refused("ZIP_LOCKED", "Arsip ini terkunci kata sandi, jadi isinya tidak dapat diperiksa.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused("ZIP_BROKEN", f"“{name[:80]}” dimampatkan dengan cara yang tidak umum.")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _refuse_bomb(path: Path, found: list[zipfile.ZipInfo]) -> None:
    total = sum(member.file_size for member in found)
    ratio = total / max(path.stat().st_size, 1)
    if total > BYTES_AT_MOST or (total > RATIO_FROM and ratio > RATIO_AT_MOST):
        raise _refused("ZIP_BOMB", f"Arsip ini mengembang menjadi {total / 10**6:.0f} MB ({ratio:.0f} kali ukurannya).")


def _refused(code: str, detail: str) -> BadUpload:
    return BadUpload(detail, code=code, mend="Buat arsip ZIP baru yang hanya berisi berkas data, lalu unggah lagi.")


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
        raise _refused("ZIP_BROKEN", f"“{member.filename[:80]}” di dalam arsip rusak.") from None


def unpack(path: Path, member: zipfile.ZipInfo, to: Path) -> None:
    """Copies one member under a name of ours."""
    with open(to, "wb") as target:
        for piece in pieces(path, member):
            target.write(piece)
