"""“Baca & pastikan”: what was understood of a table, beside the sheet as it was uploaded."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import journey, only
from server.intake.found import MEANINGS
from server.intake.left_out import CHOSEN, rows_of, spans
from server.journey import EDITABLE
from server.layers import sheet_beside
from server.metadata_input import clean_reading
from server.pages import candidate
from server.pages.desk_rows import person_names
from server.pages.words import TYPES, WORDS
from server.problems import problem_of
from server.remembering import made_sure
from workflow.errors import Forbidden, NotFound, SebarError
from workflow.sop import Kind, Role
from workflow.store import SubmissionRecord

desk = Blueprint("understood", __name__, url_prefix="/meja/pengajuan")

RUNNING = ("queued", "running")
ASKED = (
    *("sheet", "header_first", "header_rows", "decimal", "thousands", "delimiter", "encoding", "missing"),
    *("code", "period_column"),
)
"""Choices whose input has their name."""


@dataclass(frozen=True)
class Line:
    """One row of the sheet; `kind` is title, header, data, or why it is left out; `gap` says how many stand before."""

    number: int
    kind: str
    cells: list[str]
    gap: int = 0

    @property
    def can_be_data(self) -> bool:
        return self.kind not in ("title", "header")


@desk.get("/<id>/baca")
@only(Role.PRODUSEN_DATA)
def page(id: str) -> ResponseReturnValue:
    return _page(journey().visible(current_user.actor, id))


def _page(record: SubmissionRecord, fault: Mapping[str, Any] | None = None) -> str:
    """With `fault` what was typed stands where it was typed."""
    running, sheet, collection = record.job.status in RUNNING, sheet_of(record), candidate.collection_of(record)
    lines = list(_lines(sheet)) if sheet else []
    shown = {line.number for line in lines}
    said = record.reading
    return render_template(
        "desk/understood.html",
        record=record,
        move=record.move,
        sheet=sheet,
        collection=collection,
        lines=lines,
        width=max((len(line.cells) for line in lines), default=0),
        columns=[*candidate.columns_of(record), *_left_out(record)] if sheet else [],
        shown=spans([line.number for line in lines if line.can_be_data]),
        more=spans([row for row in rows_of(said.get("drop")) if row not in shown]),
        ways={way.name: way for way in candidate.ways_of_reading(record)} if sheet else {},
        reasons=WORDS["left_out"],
        types=WORDS["column_types"] | {"": "Seperti ditemukan"},
        type_words=TYPES,
        meanings=[(sign, MEANINGS.get(sign.casefold(), "kosong")) for sign in _signs(record)],
        statistics=record.move.kind is Kind.STATISTICS,
        editable=record.move.status in EDITABLE and not running,
        sure=made_sure(record),
        names=person_names(),
        typed=request.form if fault else {},
        fault=fault,
        running=running,
        with_htmx=running,
    )


def sheet_of(record: SubmissionRecord) -> dict[str, Any] | None:
    """What was read of the sheet, none where it is no table or not read yet."""
    path = sheet_beside(journey().settings.home / record.candidate) if record.candidate else None
    return json.loads(path.read_bytes()) if path and path.exists() else None


def _lines(sheet: Mapping[str, Any]) -> Iterator[Line]:
    left, before = {int(row): why for row, why in sheet["left_out"]}, 0
    for number, *cells in sheet["raw"]:
        above = "title" if number < sheet["first"] else "header" if number <= sheet["last"] else "data"
        yield Line(number, left.get(number, above), cells, number - before - 1)
        before = number


def _signs(record: SubmissionRecord) -> list[str]:
    """The signs for no value that were met."""
    sheet = sheet_of(record) or {}
    return list(sheet.get("missing", []))


@desk.post("/<id>/baca")
@only(Role.PRODUSEN_DATA)
def chosen(id: str) -> ResponseReturnValue:
    """What was chosen is read anew; where nothing was, somebody has made sure of what is there."""
    record, form = journey().visible(current_user.actor, id), request.form
    version = form.get("version", type=int)
    try:
        choices = _choices(record)
        key = {"key": form["key"] or None} if form.get("key", _key(record)) != _key(record) else {}
        said = {name: value for name, value in choices.items() if value not in ("", None, {})}
        before = {name: value for name, value in record.reading.items() if name in choices}
        if key or clean_reading(said) != before:
            journey().change(current_user.actor, id, metadata=key, reading=choices, expected_version=version)
            flash("Berkas dibaca lagi dengan pilihan ini. Lihat hasilnya di bawah, lalu pastikan.")
            return redirect(url_for("understood.page", id=id))
        journey().make_sure(current_user.actor, id, expected_version=version)
    except (NotFound, Forbidden):
        raise
    except SebarError as fault:
        problem = problem_of(fault)
        return _page(journey().visible(current_user.actor, id), problem), problem["status"]
    flash("Cara baca sudah dipastikan, dan dipakai lagi untuk versi berikutnya.")
    return redirect(url_for("submission.page", id=id))


def _key(record: SubmissionRecord) -> str:
    return str((candidate.collection_of(record) or {}).get("key") or "")


def _left_out(record: SubmissionRecord) -> list[dict[str, Any]]:
    """Columns of the sheet that somebody took out."""
    types = record.reading.get("types", {})
    return [{"name": name, "label": name, "type": ""} for name, said in types.items() if said == "left-out"]


def _choices(record: SubmissionRecord) -> dict[str, Any]:
    """What the form says; what it leaves as it was found stays unsaid. Raises BadRequest."""
    form, sheet = request.form, sheet_of(record) or {}
    found = {"header_first": sheet.get("first"), "header_rows": sheet.get("last"), **(record.manifest or {})["reading"]}
    choices: dict[str, Any] = {name: form[name] for name in ASKED if name in form}
    for name, value in choices.items():
        if value == str(found.get(name, "")):
            choices[name] = record.reading.get(name, "")
    types = {name.removeprefix("type:"): form[name] for name in form if name.startswith("type:") and form[name]}
    choices["types"] = dict(record.reading.get("types", {})) | types
    for name in form:
        if name.startswith("type:") and not form[name]:
            choices["types"].pop(name.removeprefix("type:"), None)
    choices["long"] = (form.get("long_name", "").strip() or "Nilai") if "long" in form else ""
    clean_reading({"drop": form.get("more", "").strip()})
    return choices | _rows(record, rows_of(form.get("more")))


def _rows(record: SubmissionRecord, more: set[int]) -> dict[str, str]:
    """Rows of the sheet that are no data though they look like it, and the other way round."""
    sheet, kept = sheet_of(record) or {"left_out": []}, rows_of(record.reading.get("keep"))
    shown, ticked = (
        rows_of(request.form.get("shown")),
        {int(row) for row in request.form.getlist("row") if row.isdigit()},
    )
    left = {int(row) for row, why in sheet["left_out"] if why != CHOSEN} | kept
    return {
        "drop": spans([*(more - shown | (shown - ticked - left))]),
        "keep": spans([*(left & shown & ticked | (kept - shown))]),
    }
