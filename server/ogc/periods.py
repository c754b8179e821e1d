"""Days, months and years: each stands for the whole of it."""

import calendar
import re
from datetime import UTC, date, datetime, time

from server.store.index import Period
from workflow.errors import BadRequest


def first_day(text: str) -> str:
    return text[:10] + {4: "-01-01", 7: "-01"}.get(len(text), "")


def last_day(text: str) -> str:
    if len(text) == 4:
        return f"{text}-12-31"
    if len(text) == 7:
        return f"{text}-{calendar.monthrange(int(text[:4]), int(text[5:]))[1]:02}"
    return text[:10]


def period_of(text: str | None) -> Period | None:
    """An instant or an interval of RFC 3339."""
    if text is None:
        return None
    first, slash, last = text.partition("/")
    open_ends = ("", "..") if slash else ()
    try:
        begin = None if first in open_ends else _moment(first, end=False)
        end = None if last in open_ends else _moment(last if slash else first, end=True)
    except ValueError:
        raise _unread(text) from None
    if begin and end and begin > end:
        raise _unread(text)
    return Period(begin, end)


def _moment(text: str, *, end: bool) -> datetime:
    if "T" in text.upper():
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
        raise ValueError(text)
    day = date.fromisoformat(last_day(text) if end else first_day(text))
    return datetime.combine(day, time.max if end else time.min, UTC)


def _unread(text: str) -> BadRequest:
    return BadRequest.of("datetime_unread", text=text[:60], where={"parameter": "datetime"})
