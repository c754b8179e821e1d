"""What is in a file: columns beside geometries."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray


class FieldType(StrEnum):
    """The types a field can have, named as in JSON Schema (dates as their formats)."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "date-time"


@dataclass(frozen=True)
class Field:
    """One entry of the field dictionary. `label` is the column's name in the uploaded file."""

    name: str
    type: FieldType
    label: str = ""
    title: str = ""
    definition: str = ""
    unit: str = ""
    codes: tuple[str, ...] = ()
    null_meaning: str = ""


@dataclass(frozen=True)
class Layer:
    """The content of one uploaded layer or table.

    `columns` has one arrow column per field, under its name and in the order of `fields`; n rows.
    `geometry` is an object array of n shapely geometries in CRS84 (longitude, latitude; None where
    a row has none), or None for a table without geometry.
    `source_geometry` holds the same geometries in `source_crs`, full doubles, before any transformation;
    it is None where the source is CRS84 already.
    `source_crs` is "OGC:CRS84", "EPSG:n" or WKT; None where the file does not say (then `geometry`
    holds the file's raw coordinates and nobody may treat them as CRS84).
    `rows` is the 1-based row or feature number in the file, n int64.
    """

    name: str
    fields: tuple[Field, ...]
    columns: pa.Table
    rows: NDArray[np.int64]
    geometry: NDArray[np.object_] | None = None
    source_crs: str | None = None
    source_geometry: NDArray[np.object_] | None = None
    key: str | None = None
    reading: dict[str, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def kinds(self) -> NDArray[np.int32]:
        """Type numbers of GEOS; -1 where there is no geometry."""
        return np.full(len(self), -1, np.int32) if self.geometry is None else shapely.get_type_id(self.geometry)

    @cached_property
    def drawn(self) -> NDArray[np.bool_]:
        """Rows with a geometry that is not empty."""
        return (self.kinds >= 0) & ~shapely.is_empty(self.geometry)

    @cached_property
    def vertices(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """x and y of every vertex (and z where there is one), and the position of its row."""
        if self.geometry is None:
            return np.empty((0, 2)), np.empty(0, np.int64)
        high = bool(shapely.has_z(self.geometry).any())
        return shapely.get_coordinates(self.geometry, include_z=high, return_index=True)

    @cached_property
    def finite(self) -> NDArray[np.bool_]:
        """Rows without NaN and infinity among their coordinates, Z included where there is one."""
        fine = np.ones(len(self), dtype=bool)
        xyz, of = self.vertices
        endless = ~np.isfinite(xyz)
        if endless.any():
            high = endless[:, 2:].any(axis=1) & shapely.has_z(self.geometry)[of]
            fine[of[endless[:, 0] | endless[:, 1] | high]] = False
        return fine

    @cached_property
    def valid(self) -> NDArray[np.bool_]:
        """Rows with a finite geometry that is valid; empty ones are."""
        fits = self.finite & (self.kinds >= 0)
        fits[fits] = shapely.is_valid(self.geometry[fits]) if self.geometry is not None else False
        return fits

    @cached_property
    def middles(self) -> NDArray[np.float64]:
        """x and y of each geometry's centroid, (n, 2); NaN where there is none."""
        fits = self.finite & self.drawn
        points = np.full(len(self), None, dtype=object)
        points[fits] = shapely.centroid(self.geometry[fits]) if self.geometry is not None else None
        return np.column_stack([shapely.get_x(points), shapely.get_y(points)])

    @cached_property
    def strokes(self) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
        """Of the vertices of every finite line and ring: x and y, the number of the line or ring, and the row."""
        of_one = (self.kinds == 1) | ((self.kinds == 3) & (shapely.get_num_interior_rings(self.geometry) == 0))
        xy, row = self.vertices
        taken = (of_one & self.finite)[row]
        others = np.flatnonzero(~of_one & self.finite & np.isin(self.kinds, (3, 5, 6)))
        if taken.all():
            return xy[:, :2], row, row
        parts, of = shapely.get_parts(self.geometry[others] if self.geometry is not None else others, return_index=True)
        area = shapely.get_type_id(parts) == 3
        rings, part = shapely.get_rings(parts[area], return_index=True)
        owner = others[np.concatenate([of[area][part], of[~area]])]
        more, stroke = shapely.get_coordinates(np.concatenate([rings, parts[~area]]), return_index=True)
        return (
            np.concatenate([xy[taken, :2], more]),
            np.concatenate([row[taken], len(self) + stroke]),
            np.concatenate([row[taken], owner[stroke]]),
        )

    def field(self, name: str) -> Field:
        """Raises KeyError where there is no such field."""
        return {entry.name: entry for entry in self.fields}[name]
