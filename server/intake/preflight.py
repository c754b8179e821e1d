"""What an upload really is, by its content and never by its name, and whether a reader may see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from server.intake import archives, choice, crs, delimited, geojson, geopackage, shapefile, workbook
from workflow.errors import BadUpload
from workflow.findings import Finding, Severity


class Format(StrEnum):
    """By the name of GDAL's driver where GDAL reads it."""

    GEOJSON = "GeoJSON"
    GPKG = "GPKG"
    SHAPEFILE = "ESRI Shapefile"
    CSV = "CSV"
    XLSX = "XLSX"


@dataclass(frozen=True)
class Content:
    """What may be read: the file for the reader, the rows counted in it, the CRS it names ("EPSG:n", WKT or None)."""

    format: Format
    path: Path
    count: int = 0
    crs: str | None = None
    crs_by_default: bool = False
    name: str = ""
    layer: str = ""
    encoding: str | None = None
    dialect: delimited.Dialect | None = None
    remarks: tuple[Finding, ...] = ()


def inspect(path: Path, folder: Path, reading: Mapping[str, object]) -> Content:
    """Raises BadUpload with the code of what is wrong. Unpacks into `folder`, where data.* are links to `path`."""
    with open(path, "rb") as file:
        head = file.read(4096)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise choice.empty("Berkas ini kosong")
    layer = str(reading.get("layer") or "")
    if head.startswith(b"SQLite format 3\0"):
        return _geopackage(path, folder, layer)
    if head.startswith(b"PK"):
        return _archive(path, folder, layer)
    for signature, refusal in _BINARY:
        if head.startswith(signature):
            raise refusal
    if text.startswith(b"{"):
        return _geojson(path, folder)
    if text.startswith(b"<") or b"<html" in head.lower():
        raise _markup(text)
    if text.startswith(b"["):
        raise _mismatch("Isi berkas ini JSON tetapi bukan GeoJSON: sebuah daftar, bukan FeatureCollection")
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _mismatch("Isi berkas ini bukan jenis yang dikenal")
    return Content(Format.CSV, path, dialect=delimited.look_at(path, reading))


def refuse_other_name(content: Content, ending: str) -> None:
    """Any text can be taken for a table, so plain text under the name of another format is a mistake of somebody."""
    if content.format is Format.CSV and ending.lower() in (".gpkg", ".zip", ".xlsx", ".geojson", ".json", ".shp"):
        raise _mismatch(f"Berkas ini bernama {ending}, tetapi isinya teks biasa")


def _mismatch(detail: str) -> BadUpload:
    return BadUpload(
        f"{detail}.",
        code="TYPE_MISMATCH",
        mend="Unggah GeoPackage, GeoJSON, shapefile dalam ZIP, CSV, atau XLSX.",
    )


def _unsupported(what: str, mend: str) -> BadUpload:
    return BadUpload(f"Isi berkas ini {what}, yang belum didukung.", code="UNSUPPORTED", mend=mend)


_AS_GPKG = "Buka di QGIS, simpan sebagai GeoPackage, lalu unggah lagi."
_AS_XLSX = "Buka di aplikasi lembar kerja, pilih Simpan Sebagai “Excel Workbook (*.xlsx)” atau CSV, lalu unggah lagi."
_BINARY: tuple[tuple[bytes, BadUpload], ...] = (
    (b"\xd0\xcf\x11\xe0", _unsupported("buku kerja Excel lama (.xls) atau terkunci kata sandi", _AS_XLSX)),
    (b"%PDF", _unsupported("PDF", "Unggah tabel atau peta asalnya, bukan cetakannya.")),
    (b"\0\0\x27\x0a", _unsupported("bagian .shp saja", "Masukkan .shp, .shx, .dbf, dan .prj ke dalam satu ZIP.")),
    (b"fgb", _unsupported("FlatGeobuf", _AS_GPKG)),
    (b"PAR1", _unsupported("Parquet", _AS_GPKG)),
    (b"II*\0", _unsupported("citra TIFF", "Unggah data vektor atau tabel.")),
    (b"MM\0*", _unsupported("citra TIFF", "Unggah data vektor atau tabel.")),
)


def _markup(text: bytes) -> BadUpload:
    """The refusal of a file in HTML or XML, none of which is read yet."""
    lower = text.lower()
    if b"<html" in lower or b"<!doctype html" in lower or b"<table" in lower:
        return _unsupported("halaman web (HTML), meskipun mungkin bernama .xls", _AS_XLSX)
    if re.search(rb"<!(doctype|entity)", lower):
        return BadUpload("XML dengan DOCTYPE tidak diterima.", code="XML_DTD", mend=_AS_GPKG)
    if b"<ogrvrtdatasource" in lower or b"<ogrwfsdatasource" in lower:
        return _mismatch("Isi berkas ini bukan data melainkan petunjuk ke data di tempat lain")
    if b"opengis.net/kml" in lower or b"<kml" in lower:
        return _unsupported("KML", _AS_GPKG)
    if b"opengis.net/gml" in lower:
        return _unsupported("GML", _AS_GPKG)
    return _mismatch("Isi berkas ini XML yang tidak dikenal")


def _geojson(path: Path, folder: Path) -> Content:
    frame = geojson.look_at(path)
    geojson.refuse_nul(path)
    if frame.features == 0:
        raise choice.empty("Berkas ini tidak berisi satu fitur pun")
    named = crs.identify(frame.crs) if frame.crs else None
    if frame.is_utf8:
        return Content(Format.GEOJSON, folder / "data.geojson", frame.features, named, frame.crs == "")
    copy, sample = geojson.as_utf8(path, folder)
    remark = Finding("ENC_GUESSED", Severity.WARNS, {"encoding": "Windows-1252", "sample": sample})
    return Content(Format.GEOJSON, copy, frame.features, named, frame.crs == "", remarks=(remark,))


def _geopackage(path: Path, folder: Path, layer: str) -> Content:
    table = geopackage.look_at(path, layer)
    named = crs.identify(table.crs) if table.crs else None
    return Content(
        Format.GPKG, folder / "data.gpkg", table.count, named, name=table.name, layer=table.name, remarks=table.remarks
    )


def _archive(path: Path, folder: Path, layer: str) -> Content:
    found = archives.members(path)
    names = {member.filename for member in found}
    endings = {member.filename.rpartition(".")[2].lower() for member in found}
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        workbook.refuse_code(found)
        workbook.refuse_declarations(path, found)
        return Content(Format.XLSX, path)
    if "shp" in endings:
        parts = shapefile.unpack(path, found, layer, folder)
        named = crs.identify(parts.prj) if parts.prj else None
        return Content(
            Format.SHAPEFILE,
            parts.path,
            parts.count,
            named,
            name=parts.name.rpartition("/")[2],
            layer="data",
            encoding=parts.encoding,
            remarks=parts.remarks,
        )
    if {"shx", "dbf"} & endings:
        raise BadUpload(
            "Arsip ini tidak memuat berkas .shp.",
            code="SHP_PARTS",
            mend="Masukkan .shp, .shx, .dbf, dan .prj ke dalam satu ZIP.",
        )
    for ending, what in (("gdbtable", "File Geodatabase"), ("kml", "KMZ"), ("ods", "OpenDocument")):
        if ending in endings:
            raise _unsupported(what, _AS_GPKG)
    if "mimetype" in names or "[Content_Types].xml" in names:
        raise _unsupported("dokumen, bukan tabel XLSX", _AS_XLSX)
    raise _mismatch("Arsip ini tidak memuat shapefile; jenis lain diunggah tanpa ZIP")
