"""What an upload really is, by its content and never by its name, and whether a reader may see it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from server.intake import crs, geojson
from workflow.errors import BadUpload
from workflow.findings import Finding


class Format(StrEnum):
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
    count: int
    crs: str | None = None
    layer: str = ""
    remarks: tuple[Finding, ...] = ()


def inspect(path: Path, folder: Path) -> Content:
    """Raises BadUpload with the code of what is wrong; writes nothing outside `folder`."""
    with open(path, "rb") as file:
        head = file.read(4096)
    if not head.strip():
        raise BadUpload("Berkas ini kosong.", code="EMPTY", mend="Periksa berkas di komputer Anda, lalu unggah lagi.")
    return _geojson(path, folder)


def _geojson(path: Path, folder: Path) -> Content:
    frame = geojson.look_at(path)
    if frame.features == 0:
        raise BadUpload("Berkas ini tidak berisi satu fitur pun.", code="EMPTY", mend="Unggah berkas yang berisi data.")
    named = crs.CRS84 if frame.crs == "" else frame.crs and crs.identify(frame.crs)
    return Content(Format.GEOJSON, path, frame.features, named or None)
