"""What the desks share: who is asking, and a submission as one line of a queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from server.access import journey
from server.clock import calendar_of, due_date, left
from server.journey import awaits
from server.settings import Settings
from workflow.dataset import Actor, Event
from workflow.deadlines import waiting_days
from workflow.sop import SOP, Status
from workflow.store import SubmissionRecord


@dataclass(frozen=True)
class Row:
    """One submission in a queue. `left` counts days to the due day, negative when late.

    `said` and `said_by` are the words of the one who returned it, while it waits for its correction.
    """

    record: SubmissionRecord
    agency: str
    due: date | None
    left: int | None
    waiting: int
    said: str = ""
    said_by: str = ""

    @property
    def is_late(self) -> bool:
        """What is scheduled is decided: it is not late."""
        return self.left is not None and self.left < 0 and not self.record.move.publish_at


def rows(records: Iterable[SubmissionRecord]) -> list[Row]:
    """By due date, late first; what has no due date last."""
    calendar = calendar_of(journey())
    agencies, people = agency_names(), person_names()
    now = journey().clock()
    lines = []
    for record in records:
        due_on = due_date(journey(), record.move, calendar)
        back = last_return(record)
        lines.append(
            Row(
                record=record,
                agency=agencies.get(record.move.agency, record.move.agency),
                due=due_on,
                left=left(journey(), due_on, calendar),
                waiting=waiting_days(record.move.entered_at or record.created_at, now, calendar),
                said=back.note if back else "",
                said_by=people.get(back.actor, "") if back else "",
            )
        )
    return sorted(lines, key=lambda line: (line.due is None, line.due or date.max, line.record.created_at))


def row(record: SubmissionRecord) -> Row:
    (line,) = rows([record])
    return line


def agency_names() -> dict[str, str]:
    return {agency.id: agency.short_name or agency.name for agency in journey().records.agencies()}


def person_names() -> dict[str, str]:
    return {person.id: person.name for person in journey().records.people()}


def last_return(record: SubmissionRecord) -> Event | None:
    """The return that put it where it is, by the Walidata or by the Pembina Data."""
    if record.move.status not in (Status.RETURNED, Status.SUBMITTED):
        return None
    events = journey().records.events(submission=record.move.id)
    return events[-1] if events and events[-1].step == "return" else None


def awaited(actor: Actor) -> list[SubmissionRecord]:
    """What waits for this person's numbered step."""
    sources = {status for step in SOP if step.number and step.role in actor.roles for status in step.sources}
    if not sources:
        return []
    return [record for record in journey().records.submissions(statuses=tuple(sources)) if awaits(actor, record.move)]


def late(lines: Iterable[Row]) -> int:
    return sum(line.is_late for line in lines)


def day_unit(settings: Settings) -> str:
    return "hari" if settings.counting == "kalender" else "hari kerja"
