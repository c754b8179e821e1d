"""Which steps a person may take, what is still missing, and the taking of one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from workflow.dataset import Act, Actor, Event, Submission
from workflow.errors import Changed, Conflict, Forbidden, Unmet
from workflow.labels import REASONS, ROLES, STATUSES, STEPS
from workflow.sop import SOP, Access, Role, Status, Step, rows_for

REASON_LENGTH = 20
"""Letters that a return needs where no note says what must be fixed."""
REQUIREMENTS: dict[str, Callable[[Submission, Act], bool]] = {
    "candidate_built": lambda submission, act: submission.content_hash is not None,
    "berita_acara_attached": lambda submission, act: submission.has_berita_acara,
    "metadata_complete": lambda submission, act: not submission.missing_metadata,
    "no_blocking_finding": lambda submission, act: submission.findings.blocks == 0,
    "warnings_waived": lambda submission, act: submission.findings.warns == 0,
    "not_the_submitter": lambda submission, act: act.actor.id != submission.submitted_by,
    "not_the_verifier": lambda submission, act: act.actor.id != submission.verified_by,
    "pembina_of_this_kind": lambda submission, act: submission.kind in act.actor.kinds,
    "content_unchanged": lambda submission, act: act.content_hash in (None, submission.content_hash),
    "access_is_terbuka": lambda submission, act: submission.access is Access.TERBUKA,
    "embargo_over": lambda submission, act: submission.publish_at is None or submission.publish_at <= act.at,
    # No moment cancels the one that was set.
    "moment_in_the_future": lambda submission, act: (
        act.publish_at > act.at if act.publish_at else submission.publish_at is not None
    ),
    "reason_or_must_fix": lambda submission, act: bool(submission.must_fix) or len(act.note.strip()) >= REASON_LENGTH,
    "reason_given": lambda submission, act: bool(act.note.strip()),
    "scan_attached": lambda submission, act: act.scan is not None,
    "probe_answered": lambda submission, act: act.probed,
}
"""Claims about a submission and the wish to move it."""

SAID_WITH_THE_STEP = frozenset(
    {"reason_given", "reason_or_must_fix", "moment_in_the_future", "scan_attached", "probe_answered"}
)
"""Requirements that only the taking itself can meet: a page offers the step although they are open."""


def row_for(step: str, submission: Submission, actor: Actor) -> Step:
    """The SOP row of this step, from this status, for this person.

    Raises Forbidden where none of the step's rows is theirs, Conflict where the status is another.
    """
    theirs = [row for row in rows_for(step) if row.role in actor.roles]
    if not theirs:
        owners = ", ".join(ROLES[row.role] for row in rows_for(step) if row.role)
        raise Forbidden(f"Langkah “{STEPS.get(step, step)}” hanya dapat diambil oleh {owners or 'sistem'}.")
    for row in theirs:
        if submission.status in row.sources:
            return row
    raise Conflict(
        f"Langkah “{STEPS[step]}” tidak dapat diambil dari status “{STATUSES[submission.status]}”.",
        where={"from": submission.status.value},
    )


def unmet(row: Step, submission: Submission, act: Act) -> tuple[tuple[str, str], ...]:
    """(name, Indonesian reason) of each requirement of the row that is not met."""
    return tuple((name, reason_for(name, submission)) for name in row.needs if not REQUIREMENTS[name](submission, act))


def reason_for(requirement: str, submission: Submission) -> str:
    return REASONS[requirement].format(
        blocks=submission.findings.blocks,
        warns=submission.findings.warns,
        missing=", ".join(submission.missing_metadata),
        letters=REASON_LENGTH,
    )


def steps_from(submission: Submission, actor: Actor) -> tuple[Step, ...]:
    """The rows that this person could take now, met or not."""
    return tuple(row for row in SOP if row.role in actor.roles and submission.status in row.sources)


def open_before(row: Step, submission: Submission, act: Act) -> tuple[tuple[str, str], ...]:
    """What keeps a page from offering the row: its unmet requirements but those said with the step."""
    return tuple(pair for pair in unmet(row, submission, act) if pair[0] not in SAID_WITH_THE_STEP)


def take_step(submission: Submission, act: Act) -> tuple[Submission, Event]:
    """The only writer of status. Raises Forbidden, Conflict, Changed or Unmet."""
    row = row_for(act.step, submission, act.actor)
    reasons = unmet(row, submission, act)
    if any(name == "content_unchanged" for name, _ in reasons):
        raise Changed(reason_for("content_unchanged", submission))
    if reasons:
        raise Unmet(reasons)
    return _moved(submission, row, act)


def foreseen(submission: Submission, act: Act) -> tuple[Submission, Event]:
    """What take_step would give with every requirement met. Raises Forbidden or Conflict."""
    return _moved(submission, row_for(act.step, submission, act.actor), act)


def supersede(submission: Submission, act: Act) -> tuple[Submission, Event]:
    """What the publishing or restoring of another release does to the one before."""
    (row,) = rows_for("supersede")
    if submission.status not in row.sources:
        raise Conflict(f"Rilis ini tidak sedang terbit, statusnya “{STATUSES[submission.status]}”.")
    return _moved(submission, row, act)


def _moved(submission: Submission, row: Step, act: Act) -> tuple[Submission, Event]:
    moved = replace(submission, status=row.target, entered_at=act.at, version=submission.version + 1)
    match row.name, row.role:
        case "submit", _:
            again = submission.status is Status.RETURNED
            moved = replace(moved, submitted_by=act.actor.id, round=submission.round + again)
        case "verify", _:
            moved = replace(moved, verified_by=act.actor.id)
        case "approve", _:
            moved = replace(moved, approved_by=act.actor.id)
        case "return", Role.PEMBINA_DATA:
            moved = replace(moved, verified_by=None)
        case "return" | "recall", _:
            moved = replace(moved, submitted_by=None)
        case "schedule", _:
            # The clock of step 4 goes on: scheduling moves nothing.
            moved = replace(moved, publish_at=act.publish_at, entered_at=submission.entered_at)
    detail: dict[str, Any] = {"scan": act.scan} if act.scan else {}
    if row.role is Role.PEMBINA_DATA:
        for deputy in (one for one in act.actor.stands_in if submission.kind in one.kinds):
            detail = {"capacity": deputy.capacity, "on_behalf_of": deputy.on_behalf_of, "paper": deputy.paper}
    if row.name == "return" and submission.must_fix:
        detail["must_fix"] = list(submission.must_fix)
    if row.name == "schedule":
        detail["publish_at"] = act.publish_at.isoformat() if act.publish_at else None
    event = Event(
        submission=submission.id,
        dataset=submission.dataset,
        step=row.name,
        source=submission.status,
        target=row.target,
        actor=act.actor.id,
        at=act.at,
        note=act.note,
        content_hash=submission.content_hash,
        round=moved.round,
        detail=detail,
    )
    return moved, event
