from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import holidays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.reference import load_holidays
from tests.workflow.test_sop import ready
from workflow.deadlines import (
    WIB,
    Calendar,
    Counting,
    days_late,
    days_left,
    due,
    due_of,
    waiting_days,
)
from workflow.sop import Status

CITY = Calendar(frozenset(holiday.day for holiday in load_holidays()))
CALENDAR_DAYS = replace(CITY, counting=Counting.KALENDER)

moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 11, 1), timezones=st.just(WIB))  # noqa: DTZ001 the zone is given beside


def at(day: int, hour: int, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=WIB)


def test_five_working_days_over_nyepi_and_idul_fitri() -> None:
    assert due(at(12, 10), 5, CITY) == date(2026, 3, 26)


def test_what_arrives_after_half_past_three_counts_from_the_next_working_day() -> None:
    assert due(at(12, 16), 5, CITY) == date(2026, 3, 27)
    assert due(datetime(2026, 3, 12, 15, 30, tzinfo=WIB), 5, CITY) == date(2026, 3, 26)


def test_calendar_days_know_no_holidays() -> None:
    assert due(at(12, 10), 5, CALENDAR_DAYS) == date(2026, 3, 17)


def test_the_holidays_are_the_librarys() -> None:
    known = {
        day
        for category in ("public", "government")
        for day in holidays.country_holidays("ID", years=(2025, 2026, 2027), categories=(category,))
    }
    assert {holiday.day for holiday in load_holidays()} == known


def expected(started_at: datetime, days: int, calendar: Calendar) -> np.datetime64:
    """By numpy's business days, which know nothing of ours."""
    local = started_at.astimezone(WIB)
    received = np.datetime64(local.date()) + np.timedelta64(int(local.time() > time(15, 30)), "D")
    if calendar.counting is Counting.KALENDER:
        return received + np.timedelta64(days, "D")
    off = np.array(sorted(calendar.holidays), dtype="datetime64[D]")
    return np.busday_offset(np.busday_offset(received, 0, "forward", holidays=off), days, holidays=off)


@given(moments, st.integers(0, 30), st.sampled_from([CITY, CALENDAR_DAYS, Calendar()]))
def test_due_agrees_with_an_independent_count(moment: datetime, days: int, calendar: Calendar) -> None:
    assert due(moment, days, calendar) == expected(moment, days, calendar).astype(date)


@given(moments, st.integers(1, 20))
def test_a_due_day_is_a_working_day_and_the_zone_of_the_moment_is_of_no_account(moment: datetime, days: int) -> None:
    assert CITY.is_working(due(moment, days, CITY))
    assert due(moment.astimezone(UTC), days, CITY) == due(moment, days, CITY)


@given(moments, moments)
def test_what_arrives_later_is_never_due_earlier(one: datetime, other: datetime) -> None:
    assert (due(one, 5, CITY) <= due(other, 5, CITY)) or one > other


@given(moments, st.integers(0, 60), st.integers(1, 5))
def test_late_and_left_are_never_both(moment: datetime, passed: int, days: int) -> None:
    now = moment + timedelta(days=passed)
    day = due(moment, days, CITY)
    assert 0 in (days_late(day, now, CITY), days_left(day, now, CITY))
    assert days_left(day, moment, CITY) >= days


def test_late_days_are_working_days() -> None:
    friday, monday = date(2026, 3, 13), at(16, 9)
    assert (days_late(friday, monday, CITY), days_left(friday, monday, CITY)) == (1, 0)
    assert days_late(friday, at(14, 9), CITY) == 0
    assert days_left(date(2026, 3, 26), at(17, 9), CITY) == 2


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.DRAFT, date(2026, 3, 17)),
        (Status.SUBMITTED, date(2026, 3, 26)),
        (Status.VERIFIED, date(2026, 3, 26)),
        (Status.APPROVED, date(2026, 3, 16)),
        (Status.RETURNED, None),
        (Status.PUBLISHED, None),
        (Status.SUPERSEDED, None),
        (Status.WITHDRAWN, None),
    ],
)
def test_each_status_has_the_days_of_the_step_it_waits_for(status: Status, expected: date | None) -> None:
    submission = replace(ready(status), entered_at=at(12, 10), berita_acara_date=date(2026, 3, 12))
    assert due_of(submission, CITY) == expected


def test_a_draft_without_a_berita_acara_is_not_due() -> None:
    assert due_of(ready(), CITY) is None


def test_waiting_counts_every_day_and_midnight_is_the_citys() -> None:
    approved = datetime(2026, 3, 12, 16, 30, tzinfo=UTC)  # 23:30 in Pekalongan
    assert waiting_days(approved, datetime(2026, 3, 12, 17, 30, tzinfo=UTC), CITY) == 1
    assert waiting_days(approved, at(26, 8), CITY) == 14


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due(datetime(2026, 3, 12, 10), 5, CITY)  # noqa: DTZ001 that is the point


def test_a_week_without_working_days_is_refused() -> None:
    with pytest.raises(ValueError, match="working day"):
        Calendar(working_week=frozenset())
