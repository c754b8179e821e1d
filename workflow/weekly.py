"""One week of the SOP in figures, every one of them computed from the events."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from statistics import median

from workflow.dataset import Event, Submission
from workflow.deadlines import Calendar, days_late, due_of, waiting_days
from workflow.sop import SOP, Role, Status, Step
from workflow.store import SubmissionRecord

STEPS = {step.number: step for step in SOP if step.number}
AWAITED: dict[Status, Step] = {
    status: row for row in STEPS.values() for status in row.sources if status is not Status.RETURNED
}
"""The numbered step that each status waits for; while something is returned the clock stands still."""
ENDS = ("submit", "verify", "approve", "approve_on_paper", "return", "publish")
"""What ends the days of a step: the decision of the one who had it."""

Journeys = Sequence[tuple[SubmissionRecord, Sequence[Event]]]


@dataclass(frozen=True)
class Week:
    """A week of ISO 8601, from Monday to Sunday in the city's zone."""

    monday: date

    @classmethod
    def of(cls, text: str) -> "Week":
        """2026-W11. Raises ValueError."""
        year, _, number = text.partition("-W")
        return cls(date.fromisocalendar(int(year), int(number), 1))

    @classmethod
    def containing(cls, day: date) -> "Week":
        return cls(day - timedelta(days=day.weekday()))

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def __str__(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    def bounds(self, calendar: Calendar) -> tuple[datetime, datetime]:
        start = datetime.combine(self.monday, time(), calendar.zone)
        return start, datetime.combine(self.monday + timedelta(days=7), time(), calendar.zone)


@dataclass(frozen=True)
class Stay:
    """How many days a submission waited for one step, and when that ended."""

    step: str
    agency: str
    days: int
    ended_at: datetime


@dataclass(frozen=True)
class Figures:
    count: int
    median: float
    longest: int


@dataclass(frozen=True)
class Waiting:
    """Something that waits: for whom, since when it is due, and for how many days (late ones, or since approved)."""

    record: SubmissionRecord
    role: Role
    days: int
    due: date | None = None
    publish_at: datetime | None = None


@dataclass(frozen=True)
class Report:
    """`until` is the last moment that counts: the end of the week, or now. Steps by agency, "" being all of them."""

    week: Week
    until: datetime
    steps: Mapping[tuple[str, str], Figures]
    late: Sequence[Waiting]
    undisseminated: Sequence[Waiting]
    published: Sequence[tuple[SubmissionRecord, datetime]]


def weekly(week: Week, now: datetime, journeys: Journeys, calendar: Calendar, days_of: Mapping[Status, int]) -> Report:
    start, end = week.bounds(calendar)
    until = min(now, end - timedelta(microseconds=1))
    ended = [
        stay
        for record, events in journeys
        for stay in stays(record, events, calendar)
        if start <= stay.ended_at <= until
    ]
    then = [(record, as_of(record, events, until)) for record, events in journeys if record.created_at <= until]
    return Report(
        week,
        until,
        {key: Figures(len(days), median(days), max(days)) for key, days in _by_step(ended).items()},
        sorted(_late(then, until, calendar, days_of), key=lambda one: -one.days),
        sorted(_undisseminated(then, until, calendar), key=lambda one: -one.days),
        [
            (record, event.at)
            for record, events in journeys
            for event in events
            if event.step == "publish" and start <= event.at <= until
        ],
    )


def stays(record: SubmissionRecord, events: Iterable[Event], calendar: Calendar) -> Iterator[Stay]:
    since = _begun(record.move, calendar)
    for event in events:
        row = AWAITED.get(event.source)
        if row and since and event.step in ENDS:
            days = calendar.between(calendar.day_zero(since), calendar.local_day(event.at))
            yield Stay(row.name, record.move.agency, days, event.at)
        if event.source is not event.target:
            since = _begun(record.move, calendar) if event.target is Status.DRAFT else event.at


def _begun(move: Submission, calendar: Calendar) -> datetime | None:
    """The first step's days count from the date of the Berita Acara."""
    paper = move.berita_acara_date
    return datetime.combine(paper, time(), calendar.zone) if paper else None


def as_of(record: SubmissionRecord, events: Iterable[Event], until: datetime) -> Submission:
    """Where it was at that moment."""
    move = replace(record.move, status=Status.DRAFT, entered_at=None, publish_at=None)
    for event in (one for one in events if one.at <= until):
        if event.source is not event.target:
            move = replace(move, status=event.target, entered_at=event.at)
        if event.step == "schedule":
            said = event.detail.get("publish_at", record.move.publish_at)
            move = replace(move, publish_at=datetime.fromisoformat(said) if isinstance(said, str) else said)
    return move


def _by_step(ended: Iterable[Stay]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for stay in ended:
        for agency in (stay.agency, ""):
            found.setdefault((agency, stay.step), []).append(stay.days)
    return found


def _late(
    then: Iterable[tuple[SubmissionRecord, Submission]],
    until: datetime,
    calendar: Calendar,
    days_of: Mapping[Status, int],
) -> Iterator[Waiting]:
    """What is scheduled is decided: it is not late."""
    for record, move in then:
        row, due = AWAITED.get(move.status), due_of(move, calendar, days_of)
        if row and row.role and due and not move.publish_at and (days := days_late(due, until, calendar)):
            yield Waiting(record, row.role, days, due)


def _undisseminated(
    then: Iterable[tuple[SubmissionRecord, Submission]], until: datetime, calendar: Calendar
) -> Iterator[Waiting]:
    for record, move in then:
        if move.status is Status.APPROVED and move.entered_at:
            days = waiting_days(move.entered_at, until, calendar)
            yield Waiting(record, Role.WALIDATA, days, publish_at=move.publish_at)
