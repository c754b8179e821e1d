"""What people take home from a dataset's page: files, lines to copy, a citation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.pages.catalogue import Entry
from server.pages.words import tanggal
from server.settings import Settings

# name below the collection's folder: format, what it is good for, icon.
FORMATS: dict[str, tuple[str, str, str]] = {
    "data.gpkg": ("GeoPackage", "untuk QGIS dan ArcGIS; paling lengkap", "database"),
    "data.geojson": ("GeoJSON", "untuk peta web dan program", "code"),
    "data.csv": ("CSV", "untuk Excel, R, Python", "file-csv"),
    "data-shp.zip": ("Shapefile (ZIP)", "untuk perangkat lama; nama kolom disingkat", "file-zip"),
}
PAPERS: dict[str, tuple[str, str, str]] = {
    "metadata.xml": ("Metadata ISO 19139 (XML)", "untuk simpul JIGN dan GeoNetwork", "file-text"),
    "metadata.json": ("Metadata (JSON)", "catatan OGC API Records", "file-text"),
}


@dataclass(frozen=True)
class Download:
    address: str
    format: str
    use: str
    icon: str
    bytes: int


def downloads(entry: Entry) -> list[tuple[str, list[Download]]]:
    """Every file worth taking, by group; one collection needs no group names."""
    many = len(entry.manifest["collections"]) > 1
    groups = [
        (_group(collection) if many else "", _found(entry, _below(collection), FORMATS))
        for collection in entry.manifest["collections"]
    ]
    return [(name, files) for name, files in [*groups, ("Metadata", _found(entry, "", PAPERS))] if files]


def _below(collection: Mapping[str, Any]) -> str:
    return "" if collection["folder"] == "." else f"{collection['folder']}/"


def _group(collection: Mapping[str, Any]) -> str:
    return "Peta per wilayah dan periode" if collection.get("geometry_type") else "Tabel"


def _found(entry: Entry, below: str, looks: Mapping[str, tuple[str, str, str]]) -> list[Download]:
    files, address = entry.manifest["files"], f"/data/{entry.id}/{entry.release.number}"
    return [
        Download(f"{address}/{below}{name}", *look, described["bytes"])
        for name, look in looks.items()
        if (described := files.get(below + name))
    ]


@dataclass(frozen=True)
class Snippet:
    """How one program reads the dataset: steps in words, lines to copy."""

    program: str
    steps: tuple[str, ...]
    code: str


def snippets(entry: Entry, url: str) -> list[Snippet]:
    collection = (entry.drawn or entry.table)["id"]
    csv = f"{url}/data/{entry.id}/terkini/data.csv"
    is_map = entry.drawn is not None
    read_python = (
        "import geopandas\n\n"
        f'data = geopandas.read_file(\n    "OAPIF:{url}/ogc",\n    layer="{collection}",\n    PAGE_SIZE=1000,\n)'
        if is_map
        else f'import pandas\n\ndata = pandas.read_csv("{csv}")'
    )
    read_r = (
        f'library(sf)\n\ndata <- st_read("OAPIF:{url}/ogc", "{collection}",\n    options = "PAGE_SIZE=1000")'
        if is_map
        else f'data <- read.csv("{csv}", fileEncoding = "UTF-8-BOM")'
    )
    return [
        Snippet(
            "QGIS",
            (
                "Buka Layer → Add Layer → Add WFS / OGC API – Features Layer.",
                "Tekan New, beri nama, lalu tempel alamat di bawah ini ke URL.",
                "Pilih versi OGC API - Features dan isi Page size 1000.",
                f"Tekan OK, Connect, lalu pilih {collection} dan Add.",
            ),
            f"{url}/ogc",
        ),
        Snippet("Python", (), read_python),
        Snippet("R", (), read_r),
        Snippet(
            "ArcGIS Pro",
            (
                "Buka Insert → Connections → Server → New OGC API Server.",
                "Tempel alamat di bawah ini sebagai Server URL, lalu OK.",
                f"Di panel Catalog, seret {collection} ke peta.",
            ),
            f"{url}/ogc",
        ),
        Snippet(
            "Excel",
            (
                "Buka Data → Dari Web (Get Data → From Web).",
                "Tempel alamat di bawah ini, lalu OK.",
                "Pilih asal berkas 65001: Unicode (UTF-8) dan pembatas koma, lalu Muat.",
            ),
            csv,
        ),
    ]


def citation(entry: Entry, settings: Settings) -> str:
    return (
        f"{entry.agency} ({entry.published_at.year}). {entry.title}, rilis {entry.release.number} "
        f"({tanggal(entry.published_at)}). Sebar {settings.city}. {settings.url}/data/{entry.id}"
    )
