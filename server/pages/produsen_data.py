"""The desk of a Produsen Data: what to do, what is under way, and entering data."""

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import journey, only
from server.api import data_file, uploaded
from server.pages.desk_rows import Row, asked, asked_for, done_this_week, rows
from server.pages.portal import EVERY
from server.planned import lines_of, outside
from server.problems import problem_of
from workflow.errors import BadRequest, Forbidden, NotFound, SebarError
from workflow.labels import day_of
from workflow.names import plain
from workflow.planned import State
from workflow.sop import OPEN, Role, Status
from workflow.store import Dataset, SubmissionRecord

desk = Blueprint("produsen_data", __name__, url_prefix="/meja/produsen-data")

ELSEWHERE = (Status.SUBMITTED, Status.VERIFIED, Status.APPROVED)
DONE = (Status.PUBLISHED, Status.WITHDRAWN)
BATCHES_OFFERED = 30
OF_ONE_VERSION = ("berita_acara", "period", "crs", "outside_list")
FILTERED_FROM = 8
"""A shorter list needs no filters."""


@desk.get("/")
@only(Role.PRODUSEN_DATA)
def home() -> ResponseReturnValue:
    every = rows(journey().visible_ones(current_user.actor))
    lines = [line for line in every if asked_for(line)]

    def of(*statuses: Status) -> list[Row]:
        return [line for line in lines if line.record.move.status in statuses]

    return render_template(
        "desk/produsen_data.html",
        returned=of(Status.RETURNED),
        drafts=of(Status.DRAFT),
        elsewhere=of(*ELSEWHERE),
        done=of(*DONE),
        under_way={line.record.move.dataset for line in of(*OPEN)},
        due_again={line.record.move.id: day for line in of(Status.PUBLISHED) if (day := _due_again(line.record))},
        today=day_of(journey().clock()),
        **_planned(),
        filters=asked(),
        many=len(every) > FILTERED_FROM,
        week=done_this_week(),
    )


def _planned() -> dict[str, Any]:
    """The agency's part of this year's Daftar Data, and what of it is still to be sent."""
    period = str(day_of(journey().clock()).year)
    lines = [line for line in lines_of(journey(), period, agency=current_user.actor.agency) if line.planned]
    wanting = [line for line in lines if line.state is not State.RECEIVED]
    return {"year": period, "agreed": len(lines), "wanting": wanting}


def _due_again(record: SubmissionRecord) -> date | None:
    """When its own frequency promises the next version."""
    days = EVERY.get(str(record.metadata.get("update_frequency")))
    return day_of(record.move.entered_at) + timedelta(days=days) if days and record.move.entered_at else None


@desk.get("/ajukan")
@only(Role.PRODUSEN_DATA)
def enter() -> ResponseReturnValue:
    return _form({"title": request.args.get("judul", "")[:200], "kind": request.args.get("jenis", "")}, None)


@desk.post("/ajukan")
@only(Role.PRODUSEN_DATA)
def entered() -> ResponseReturnValue:
    form = request.form
    try:
        if (file := data_file()) is None:
            raise BadRequest.of("no_data_file", where={"field": "berkas data"})
        facts = _metadata()
        _refuse_unexplained(facts)
        record = journey().create_submission(
            current_user.actor,
            file=file,
            metadata=facts,
            batch=form.get("batch") or None,
            berita_acara=uploaded("berita_acara"),
            dataset=form.get("dataset") or None,
            idempotency_key=form.get("once") or None,
        )
    except (NotFound, Forbidden):
        raise
    except SebarError as fault:
        said = problem_of(fault)
        return _form(form, said), said["status"]
    return redirect(url_for("submission.page", id=record.move.id, sisi="isi"))


def _metadata() -> dict[str, Any]:
    form = request.form
    facts: dict[str, Any] = {name: form.get(name, "").strip() for name in ("title", "kind", "outside_list")}
    if dataset := form.get("dataset"):
        facts = _of_the_last(dataset) | {name: value for name, value in facts.items() if value}
    if not form.get("batch"):
        facts["period"] = form.get("period", "").strip()
        facts["berita_acara"] = {"number": form.get("number", "").strip(), "date": form.get("date", "")}
    return facts


def _refuse_unexplained(facts: Mapping[str, Any]) -> None:
    """What the agency's agreed list of the year does not have is entered with a reason."""
    actor, form, title = current_user.actor, request.form, facts.get("title") or ""
    batch = form.get("batch")
    period = journey().visible_batch(actor, batch).period if batch else facts.get("period") or form.get("date", "")
    if not title or facts.get("outside_list"):
        return
    if year := outside(journey(), actor.agency, period, title, form.get("dataset", "")):
        raise BadRequest.of("outside_list", where={"input": "outside_list"}, title=title, year=year)


def _of_the_last(dataset: str) -> dict[str, Any]:
    """A new version starts from what was said of the one before."""
    earlier = journey().visible_ones(current_user.actor, dataset=dataset)
    if not earlier:
        return {}
    newest = max(earlier, key=lambda record: record.created_at)
    return {name: value for name, value in newest.metadata.items() if name not in OF_ONE_VERSION}


def _form(values: Mapping[str, Any], fault: Mapping[str, Any] | None) -> str:
    actor, records = current_user.actor, journey().records
    mine = [dataset for dataset in records.datasets() if dataset.agency == actor.agency]
    chosen = _chosen(mine, values.get("dataset") or request.args.get("dataset", ""))
    listed = [plain(line.title) for line in records.planned(agency=actor.agency)]
    title = plain(values.get("title") or (chosen.title if chosen else ""))
    batches = sorted(records.batches(agency=actor.agency), key=lambda batch: batch.created_at, reverse=True)
    return render_template(
        "desk/enter.html",
        values=values,
        fault=fault,
        once=values.get("once") or uuid.uuid4().hex,
        **_planned(),
        datasets=sorted(mine, key=lambda dataset: dataset.title),
        chosen=chosen,
        before=_of_the_last(chosen.id) if chosen else {},
        under_way=next(iter(records.submissions(dataset=chosen.id, statuses=OPEN)), None) if chosen else None,
        batches=batches[:BATCHES_OFFERED],
        batch=values.get("batch") or request.args.get("daftar", ""),
        today=day_of(journey().clock()).isoformat(),
        outside=bool(listed) and title not in listed,
        upload_limit=journey().settings.upload_limit,
        upload_total=journey().settings.upload_total,
    )


def _chosen(mine: list[Dataset], id: str) -> Dataset | None:
    if id and id not in {dataset.id for dataset in mine}:
        raise NotFound(f"Dataset “{id}” tidak ada pada OPD Anda.", mend="Pilih dari daftar data OPD Anda.")
    return next((dataset for dataset in mine if dataset.id == id), None)
