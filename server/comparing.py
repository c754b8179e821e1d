"""A candidate beside the release that the public has."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import shapely

from server.journey import Journey
from server.release.features import read_features
from workflow.comparison import Comparison, cell_changes, compare
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
    dataset = journey.records.dataset(record.move.dataset)
    current = journey.records.release(dataset.id, dataset.current) if dataset and dataset.current else None
    if current is None or current.submission == record.move.id:
        return {"release": None, "counts": None, "type": "FeatureCollection", "features": []}
    old = layer_of(journey.settings.home / current.folder, current.manifest)
    new = layer_of(journey.settings.home / record.candidate, record.manifest)
    found = compare(old, new)
    return {
        "release": current.number,
        "counts": found.counts,
        "by_key": found.by_key,
        "columns": {"added": found.new_columns, "removed": found.lost_columns},
        "type": "FeatureCollection",
        "features": list(islice(_features(old, new, found), LISTED)),
    }


def layer_of(folder: Path, manifest: Mapping[str, Any]) -> Layer:
    """The main collection of a candidate or release, as it is served."""
    entry = manifest["collections"][0]
    features = [orjson.loads(line) for line in read_features(folder)]
    fields = tuple(Field(said["name"], FieldType(said["type"]), said.get("label", "")) for said in entry["fields"])
    columns = {field.name: pa.array([one["properties"].get(field.name) for one in features]) for field in fields}
    geometry = None
    if entry["geometry_type"]:
        texts = [orjson.dumps(one["geometry"]).decode() if one["geometry"] else None for one in features]
        geometry = shapely.from_geojson(np.array(texts, dtype=object))
    rows = np.arange(1, len(features) + 1)
    return Layer(entry["id"], fields, pa.table(columns), rows, geometry, key=entry.get("key"))


def _features(old: Layer, new: Layer, found: Comparison) -> Iterator[dict[str, Any]]:
    whole = (("added", new, found.added), ("removed", old, found.removed), ("moved", new, found.moved[:, 1]))
    for change, layer, positions in whole:
        yield from (_feature(layer, position, {"change": change}) for position in positions.tolist())
    for pair in found.changed.tolist():
        yield _feature(new, pair[1], {"change": "changed", "cells": cell_changes(old, new, pair)})


def _feature(layer: Layer, position: int, change: dict[str, Any]) -> dict[str, Any]:
    shape = layer.geometry[position] if layer.geometry is not None else None
    properties = {name: layer.columns[name][position].as_py() for name in layer.columns.column_names}
    return {
        "type": "Feature",
        "id": properties.get(layer.key) if layer.key else position + 1,
        "geometry": orjson.loads(shapely.to_geojson(shape)) if shape is not None else None,
        "properties": properties | change,
    }
