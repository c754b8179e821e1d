"""Where a note is pinned: checked when it is written, said in words, and found again in later content."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import shapely

from server.layers import numbers_of, position
from server.ogc.rendered import Rendered, open_collection
from server.settings import Settings
from server.store import Records
from server.store.index import Question
from workflow.dataset import Event
from workflow.errors import BadRequest, Broken
from workflow.labels import METADATA_FIELDS, angka
from workflow.store import FindingRecord, Note, SubmissionRecord

NEAR = (10, 50, 250)
"""Metres around the old place within which the nearest feature is looked for."""
METRE = 1 / 111_320
"""In degrees, as far as a city is concerned."""
LOST = "tidak ada lagi pada isi yang sekarang"

Place = Mapping[str, Any]
Point = tuple[float, float]


@dataclass(frozen=True)
class Spot:
    """`doubt` says why the place is only estimated, or gone; `point` is where the pin stands in CRS84."""

    words: str
    doubt: str = ""
    point: Point | None = None


@dataclass(frozen=True)
class Ground:
    """The present content of a submission: since when, its rows, what of it is drawn, and a finding by its key."""

    record: SubmissionRecord
    finding: Callable[[str], FindingRecord | None]
    since: datetime
    table: Rendered | None = None
    drawn: Rendered | None = None
    folder: Path = Path()

    def position(self, number: int) -> int | None:
        """Where the row of this number in the file stands in the content, from 0."""
        return position(numbers_of(self.folder, self.table.rows.count), number) if self.table else None

    def holds(self, note: Note) -> bool:
        """Whether the note was written on this very content."""
        return note.submission == self.record.move.id and note.at >= self.since


def ground_of(records: Records, settings: Settings, record: SubmissionRecord) -> Ground:
    finding = partial(records.finding, record.move.id)
    since = _unchanged_since(record, records.events(submission=record.move.id))
    collections = (record.manifest or {}).get("collections", [])
    if record.candidate is None or not collections:
        return Ground(record, finding, since)
    drawn = next((one["id"] for one in reversed(collections) if one["geometry_type"]), None)
    folder = settings.home / record.candidate
    try:
        table = open_collection(folder, collections[0]["id"])
        return Ground(record, finding, since, table, open_collection(folder, drawn) if drawn else None, folder)
    except Broken:
        # A candidate that was published long ago may be cleared away; its notes are still read.
        return Ground(record, finding, since)


def _unchanged_since(record: SubmissionRecord, events: Sequence[Event]) -> datetime:
    """The content is locked by each submit; it was changed after the last step where the record says so."""
    locked = [event.at for event in events if event.step == "submit"]
    return record.changed_at if not locked or record.changed_at > events[-1].at else locked[-1]


def checked(ground: Ground, place: Place) -> dict[str, Any]:
    """The place as it is kept; a feature alone gets a point of its own.

    Raises BadRequest where the place has no known shape or is not on this submission.
    """
    match place:
        case {"feature": feature, **where} if ground.drawn and set(where) in (set(), {"lon", "lat"}):
            if (row := ground.drawn.index.row_of(str(feature))) is not None:
                shape = ground.drawn.index.geometries([row])[0]
                lon, lat = (where["lon"], where["lat"]) if where else _middle(shape) if shape else (None, None)
                if _on_earth(lon, lat):
                    return {"feature": str(feature), "lon": lon, "lat": lat}
        case {"lon": lon, "lat": lat, **rest} if not rest and _on_earth(lon, lat):
            return {"lon": lon, "lat": lat}
        case {"row": int(row), "column": str(column), **rest} if not rest:
            if ground.table and ground.position(row) is not None and column in ground.table.rows.types:
                return {"row": row, "column": column}
        case {"field": str(field), **rest} if not rest and field in METADATA_FIELDS:
            return {"field": field}
        case {"finding": str(key), **rest} if not rest and ground.finding(key):
            return {"finding": key}
        case {**rest} if not rest:
            return {}
    raise BadRequest.of("note_place", said=str(dict(place))[:200], where={"field": "place"})


def _on_earth(lon: object, lat: object) -> bool:
    each = ((lon, 180), (lat, 90))
    return all(type(value) in (int, float) and math.isfinite(value) and abs(value) <= most for value, most in each)  # type: ignore[arg-type]


def in_words(ground: Ground, place: Place) -> str:
    """Baris 14, kolom luas"""
    match place:
        case {"feature": feature}:
            return f"Fitur {feature}"
        case {"lon": lon, "lat": lat}:
            return f"Titik {_degrees(lon, 'BT', 'BB')}, {_degrees(lat, 'LU', 'LS')}"
        case {"row": row, "column": column}:
            return f"Baris {row}, kolom {column}"
        case {"field": field}:
            return f"Metadata “{METADATA_FIELDS.get(field, field)}”"
        case {"finding": key}:
            found = ground.finding(key)
            return f"Temuan: {found.message}" if found else "Temuan terdahulu"
    return "Seluruh data"


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{angka(round(abs(value), 5))}° {positive if value >= 0 else negative}"


def lies(ground: Ground, note: Note) -> Spot:
    """Where the note is now."""
    place, words = note.place, in_words(ground, note.place)
    match place:
        case {"feature": feature, "lon": lon, "lat": lat}:
            return _of_feature(ground, note, Spot(words, "", (lon, lat)), str(feature))
        case {"lon": lon, "lat": lat}:
            return Spot(words, "", (lon, lat))
        case {"row": int(row)}:
            return _of_row(ground, note, words, row)
        case {"finding": key}:
            finding = ground.finding(key)
            if finding is None:
                return Spot(words, f"temuannya {LOST}")
            shape = finding.geometry and shapely.geometry.shape(finding.geometry)
            return Spot(words, "", _middle(shape)) if shape else Spot(words)
    return Spot(words)


def _of_feature(ground: Ground, note: Note, was: Spot, feature: str) -> Spot:
    drawn = ground.drawn
    if drawn is None or was.point is None:
        return was
    lasting = drawn.rows.key is not None
    row = drawn.index.row_of(feature) if lasting or ground.holds(note) else None
    if row is not None:
        return Spot(was.words, "", _within(drawn, row, was.point))
    row = _nearest(drawn, was.point)
    if row is None:
        return Spot(was.words, f"fitur ini {LOST}", was.point)
    other = orjson.loads(drawn.line(row))["id"]
    gone = f"fitur ini {LOST}; " if lasting else ""
    return Spot(was.words, f"diperkirakan: {gone}yang terdekat fitur {other}", _within(drawn, row, was.point))


def _of_row(ground: Ground, note: Note, words: str, row: int) -> Spot:
    table = ground.table
    if table is None:
        return Spot(words)
    if (at := ground.position(row)) is None:
        return Spot(words, f"baris ini {LOST}")
    doubt = "" if ground.holds(note) else "diperkirakan: nomor baris menurut isi ketika catatan ini ditulis"
    shape = table.index.geometries([at])[0] if table.rows.spatial else None
    return Spot(words, doubt, _middle(shape) if shape is not None else None)


def _within(drawn: Rendered, row: int, point: Point) -> Point:
    """The old place while it is still on the feature, else one that is."""
    shape = drawn.index.geometries([row])[0]
    near = shape is None or shape.distance(shapely.Point(point)) < NEAR[0] * METRE
    return point if near else _middle(shape)


def _nearest(drawn: Rendered, point: Point) -> int | None:
    x, y = point
    for metres in NEAR:
        reach = metres * METRE
        box = (x - reach, y - reach, x + reach, y + reach)
        if rows := drawn.index.rows(Question(boxes=(box,)), offset=0, limit=100):
            shapes = drawn.index.geometries(rows)
            return int(rows[int(shapely.distance(shapes, shapely.Point(point)).argmin())])
    return None


def _middle(shape: Any) -> Point:
    inside = shape.representative_point()
    return inside.x, inside.y
