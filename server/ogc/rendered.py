"""A collection as it lies in its release folder: rendered features, their offsets, and the index over them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from server.store.boxes import Boxes
from server.store.ids import Ids
from server.store.index import Rows
from server.store.index_gpkg import GeoPackageIndex, SqliteIndex
from server.store.mapped import mapped
from workflow.errors import Broken
from workflow.layer import FieldType

OPEN_COLLECTIONS = 256
BEGIN = b'{"type":"Feature","id":%s,"geometry":'
HEAD = 1024
"""Bytes in which a collection's array of features begins."""


@dataclass(frozen=True)
class Rendered:
    """`entry` is the collection's part of the manifest.

    `text` holds the GeoJSON features with a comma and a line end between them, the first one at `head`; `offsets` are
    those of features.geojsonl, where only the line end is between them.
    """

    entry: Mapping[str, Any]
    rows: Rows
    text: memoryview
    offsets: memoryview
    index: SqliteIndex
    head: int = 0
    ids: Ids | None = None

    def line(self, row: int) -> bytes:
        return bytes(self.span(row, row + 1))

    def span(self, first: int, stop: int) -> memoryview:
        """Neighbours, separated as in a JSON array. At least one."""
        return self.text[self.head + self.offsets[first] + first : self.head + self.offsets[stop] + stop - 2]

    def row_of(self, identifier: str) -> int | None:
        """The row whose id is written so; None also says that the index must be asked."""
        if self.ids is None or self.rows.key is None:
            return None
        number = self.rows.types[self.rows.key] == FieldType.INTEGER
        for row in self.ids.rows_of(identifier):
            begin = BEGIN % (identifier.encode() if number else orjson.dumps(identifier))
            at = self.head + self.offsets[row] + row
            if self.text[at : at + len(begin)] == begin:
                return row
        return None

    def page(self, rows: Sequence[int]) -> bytes | memoryview:
        """These features in this order, separated as in a JSON array."""
        if isinstance(rows, range):
            return self.span(rows.start, rows.stop) if rows else b""
        if len(rows) == 0:
            return b""
        numbers, offsets = np.asarray(rows), np.asarray(self.offsets).view(np.int64)
        first = np.append(True, np.diff(numbers) != 1)
        starts, stops = numbers[first], numbers[np.append(first[1:], True)] + 1
        begins, ends = offsets[starts] + (starts + self.head), offsets[stops] + (stops + self.head - 2)
        return b",\n".join([self.text[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)])


def open_collection(folder: Path, collection: str) -> Rendered:
    """The collection of this id in a release folder, kept open while it is asked for.

    Raises Broken where a file is missing or does not fit the manifest.
    """
    try:
        stat = (folder / "manifest.json").stat()
    except OSError as error:
        raise Broken(f"{folder} has no manifest.json") from error
    return _opened(folder, collection, stat.st_ino, stat.st_mtime_ns)


@lru_cache(maxsize=OPEN_COLLECTIONS)
def _opened(folder: Path, collection: str, *_identity: int) -> Rendered:
    try:
        manifest = orjson.loads((folder / "manifest.json").read_bytes())
        entry = next(entry for entry in manifest["collections"] if entry["id"] == collection)
        return _of(entry, folder / entry["folder"])
    except (OSError, ValueError, KeyError, StopIteration, orjson.JSONDecodeError) as error:
        raise Broken(f"{folder} does not hold the collection {collection}: {error!r}") from error


def _of(entry: Mapping[str, Any], folder: Path) -> Rendered:
    rows = rows_of(entry)
    text, offsets = mapped(folder / "data.geojson"), mapped(folder / "features.offsets").cast("Q")
    size = (folder / "features.geojsonl").stat().st_size
    if len(offsets) != rows.count + 1 or offsets[rows.count] != size:
        raise ValueError(f"features.offsets does not fit {rows.count} features in {size} bytes")
    head = bytes(text[:HEAD]).index(b"[\n") + 2
    if not rows.count <= len(text) - head - size <= rows.count + HEAD:
        raise ValueError(f"data.geojson does not hold the {size} bytes of the features")
    # Releases from before there were boxes and ids have none.
    boxes = Boxes.open(path) if (path := folder / "boxes.rtree").exists() else None
    ids = Ids(path, rows.count) if (path := folder / "features.ids").exists() else None
    return Rendered(entry, rows, text, offsets, GeoPackageIndex(folder / "data.gpkg", rows, boxes), head, ids)


def rows_of(entry: Mapping[str, Any]) -> Rows:
    types = {field["name"]: FieldType(field["type"]) for field in entry["fields"]}
    # Nobody says so, but a single column of dates is when; QGIS up to 3.30 asks datetime= for whichever it filters.
    moments = [name for name, kind in types.items() if kind in (FieldType.DATE, FieldType.DATETIME)]
    period = entry["period_field"] or (moments[0] if len(moments) == 1 else None)
    period = period if period in types else None
    return Rows(types, int(entry["count"]), entry["geometry_type"] is not None, entry["key"], period)


def chosen(line: bytes, *, skip_geometry: bool, fields: Sequence[str]) -> dict[str, Any]:
    """The feature as a mapping; without its geometry, or with these fields only."""
    feature: dict[str, Any] = orjson.loads(line)
    if skip_geometry:
        feature["geometry"] = None
    if fields:
        feature["properties"] = {name: feature["properties"].get(name) for name in fields}
    return feature
