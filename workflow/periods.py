"""What days a cell of a period column means."""

import re
from calendar import monthrange
from datetime import date, datetime

from workflow.labels import MONTHS

Interval = tuple[date, date]

_MONTHS = tuple(month.casefold() for month in MONTHS)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_PART = re.compile(r"(semester|smt|sem|s|triwulan|tw|q)[\s.\-]*(iv|iii|ii|i|[1-4])\b", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def interval(value: object) -> Interval | None:
    """First and last day: 2024, 2024-05, 2024-05-17, Mei 2024, Semester I 2024, TW 2 2024, 2023/2024.

    None where the cell says no period.
    """
    if isinstance(value, datetime):
        return value.date(), value.date()
    if isinstance(value, date):
        return value, value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip().casefold()
    return _iso(text) or _named(text)


def _iso(text: str) -> Interval | None:
    match = re.fullmatch(r"(\d{4}-\d\d)(?:(-\d\d)(?:t.*)?)?", text)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match[1] + (match[2] or "-01"))
    except ValueError:
        return None
    return (day, day) if match[2] else _months(day.year, day.month, day.month)


def _named(text: str) -> Interval | None:
    years = [int(year) for year in _YEAR.findall(text)]
    if not years or len(text) > 30:
        return None
    if len(years) == 1 and (part := _PART.search(text)):
        length = 6 if part[1].startswith("s") else 3
        number = _ROMAN.get(part[2].casefold()) or int(part[2])
        return _months(years[0], (number - 1) * length + 1, number * length) if number * length <= 12 else None
    if len(years) == 1 and (named := [at for at, name in enumerate(_MONTHS, 1) if name in text]):
        return _months(years[0], named[0], named[-1])
    if re.fullmatch(r"(tahun\s*)?\d{4}(\s*[/–-]\s*\d{4})?", text):
        return date(min(years), 1, 1), date(max(years), 12, 31)
    return None


def _months(year: int, first: int, last: int) -> Interval:
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])
