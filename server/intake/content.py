"""What may be read of an upload, once it has been looked at."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from server.intake.delimited import Dialect
from workflow.findings import Finding


class Format(StrEnum):
    """By the name of GDAL's driver where GDAL reads it."""

    GEOJSON = "GeoJSON"
    GPKG = "GPKG"
    SHAPEFILE = "ESRI Shapefile"
    KML = "LIBKML"
    GML = "GML"
    FLATGEOBUF = "FlatGeobuf"
    PARQUET = "Parquet"
    CSV = "CSV"
    XLSX = "XLSX"
    ODS = "ODS"


@dataclass(frozen=True)
class Content:
    """The file for the reader, the rows counted in it, the CRS it names ("EPSG:n", WKT or None).

    `columns` beside geometry are counted apart from the reader; `names` are theirs where any may be absent from a row,
    `layers` the features and names of each layer, where only GDAL can list those.
    `layer` is the one to be read, or, where only GDAL can list them, the one that is wanted.
    `encoding` is that of a shapefile's text, `dialect` that of a CSV file.
    """

    format: Format
    path: Path
    count: int = 0
    crs: str | None = None
    crs_by_default: bool = False
    name: str = ""
    layer: str = ""
    encoding: str | None = None
    dialect: Dialect | None = None
    remarks: tuple[Finding, ...] = ()
    columns: int | None = None
    names: frozenset[str] = frozenset()
    layers: tuple[tuple[int, frozenset[str]], ...] = ()
