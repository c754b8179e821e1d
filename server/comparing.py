"""A candidate beside the release that the public has: compared once, by the worker, and kept in SEBAR_HOME/made.

What is kept is named by the hashes of both sides and the threshold: when another release becomes current it is simply
not found, and made anew.
"""

import hashlib
import logging
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyogrio
import shapely

from server.journey import Journey
from server.ogc.rendered import open_collection
from server.release.dictionary import fields_of
from server.release.features import read_features
from server.release.on_request import Order, begun, made
from server.settings import Settings
from server.store import Records
from workflow.area_codes import digits
from workflow.comparison import compare, shift, totals
from workflow.dataset import FindingCounts
from workflow.errors import Conflict
from workflow.labels import COMPARED, METADATA_FIELDS, angka
from workflow.layer import Layer
from workflow.store import SubmissionRecord

LOG = logging.getLogger(__name__)

KINDS = ("added", "removed", "moved", "changed")
LISTED, MOST_LISTED = 5_000, 10_000
"""Changed features that are listed where nobody says how many, and at most."""
AT_ONCE = 20_000
"""Rows up to which a page compares anew by itself."""
BLOCK = 1_000
"""Rows of the kept file that are read at once."""
FORM = "1"
"""Of the kept files."""
WORDS, PARTS = METADATA_FIELDS | COMPARED["metadata"], COMPARED["field"]

Side = tuple[Path, Mapping[str, Any]]
"""Folder and manifest."""
Feature = dict[str, Any]


@dataclass(frozen=True)
class Summary:
    """What would change in release `release` if this became `version`. `metres`: how far a feature may lie from its old
    place and not count as moved. `said` is what the kept file says; empty while a large layer is compared anew."""

    release: int
    version: int
    metres: float
    old: Side
    new: Side
    order: Order
    file: Path
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int] | None:
        return self.said.get("counts")

    @property
    def by_key(self) -> bool:
        return bool(self.said.get("keys"))

    @property
    def is_table(self) -> bool:
        return not self.new[1]["collections"][0]["geometry_type"]


@dataclass(frozen=True)
class Change:
    """One feature as it was and as it is, None on one side of what came or went; `cells` are the columns that differ,
    `row` its number in the new content."""

    kinds: tuple[str, ...]
    old: Feature | None
    new: Feature | None
    cells: tuple[str, ...]
    row: int | None

    @property
    def feature(self) -> Feature:
        return self.new or self.old or {}

    @property
    def values(self) -> dict[str, tuple[Any, Any]]:
        if self.old is None or self.new is None:
            return {}
        return {name: (self.old["properties"][name], self.new["properties"][name]) for name in self.cells}

    @cached_property
    def metres(self) -> float | None:
        """How far it has moved; None where that cannot be said."""
        sides = [one and one["geometry"] for one in (self.old, self.new)]
        if "moved" not in self.kinds or not all(sides):
            return None
        return shift(*(shapely.from_geojson(orjson.dumps(shape)) for shape in sides))


def summary(journey: Journey, record: SubmissionRecord) -> Summary | None:
    """None where there is no candidate yet, or nothing that it could replace. Quick: of a layer with more than AT_ONCE
    rows the comparison is begun, and comes with a later call."""
    found = _beside(journey.records, journey.settings, record)
    if found is None or found.file.exists():
        return found and _read(found)
    if max(side[1]["collections"][0]["count"] for side in (found.old, found.new)) > AT_ONCE:
        begun(journey.settings.home, found.order)
        return found
    try:
        _make(found)
    except Exception:  # a desk opens also where nothing can be compared; the API says what is wrong
        LOG.exception("%s could not be compared with release %d", record.move.id, found.release)
        return found
    return _read(found)


def compare_now(records: Records, settings: Settings, record: SubmissionRecord) -> None:
    """Makes the file that summary() reads."""
    if (found := _beside(records, settings, record)) and not found.file.exists():
        _make(found)


def _make(found: Summary) -> None:
    """The file, whole or not at all, instead of those that were made before."""
    found.file.parent.mkdir(parents=True, exist_ok=True)
    part = found.file.with_suffix(f".{uuid.uuid4().hex}")
    try:
        write_comparison(part, found.old, found.new, found.metres)
        part.replace(found.file)
    finally:
        part.unlink(missing_ok=True)
    for older in set(found.file.parent.glob("*.arrow")) - {found.file}:
        older.unlink(missing_ok=True)


def _beside(records: Records, settings: Settings, record: SubmissionRecord) -> Summary | None:
    dataset, releases = records.dataset(record.move.dataset), records.releases(record.move.dataset)
    current = next((release for release in releases if dataset and release.number == dataset.current), None)
    if current is None or record.candidate is None or record.manifest is None:
        return None
    if any(release.submission == record.move.id for release in releases):
        return None
    metres = float(settings.moved_metres)
    old, new = (settings.home / current.folder, current.manifest), (settings.home / record.candidate, record.manifest)
    key = hashlib.sha256(f"{FORM} {current.content_hash} {record.manifest['content_hash']} {metres}".encode())
    target = f"banding/{record.move.id}/{key.hexdigest()}.arrow"
    size = record.manifest["files"]["data.gpkg"]["bytes"]
    order = Order(target, "comparison", (str(old[0]), str(new[0]), str(metres)), size)
    version = max(release.number for release in releases) + 1
    return Summary(current.number, version, metres, old, new, order, settings.home / "made" / target)


def _read(found: Summary) -> Summary:
    said = orjson.loads(_kept(found.file).schema.metadata[b"said"])
    return replace(found, said=said)


def _kept(file: Path) -> pa.Table:
    with pa.memory_map(str(file)) as source:
        return pa.ipc.open_file(source).read_all()


def sentence(found: Summary | None, findings: FindingCounts) -> str:
    """Versi 3: 5 fitur baru, 3 hilang, 6 berubah; 2 temuan"""
    many = findings.blocks + findings.warns
    end = f"{angka(many)} temuan" if many else "tanpa temuan yang perlu dinilai"
    if found is None:
        return f"Versi pertama; {end}"
    if found.counts is None:
        return f"Versi {found.version}: sedang dibandingkan dengan rilis {found.release}; {end}"
    words = zip(KINDS, ("baru", "hilang", "bergeser", "berubah"), strict=True)
    parts = [[angka(found.counts[kind]), word] for kind, word in words if found.counts[kind]]
    if parts:
        parts[0].insert(1, "baris" if found.is_table else "fitur")
    same = f"isinya sama dengan rilis {found.release}"
    return f"Versi {found.version}: {', '.join(map(' '.join, parts)) or same}; {end}"


def compare_with_current(
    journey: Journey, record: SubmissionRecord, kinds: Sequence[str], offset: int, limit: int
) -> dict[str, Any]:
    """Counts, and a GeoJSON FeatureCollection of what is added, removed, moved or changed: one feature for each, so
    that what has moved and changed is there twice.

    Raises Conflict while the candidate is being built, StillMaking where comparing takes longer than one can wait.
    """
    if record.candidate is None or record.manifest is None:
        raise Conflict("Berkas ini belum selesai dibaca.", code="BELUM-DIBANGUN")
    found = _beside(journey.records, journey.settings, record)
    if found is None:
        return {"release": None, "counts": None, "type": "FeatureCollection", "features": []}
    made(journey.settings.home, found.order)
    found = _read(found)
    table = _kept(found.file)
    groups = [rows_of(table, (kind,)) for kind in kinds]
    listed = np.concatenate(groups)[offset : offset + limit]
    kind_of = np.repeat(kinds, [len(rows) for rows in groups])[offset : offset + limit]
    areas, code = _areas(found.new) if found.is_table else {}, str(found.new[1]["reading"].get("code"))
    features = [
        _feature(kind, change)
        | ({"geometry": areas.get(digits(change.feature["properties"].get(code)))} if areas else {})
        for kind, change in zip(kind_of.tolist(), _changes(found, table, listed), strict=True)
    ]
    return {
        "release": found.release,
        "moved_metres": found.metres,
        "by_key": found.by_key,
        **found.said,
        "metadata": metadata_changes(found),
        "fields": field_changes(found),
        "type": "FeatureCollection",
        "numberMatched": sum(map(len, groups)),
        "numberReturned": len(features),
        "features": features,
    }


def _feature(kind: str, change: Change) -> Feature:
    said: Feature = {"change": kind}
    if kind == "changed":
        said["cells"] = change.values
    if kind == "moved":
        said["metres"] = change.metres
    feature = change.feature
    return {**feature, "properties": feature["properties"] | said}


def _areas(side: Side) -> dict[str, Any]:
    """A point in each area of a table's map by its code, so that a row can be shown there."""
    folder, manifest = side
    points: dict[str, Any] = {}
    for drawn in manifest["collections"][1:]:
        for line in read_features(folder / drawn["folder"]):
            feature = orjson.loads(line)
            code = digits(feature["properties"][drawn["fields"][1]["name"]])
            if code in points:  # the areas again, in the next period
                break
            shape = shapely.from_geojson(orjson.dumps(feature["geometry"]))
            points[code] = orjson.loads(shapely.to_geojson(shapely.point_on_surface(shape)))
    return points


def changes(
    found: Summary, kinds: Iterable[str], column: str, offset: int = 0, limit: int | None = None
) -> tuple[Iterator[Change], int]:
    """Each changed feature once, and how many there are."""
    table = _kept(found.file)
    rows = rows_of(table, kinds, column)
    wanted = rows[offset : None if limit is None else offset + limit]
    return _changes(found, table, wanted), len(rows)


def changes_of(found: Summary, feature: str) -> list[Change]:
    """What was done to the feature of this id. Without a key a new and a missing one may bear the same."""
    table = _kept(found.file)
    wanted = np.zeros(len(table), dtype=bool)
    for side, name, kinds in ((found.new, "new", KINDS), (found.old, "old", ("removed",))):
        row = open_collection(side[0], side[1]["collections"][0]["id"]).index.row_of(feature)
        if row is not None:
            wanted |= _of_kinds(table, kinds) & (table[name].fill_null(-1).to_numpy() == row)
    return list(_changes(found, table, np.flatnonzero(wanted)))


def rows_of(table: pa.Table, kinds: Iterable[str], column: str = "") -> Any:
    """Numbers of the rows of the kept table that are of one of these kinds, and differ in this column."""
    wanted = _of_kinds(table, kinds)
    if column:
        wanted &= table[f"cell:{column}"].to_numpy() if f"cell:{column}" in table.column_names else False
    return np.flatnonzero(wanted)


def _of_kinds(table: pa.Table, kinds: Iterable[str]) -> Any:
    return np.logical_or.reduce([table[kind].to_numpy() for kind in kinds])


def _changes(found: Summary, table: pa.Table, rows: Any) -> Iterator[Change]:
    for start in range(0, len(rows), BLOCK):
        for row in table.take(rows[start : start + BLOCK]).to_pylist():
            old, new = _line(found.old, row["old"]), _line(found.new, row["new"])
            cells = tuple(name.removeprefix("cell:") for name in row if name.startswith("cell:") and row[name])
            number = row["new"] + 1 if row["new"] is not None else None
            yield Change(tuple(kind for kind in KINDS if row[kind]), old, new, cells, number)


def _line(side: Side, at: int | None) -> Feature | None:
    if at is None:
        return None
    feature: Feature = orjson.loads(open_collection(side[0], side[1]["collections"][0]["id"]).line(at))
    return feature


def write_comparison(part: Path, old: Side, new: Side, metres: float) -> None:
    """One row for each feature that is not as it was, with what is said of all in the schema."""
    before, now = layer_of(*old), layer_of(*new)
    found = compare(before, now, metres)
    pairs = np.unique(np.vstack([found.moved, found.changed]), axis=0)
    pairs = pairs[pairs[:, 1].argsort()]
    n, gone = len(found.added), len(found.removed)
    nothing = np.full(max(n, gone), -1)
    left = np.concatenate([nothing[:n], found.removed, pairs[:, 0]])
    right = np.concatenate([found.added, nothing[:gone], pairs[:, 1]])
    columns = {name: pa.array(side, mask=side < 0) for name, side in (("old", left), ("new", right))}
    columns |= {"added": pa.array(left < 0), "removed": pa.array(right < 0)}
    columns |= {"moved": _among(right, found.moved[:, 1]), "changed": _among(right, found.changed[:, 1])}
    columns |= {f"cell:{name}": _among(right, found.changed[mask, 1]) for name, mask in found.cells.items()}
    said = {
        "counts": found.counts,
        "keys": found.keys,
        "columns": {"added": found.new_columns, "removed": found.lost_columns},
        "cells": {name: int(mask.sum()) for name, mask in found.cells.items()},
        "totals": totals(before, now) if now.geometry is None and before.geometry is None else [],
    }
    table = pa.table(columns).replace_schema_metadata({"said": orjson.dumps(said, default=str)})
    with pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _among(positions: Any, some: Any) -> pa.Array:
    return pa.array(np.isin(positions, some))


def layer_of(folder: Path, manifest: Mapping[str, Any]) -> Layer:
    """The main collection of a candidate or release, with full doubles."""
    entry = manifest["collections"][0]
    _, table = pyogrio.raw.read_arrow(folder / "data.gpkg", layer="data")
    fields = tuple(fields_of(entry))
    geometry = None
    if entry["geometry_type"]:
        geometry = shapely.from_wkb(table["geom"].to_numpy(zero_copy_only=False))
    rows, columns = np.arange(1, len(table) + 1), table.select([field.name for field in fields])
    return Layer(entry["id"], fields, columns, rows, geometry, key=entry.get("key"), reading=manifest["reading"])


def metadata_changes(found: Summary) -> list[dict[str, Any]]:
    """Every entry of the metadata that differs: its name in words, the old and the new value."""
    sides = [_flat(side[1]) for side in (found.old, found.new)]
    names = [name for name in dict.fromkeys([*sides[1], *sides[0]]) if sides[0].get(name) != sides[1].get(name)]
    return [
        {"field": name, "word": WORDS.get(name, name), "old": sides[0].get(name), "new": sides[1].get(name)}
        for name in names
    ]


def _flat(manifest: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in manifest["metadata"].items():
        parts = {f"{name}.{part}": one for part, one in value.items()} if isinstance(value, dict) else {name: value}
        said |= {part: one for part, one in parts.items() if one not in (None, "", [])}
    return said | {name: manifest["collections"][0][name] for name in ("source_crs", "geometry_type")}


def field_changes(found: Summary) -> list[dict[str, Any]]:
    """Every part of the field dictionary that differs in a column that both sides have."""
    old, new = (
        {entry["name"]: entry for entry in side[1]["collections"][0]["fields"]} for side in (found.old, found.new)
    )
    return [
        {
            "column": name,
            "title": new[name].get("title") or name,
            "part": part,
            "word": word,
            "old": old[name].get(part),
            "new": new[name].get(part),
        }
        for name in new
        if name in old
        for part, word in PARTS.items()
        if (old[name].get(part) or None) != (new[name].get(part) or None)
    ]
