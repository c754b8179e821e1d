"""The desk of a Produsen Data: what to do, what is under way, and entering data."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import only
from server.journey import Upload
from server.pages.desk_rows import journey, rows
from workflow.errors import BadRequest, SebarError
from workflow.sop import Role, Status
from workflow.store import Batch

desk = Blueprint("produsen_data", __name__, url_prefix="/meja/produsen-data")

ELSEWHERE = (Status.SUBMITTED, Status.VERIFIED, Status.APPROVED)
DONE = (Status.PUBLISHED, Status.WITHDRAWN)


@desk.get("/")
@only(Role.PRODUSEN_DATA)
def home() -> ResponseReturnValue:
    lines = rows(journey().visible_ones(current_user.actor), with_reasons=True)

    def of(*statuses: Status) -> list[Any]:
        return [line for line in lines if line.record.move.status in statuses]

    return render_template(
        "desk/produsen_data.html",
        returned=of(Status.RETURNED),
        drafts=of(Status.DRAFT),
        elsewhere=of(*ELSEWHERE),
        done=of(*DONE),
    )


@desk.get("/ajukan")
@only(Role.PRODUSEN_DATA)
def enter() -> ResponseReturnValue:
    return _form({}, None)


@desk.post("/ajukan")
@only(Role.PRODUSEN_DATA)
def entered() -> ResponseReturnValue:
    form = request.form
    try:
        record = journey().create_submission(
            current_user.actor,
            file=_file("file"),
            metadata=_metadata(),
            batch=form.get("batch") or None,
            berita_acara=_file("berita_acara", required=False),
            dataset=form.get("dataset") or None,
            idempotency_key=form.get("once"),
        )
    except SebarError as fault:
        return _form(form, fault), 422
    return redirect(url_for("submission.page", id=record.move.id))


def _metadata() -> dict[str, Any]:
    form = request.form
    facts: dict[str, Any] = {"title": form.get("title", ""), "kind": form.get("kind")}
    if form.get("dataset"):
        facts = _of_the_last(form["dataset"]) | {name: value for name, value in facts.items() if value}
    if not form.get("batch"):
        facts["period"] = form.get("period", "")
        facts["berita_acara"] = {"number": form.get("number", ""), "date": form.get("date", "")}
    return facts


def _of_the_last(dataset: str) -> dict[str, Any]:
    """A new version starts from what was said of the one before."""
    earlier = journey().visible_ones(current_user.actor, dataset=dataset)
    if not earlier:
        return {}
    newest = max(earlier, key=lambda record: record.created_at)
    return {name: value for name, value in newest.metadata.items() if name not in ("berita_acara", "period")}


def _file(name: str, *, required: bool = True) -> Any:
    part = request.files.get(name)
    if part and part.filename:
        return Upload(part.stream, part.filename)
    if required:
        raise BadRequest(
            "Anda belum memilih berkas.",
            code="BERKAS-KOSONG",
            mend="Pilih berkas GeoPackage, GeoJSON, Shapefile dalam zip, CSV atau XLSX.",
            where={"field": "berkas data"},
        )
    return None


def _form(values: Any, fault: SebarError | None) -> str:
    actor = current_user.actor
    mine = [dataset for dataset in journey().records.datasets() if dataset.agency == actor.agency]
    batches: list[Batch] = sorted(
        journey().records.batches(agency=actor.agency), key=lambda batch: batch.created_at, reverse=True
    )
    return render_template(
        "desk/enter.html",
        values=values,
        fault=fault,
        datasets=mine,
        batches=batches[:30],
        chosen=values.get("dataset") or request.args.get("dataset", ""),
        today=date.today().isoformat(),  # noqa: DTZ011 - only what the form shows first
    )
