"""The desk of a Pembina Data: what waits for ratification, of the kinds that are theirs; several at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from server.access import Room, authenticate, journey
from server.comparing import sentence, summary
from server.journey import awaits
from server.pages.desk_rows import Row, agency_names, asked, asked_for, done_this_week, late, person_names, rows
from server.problems import or_again, problem_of
from workflow.dataset import Act
from workflow.errors import BadRequest, SebarError, Unmet
from workflow.review import open_before
from workflow.sop import Role, rows_for
from workflow.store import Batch, SubmissionRecord

desk = Room("pembina_data", "/meja/pembina-data", Role.PEMBINA_DATA)

DONE_SHOWN = 10
(APPROVE,) = rows_for("approve")


@dataclass(frozen=True)
class Item:
    """What waits: its line, what changed, what the Walidata said, and why it is not approved together with others."""

    line: Row
    changes: str
    verified: str
    alone: str


@desk.get("/")
def queue(fault: Mapping[str, Any] | None = None) -> str:
    actor = current_user.actor
    lines = rows(journey().visible_ones(actor))
    waiting = [line for line in lines if awaits(actor, line.record.move)]
    done = [line for line in lines if line.record.move.approved_by == actor.id]
    done.sort(key=lambda line: line.record.changed_at, reverse=True)
    return render_template(
        "desk/pembina_data.html",
        waiting=waiting,
        items=[_item(line) for line in waiting if asked_for(line)],
        done=done[:DONE_SHOWN],
        late=late(waiting),
        filters=asked(),
        agencies=sorted({(line.record.move.agency, line.agency) for line in waiting}, key=lambda pair: pair[1]),
        week=done_this_week(),
        deputies=[(deputy, person_names().get(deputy.on_behalf_of, "")) for deputy in actor.stands_in],
        chosen=request.form.getlist("pilih"),
        fault=fault,
    )


def _item(line: Row) -> Item:
    events = [event for event in journey().records.events(submission=line.record.move.id) if event.step == "verify"]
    changes = sentence(summary(journey(), line.record), line.record.move.findings)
    return Item(line, changes, events[-1].note if events else "", alone(line.record))


def alone(record: SubmissionRecord) -> str:
    """Why this one is opened and decided by itself; empty where it may be approved with others."""
    if record.move.findings.waived:
        return f"{record.move.findings.waived} peringatan dikesampingkan Walidata: buka dan nilai alasannya."
    act = Act("approve", current_user.actor, journey().clock())
    return " ".join(reason for _, reason in open_before(APPROVE, record.move, act))


@desk.post("/setujui")
@or_again(queue)
def approve() -> ResponseReturnValue:
    """Each by itself, with the content that was shown; those that cannot be approved are said one by one."""
    approved, refused = [], []
    for id, content_hash in _chosen():
        record = journey().visible(current_user.actor, id)
        try:
            if reason := alone(record):
                raise Unmet((("alone", reason),))
            approved.append(journey().take(current_user.actor, id, "approve", content_hash=content_hash))
        except SebarError as fault:
            refused.append((record, problem_of(fault)))
    return render_template(
        "desk/pembina_result.html",
        approved=[
            (record, url_for("submission_files.printed", id=record.move.id, n=_last(record))) for record in approved
        ],
        refused=refused,
        names=agency_names(),
        lists=sorted({(batch.agency, batch.period) for record in approved if (batch := _batch(record))}),
    )


def _chosen() -> list[tuple[str, str]]:
    """Submission and hash of each. Raises BadRequest, Unmet, Unauthenticated and TooManyAttempts."""
    chosen = [(id, hash) for id, _, hash in (text.partition(":") for text in request.form.getlist("pilih"))]
    if not chosen:
        raise BadRequest.of("none_chosen", where={"input": "pilih"})
    if not request.form.get("seen"):
        raise BadRequest.of("not_seen", where={"input": "seen"})
    authenticate(current_user.person.username, request.form.get("password", ""))
    return chosen


def _last(record: SubmissionRecord) -> int:
    return len(journey().records.events(submission=record.move.id))


def _batch(record: SubmissionRecord) -> Batch | None:
    return journey().records.batch(record.move.batch)
