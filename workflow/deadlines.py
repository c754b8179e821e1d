"""Working days: when a step of the SOP is due, and how late it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from workflow.dataset import Submission
from workflow.sop import SOP, Status

ONE_DAY = timedelta(days=1)
WIB = ZoneInfo("Asia/Jakarta")

DAYS: dict[Status, int] = {
    status: row.days for row in SOP if row.days for status in row.sources if status is not Status.RETURNED
}
"""The SOP's days, by the status in which the next numbered step is awaited. RETURNED has none: its clock stops."""


class Counting(StrEnum):
    HARI_KERJA = "hari kerja"
    KALENDER = "kalender"


@dataclass(frozen=True)
class Calendar:
    """How a city counts the SOP's "hari". `working_week` holds weekdays, Monday being 0."""

    holidays: frozenset[date] = frozenset()
    working_week: frozenset[int] = frozenset(range(5))
    cutoff: time = time(15, 30)
    zone: ZoneInfo = WIB
    counting: Counting = Counting.HARI_KERJA

    def __post_init__(self) -> None:
        if not self.working_week & frozenset(range(7)):
            raise ValueError("a working week needs a working day")

    def is_working(self, day: date) -> bool:
        return day.weekday() in self.working_week and day not in self.holidays

    def counts(self, day: date) -> bool:
        return self.counting is Counting.KALENDER or self.is_working(day)

    def local_day(self, moment: datetime) -> date:
        """Raises ValueError for a moment without a time zone."""
        return self._local(moment).date()

    def day_zero(self, moment: datetime) -> date:
        """The day on which something counts as received: after the cutoff it is the next one that counts."""
        local = self._local(moment)
        day = local.date() + ONE_DAY if local.time() > self.cutoff else local.date()
        while not self.counts(day):
            day += ONE_DAY
        return day

    def between(self, start: date, end: date) -> int:
        """Days that count after `start`, up to and with `end`; 0 where end is not later."""
        return sum(self.counts(start + ONE_DAY * n) for n in range(1, (end - start).days + 1))

    def _local(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return moment.astimezone(self.zone)


def due(started_at: datetime, days: int, calendar: Calendar) -> date:
    """The last day of `days`, counted from the day after the one on which it was received."""
    day = calendar.day_zero(started_at)
    while days > 0:
        day += ONE_DAY
        days -= calendar.counts(day)
    return day


def due_of(submission: Submission, calendar: Calendar, days_of: Mapping[Status, int] = DAYS) -> date | None:
    """When the next step is due. None while it is returned (the clock stops; a new round starts it afresh),
    when nothing more is to be done, and where the start is not known (a draft without a Berita Acara)."""
    start = submission.entered_at
    if submission.status is Status.DRAFT:
        paper = submission.berita_acara_date
        start = datetime.combine(paper, time(), calendar.zone) if paper else None
    days = days_of.get(submission.status)
    return due(start, days, calendar) if days and start else None


def days_late(due_on: date, now: datetime, calendar: Calendar) -> int:
    """Days that count since the due day; 0 on it and before."""
    return calendar.between(due_on, calendar.local_day(now))


def days_left(due_on: date, now: datetime, calendar: Calendar) -> int:
    """Days that count until the due day, today left out; 0 on it and after."""
    return calendar.between(calendar.local_day(now), due_on)


def waiting_days(since: datetime, now: datetime, calendar: Calendar) -> int:
    """Calendar days: "disetujui, belum tersebar: n hari"."""
    return max(0, (calendar.local_day(now) - calendar.local_day(since)).days)
