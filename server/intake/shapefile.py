"""Shapefiles: several files that must agree with each other before one reader sees them."""

import codecs
import struct
import zipfile
from contextlib import suppress
from pathlib import Path, PurePosixPath

import numpy as np

from server.intake import archives, refusals
from server.intake.content import Content, Format
from server.intake.crs import identify
from server.intake.refusals import refused
from workflow.findings import Finding, Severity

_NEEDED = (".shp", ".shx", ".dbf")
_WANTED = (*_NEEDED, ".prj", ".cpg")
_COMPANIONS_OF_GIS = ".sbn .sbx .qix .fix .fbn .fbx .ain .aih .ixs .mxs .atx .idm .qpj .qmd .qml .sld .lyr .xml"
_COMPANIONS = frozenset(f"{_COMPANIONS_OF_GIS} .keywords .lic .txt".split())
_NOISE = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_PLAIN_TYPES = {0, 1, 3, 5, 8, 11, 13, 15, 18, 21, 23, 25, 28}  # not 31, MultiPatch
_CODE_PAGES = {"65001": "utf-8", "UTF8": "utf-8", "ANSI": "cp1252", "ISO88591": "iso-8859-1"}


def unpack(path: Path, found: list[zipfile.ZipInfo], wanted: str, folder: Path) -> Content:
    """As data.shp and so on. Raises BadUpload: SHP_PARTS, LAYER_CHOICE, GEOM_TYPE, COLUMNS, EMPTY."""
    stems = {_stem(member): member for member in found if _suffix(member) == ".shp" and not _is_noise(member)}
    name = refusals.one(list(stems), wanted, "shapefile")
    mine = [member for member in found if _stem(member).casefold() == name.casefold()]
    parts = {_suffix(member): member for member in mine if _suffix(member) in _WANTED}
    missing = [f"{name}{suffix}" for suffix in _NEEDED if suffix not in parts]
    if missing:
        raise refused("SHP_PARTS", "missing", files=" dan ".join(missing))
    for suffix, member in parts.items():
        archives.unpack(path, member, folder / f"data{suffix}")
    records = _records(folder)
    columns = _columns(folder)
    deleted, encoding, guessed = _attributes(folder, records, columns)
    extra = [member.filename for member in found if not _is_noise(member) and not _is_companion(member, name)]
    remarks = [Finding("ZIP_EXTRA", Severity.INFORMS, {"files": ", ".join(extra[:10])})] if extra else []
    if guessed:
        remarks.append(Finding("ENC_GUESSED", Severity.WARNS, {"encoding": "Windows-1252", "sample": guessed}))
    return Content(
        Format.SHAPEFILE,
        folder / "data.shp",
        records - deleted,
        crs=_crs(folder),
        name=name.rpartition("/")[2],
        layer="data",
        encoding=encoding,
        remarks=tuple(remarks),
        columns=columns or None,
    )


def _suffix(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).suffix.lower()


def _stem(member: zipfile.ZipInfo) -> str:
    return str(PurePosixPath(member.filename).with_suffix(""))


def _is_noise(member: zipfile.ZipInfo) -> bool:
    return member.filename.startswith(_NOISE[0]) or member.filename.endswith(_NOISE[1:])


def _is_companion(member: zipfile.ZipInfo, name: str) -> bool:
    file, stem = PurePosixPath(member.filename), PurePosixPath(name)
    mine = file.parent == stem.parent and file.name.casefold().startswith(stem.name.casefold() + ".")
    return (mine and file.suffix.lower() in _COMPANIONS) or file.suffix.lower() in _WANTED


def _records(folder: Path) -> int:
    """The number of records on which all three files agree."""
    shp, shx = folder / "data.shp", folder / "data.shx"
    for path in (shp, shx):
        with open(path, "rb") as file:
            header = file.read(100)
        if len(header) < 100 or header[:4] != b"\0\0\x27\x0a":
            raise refused("SHP_PARTS", "head", suffix=path.suffix)
        (stated,), (kind,) = struct.unpack(">i", header[24:28]), struct.unpack("<i", header[32:36])
        if stated * 2 != (size := path.stat().st_size):
            raise refused("SHP_PARTS", "size", suffix=path.suffix, stated=stated * 2, size=size)
        if kind not in _PLAIN_TYPES:
            raise refused("GEOM_TYPE")
    if (shx.stat().st_size - 100) % 8:
        raise refused("SHP_PARTS", "cut")
    index = np.fromfile(shx, ">i4", offset=100).reshape(-1, 2).astype(np.int64) * 2
    ends = index[:, 0] + 8 + index[:, 1]
    if len(index) == 0:
        raise refused("EMPTY", "shapefile")
    if index.min() < 0 or ends.max() > shp.stat().st_size:
        raise refused("SHP_PARTS", "pair")
    return len(index)


def _attributes(folder: Path, records: int, columns: int) -> tuple[int, str, str]:
    """(deleted rows, encoding of the text, a sample of it where that was guessed)."""
    path = folder / "data.dbf"
    with open(path, "rb") as file:
        head = file.read(32)
        stated, start, width = struct.unpack("<IHH", head[4:12].ljust(8, b"\0"))
    if len(head) < 32 or width > 1 > columns:  # besides the sign of deletion a row holds what no column describes
        raise refused("SHP_PARTS", "head", suffix=".dbf")
    refusals.refuse_too_many_columns((start - 33) // 32)
    if stated != records:
        raise refused("SHP_PARTS", "records", records=records, stated=stated)
    if width == 0 or start + stated * width > path.stat().st_size:
        raise refused("SHP_PARTS", "short")
    rows = np.memmap(path, np.uint8, "r", start, (stated, width))
    deleted = int(np.count_nonzero(rows[:, 0] == ord("*")))
    return deleted, *_encoding(folder, rows)


def _columns(folder: Path) -> int:
    """As many as are described before the sign, or the length of the head, that ends them; GDAL makes one up for 0."""
    with open(folder / "data.dbf", "rb") as file:
        (start,) = struct.unpack("<8xH", file.read(10).ljust(10, b"\0"))
        file.seek(32)
        described = file.read(max(0, (start - 33) // 32 * 32))[::32]
    return len(described.partition(b"\r")[0])


def _encoding(folder: Path, rows: np.memmap) -> tuple[str, str]:
    """UTF-8 where all text is that; else what .cpg says; else Windows-1252, with a sample."""
    foreign = np.flatnonzero((rows > 127).any(axis=1))
    text = b"\n".join(rows[at].tobytes() for at in foreign)
    for encoding in ("utf-8", _stated_encoding(folder) or "utf-8"):
        with suppress(UnicodeError):
            text.decode(encoding)
            return encoding, ""
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


def _crs(folder: Path) -> str | None:
    prj = folder / "data.prj"
    text = prj.read_bytes()[:100_000].decode("utf-8-sig", "replace").strip() if prj.exists() else ""
    return identify(text) if text else None
