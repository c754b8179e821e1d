"""Release folders as the contract of candidates has them, small and invented."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas
import pandas
import pyogrio
from shapely.geometry import MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

ROADS: dict[str, list[Any]] = {
    "kode": ["A-1", "A'2", None],
    "nama": ["Jalan “Mawar”", "", "tab\there\nline"],
    "panjang": [1.5, None, 1e-12],
    "lajur": [2, 4, None],
    "aspal": [True, False, None],
    "dibangun": [date(1999, 12, 31), None, date(2024, 2, 29)],
    "diukur": [datetime(2026, 3, 12, 3, 32, tzinfo=UTC), None, None],
}
TYPES = {
    "kode": "string",
    "nama": "string",
    "panjang": "number",
    "lajur": "integer",
    "aspal": "boolean",
    "dibangun": "date",
    "diukur": "date-time",
}
SQUARES: list[BaseGeometry | None] = [box(109.6, -6.9, 109.7, -6.8), None, box(109.123456789012345, -6.9, 109.7, -6.8)]


def collection(id: str, columns: Sequence[str], geometry_type: str | None, folder: str = ".") -> dict[str, Any]:
    fields = [
        {"name": name, "type": TYPES[name], "title": name.title(), "definition": "Ada", "unit": ""} for name in columns
    ]
    return {
        "id": id,
        "folder": folder,
        "type": "features" if geometry_type else "table",
        "title": f"Judul {id}",
        "geometry_type": geometry_type,
        "key": "kode",
        "features_sha256": f"{id} {columns} {geometry_type}".encode().hex()[:64],
        "fields": fields,
    }


def write_layer(
    folder: Path, columns: Sequence[str], shapes: Sequence[BaseGeometry | None] | None, geometry_type: str | None
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data: Any = pandas.DataFrame({name: _series(name) for name in columns})
    written: dict[str, Any] = {"layer": "data", "driver": "GPKG", "layer_options": {"FID": "fid"}}
    if shapes is not None:
        data = geopandas.GeoDataFrame(data, geometry=list(shapes), crs="EPSG:4326")
        written |= {"geometry_type": geometry_type, "promote_to_multi": False}
    pyogrio.write_dataframe(data, folder / "data.gpkg", **written)
    with closing(sqlite3.connect(folder / "data.gpkg")) as source, source:
        source.execute("CREATE INDEX data_kode ON data (kode)")


def _series(name: str) -> Any:
    kind = {"integer": "Int64", "boolean": "boolean"}.get(TYPES[name], "object")
    if TYPES[name] == "date-time":
        return pandas.Series(ROADS[name], dtype="datetime64[ms, UTC]")
    return pandas.Series(ROADS[name], dtype=kind) if TYPES[name] != "number" else pandas.Series(ROADS[name])


def release_folder(
    home: Path,
    folder: str,
    dataset: str = "jalan",
    columns: Sequence[str] = tuple(TYPES),
    shapes: Sequence[BaseGeometry | None] = SQUARES,
    geometry_type: str = "Polygon",
) -> dict[str, Any]:
    """Writes it; its manifest."""
    write_layer(home / folder, columns, shapes, geometry_type)
    main = collection(dataset, columns, geometry_type.removesuffix(" Z").replace("Unknown", "Geometry"))
    return {"title": f"Judul {dataset}", "collections": [main]}


def statistics_folder(home: Path, folder: str, dataset: str) -> dict[str, Any]:
    """A long table and its map."""
    write_layer(home / folder, ("kode", "panjang"), None, None)
    write_layer(home / folder / "peta", ("kode", "panjang"), SQUARES, "Polygon")
    table = collection(dataset, ("kode", "panjang"), None)
    return {
        "title": f"Judul {dataset}",
        "collections": [table, collection(f"{dataset}-peta", ("kode", "panjang"), "Polygon", "peta")],
    }


MIXED = [
    Polygon([(109, -6, 5), (109.1, -6, 5), (109.1, -6.1, 7)]),
    MultiPolygon([box(109, -7, 109.1, -6.9)]),
    Point(109, -6),
]
