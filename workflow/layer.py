"""What is in a file: columns beside geometries."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pyarrow as pa
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

    def field(self, name: str) -> Field:
        """Raises KeyError where there is no such field."""
        return {entry.name: entry for entry in self.fields}[name]
