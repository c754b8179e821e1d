"""A collection as it lies in its release folder: rendered features, their offsets, and the index over them."""

import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from server.store.index import ReleaseIndex, Rows
from server.store.index_gpkg import GeoPackageIndex
from workflow.errors import Broken
from workflow.layer import FieldType

OPEN_COLLECTIONS = 256


@dataclass(frozen=True)
class Rendered:
    """`entry` is the collection's part of the manifest. A line is a GeoJSON feature, without its line end."""

    entry: Mapping[str, Any]
    rows: Rows
    text: memoryview
    offsets: memoryview
    index: ReleaseIndex

    def line(self, row: int) -> bytes:
        return bytes(self.text[self.offsets[row] : self.offsets[row + 1] - 1])


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
    text = _mapped(folder / "features.geojsonl")
    offsets = _mapped(folder / "features.offsets").cast("Q")
    if len(offsets) != rows.count + 1 or offsets[rows.count] != len(text):
        raise ValueError(f"features.offsets does not fit {rows.count} features in {len(text)} bytes")
    return Rendered(entry, rows, text, offsets, GeoPackageIndex(folder / "data.gpkg", rows))


def rows_of(entry: Mapping[str, Any]) -> Rows:
    types = {field["name"]: FieldType(field["type"]) for field in entry["fields"]}
    period = entry["period_field"] if entry["period_field"] in types else None
    return Rows(types, int(entry["count"]), entry["geometry_type"] is not None, entry["key"], period)


def _mapped(path: Path) -> memoryview:
    """The bytes of a file; an empty one cannot be mapped."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def chosen(line: bytes, *, skip_geometry: bool, fields: Sequence[str]) -> dict[str, Any]:
    """The feature as a mapping; without its geometry, or with these fields only."""
    feature: dict[str, Any] = orjson.loads(line)
    if skip_geometry:
        feature["geometry"] = None
    if fields:
        feature["properties"] = {name: feature["properties"].get(name) for name in fields}
    return feature
