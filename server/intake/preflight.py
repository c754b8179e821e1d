"""What an upload really is, by its content and never by its name, and whether a reader may see it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zipfile import ZipInfo

from server.intake import (
    archives,
    crs,
    delimited,
    flatgeobuf,
    geojson,
    geopackage,
    markup,
    parquet,
    shapefile,
    workbook,
)
from server.intake.content import Content, Format
from server.intake.refusals import refused
from workflow.findings import Finding, Severity


def inspect(path: Path, folder: Path, reading: Mapping[str, object]) -> Content:
    """Raises BadUpload with the code of what is wrong. Unpacks into `folder`, where data.* are links to `path`."""
    with open(path, "rb") as file:
        head = file.read(4096)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise refused("EMPTY", "file")
    layer = str(reading.get("layer") or "")
    if head.startswith(b"SQLite format 3\0"):
        return geopackage.look_at(path, folder / "data.gpkg", layer)
    if head.startswith(b"PK"):
        return _archive(path, folder, layer)
    if head.startswith(b"fgb"):
        return flatgeobuf.look_at(path, folder / "data.fgb", layer)
    if head.startswith(b"PAR1"):
        return parquet.look_at(path)
    for signature, which in _BINARY:
        if head.startswith(signature):
            raise refused("UNSUPPORTED", which)
    if text.startswith(b"{"):
        return _geojson(path, folder)
    if text.startswith(b"<") or b"<html" in head.lower():
        return _markup(path, folder, text.lower(), layer)
    if text.startswith(b"["):
        raise refused("TYPE_MISMATCH", "list")
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refused("TYPE_MISMATCH", "unknown")
    return Content(Format.CSV, path, dialect=delimited.look_at(path, reading))


OF_OTHERS = frozenset(
    f".{ending}"
    for ending in ["gpkg", "zip", "xlsx", "ods", "geojson", "json", "shp", "kml", "kmz", "gml", "fgb", "parquet"]
)
"""Endings that no table in text has."""


def refuse_other_name(content: Content, ending: str) -> None:
    """Any text can be taken for a table, so plain text under the name of another format is a mistake of somebody."""
    if content.format is Format.CSV and ending.lower() in OF_OTHERS:
        raise refused("TYPE_MISMATCH", "text", ending=ending)


_BINARY = (
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"%PDF", "pdf"),
    (b"\0\0\x27\x0a", "shp"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
)


def _markup(path: Path, folder: Path, head: bytes, layer: str) -> Content:
    """KML and GML; anything else in HTML or XML is refused. `head` is in small letters."""
    if b"<html" in head or b"<!doctype html" in head or b"<table" in head:
        raise refused("UNSUPPORTED", "html")
    if re.search(rb"<!(doctype|entity)", head):
        raise refused("XML_DTD", "file")
    if b"<ogrvrtdatasource" in head or b"<ogrwfsdatasource" in head:
        raise refused("TYPE_MISMATCH", "pointer")
    if b"opengis.net/kml" in head or b"google.com/kml" in head or b"<kml" in head:
        return markup.look_at(path, folder / "data.kml", layer)
    if b"opengis.net/gml" in head or b"opengis.net/wfs" in head:
        return markup.look_at(path, folder / "data.gml", layer)
    raise refused("TYPE_MISMATCH", "xml")


def _is_spreadsheet(path: Path, found: list[ZipInfo]) -> bool:
    said = next(member for member in found if member.filename == "mimetype")
    return b"".join(archives.pieces(path, said)).strip() == b"application/vnd.oasis.opendocument.spreadsheet"


def _geojson(path: Path, folder: Path) -> Content:
    frame = geojson.look_at(path)
    geojson.refuse_nul(path)
    if frame.features == 0:
        raise refused("EMPTY", "features")
    named = crs.identify(frame.crs) if frame.crs else None
    content = Content(
        Format.GEOJSON,
        folder / "data.geojson",
        frame.features,
        named,
        crs_by_default=frame.crs == "",
        columns=len(frame.names),
        names=frame.names,
    )
    if frame.is_utf8:
        return content
    copy, sample = geojson.as_utf8(path, folder)
    remark = Finding("ENC_GUESSED", Severity.WARNS, {"encoding": "Windows-1252", "sample": sample})
    return replace(content, path=copy, remarks=(remark,))


def _archive(path: Path, folder: Path, layer: str) -> Content:
    found = archives.members(path)
    names = {member.filename for member in found}
    endings = {member.filename.rpartition(".")[2].lower() for member in found}
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        workbook.refuse_code(found)
        workbook.refuse_declarations(path, found)
        return Content(Format.XLSX, path)
    if "shp" in endings:
        return shapefile.unpack(path, found, layer, folder)
    if {"shx", "dbf"} & endings:
        raise refused("SHP_PARTS", "absent")
    if "gdbtable" in endings:
        raise refused("UNSUPPORTED", "gdbtable")
    for member in found:
        if member.filename.lower().endswith(".kml"):  # what comes first counts, as the form of KMZ has it
            archives.unpack(path, member, kml := folder / "unpacked.kml")
            return markup.look_at(kml, kml, layer)
    if {"mimetype", "content.xml", "META-INF/manifest.xml"} <= names and _is_spreadsheet(path, found):
        workbook.refuse_code(found)
        workbook.refuse_declarations(path, found)
        return Content(Format.ODS, path)
    if "mimetype" in names or "[Content_Types].xml" in names:
        raise refused("UNSUPPORTED", "document")
    raise refused("TYPE_MISMATCH", "archive")
