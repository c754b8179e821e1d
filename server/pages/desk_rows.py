"""What the desks share: who is asking, and a submission as one line of a queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from flask import request
from flask_login import current_user

from server.access import journey
from server.clock import calendar_of, due_date, due_otherwise, left
from server.journey import awaits
from server.settings import Settings
from workflow.dataset import Actor, Event
from workflow.deadlines import WIB, waiting_days
from workflow.labels import HAPPENED
from workflow.sop import SOP, Kind, Status
from workflow.store import SubmissionRecord


@dataclass(frozen=True)
class Row:
    """One submission in a queue. `left` counts days to the due day, negative when late.

    `said` and `said_by` are the words of the one who returned it, while it waits for its correction;
    `holder` is the name of the one who has taken it, `otherwise` the due day under the other counting.
    """

    record: SubmissionRecord
    agency: str
    due: date | None
    left: int | None
    waiting: int
    said: str = ""
    said_by: str = ""
    holder: str = ""
    otherwise: date | None = None

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
                said=words_of(back) if back else "",
                said_by=people.get(back.actor, "") if back else "",
                holder=people.get(record.assigned_to or "", ""),
                otherwise=due_otherwise(journey(), record.move, calendar),
            )
        )
    return sorted(lines, key=lambda line: (line.due is None, line.due or date.max, line.record.created_at))


FILTERS = ("cari", "jenis", "opd", "milik", "terlambat")
"""What the address of a queue may say; milik is saya or belum."""


def asked() -> dict[str, str]:
    return {name: value for name in FILTERS if (value := request.args.get(name))}


def asked_for(line: Row) -> bool:
    """Whether the filters of the address let this line through."""
    wanted, move = asked(), line.record.move
    text = f"{line.record.title} {line.agency} {move.dataset}".casefold()
    whose = {"saya": current_user.id, "belum": None}.get(wanted.get("milik", ""), line.record.assigned_to)
    return (
        all(word in text for word in wanted.get("cari", "").casefold().split())
        and (wanted.get("jenis") not in list(Kind) or move.kind == wanted["jenis"])
        and wanted.get("opd", move.agency) == move.agency
        and line.record.assigned_to == whose
        and (line.is_late or "terlambat" not in wanted)
    )


def done_this_week() -> str:
    """What one has done since Monday: "3 dinyatakan terverifikasi, 1 dikembalikan"."""
    today = journey().clock().astimezone(WIB)
    monday = today.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=today.weekday())
    taken = journey().records.steps_taken(current_user.id, monday)
    return ", ".join(f"{count} {HAPPENED[step].lower()}" for step, count in taken.most_common() if step in HAPPENED)


def row(record: SubmissionRecord) -> Row:
    (line,) = rows([record])
    return line


def agency_names() -> dict[str, str]:
    return {agency.id: agency.short_name or agency.name for agency in journey().records.agencies()}


def person_names() -> dict[str, str]:
    return {person.id: person.name for person in journey().records.people()}


def words_of(back: Event) -> str:
    """Of the one who returned it: the reason, else the notes that must be fixed."""
    wanted = back.detail.get("must_fix", ()) if not back.note.strip() else ()
    return " ".join(note.text for note in journey().records.notes(back.submission) if note.id in wanted) or back.note


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
