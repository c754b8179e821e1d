"""The pane “Perubahan”: what this version changes in the release that the public has, filtered and page by page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, journey
from server.comparing import KINDS, Change, Summary, changes, changes_of, field_changes, metadata_changes, summary
from server.documents.daftar import sheet, sheet_rows
from server.pages.candidate import system_name
from server.pages.reading import NUMBERS, is_code, measures, said, worded
from server.pages.words import FREQUENCIES, LICENSES, TOPICS, TYPES, WORDS
from server.pages.words import KINDS as KINDS_OF_DATA
from server.release.on_request import StillMaking
from workflow.errors import NotFound
from workflow.labels import angka
from workflow.store import SubmissionRecord

desk = Room("changes", "/meja/pengajuan")

SHOWN = 50
SHEET = ("perubahan", "id", "nama", "kolom", "lama", "baru", "selisih", "persen", "meter")
SAID: dict[str, dict[str, str]] = {
    "update_frequency": FREQUENCIES,
    "type": TYPES,
    "geometry_type": WORDS["geometries"],
    "topic": {code: look.word for code, look in TOPICS.items()},
    "kind": {kind: look.word for kind, look in KINDS_OF_DATA.items()},
}


@dataclass(frozen=True)
class Cell:
    """One value before and after, in words and as it is; `difference` and `percent` of numbers."""

    name: str
    label: str
    old: str
    new: str
    values: tuple[Any, Any]
    difference: float | None = None
    percent: float | None = None


@dataclass(frozen=True)
class Line:
    change: Change
    name: str
    cells: tuple[Cell, ...]

    @property
    def id(self) -> Any:
        return self.change.feature["id"]


@dataclass(frozen=True)
class Pane:
    """`jenis` and `beda` are the filters: a kind of change and a column; `first` counts from 1."""

    found: Summary
    jenis: str
    beda: str
    lines: tuple[Line, ...]
    first: int
    count: int
    picked: list[Line]
    metadata: list[dict[str, Any]]
    fields: list[dict[str, Any]]
    columns: dict[str, str]

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    @property
    def totals(self) -> list[Cell]:
        return [
            _cell(field, entry["old"], entry["new"], _main(self.found), entry["period"])
            for entry in self.found.said["totals"]
            for field in _main(self.found)["fields"]
            if field["name"] == entry["field"]
        ]


def changes_pane(record: SubmissionRecord) -> Pane | None:
    """By the address: `jenis`, `beda`, `dari` and the feature `fitur`. None where there is nothing to compare with."""
    found = summary(journey(), record)
    if found is None:
        return None
    jenis, beda = _filters(found)
    first = max(1, request.args.get("dari", 1, type=int)) if len(request.args.get("dari", "")) < 10 else 1
    lines: tuple[Line, ...] = ()
    count, picked = 0, []
    if found.counts is not None:
        kinds = (jenis,) if jenis else KINDS
        wanted, count = changes(found, kinds, beda, first - 1, SHOWN)
        if first > count:
            first, wanted = 1, changes(found, kinds, beda, 0, SHOWN)[0]
        lines = tuple(_line(found, change) for change in wanted)
        asked = request.args.get("fitur")
        picked = [_line(found, change) for change in changes_of(found, asked)] if asked else []
    columns = {field["name"]: worded(field) for field in _main(found)["fields"]}
    metadata = [_worded(entry, entry["field"]) for entry in metadata_changes(found)]
    fields = [_worded(entry, entry["part"]) for entry in field_changes(found)]
    return Pane(found, jenis, beda, lines, first, count, picked, metadata, fields, columns)


def _filters(found: Summary) -> tuple[str, str]:
    jenis, beda = request.args.get("jenis", ""), request.args.get("beda", "")
    return jenis if jenis in KINDS else "", beda if beda in found.said.get("cells", ()) else ""


def _main(found: Summary) -> Mapping[str, Any]:
    collection: Mapping[str, Any] = found.new[1]["collections"][0]
    return collection


def _line(found: Summary, change: Change) -> Line:
    collection, properties = _main(found), change.feature["properties"]
    fields = {field["name"]: field for field in collection["fields"]}
    label = next((name for name in fields if name.startswith("nama") and properties.get(name)), "")
    parts = [said(properties.get(name), fields[name], collection) for name in found.said["keys"] if name in fields]
    named = [str(properties[label])] if label else []
    name = ", ".join(filter(None, named + parts if found.is_table else named or parts))
    values = change.values
    if found.is_table and not values:  # what a new or missing row says
        sides = [side["properties"] if side else {} for side in (change.old, change.new)]
        values = {one["name"]: tuple(side.get(one["name"]) for side in sides) for one in measures(collection)}
    cells = (_cell(fields[column], *pair, collection) for column, pair in values.items())
    return Line(change, name or str(change.feature["id"]), tuple(cells))


def _cell(field: Mapping[str, Any], old: Any, new: Any, collection: Mapping[str, Any], period: str = "") -> Cell:
    difference = percent = None
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (old, new))
    if numeric and field["type"] in NUMBERS and not is_code(field, collection):
        difference = new - old
        percent = round(100 * difference / abs(old), 1) if old else None
    before, now = said(old, field, collection), said(new, field, collection)
    return Cell(period or field["name"], worded(field), before, now, (old, new), difference, percent)


def _worded(entry: dict[str, Any], name: str) -> dict[str, Any]:
    return entry | {side: _in_words(name, entry[side]) for side in ("old", "new")}


def _in_words(name: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if name in ("source_crs", "crs"):
        return system_name(str(value))
    if name == "license" and value in LICENSES:
        return LICENSES[value][0]
    return SAID.get(name, {}).get(str(value)) or angka(value)


@desk.get("/<id>/perubahan.csv")
def as_sheet(id: str) -> ResponseReturnValue:
    """Every change, one line for each cell, or those that the filters leave."""
    record = journey().visible(current_user.actor, id)
    found = summary(journey(), record)
    if found is None:
        raise NotFound("Belum ada rilis yang dapat dibandingkan dengan pengajuan ini.")
    if found.counts is None:
        raise StillMaking("Versi ini sedang dibandingkan ulang dengan rilis yang berlaku.")
    jenis, beda = _filters(found)
    kinds = (jenis,) if jenis else KINDS
    listed, _ = changes(found, kinds, beda)
    name = f"perubahan-{record.move.dataset}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(_sheet(found, listed, kinds), mimetype="text/csv", headers=headers)


def _sheet(found: Summary, listed: Iterator[Change], kinds: Sequence[str]) -> Iterator[str]:
    yield sheet(SHEET, (), ";")
    for some in batched(listed, 500):
        yield sheet_rows((row for change in some for row in _rows(_line(found, change), kinds)), ";")


def _rows(line: Line, kinds: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Numbers with a comma, as the sheet's readers write them."""
    for kind in (one for one in line.change.kinds if one in kinds):
        word, far = WORDS["changes"][kind][2], line.change.metres
        metres = _comma(round(far, 2)) if kind == "moved" and far is not None else ""
        for cell in line.cells if kind != "moved" and line.cells else (None,):
            values = (*cell.values, cell.difference, cell.percent) if cell else ("",) * 4
            yield (word, line.id, line.name, cell.name if cell else "", *map(_comma, values), metres)


def _comma(value: Any) -> str:
    return str(value).replace(".", ",") if isinstance(value, float) else "" if value is None else str(value)
