"""The city's calendar: its holidays and its own counting of days."""

from collections.abc import Mapping
from datetime import date, time
from functools import cache

from server.journey import Journey
from workflow.dataset import Submission
from workflow.deadlines import DAYS, Calendar, Counting, days_late, days_left, due_of
from workflow.sop import SOP, Status


def calendar_of(journey: Journey) -> Calendar:
    settings = journey.settings
    return Calendar(
        holidays=frozenset(holiday.day for holiday in journey.records.holidays()),
        cutoff=time.fromisoformat(settings.cutoff),
        counting=Counting(settings.counting),
    )


def due_date(journey: Journey, move: Submission, calendar: Calendar | None = None) -> date | None:
    return due_of(move, calendar or calendar_of(journey), days_of(journey.settings.step_days))


@cache
def days_of(step_days: str) -> Mapping[Status, int]:
    """The setting "submit=3,verify=5,…" by the status in which each step is awaited."""
    days = {name.strip(): int(count) for name, _, count in (part.partition("=") for part in step_days.split(","))}
    return {status: days.get(row.name, row.days) for row in SOP if row.days for status in row.sources if status in DAYS}


def left(journey: Journey, due_on: date | None, calendar: Calendar) -> int | None:
    """Days that count until the due day, negative after it; None where nothing is due."""
    if due_on is None:
        return None
    now = journey.clock()
    return days_left(due_on, now, calendar) or -days_late(due_on, now, calendar)
