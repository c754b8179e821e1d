"""The city's calendar: its holidays and its own counting of days."""

from __future__ import annotations

from datetime import date, time

from server.journey import Journey
from workflow.dataset import Submission
from workflow.deadlines import Calendar, Counting, days_late, days_left, due_of


def calendar_of(journey: Journey) -> Calendar:
    settings = journey.settings
    return Calendar(
        holidays=frozenset(holiday.day for holiday in journey.records.holidays()),
        cutoff=time.fromisoformat(settings.cutoff),
        counting=Counting(settings.counting),
    )


def due_date(journey: Journey, move: Submission, calendar: Calendar | None = None) -> date | None:
    return due_of(move, calendar or calendar_of(journey))


def left(journey: Journey, due_on: date | None, calendar: Calendar) -> int | None:
    """Days that count until the due day, negative after it; None where nothing is due."""
    if due_on is None:
        return None
    now = journey.clock()
    return days_left(due_on, now, calendar) or -days_late(due_on, now, calendar)
