"""Rows of a sheet that are no data: headers printed again, totals, and what stands below a table."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

HEADER, TOTAL, SUM, NOTE, CHOSEN = "again", "total", "sum", "note", "chosen"
"""Why a row was left out; the words are in pages/words.toml."""

_TOTALS = (
    r"(?i)^\W*(?:sub\W*|grand\W*)?(?:jumlah|total|rata\W?rata|rerata|average)"
    r"(?:\W+(?:total|jumlah|average|seluruh\w*|keseluruhan|(?:kota|kab|kabupaten|kecamatan|provinsi)\b.*))*\W*$"
)
_NOTES = (
    r"(?i)^\W*(?:sumber|source|catatan|notes?|keterangan|ket|disclaimer|data diolah|dicetak|diunduh)\b"
    r"\s*(?:[/.:]|data\b|$)"
    r"|^\s*[*#¹²³†]|^\s*\d\)|^\s*\*\)"
)
_NUMBERED = r"^\s*\(\d+\)\s*$"
_TOTALS_AT_MOST = 0.2
"""Where more rows than this share are called total they are a category of a long table."""
_ROWS = re.compile(r"\s*(\d{1,9})\s*(?:[-–]\s*(\d{1,9})\s*)?")
_SPAN_AT_MOST = 100_000


def rows_of(said: object) -> set[int]:
    """12, 40-45 as row numbers. Raises ValueError."""
    found: set[int] = set()
    for part in filter(str.strip, str(said or "").split(",")):
        match = _ROWS.fullmatch(part)
        least, most = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not least <= most < least + _SPAN_AT_MOST or len(found) > _SPAN_AT_MOST:
            raise ValueError(part)
        found |= set(range(least, most + 1))
    return found


def spans(rows: Sequence[int]) -> str:
    """The other way round."""
    groups: list[list[int]] = []
    for row in sorted(rows):
        if groups and row == groups[-1][-1] + 1:
            groups[-1].append(row)
        else:
            groups.append([row])
    return ", ".join(f"{group[0]}-{group[-1]}" if len(group) > 1 else str(group[0]) for group in groups)


def reasons(
    texts: Sequence[pa.ChunkedArray], rows: NDArray[np.int64], header: Sequence[str], wanted: Mapping[str, object]
) -> dict[int, str]:
    """The position of each row that is left out, with the reason. `header` are the cells over the columns."""
    filled = np.zeros(len(rows), np.int64)
    for text in texts:
        filled += text.is_valid().to_numpy()
    first = pc.coalesce(*texts[:4])
    usual = len(texts) - int(np.bincount(filled, minlength=len(texts) + 1)[::-1].argmax())
    found = dict.fromkeys(_again(texts, header), HEADER)
    found |= dict.fromkeys(_totals(first, filled, usual), TOTAL)
    found |= dict.fromkeys(_notes(first, filled, usual, rows), NOTE)
    keep = rows_of(wanted.get("keep"))
    chosen = np.flatnonzero(np.isin(rows, sorted(rows_of(wanted.get("drop")))))
    found = {at: why for at, why in found.items() if int(rows[at]) not in keep}
    return dict(sorted({**dict.fromkeys(chosen.tolist(), CHOSEN), **found}.items()))


def _hits(text: pa.ChunkedArray, pattern: str) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(pc.match_substring_regex(text, pattern), False))


def _again(texts: Sequence[pa.ChunkedArray], header: Sequence[str]) -> list[int]:
    """The header or its numbering as it stands on each printed page."""
    if len(texts) < 2:
        return []
    numbering = _hits(texts[0], _NUMBERED) & _hits(texts[1], _NUMBERED)
    if header[0] and header[1]:
        same = [pc.fill_null(pc.equal(pc.utf8_trim_whitespace(texts[at]), header[at]), False) for at in (0, 1)]
        numbering |= np.asarray(pc.and_(*same))
    return np.flatnonzero(numbering).tolist()


def _totals(first: pa.ChunkedArray, filled: NDArray[np.int64], usual: int) -> list[int]:
    found = np.flatnonzero(_hits(first, _TOTALS) & (usual > 1))
    few = len(found) <= max(_TOTALS_AT_MOST * len(filled), int(len(found) == 1 and found[0] >= len(filled) // 2))
    return found.tolist() if few and len(filled) > 1 else []


def _notes(first: pa.ChunkedArray, filled: NDArray[np.int64], usual: int, rows: NDArray[np.int64]) -> list[int]:
    """Below the table what is called a source or note, or stands apart, with all that follows; # comments anywhere."""
    sparse = filled <= max(1, usual // 3)
    noted = _hits(first, _NOTES) & (filled == 1) & (usual > 1)
    least = len(filled) - int(np.argmin(sparse[::-1])) if not sparse.all() else len(filled)
    apart = np.diff(rows, prepend=rows[:1]) > 1
    begins = next((at for at in range(least, len(filled)) if noted[at] or (apart[at] and usual > 2)), len(filled))
    comments = np.flatnonzero(noted & _hits(first, r"^\s*#"))
    return [*comments[comments < begins].tolist(), *range(begins, len(filled))]


def is_sum(numbers: Sequence[pa.ChunkedArray]) -> bool:
    """Whether the last row holds, in every column and in two at least, what those above make together."""
    checked = 0
    for values in numbers:
        cells = np.nan_to_num(values.to_numpy().astype(float))
        if not cells[:-1].any() and not cells[-1]:
            continue
        if not np.isclose(cells[-1], cells[:-1].sum(), rtol=0, atol=1e-6):
            return False
        checked += 1
    return checked > 1
