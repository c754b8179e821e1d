"""Cells and shapes that a Produsen Data mends where they are found wrong."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import journey, only, signed_in
from server.mending import cell_text, cells_of, previews_beside, suggested
from server.pages import submission
from server.pages.candidate import folder_of
from server.pages.correction_pane import mendable, shown
from server.pages.review import findings_of
from workflow.errors import Forbidden, NotFound, SebarError
from workflow.sop import Role
from workflow.store import FindingRecord, SubmissionRecord

desk = Blueprint("corrections", __name__, url_prefix="/meja/pengajuan")

CELL = re.compile(r"v:(\d{1,9}):([a-z][a-z0-9_]*)")
"""The name of an input: the row in the file and the column."""
Wanted = Mapping[tuple[int, str], str]


@desk.post("/<id>/perbaiki")
@only(Role.PRODUSEN_DATA)
def cells(id: str) -> ResponseReturnValue:
    """The inputs that say something else than their cells, and the finding whose suggestion was pressed."""
    record, form = journey().visible(current_user.actor, id), request.form
    pane = "isi" if form.get("sisi") == "isi" else ""
    try:
        cell, wanted = cells_of(journey().settings.home, record), {}
        for name in form:
            if met := CELL.fullmatch(name):
                place = int(met[1]), met[2]
                now = shown(record, *cell(*place))
                if other := [text.strip() for text in form.getlist(name) if text.strip() != now]:
                    wanted[place] = other[-1]
        return _mended(record, wanted | _suggestions(record, [form["saran"]] if "saran" in form else []), pane)
    except (NotFound, Forbidden):
        raise
    except SebarError as fault:
        return submission.refused(id, fault, pane)


@desk.get("/<id>/perbaiki")
@only(Role.PRODUSEN_DATA)
def preview(id: str) -> ResponseReturnValue:
    """What “Pakai saran” would write into a column, before it does."""
    record = journey().visible(current_user.actor, id)
    found, known = _of_column(record), mendable(record)
    return render_template("desk/corrections.html", record=record, move=record.move, found=found, known=known)


@desk.post("/<id>/perbaiki/saran")
@only(Role.PRODUSEN_DATA)
def take_suggestions(id: str) -> ResponseReturnValue:
    """Those of one check in one column."""
    record = journey().visible(current_user.actor, id)
    return _mended(record, _suggestions(record, [one.key for one in _of_column(record)]))


@desk.post("/<id>/perbaiki/batal")
@only(Role.PRODUSEN_DATA)
def take_back(id: str) -> ResponseReturnValue:
    """One cell, the repaired shapes, or everything."""
    record, form = journey().visible(current_user.actor, id), request.form
    place = form.get("sel", "")
    edits = [edit for edit in record.reading.get("edits", ()) if place != f"{edit['row']}:{edit['column']}"]
    reading: dict[str, Any] = {"edits": edits} if ":" in place else {"repair": []} if place == "geometri" else {}
    return submission.changed(id, "", reading=reading or {"edits": [], "repair": []})


@desk.get("/<id>/perbaiki-geometri")
@only(Role.PRODUSEN_DATA)
def shapes(id: str) -> ResponseReturnValue:
    """The invalid shapes as they would be repaired, on the map and as a list, to be taken or not."""
    record = journey().visible(current_user.actor, id)
    features = json.loads(_previews(record))["features"]
    return render_template(
        "desk/corrections.html",
        record=record,
        move=record.move,
        shapes=[one["properties"] for one in features],
        with_map=True,
    )


@desk.get("/<id>/geometri-diperbaiki.geojson")
@signed_in
def repaired_shapes(id: str) -> ResponseReturnValue:
    record = journey().visible(current_user.actor, id)
    return Response(_previews(record), mimetype="application/geo+json", headers={"Cache-Control": "no-store"})


@desk.post("/<id>/perbaiki-geometri")
@only(Role.PRODUSEN_DATA)
def repair(id: str) -> ResponseReturnValue:
    record = journey().visible(current_user.actor, id)
    rows = {*record.reading.get("repair", ()), *(int(row) for row in request.form.getlist("row") if row.isdecimal())}
    return submission.changed(id, "", reading={"repair": sorted(rows)})


def _previews(record: SubmissionRecord) -> bytes:
    path = previews_beside(folder_of(record))
    if not path.exists():
        raise NotFound("Tidak ada geometri yang dapat diperbaiki otomatis.", mend="Perbaiki di QGIS, lalu unggah lagi.")
    return path.read_bytes()


def _of_column(record: SubmissionRecord) -> list[FindingRecord]:
    asked = request.values.get("cek"), request.values.get("kolom")
    every = (one for _, kinds in findings_of(record) for alike in kinds for one in alike)
    return [one for one in every if (one.check, one.column) == asked and one.suggestion and one.row]


def _suggestions(record: SubmissionRecord, keys: Iterable[str]) -> dict[tuple[int, str], str]:
    if not (wanted := set(keys)):
        return {}
    found = (one for one in journey().records.findings(record.move.id) if one.key in wanted)
    cell = cells_of(journey().settings.home, record)
    places = ((one.row or 0, one.column or "", one.suggestion or "") for one in found)
    return {(row, column): suggested(record, cell(row, column)[0], said) for row, column, said in places}


def _mended(record: SubmissionRecord, wanted: Wanted, pane: str = "") -> ResponseReturnValue:
    if not wanted:
        flash("Tidak ada sel yang diubah.")
        return redirect(url_for("submission.page", id=record.move.id, sisi=pane or None))
    cell = cells_of(journey().settings.home, record)
    edits = {(edit["row"], edit["column"]): edit for edit in record.reading.get("edits", ())}
    for (row, column), value in wanted.items():
        was = cell_text(cell(row, column)[1])
        edits[row, column] = {"row": row, "column": column, "was": was, "value": value}
    return submission.changed(record.move.id, pane, reading={"edits": list(edits.values())})
