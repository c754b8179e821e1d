"""Numbers as people write them in tables: 1.234,5 and 1,234.5 and 1 234,5."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workflow.checks.standar_data import MISSING

_BLANK = r"[ \x{a0}\x{202f}]"
_DIGITS_AT_MOST = 15  # a double holds no more; longer ones are identifiers


@dataclass(frozen=True)
class Convention:
    decimal: str
    thousands: str = ""

    @property
    def pattern(self) -> str:
        group = {"": "", " ": _BLANK}.get(self.thousands, f"\\{self.thousands}")
        whole = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)" if group else r"\d+"
        exponent = r"(?:[eE][+-]?\d+)?" if (self.decimal, self.thousands) == (".", "") else ""
        return rf"^[+-]?{whole}(?:\{self.decimal}\d+)?{exponent}$"

    def plain(self, text: pa.ChunkedArray) -> pa.ChunkedArray:
        """Without signs for thousands, with a decimal point."""
        if self.thousands:
            group = _BLANK if self.thousands == " " else f"\\{self.thousands}"
            text = pc.replace_substring_regex(text, group, "")
        return pc.replace_substring(text, self.decimal, ".") if self.decimal != "." else text


CONVENTIONS = tuple(Convention(*signs) for signs in (".", ",", ",.", ".,", ", ", ". "))


@dataclass(frozen=True)
class Numbers:
    """`values` is int64 or double; `missing` are the signs for no value; "" where no sign for decimals was met."""

    values: pa.ChunkedArray
    missing: tuple[str, ...]
    decimal: str
    thousands: str


@dataclass(frozen=True)
class Asked:
    """A column of numbers that can be read in two ways; a cell of it as an example."""

    example: str


def read(
    text: pa.ChunkedArray,
    written: NDArray[np.bool_],
    *,
    decimal: str | None = None,
    thousands: str | None = None,
) -> Numbers | None:
    """As look_at; None also where somebody must be asked."""
    found = look_at(text, written, decimal=decimal, thousands=thousands)
    return found if isinstance(found, Numbers) else None


def look_at(
    text: pa.ChunkedArray,
    written: NDArray[np.bool_],
    *,
    decimal: str | None = None,
    thousands: str | None = None,
    absent: Collection[str] = MISSING,
) -> Numbers | Asked | None:
    """The numbers of a column, where every cell is one under one and only one convention.

    `written` marks cells that somebody wrote as text; the others are numbers already, with a decimal point. `absent`
    are the signs for no value, in small letters. Codes (leading zeros, whole numbers of more than 15 digits) are none.
    """
    text = pc.utf8_trim_whitespace(text)
    by_hand = pa.chunked_array([pa.array(written)])
    is_absent = pc.and_(pc.fill_null(pc.is_in(pc.utf8_lower(text), pa.array(sorted(absent))), False), by_hand)
    told = pc.if_else(is_absent, pa.scalar(None, pa.string()), text)
    hand_written = pc.unique(pc.drop_null(pc.if_else(by_hand, told, pa.scalar(None, pa.string()))))
    if _any(hand_written, rf"^[+-]?0\d|^[+-]?\d{{{_DIGITS_AT_MOST + 1},}}$"):
        return None
    if _mixed(hand_written):
        return None
    fitting = [
        each
        for each in CONVENTIONS
        if (decimal in (None, each.decimal))
        and (not thousands or thousands == each.thousands)
        and not _any(hand_written, each.pattern, invert=True)
    ]
    if not fitting or told.null_count == len(told):
        return None
    convention = _only_one(fitting, hand_written)
    if convention is None:
        return Asked(pc.filter(hand_written, pc.match_substring_regex(hand_written, "[.,]"))[0].as_py())
    plain = pc.if_else(by_hand, convention.plain(told), told)
    missing = tuple(sorted(sign for sign in pc.unique(pc.filter(text, is_absent)).to_pylist() if sign))
    met = [
        sign if sign and _any(hand_written, r"\s" if sign == " " else f"\\{sign}") else ""
        for sign in (convention.decimal, convention.thousands)
    ]
    return Numbers(_cast(plain), missing, met[0], met[1])


def _any(values: pa.Array | pa.ChunkedArray, pattern: str, *, invert: bool = False) -> bool:
    hits = pc.match_substring_regex(values, pattern)
    return bool(pc.any(pc.invert(hits) if invert else hits).as_py())


def _mixed(values: pa.Array) -> bool:
    """12.330 beside 13,016: no one convention, whatever is said of decimals."""
    return all(_any(values, rf"^[+-]?\d{{1,3}}\{sign}\d{{3}}$") for sign in ".,") and not _any(
        values, r"[.,]\d{1,2}$|[.,]\d{4,}$|[.,]\d+[.,]"
    )


def _only_one(fitting: list[Convention], values: pa.Array) -> Convention | None:
    """None where two would give different numbers."""
    used = [sign for sign in ".," if pc.any(pc.match_substring(values, sign)).as_py()]
    meanings = {tuple(each.decimal == sign for sign in used): each for each in reversed(fitting)}
    return next(iter(meanings.values())) if len(meanings) == 1 else None


def _cast(plain: pa.ChunkedArray) -> pa.ChunkedArray:
    if not _any(plain, r"^[+-]?\d{1,15}\.0$", invert=True):
        plain = pc.replace_substring(plain, ".0", "")  # as programs write whole numbers with gaps among them
    if _any(plain, r"^[+-]?\d+$", invert=True):
        return plain.cast(pa.float64())
    return pc.replace_substring_regex(plain, r"^\+", "").cast(pa.int64())
