"""The city's calendar: its holidays and its own counting of days."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from functools import cache

from server.journey import Journey
from workflow.dataset import Submission
from workflow.deadlines import DAYS, Calendar, Counting, days_late, days_left, due_of
from workflow.labels import day_of
from workflow.sop import OPEN, SOP, Status


def calendar_of(journey: Journey) -> Calendar:
    settings = journey.settings
    return Calendar(
        holidays=frozenset(holiday.day for holiday in journey.records.holidays()),
        cutoff=time.fromisoformat(settings.cutoff),
        counting=Counting(settings.counting),
    )


def due_date(journey: Journey, move: Submission, calendar: Calendar | None = None) -> date | None:
    return due_of(move, calendar or calendar_of(journey), days_of(journey.settings.step_days))


def due_otherwise(journey: Journey, move: Submission, calendar: Calendar) -> date | None:
    """The due day as it were under the other counting: the SOP says "hari" alone."""
    other = Counting.HARI_KERJA if calendar.counting is Counting.KALENDER else Counting.KALENDER
    return due_date(journey, move, replace(calendar, counting=other))


def due_dates(journey: Journey) -> dict[str, date | None]:
    """Of every submission on its way."""
    calendar = calendar_of(journey)
    on_their_way = journey.records.submissions(statuses=OPEN)
    return {record.move.id: due_date(journey, record.move, calendar) for record in on_their_way}


def joint_leave_unknown(journey: Journey) -> int | None:
    """The coming year, from October on, while the calendar holds no cuti bersama of it."""
    today = day_of(journey.clock())
    year = today.year + 1
    known = any(one.kind == "cuti_bersama" and one.day.year == year for one in journey.records.holidays())
    return None if known or today.month < 10 else year


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
