"""A candidate beside the release that the public has."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import shapely

from server.journey import Journey
from server.release.features import read_features
from workflow.comparison import cell_changes, compare
from workflow.errors import Conflict
from workflow.layer import Field, FieldType, Layer
from workflow.store import SubmissionRecord

LISTED = 5_000
"""Changed features that are listed; the counts are of all."""


def compare_with_current(journey: Journey, record: SubmissionRecord) -> dict[str, Any]:
    """Counts, and a GeoJSON FeatureCollection of what is added, removed, moved or changed.

    Raises Conflict while the candidate is being built.
    """
    if record.candidate is None or record.manifest is None:
        raise Conflict("Berkas ini belum selesai dibaca.", code="BELUM-DIBANGUN")
    home = journey.settings.home
    current = _current(journey, record)
    if current is None:
        return {"release": None, "counts": None, "type": "FeatureCollection", "features": []}
    old = layer_of(home / current.folder, current.manifest)
    new = layer_of(home / record.candidate, record.manifest)
    found = compare(old, new)
    return {
        "release": current.number,
        "counts": found.counts,
        "by_key": found.by_key,
        "columns": {"added": list(found.new_columns), "removed": list(found.lost_columns)},
        "type": "FeatureCollection",
        "features": list(_limited(_features(old, new, found))),
    }


def _current(journey: Journey, record: SubmissionRecord) -> Any:
    dataset = journey.records.dataset(record.move.dataset)
    if dataset is None or dataset.current is None:
        return None
    current = journey.records.release(dataset.id, dataset.current)
    return current if current and current.submission != record.move.id else None


def layer_of(folder: Path, manifest: Mapping[str, Any]) -> Layer:
    """The main collection of a candidate or release, as it is served."""
    entry = manifest["collections"][0]
    features = [orjson.loads(line) for line in read_features(folder)]
    fields = tuple(
        Field(name=said["name"], type=FieldType(said["type"]), label=said.get("label", "")) for said in entry["fields"]
    )
    columns = {field.name: pa.array([one["properties"].get(field.name) for one in features]) for field in fields}
    geometry = None
    if entry["geometry_type"]:
        texts = [orjson.dumps(one["geometry"]).decode() if one["geometry"] else None for one in features]
        geometry = shapely.from_geojson(np.array(texts, dtype=object))
    return Layer(
        name=entry["id"],
        fields=fields,
        columns=pa.table(columns),
        rows=np.arange(1, len(features) + 1),
        geometry=geometry,
        key=entry.get("key"),
    )


def _features(old: Layer, new: Layer, found: Any) -> Iterator[dict[str, Any]]:
    for position in found.added:
        yield _feature(new, int(position), "added")
    for position in found.removed:
        yield _feature(old, int(position), "removed")
    for pair in found.moved:
        yield _feature(new, int(pair[1]), "moved")
    for pair in found.changed:
        changes = {name: list(values) for name, values in cell_changes(old, new, pair).items()}
        yield _feature(new, int(pair[1]), "changed", changes)


def _feature(layer: Layer, position: int, change: str, cells: Mapping[str, Any] | None = None) -> dict[str, Any]:
    shape = layer.geometry[position] if layer.geometry is not None else None
    properties = {name: layer.columns.column(name)[position].as_py() for name in layer.columns.column_names}
    return {
        "type": "Feature",
        "id": properties.get(layer.key) if layer.key else position + 1,
        "geometry": orjson.loads(shapely.to_geojson(shape)) if shape is not None else None,
        "properties": properties | {"change": change} | ({"cells": dict(cells)} if cells else {}),
    }


def _limited(features: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for _, feature in zip(range(LISTED), features, strict=False):
        yield feature
