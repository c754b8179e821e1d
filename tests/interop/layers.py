"""Layers that clients stumble over, written as agencies' files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely

LARGE, NULLS, UNICODE, EMPTY = "persil-bidang", "titik-pantau", "nama-unicode", "lapisan-kosong"
ROWS = 200_000
NO_VALUE = 50
"""The first rows of NULLS, in which nothing but the code is known."""
MONITORED = 60
NAMES = ("Jalan Ĉiĉerone — ‘Çelebi’", "日本語", "ꦥꦏꦭꦺꦴꦔꦤ꧀", "ombak 🌊 & <b>“kutip”</b>", 'O\'Brien "Dua"; --')


def write(folder: Path) -> None:
    folder.mkdir()
    parcels().to_file(folder / f"{LARGE}.gpkg", engine="pyogrio")
    _write_json(folder / f"{NULLS}.geojson", [_monitored(n) for n in range(MONITORED)])
    named = [_point(n, {"nama": name, "nomor": n}) for n, name in enumerate(NAMES)]
    # The dataset's title comes from the name of the file.
    _write_json(folder / "nama-ꦥꦏꦭꦺꦴꦔꦤ꧀-ünïcode.geojson", named)
    none = geopandas.GeoDataFrame({"nomor": np.array([], dtype="int64")}, geometry=[], crs="EPSG:4326")
    none.to_file(folder / f"{EMPTY}.gpkg", engine="pyogrio", geometry_type="Point")


def parcels() -> geopandas.GeoDataFrame:
    """As many squares of about 15 m in a grid, in rows of 500 from the south-west."""
    n = np.arange(ROWS)
    west, south = 109.62 + (n % 500) * 0.0002, -6.94 + (n // 500) * 0.0002
    squares = shapely.box(west, south, west + 0.00015, south + 0.00015)
    columns = {"nib": [f"{one:014d}" for one in n], "luas_m2": (n % 997) * 1.5, "lantai": n % 5}
    return geopandas.GeoDataFrame(columns, geometry=squares, crs="EPSG:4326")


def _monitored(n: int) -> dict[str, Any]:
    known = n >= NO_VALUE
    values = {"jumlah": n, "tinggi": n + 0.5, "tanggal": f"2025-03-{n - NO_VALUE + 1:02d}"}
    return _point(n, {"kode": f"T{n:03d}"} | {name: value if known else None for name, value in values.items()})


def _point(n: int, properties: dict[str, Any]) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [round(109.66 + n * 0.0005, 7), round(-6.89 + n * 0.0003, 7)]}
    return {"type": "Feature", "geometry": point, "properties": properties}


def _write_json(path: Path, features: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))
