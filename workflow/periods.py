"""What days a cell of a period column means."""

import re
from datetime import date, datetime, timedelta

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
    if match := re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d)(?:t.*)?)?", text):
        year, month = int(match[1]), int(match[2])
        try:
            day = date(year, month, int(match[3] or 1))
        except ValueError:
            return None
        return (day, day) if match[3] else _months(year, month, 1)
    return None


def _named(text: str) -> Interval | None:
    years = [int(year) for year in _YEAR.findall(text)]
    if not years or len(text) > 30:
        return None
    if len(years) == 1 and (part := _PART.search(text)):
        length = 6 if part[1].startswith("s") else 3
        number = _ROMAN.get(part[2].casefold()) or int(part[2])
        return _months(years[0], (number - 1) * length + 1, length) if number * length <= 12 else None
    if len(years) == 1 and (named := [at for at, name in enumerate(_MONTHS, 1) if name in text]):
        return _months(years[0], named[0], named[-1] - named[0] + 1)
    if re.fullmatch(r"(tahun\s*)?\d{4}(\s*[/–-]\s*\d{4})?", text):
        return date(min(years), 1, 1), date(max(years), 12, 31)
    return None


def _months(year: int, month: int, count: int) -> Interval:
    after = month - 1 + count
    return date(year, month, 1), date(year + after // 12, after % 12 + 1, 1) - timedelta(days=1)
