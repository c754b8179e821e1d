"""What the desks share: who is asking, and a submission as one line of a queue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask import Flask, current_app

from server.clock import calendar_of, due_date, left
from server.journey import Journey
from server.pages.words import FREQUENCIES, LICENSES, TOPICS
from server.settings import Settings
from workflow.deadlines import waiting_days
from workflow.labels import HAPPENED, ROLES, STEPS
from workflow.sop import Status
from workflow.dataset import Event
from workflow.store import SubmissionRecord


def journey() -> Journey:
    return current_app.extensions["journey"]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Row:
    """One submission in a queue. `left` counts days to the due day, negative when late."""

    record: SubmissionRecord
    agency: str
    due: date | None
    left: int | None
    waiting: int
    said: str = ""

    @property
    def is_late(self) -> bool:
        return self.left is not None and self.left < 0


def rows(records: Iterable[SubmissionRecord], *, with_reasons: bool = False) -> list[Row]:
    """By due date, late first; what has no due date last."""
    calendar = calendar_of(journey())
    names = agency_names()
    now = journey().clock()
    lines = []
    for record in records:
        due_on = due_date(journey(), record.move, calendar)
        lines.append(
            Row(
                record=record,
                agency=names.get(record.move.agency, record.move.agency),
                due=due_on,
                left=left(journey(), due_on, calendar),
                waiting=waiting_days(record.move.entered_at or record.created_at, now, calendar),
                said=reason_of_return(record) if with_reasons else "",
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


def reason_of_return(record: SubmissionRecord) -> str:
    """What the one who returned it wrote, while it waits for its correction."""
    event = last_event(record, "return")
    return event.note if event and record.move.status is Status.RETURNED else ""


def last_event(record: SubmissionRecord, step: str) -> Event | None:
    events = journey().records.events(submission=record.move.id)
    return next((event for event in reversed(events) if event.step == step), None)


def late(lines: Iterable[Row]) -> int:
    return sum(line.is_late for line in lines)


def equip_desks(app: Flask, settings: Settings) -> None:
    """Gives the desks' templates their words."""
    app.jinja_env.filters.update(
        role_name=lambda role: ROLES[role],
        agency_cells=lambda agency: [agency.id, agency.name, agency.short_name, agency.email],
    )
    app.jinja_env.globals.update(
        STEPS=STEPS,
        HAPPENED=HAPPENED,
        ROLES=ROLES,
        city=settings.city,
        topic_options=[(code, look.word) for code, look in TOPICS.items()],
        license_options=[(code, words[0]) for code, words in LICENSES.items()],
        frequency_options=list(FREQUENCIES.items()),
    )
