"""Shapefiles: several files that must agree with each other before one reader sees them."""

from __future__ import annotations

import codecs
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from server.intake import archives, choice
from workflow.errors import BadUpload
from workflow.findings import Finding, Severity

_NEEDED = (".shp", ".shx", ".dbf")
_WANTED = (*_NEEDED, ".prj", ".cpg")
_COMPANIONS_OF_GIS = ".sbn .sbx .qix .fix .fbn .fbx .ain .aih .ixs .mxs .atx .idm .qpj .qmd .qml .sld .lyr .xml"
_COMPANIONS = frozenset(f"{_COMPANIONS_OF_GIS} .keywords .lic .txt".split())
_NOISE = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_PLAIN_TYPES = {0, 1, 3, 5, 8, 11, 13, 15, 18, 21, 23, 25, 28}
_MULTIPATCH = 31
_CODE_PAGES = {"65001": "utf-8", "UTF8": "utf-8", "ANSI": "cp1252", "ISO88591": "iso-8859-1"}


@dataclass(frozen=True)
class Parts:
    """A shapefile unpacked as data.shp and so on. `count` leaves out rows marked as deleted."""

    name: str
    path: Path
    count: int
    prj: str | None
    encoding: str
    remarks: tuple[Finding, ...]


def unpack(path: Path, found: list[zipfile.ZipInfo], wanted: str, folder: Path) -> Parts:
    """Raises BadUpload: SHP_PARTS, LAYER_CHOICE, GEOM_TYPE, COLUMNS, EMPTY."""
    stems = {_stem(member): member for member in found if _suffix(member) == ".shp" and not _is_noise(member)}
    name = choice.one(list(stems), wanted, "shapefile")
    parts = {_suffix(member): member for member in found if _suffix(member) in _WANTED and _same(_stem(member), name)}
    missing = [f"{name}{suffix}" for suffix in _NEEDED if suffix not in parts]
    if missing:
        raise _disagree(f"Berkas {' dan '.join(missing)} tidak ada di dalam arsip.")
    for suffix, member in parts.items():
        archives.unpack(path, member, folder / f"data{suffix}")
    records = _records(folder)
    deleted, encoding, guessed = _attributes(folder, records)
    extra = [
        member.filename
        for member in found
        if not _is_noise(member) and _suffix(member) not in _WANTED and not _is_companion(member, name)
    ]
    remarks = [Finding("ZIP_EXTRA", Severity.INFORMS, {"files": ", ".join(extra[:10])})] if extra else []
    if guessed:
        remarks.append(Finding("ENC_GUESSED", Severity.WARNS, {"encoding": "Windows-1252", "sample": guessed}))
    return Parts(name, folder / "data.shp", records - deleted, _prj(folder), encoding, tuple(remarks))


def _suffix(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).suffix.lower()


def _stem(member: zipfile.ZipInfo) -> str:
    return str(PurePosixPath(member.filename).with_suffix(""))


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _is_noise(member: zipfile.ZipInfo) -> bool:
    return member.filename.startswith(_NOISE[0]) or member.filename.endswith(_NOISE[1:])


def _is_companion(member: zipfile.ZipInfo, name: str) -> bool:
    file, stem = PurePosixPath(member.filename), PurePosixPath(name)
    mine = file.parent == stem.parent and file.name.casefold().startswith(stem.name.casefold() + ".")
    return (mine and file.suffix.lower() in _COMPANIONS) or file.suffix.lower() in (".shp", *_WANTED)


def _disagree(detail: str) -> BadUpload:
    return BadUpload(
        detail,
        code="SHP_PARTS",
        mend="Masukkan .shp, .shx, .dbf, dan .prj dari satu penyimpanan yang sama ke dalam satu ZIP.",
    )


def _records(folder: Path) -> int:
    """The number of records on which all three files agree."""
    shp, shx = folder / "data.shp", folder / "data.shx"
    for path in (shp, shx):
        with open(path, "rb") as file:
            header = file.read(100)
        if len(header) < 100 or header[:4] != b"\0\0\x27\x0a":
            raise _disagree(f"Kepala berkas {path.suffix} rusak.")
        (stated,), (kind,) = struct.unpack(">i", header[24:28]), struct.unpack("<i", header[32:36])
        if stated * 2 != path.stat().st_size:
            is_told = f"menyatakan {stated * 2} bita tetapi berisi {path.stat().st_size}"
            raise _disagree(f"Berkas {path.suffix} {is_told}; mungkin terpotong.")
        if kind == _MULTIPATCH or kind not in _PLAIN_TYPES:
            raise BadUpload(
                "Shapefile ini berisi bangun tiga dimensi (MultiPatch), yang belum didukung.",
                code="GEOM_TYPE",
                mend="Simpan tapak bangunannya sebagai poligon, lalu unggah lagi.",
            )
    if (shx.stat().st_size - 100) % 8:
        raise _disagree("Indeks .shx terpotong.")
    index = np.fromfile(shx, ">i4", offset=100).reshape(-1, 2).astype(np.int64) * 2
    ends = index[:, 0] + 8 + index[:, 1]
    if len(index) and (index.min() < 0 or ends.max() > shp.stat().st_size):
        raise _disagree("Indeks .shx menunjuk ke luar berkas .shp; keduanya bukan pasangan.")
    if len(index) == 0:
        raise BadUpload(
            "Shapefile ini tidak berisi satu fitur pun.", code="EMPTY", mend="Unggah berkas yang berisi data."
        )
    return len(index)


def _attributes(folder: Path, records: int) -> tuple[int, str, str]:
    """(deleted rows, encoding of the text, a sample of it where that was guessed)."""
    path = folder / "data.dbf"
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(32)
        if len(head) < 32:
            raise _disagree("Kepala berkas .dbf rusak.")
        stated, start, width = struct.unpack("<IHH", head[4:12])
        fields = max(0, start - 33) // 32
    if fields > choice.COLUMNS_AT_MOST:
        raise choice.too_many_columns(fields)
    if stated != records:
        raise _disagree(f"Berkas .shp berisi {records} fitur, tetapi .dbf menyatakan {stated} baris.")
    if width == 0 or start + stated * width > size:
        raise _disagree("Berkas .dbf lebih pendek daripada yang dinyatakannya; mungkin terpotong.")
    rows = np.memmap(path, np.uint8, "r", start, (stated, width))
    deleted = int(np.count_nonzero(rows[:, 0] == ord("*")))
    return deleted, *_encoding(folder, rows)


def _encoding(folder: Path, rows: np.memmap) -> tuple[str, str]:
    """UTF-8 where all text is that; else what .cpg says; else Windows-1252, with a sample."""
    foreign = np.flatnonzero((rows > 127).any(axis=1))
    if not len(foreign):
        return "utf-8", ""
    text = b"\n".join(rows[at].tobytes() for at in foreign)
    if _decodes(text, "utf-8"):
        return "utf-8", ""
    stated = _stated_encoding(folder)
    if stated and stated != "utf-8" and _decodes(text, stated):
        return stated, ""
    return "cp1252", " ".join(rows[foreign[0]].tobytes().decode("cp1252", "replace").split())[:60]


def _stated_encoding(folder: Path) -> str | None:
    cpg = folder / "data.cpg"
    text = cpg.read_bytes()[:40].decode("ascii", "ignore").strip() if cpg.exists() else ""
    plain = text.upper().replace("-", "").replace(" ", "").replace("_", "")
    name = _CODE_PAGES.get(plain) or (f"cp{plain}" if plain.isdigit() else text)
    try:
        return codecs.lookup(name).name if name else None
    except (LookupError, ValueError, OSError):  # an encoding that was not loaded cannot be any more
        return None


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _prj(folder: Path) -> str | None:
    prj = folder / "data.prj"
    return prj.read_bytes()[:100_000].decode("utf-8-sig", "replace").strip() or None if prj.exists() else None
