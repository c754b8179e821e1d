"""The steps that a person may take: what keeps each closed, what follows it and until when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_login import current_user

from server.access import journey
from server.clock import calendar_of, days_of
from server.documents.wording import LETTERS
from server.pages.desk_rows import Row, awaited, day_unit, rows
from server.pages.words import STAGES, WORDS
from workflow.dataset import Act, Event, Submission
from workflow.deadlines import WIB, due
from workflow.errors import BadRequest
from workflow.labels import ROLES, hari_tanggal, pukul, tanggal
from workflow.review import open_before, steps_from
from workflow.sop import SOP, Status, Step, rows_for
from workflow.store import Release, SubmissionRecord

FOLLOWS: dict[str, str] = WORDS["follows"]
REASON_HELP: dict[tuple[str, Status], str] = {
    (step, Status(target)): help
    for step, by_target in WORDS["reason_help"].items()
    for target, help in by_target.items()
}
"""What to write, by step and where it leads."""


@dataclass(frozen=True)
class Decision:
    """`reasons` keep it closed; `follows` says what happens next; `direct` needs no more than its button; `letter`: it
    issues one."""

    step: Step
    reasons: tuple[str, ...]
    follows: str

    @property
    def direct(self) -> bool:
        return self.step.name in ("submit", "recall")

    @property
    def letter(self) -> bool:
        return self.step.name in LETTERS


def decisions(record: SubmissionRecord) -> list[Decision]:
    actor, now = current_user.actor, journey().clock()
    return [
        Decision(
            step,
            tuple(reason for _, reason in open_before(step, record.move, Act(step.name, actor, now))),
            follows(step),
        )
        for step in steps_from(record.move, actor)
    ]


def follows(step: Step) -> str:
    """Walidata punya 5 hari kerja, sampai Kamis, 26 Maret 2026."""
    if step.name in FOLLOWS:
        return FOLLOWS[step.name]
    awaited_step = next((row for row in SOP if row.number and row.role and step.target in row.sources), None)
    days = days_of(journey().settings.step_days).get(step.target)
    if awaited_step is None or awaited_step.role is None:
        return ""
    who = ROLES[awaited_step.role]
    if days is None:
        return f"Kembali ke {who}; waktu Anda berhenti sampai diajukan lagi."
    until = due(journey().clock(), days, calendar_of(journey()))
    return f"{who} punya {days} {day_unit(journey().settings)}, sampai {hari_tanggal(until)}."


def happened(step: Step | str, record: SubmissionRecord) -> str:
    """What the step did and who has how long now."""
    name = step if isinstance(step, str) else step.name
    if name == "schedule":
        at = record.move.publish_at
        return f"Terbit {hari_tanggal(at)}, pukul {pukul(at)}." if at else WORDS["happened"]["cancel"]
    row_taken = next((row for row in SOP if row.name == name and row.target == record.move.status), None)
    then = follows(row_taken) if row_taken and row_taken.name not in FOLLOWS else ""
    return f"{WORDS['happened'].get(name, 'Tersimpan.')} {then}".strip()


def next_in_queue(record: SubmissionRecord) -> Row | None:
    """What waits for this person after this one."""
    waiting = [other for other in awaited(current_user.actor) if other.move.id != record.move.id]
    return next(iter(rows(waiting)), None)


def reached(move: Submission, line: Row, events: Sequence[Event]) -> Mapping[int, str]:
    """For the stepper: the day of each stage that is behind, and until when the present one."""
    number = {step.name: step.number for step in SOP if step.number} | {"approve_on_paper": 3}
    now = STAGES[move.status]
    days = {n: tanggal(event.at) for event in events if (n := number.get(event.step)) and n < now}
    if move.publish_at and now in number.values():
        return days | {now: f"terbit {tanggal(move.publish_at)}"}
    return days | ({now: f"sampai {tanggal(line.due)}"} if line.due else {})


def suggested_moment(move: Submission) -> str:
    """For a datetime-local in WIB: when it is scheduled, else the morning of the next working day."""
    if move.publish_at:
        return f"{move.publish_at.astimezone(WIB):%Y-%m-%dT%H:%M}"
    return f"{due(journey().clock(), 1, calendar_of(journey())).isoformat()}T08:00"


def restorable(releases: Iterable[Release]) -> frozenset[int]:
    """Numbers of the releases that this person may put in force again."""
    rows = [row for row in rows_for("restore") if row.role in current_user.actor.roles]
    return frozenset(one.number for one in releases for row in rows if one.status in row.sources)


def refuse_unsure(form: Mapping[str, str], record: SubmissionRecord) -> None:
    """Raises BadRequest where somebody withdraws data without having typed their id."""
    if form.get("step") == "withdraw" and form.get("sure", "").strip() != record.move.dataset:
        raise BadRequest.of("not_typed", dataset=record.move.dataset, where={"field": "sure"})
