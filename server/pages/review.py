"""Meja Pemeriksaan: what somebody looks at stands in the address, and the parts that follow it can be had alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
import shapely
from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, journey
from server.comparing import sentence, summary
from server.documents.wording import LETTERS
from server.layers import numbers_of, position
from server.ogc.tiles import MVT, Archive, archive
from server.pages import candidate
from server.pages.catalogue import Catalogue, Entry
from server.pages.changes import changes_pane
from server.pages.correction_pane import mended_of
from server.pages.decisions import restorable
from server.pages.desk_rows import agency_names, person_names
from server.pages.note_pane import note_pane
from server.pages.reading import NUMBERS, is_code, said, shown, worded
from server.store.themes import classes, first_with, values
from workflow.area_codes import digits
from workflow.errors import NotFound
from workflow.findings import Principle, Severity
from workflow.labels import PRINCIPLES
from workflow.review import steps_from
from workflow.store import FindingRecord, Release, SubmissionRecord

desk = Room("review", "/meja/pengajuan")

MODES = ("data", "temuan", "banding", "tematik")
PANES = ("fitur", "tabel", "metadata", "catatan", "perubahan", "perjalanan")
ASKED_FOR = ("METADATA_MISSING", "BERITA_ACARA_MISSING")
WEIGHT = {Severity.BLOCKS.value: 0, Severity.WARNS.value: 1, Severity.INFORMS.value: 2}
NOTHING: dict[str, Any] = {"temuan": "", "fitur": "", "baris": 0, "dari": 0}
LARGE_PLACE = 20_000
"""Characters of GeoJSON from which a page carries the box of a place only."""
KEPT = {"Cache-Control": "private, max-age=3600"}
"""For what the number of the build in its address makes unchanging; nobody else's cache may hold it."""


@dataclass(frozen=True)
class State:
    """What the address says: `temuan` (a key), `fitur` (an id) and `baris` (of the file) are selected, `dari` begins
    the table, `kolom` colours the map, `jenis` and `beda` filter the changes, `cara` is how releases stand beside each
    other, `cek` is listed whole."""

    id: str
    mode: str = ""
    cara: str = ""
    kolom: str = ""
    sisi: str = ""
    temuan: str = ""
    fitur: str = ""
    baris: int = 0
    dari: int = 0
    cek: str = ""
    jenis: str = ""
    beda: str = ""

    @classmethod
    def asked(cls, id: str) -> "State":
        """By the address of this page, or by that of the page whose form was sent."""
        args = request.args if request.method == "GET" else dict(parse_qsl(urlsplit(request.referrer or "").query))
        said: dict[str, Any] = {
            one.name: args[one.name] for one in fields(cls) if one.name in args and one.name != "id"
        }
        for name in ("baris", "dari"):
            text = str(said.get(name, ""))
            said[name] = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
        return cls(id, **said)

    def address(self, **changes: Any) -> str:
        known = {name: value for name, value in (vars(self) | changes).items() if value and name != "id"}
        return f"/meja/pengajuan/{self.id}" + (f"?{urlencode(known)}" if known else "")

    def pick(self, **chosen: Any) -> str:
        """With this selected instead of what is."""
        return self.address(**NOTHING | {"sisi": self.sisi if self.sisi in ("tabel", "catatan") else "fitur"} | chosen)

    @property
    def picks(self) -> bool:
        return bool(self.temuan or self.fitur or self.baris)

    @property
    def pane(self) -> str:
        return self.sisi if self.sisi in PANES else "fitur" if self.picks and self.sisi != "temuan" else ""


@dataclass(frozen=True)
class Picked:
    """What is selected: `at` is its row counted from 0, `number` that of the file, `place` where it is drawn."""

    finding: FindingRecord | None = None
    at: int | None = None
    number: int | None = None
    id: str = ""
    name: str = ""
    cells: tuple[tuple[str, str], ...] = ()
    place: str = ""


def review(record: SubmissionRecord, common: Mapping[str, Any], state: State, pane: str) -> str:
    """The whole page; `pane` is what a refused form wants open."""
    state = replace(state, sisi=pane) if pane else state
    drawn, found = candidate.map_of(record), parts(record, state)
    total = found_in_all(record)
    kept = {name: common[name] for name in ("typed", "releases", "events", "batch")}
    values = {**common, **found, **kept, "attributes": drawn, "with_map": bool(drawn), "total": total}
    return render_template("desk/review.html", **values)


def parts(record: SubmissionRecord, state: State) -> dict[str, Any]:
    """What the parts that follow the address need."""
    records, move, pane = journey().records, record.move, state.pane
    collection, beside = candidate.collection_of(record), summary(journey(), record)
    earlier = records.release(move.dataset, beside.release) if beside else None
    drawn, picked = candidate.drawn_collection(record), _picked(record, state)
    releases = records.releases(move.dataset) if pane == "perjalanan" else ()
    with_table = pane == "tabel" or not drawn
    return {
        "record": record,
        "move": move,
        "state": state,
        "mode": state.mode if state.mode in MODES else "banding" if earlier and drawn else "temuan",
        "pane": pane,
        "picked": picked,
        "drawn": drawn,
        "collection": collection,
        "dataset": records.dataset(move.dataset),
        "earlier": earlier.number if earlier else None,
        "sentence": sentence(beside, move.findings),
        "earlier_map": (lambda: _map_of(earlier)) if earlier and drawn else None,
        "columns_to_colour": [(one["name"], worded(one)) for one in _thematic(drawn)] if drawn else [],
        "content": candidate.content_of(record, state.dari, picked.at) if with_table else None,
        "columns": candidate.columns_of(record) if pane == "metadata" else [],
        "mended": mended_of(record),
        "batch": records.batch(move.batch) if pane == "metadata" else None,
        "agency": agency_names().get(move.agency, move.agency),
        "names": person_names(),
        **note_pane(record, picked.id),
        "events": records.events(submission=move.id) if pane == "perjalanan" else [],
        "releases": sorted(releases, key=lambda release: -release.number),
        "printed": frozenset(LETTERS),
        "restorable": restorable(releases) if pane == "perjalanan" else (),
        "changes": changes_pane(record) if pane == "perubahan" else None,
        "typed": {},
    }


def _map_of(release: Release) -> dict[str, Any]:
    """The data- attributes of static/map.js for what the public has."""
    return shown(journey().settings.home, Entry(release, "", ""), Catalogue(journey().records))


def _picked(record: SubmissionRecord, state: State) -> Picked:
    finding = journey().records.finding(record.move.id, state.temuan) if state.temuan else None
    collection, drawn = candidate.collection_of(record), candidate.drawn_collection(record)
    if collection is None or not state.picks:
        return Picked(finding)
    numbers = numbers_of(candidate.folder_of(record), collection["count"])
    at = position(numbers, state.baris or (finding.row if finding else 0) or 0)
    area = None
    if at is None and state.fitur and (shown_in := drawn or collection):
        found = candidate.opened(record, shown_in).index.row_of(state.fitur)
        at, area = (found, None) if shown_in is collection else (None, found)
    if drawn and drawn is not collection:
        at, area = _paired(record, at, area)
    row = orjson.loads(candidate.opened(record, collection).line(at)) if at is not None else None
    on_map = row if area is None or not drawn else orjson.loads(candidate.opened(record, drawn).line(area))
    told, by = (row, collection) if row else (on_map, drawn or collection)
    if told is None:
        return Picked(finding, place=_place(finding.geometry) if finding else "")
    label = next((one["name"] for one in by["fields"] if one["name"].startswith("nama")), None)
    return Picked(
        finding,
        at,
        None if at is None else int(numbers[at]),
        str((on_map or told)["id"]),
        str(told["properties"].get(label) or "") if label else "",
        tuple((worded(one), said(told["properties"].get(one["name"]), one, by)) for one in by["fields"]),
        _place((finding.geometry if finding else None) or (on_map or told)["geometry"]),
    )


def _paired(record: SubmissionRecord, at: int | None, area: int | None) -> tuple[int | None, int | None]:
    """The row of a table and the area of its map that belong together: by code, and by period where there is one."""
    table, drawn = candidate.collection_of(record), candidate.drawn_collection(record)
    code = (record.manifest or {"reading": {}})["reading"].get("code")
    if table is None or drawn is None or not code or (at is None) == (area is None):
        return at, area
    names = (code, table["period_field"]), (drawn["fields"][1]["name"], drawn["period_field"])
    (known, here), (wanted, there) = zip((table, drawn), names, strict=True)
    if at is None:
        (known, here), (wanted, there) = (wanted, there), (known, here)
    row = int(area if at is None else at)  # type: ignore[arg-type]
    cells = orjson.loads(candidate.opened(record, known).line(row))["properties"]
    asked = {theirs: digits(cells.get(ours)) for ours, theirs in zip(here, there, strict=True) if ours and theirs}
    found = first_with(candidate.opened(record, wanted).index, asked)
    return (found, area) if at is None else (at, found)


def _place(geometry: Mapping[str, Any] | None) -> str:
    if not geometry:
        return ""
    text = json.dumps(geometry)
    if len(text) > LARGE_PLACE:
        text = shapely.to_geojson(shapely.box(*shapely.from_geojson(text).bounds))
    return text


def _thematic(drawn: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The columns that a map can be coloured by: quantities, and texts that name no single feature."""
    return [
        one
        for one in drawn["fields"]
        if (one["type"] in NUMBERS and not is_code(one, drawn))
        or (one["type"] == "string" and one["name"] != drawn["key"] and not one["name"].startswith("nama"))
    ]


def findings_of(record: SubmissionRecord) -> list[tuple[str, list[list[FindingRecord]]]]:
    """By the four principles, then by check; what blocks first, what was set aside or has a form of its own last."""
    groups: dict[str, dict[tuple[tuple[bool, int], str], list[FindingRecord]]] = {p.value: {} for p in Principle}
    for found in journey().records.findings(record.move.id):
        later = found.waived_at is not None or found.check in ASKED_FOR
        groups[found.principle].setdefault(((later, WEIGHT[found.severity]), found.check), []).append(found)
    ordered = sorted((p for p in Principle if groups[p]), key=lambda p: min(like[0] for like in groups[p]))
    return [(PRINCIPLES[p], [groups[p][like] for like in sorted(groups[p], key=lambda like: like[0])]) for p in ordered]


@desk.get("/<id>/bagian")
def some_parts(id: str) -> ResponseReturnValue:
    """What of the page follows its address, for the same question; with `daftar` the list of findings too."""
    record, state = journey().visible(current_user.actor, id), State.asked(id)
    found = parts(record, state)
    if "daftar" in request.args:
        may_waive = any(step.name == "verify" for step in steps_from(record.move, current_user.actor))
        found |= {"findings": findings_of(record), "total": found_in_all(record), "may_waive": may_waive}
    return render_template("desk/review_parts.html", **found)


def found_in_all(record: SubmissionRecord) -> int:
    return sum(vars(record.move.findings).values())


@desk.get("/<id>/petak.json")
def tileset(id: str) -> ResponseReturnValue:
    """A TileJSON of the candidate's tiles, which only the desks see."""
    record = journey().visible(current_user.actor, id)
    tiles = _archive(record)
    address = f"/meja/pengajuan/{id}/petak/{{z}}/{{x}}/{{y}}?isi={record.build}"
    ends = {"minzoom": tiles.zooms[0], "maxzoom": tiles.zooms[-1], "bounds": tiles.bounds}
    layers = [{"id": tiles.layer["id"], "fields": tiles.layer["fields"]}]
    return (
        {"tilejson": "3.0.0", "tiles": [address], "vector_layers": layers, **ends},
        200,
        {"Cache-Control": "no-store"},
    )


@desk.get("/<id>/petak/<int:z>/<int:x>/<int:y>")
def tile(id: str, z: int, x: int, y: int) -> ResponseReturnValue:
    body = _archive(journey().visible(current_user.actor, id)).get(z, x, y)
    if body is None:
        return "", 204, KEPT
    return Response(body, mimetype=MVT, headers=KEPT | {"Content-Encoding": "gzip"})


def _archive(record: SubmissionRecord) -> Archive:
    drawn = candidate.drawn_collection(record)
    found = archive(candidate.folder_of(record) / drawn["folder"]) if drawn else None
    if found is None:
        raise NotFound("Data ini tidak mempunyai petak peta.")
    return found


@desk.get("/<id>/fitur/<path:feature>")
def feature(id: str, feature: str) -> ResponseReturnValue:
    """One feature of the candidate's map, whole."""
    record = journey().visible(current_user.actor, id)
    drawn = candidate.drawn_collection(record)
    rendered = candidate.opened(record, drawn) if drawn else None
    row = rendered.index.row_of(feature) if rendered else None
    if rendered is None or row is None:
        raise NotFound("Fitur itu tidak ada pada isi ini.", where={"feature": feature})
    return Response(rendered.line(row), mimetype="application/geo+json", headers={"Cache-Control": "private, no-cache"})


@desk.get("/<id>/tematik")
def theme(id: str) -> ResponseReturnValue:
    """Classes of a numeric column, or the usual values of another."""
    record, name = journey().visible(current_user.actor, id), request.args.get("kolom", "")
    drawn = candidate.drawn_collection(record)
    field = next((one for one in _thematic(drawn) if one["name"] == name), None) if drawn else None
    if drawn is None or field is None:
        raise NotFound("Kolom itu tidak dapat mewarnai peta.", where={"column": name})
    of_table = drawn is not candidate.collection_of(record) and drawn["period_field"]
    only = {drawn["period_field"]: candidate.latest_period(record, drawn) or ""} if of_table else {}
    index, find = candidate.opened(record, drawn).index, classes if field["type"] in NUMBERS else values
    return find(index, name, only) | {"field": name, "legend": field["title"] or name, "unit": field.get("unit")}
