"""The same made-up city for every program: buildings and kelurahan, and what a right answer about them holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

WEST, SOUTH, EAST, NORTH = 109.647, -6.895, 109.713, -6.829
"""Degrees; a square inside Kota Pekalongan."""
SEED = 20260312
CODES = [f"Z{n:02}" for n in range(1, 51)]
KINDS = ["rumah", "ruko", "gudang", "sekolah", "kantor", "masjid"]
HITS = 500
KELURAHAN = 27


@dataclass(frozen=True)
class Layer:
    """Rows in the order of `nomor`, 1..n. Coordinates have 7 decimals, so that nobody has more to write than others."""

    name: str
    geometry: np.ndarray[Any, Any]
    columns: dict[str, np.ndarray[Any, Any]]

    def __len__(self) -> int:
        return len(self.geometry)

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.geometry)

    @property
    def ids(self) -> np.ndarray[Any, Any]:
        return self.columns["nomor"]

    def in_box(self, box: tuple[float, ...]) -> tuple[set[int], set[int]]:
        """Ids that touch the box exactly, and those whose own boxes do, in PostGIS's rounding to single floats."""
        area = shapely.box(*box)
        near = shapely.box(*np.add(box, (-2e-5, -2e-5, 2e-5, 2e-5)))
        return set(self.ids[self.tree.query(area, "intersects")]), set(self.ids[self.tree.query(near)])

    def where(self, zone: str, larger_than: float = -1) -> list[int]:
        chosen = (self.columns["zona"] == zone) & (self.columns["luas"] > larger_than)
        found: list[int] = self.ids[chosen].tolist()
        return found

    def write(self, path: Path) -> Path:
        pyogrio.raw.write(
            path,
            shapely.to_wkb(self.geometry),
            list(self.columns.values()),
            np.array(list(self.columns)),
            layer=self.name,
            driver="GPKG",
            geometry_type="Polygon",
            crs="EPSG:4326",
        )
        return path


def buildings(rows: int) -> Layer:
    """Polygons of 5 to 12 vertices, one to a cell of a grid that fills the city, in no order, with 10 attributes."""
    rng = np.random.default_rng(SEED)
    side = int(np.ceil(np.sqrt(rows)))
    cell = (EAST - WEST) / side
    place = rng.permutation(side * side)[:rows]
    centre = np.c_[WEST + (place % side + 0.5) * cell, SOUTH + (place // side + 0.5) * cell]
    corners = rng.integers(5, 13, rows)
    row = np.repeat(np.arange(rows), corners)
    turn = (np.arange(len(row)) - np.repeat(np.cumsum(corners) - corners, corners)) / corners[row]
    angle = 2 * np.pi * (turn + rng.uniform(0, 0.6, len(row)) / corners[row])
    reach = cell * rng.uniform(0.22, 0.45, len(row))
    ring = np.round(centre[row] + reach[:, None] * np.c_[np.cos(angle), np.sin(angle)], 7)
    columns = {
        "nomor": np.arange(1, rows + 1),
        "nama": np.array([f"Bangunan {n}" for n in range(1, rows + 1)], dtype=object),
        "zona": np.array(CODES, dtype=object)[rng.integers(0, len(CODES), rows)],
        "jenis": np.array(KINDS, dtype=object)[rng.integers(0, len(KINDS), rows)],
        "lantai": rng.integers(1, 9, rows).astype(np.int32),
        "penghuni": rng.integers(0, 40, rows).astype(np.int32),
        "luas": np.round(rng.uniform(20, 400, rows), 2),
        "tinggi": np.round(rng.uniform(3, 30, rows), 1),
        "nilai": np.round(rng.uniform(1e7, 9e9, rows), 2),
        "didata": np.datetime64("2020-01-01") + rng.integers(0, 2000, rows),
    }
    return Layer("bangunan", _polygons(ring, row), columns)


def kelurahan() -> Layer:
    """27 polygons of about 500 vertices."""
    rng = np.random.default_rng(SEED)
    row = np.repeat(np.arange(KELURAHAN), 500)
    centre = np.c_[WEST + (row % 6 + 0.5) * (EAST - WEST) / 6, SOUTH + (row // 6 + 0.5) * (NORTH - SOUTH) / 6]
    angle = 2 * np.pi * np.tile(np.arange(500) / 500, KELURAHAN)
    reach = 0.005 * (1 + 0.1 * np.sin(7 * angle + row)) + rng.uniform(0, 2e-5, len(row))
    ring = np.round(centre + reach[:, None] * np.c_[np.cos(angle), np.sin(angle)], 7)
    names = np.array([f"Kelurahan {n}" for n in range(1, KELURAHAN + 1)], dtype=object)
    columns = {"nomor": np.arange(1, KELURAHAN + 1), "nama": names}
    return Layer("kelurahan", _polygons(ring, row), columns)


def _polygons(ring: np.ndarray[Any, Any], row: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    polygons: np.ndarray[Any, Any] = shapely.polygons(shapely.linearrings(ring, indices=row))
    return polygons


def boxes(layer: Layer, number: int, seed: int) -> list[tuple[float, ...]]:
    """Places at random, each with about HITS buildings."""
    rng = np.random.default_rng(seed)
    size = (EAST - WEST) * np.sqrt(HITS / len(layer)) if len(layer) > HITS else (EAST - WEST) / 2
    west, south = rng.uniform(WEST, EAST - size, number), rng.uniform(SOUTH, NORTH - size, number)
    return [tuple(np.round((w, s, w + size, s + size), 6).tolist()) for w, s in zip(west, south, strict=True)]


def tile_at(zoom: int) -> tuple[int, int]:
    """Column and row of the WebMercatorQuad tile in the middle of the city."""
    lon, lat = (WEST + EAST) / 2, np.radians((SOUTH + NORTH) / 2)
    y = (1 - np.arcsinh(np.tan(lat)) / np.pi) / 2
    return int((lon + 180) / 360 * 2**zoom), int(y * 2**zoom)


def tile_box(zoom: int, column: int, row: int) -> tuple[float, ...]:
    """West, south, east, north."""

    def lat(y: int) -> float:
        return float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / 2**zoom)))))

    return column / 2**zoom * 360 - 180, lat(row + 1), (column + 1) / 2**zoom * 360 - 180, lat(row)
