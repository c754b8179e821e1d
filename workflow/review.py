"""Which steps a person may take, what is still missing, and the taking of one."""

from collections.abc import Callable
from dataclasses import replace

from workflow.dataset import Act, Actor, Event, Submission
from workflow.errors import Changed, Conflict, Forbidden, Unmet
from workflow.labels import REASONS, ROLES, STATUSES, STEPS
from workflow.sop import SOP, Access, Role, Status, Step, rows_for

Requirement = Callable[[Submission, Act], bool]
"""A claim about a submission and the wish to move it."""


def candidate_built(submission: Submission, act: Act) -> bool:
    return submission.content_hash is not None


def berita_acara_attached(submission: Submission, act: Act) -> bool:
    return submission.has_berita_acara


def metadata_complete(submission: Submission, act: Act) -> bool:
    return not submission.missing_metadata


def no_blocking_finding(submission: Submission, act: Act) -> bool:
    return submission.findings.blocks == 0


def warnings_waived(submission: Submission, act: Act) -> bool:
    return submission.findings.warns == 0


def not_the_submitter(submission: Submission, act: Act) -> bool:
    return act.actor.id != submission.submitted_by


def not_the_verifier(submission: Submission, act: Act) -> bool:
    return act.actor.id != submission.verified_by


def pembina_of_this_kind(submission: Submission, act: Act) -> bool:
    return submission.kind in act.actor.kinds


def content_unchanged(submission: Submission, act: Act) -> bool:
    return act.content_hash is None or act.content_hash == submission.content_hash


def access_is_terbuka(submission: Submission, act: Act) -> bool:
    return submission.access is Access.TERBUKA


def embargo_over(submission: Submission, act: Act) -> bool:
    return submission.publish_at is None or submission.publish_at <= act.at


def moment_in_the_future(submission: Submission, act: Act) -> bool:
    return act.publish_at is not None and act.publish_at > act.at


def reason_given(submission: Submission, act: Act) -> bool:
    return bool(act.note.strip())


def scan_attached(submission: Submission, act: Act) -> bool:
    return act.scan is not None


def probe_answered(submission: Submission, act: Act) -> bool:
    return act.probed


REQUIREMENTS: dict[str, Requirement] = {
    claim.__name__: claim
    for claim in (
        candidate_built,
        berita_acara_attached,
        metadata_complete,
        no_blocking_finding,
        warnings_waived,
        not_the_submitter,
        not_the_verifier,
        pembina_of_this_kind,
        content_unchanged,
        access_is_terbuka,
        embargo_over,
        moment_in_the_future,
        reason_given,
        scan_attached,
        probe_answered,
    )
}

SAID_WITH_THE_STEP = frozenset({"reason_given", "moment_in_the_future", "scan_attached", "probe_answered"})
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
        detail={"scan": act.scan} if act.scan else {},
    )
    return moved, event
