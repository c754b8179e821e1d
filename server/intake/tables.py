"""Tables as people lay them out: titles above, headers over several rows, numbers in their own notation."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain, islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from server.intake import names, numbers
from server.intake.found import Column, Found, dated
from server.intake.refusals import refuse_too_many_columns, refused
from workflow.area_codes import looks_like_a_code
from workflow.checks.standar_data import MISSING
from workflow.layer import FieldType

Cell = str | int | float | bool | date | None
Row = Sequence[Cell]

_HEAD = 200
_BATCH = 20_000
_HEADER_ROWS_AT_MOST = 6
_CODE_WORDS = re.compile(r"(?:^|[^a-z])(kode|kd|code)(?:[^a-z]|$)", re.I)
_NUMBER = re.compile(r"[+-]?\d[\d.,\s]*")
_NUMBERED = re.compile(r"\(\d+\)|")
_YEARS = range(1900, 2101)
_NOTHING, _TEXT, _INTEGER, _FLOAT, _BOOLEAN, _DATE = range(6)
_KINDS = {type(None): _NOTHING, int: _INTEGER, float: _FLOAT, bool: _BOOLEAN, date: _DATE, datetime: _DATE}


@dataclass
class _Pile:
    """One column while it is being collected: canonical text beside the kind of each cell."""

    text: list[pa.Array] = field(default_factory=list)
    kinds: list[np.ndarray] = field(default_factory=list)


def build(name: str, rows: Iterable[Row], wanted: Mapping[str, object], progress: Callable[[int], None]) -> Found:
    """Raises BadUpload: EMPTY, HEADER, CSV_RAGGED, COLUMNS.

    What was found out is in `reading`; what is in `wanted` is taken as it stands. Rows without any value are left out.
    """
    source = iter(rows)
    head = [list(row) for row in islice(source, _HEAD)]
    header_rows, labels = _heading(head, wanted.get("header_rows"))
    body = enumerate(chain(head[header_rows:], source), header_rows + 1)
    piles, numbered = _collect(body, len(labels), progress)
    if not len(numbered):
        raise refused("EMPTY", "rows")
    columns, met = _columns(labels, piles, wanted)
    reading: dict[str, object] = {"header_rows": header_rows}
    for part in ("decimal", "thousands"):
        signs = {getattr(each, part) for each in met} - {""}
        if len(signs) == 1:
            reading[part] = signs.pop()
    reading |= {key: wanted[key] for key in ("decimal", "thousands", "code", "period_column") if wanted.get(key)}
    return Found(name, columns, len(numbered), rows=pa.chunked_array([pa.array(numbered)]), reading=reading)


def _heading(head: list[list[Cell]], wanted: object) -> tuple[int, list[str]]:
    """How many rows stand at the top of the table before its data, and one label per column."""
    if not any(_filled(row) for row in head):
        raise refused("EMPTY", "table")
    if wanted is not None:
        rows = min(_number_of_rows(wanted), len(head))
        start = next((at for at in range(rows) if _filled(head[at]) > 1), max(rows - 1, 0))
        return rows, _labels(head[start:rows], _width(head[start:rows] if rows else head))
    start = _first_header(head)
    end = _end_of_header(head, start)
    if end == start + 1 and _is_mostly_numbers(head[start]):
        raise refused("HEADER", "absent", where={"row": start + 1}, row=start + 1)
    return end, _labels(head[start:end], _width(head[start:end]))


def _number_of_rows(wanted: object) -> int:
    if isinstance(wanted, int | str) and str(wanted).isdigit():
        return int(wanted)
    raise refused("HEADER", "number", wanted=str(wanted))


def _filled(row: Row) -> int:
    return sum(not _is_blank(cell) for cell in row)


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _width(head: Iterable[Row]) -> int:
    """The number of columns up to the last one that has anything in it."""
    return max((at + 1 for row in head for at, cell in enumerate(row) if not _is_blank(cell)), default=0)


def _first_header(head: list[list[Cell]]) -> int:
    """The first row that is no title: it fills a third of the columns that most rows fill."""
    counts = [_filled(row) for row in head]
    usual = max(set(counts) - {0}, key=lambda count: (counts.count(count), count))
    least = 1 if usual == 1 else max(2, usual * 0.3)
    return next(at for at, count in enumerate(counts) if count >= least)


def _end_of_header(head: list[list[Cell]], start: int) -> int:
    """A header goes on while columns are still without a name, or while the first cell is blank (merged)."""
    width = Counter(_width([row]) for row in head if _filled(row)).most_common(1)[0][0]
    named = {at for at, cell in enumerate(head[start]) if not _is_blank(cell)}
    end = start + 1
    while end < min(len(head), start + _HEADER_ROWS_AT_MOST):
        row = head[end]
        goes_on = len(named) < width or not row or _is_blank(row[0])
        if _is_numbering(row):
            return end + 1
        if not goes_on or not _filled(row) or _is_data(row):
            break
        named |= {at for at, cell in enumerate(row) if not _is_blank(cell)}
        end += 1
    return end


def _is_numbering(row: Row) -> bool:
    """The row (1) (2) (3) under a printed header."""
    return _filled(row) > 1 and all(cell is None or _NUMBERED.fullmatch(str(cell).strip()) for cell in row)


def _is_data(row: Row) -> bool:
    return any(_is_quantity(cell) or (isinstance(cell, str) and cell.strip() in MISSING - {""}) for cell in row)


def _is_mostly_numbers(row: Row) -> bool:
    return sum(_is_quantity(cell) for cell in row) * 2 >= _filled(row)


def _is_quantity(cell: Cell) -> bool:
    """A number that is no year: years stand in headers too."""
    if isinstance(cell, str):
        text = cell.strip()
        return bool(_NUMBER.fullmatch(text)) and not (text.isdigit() and int(text) in _YEARS)
    return isinstance(cell, int | float) and not isinstance(cell, bool) and cell not in _YEARS


def _labels(rows: list[list[Cell]], width: int) -> list[str]:
    """The cells over each column, joined; a blank one takes what stands left of it where something stands below it."""
    rows = [row + [None] * (width - len(row)) for row in rows if not _is_numbering(row)]
    parts: list[list[str]] = [[] for _ in range(width)]
    for depth, row in enumerate(rows):
        left = ""
        for at, cell in enumerate(row[:width]):
            below = any(not _is_blank(lower[at]) for lower in rows[depth + 1 :])
            text = "" if _is_blank(cell) else " ".join(_text(cell).split())
            left = text or left
            said = text or (left if below else "")
            if said and said not in parts[at]:
                parts[at].append(said)
    return [" / ".join(each)[:200] for each in parts]


def _collect(
    body: Iterator[tuple[int, Row]], width: int, progress: Callable[[int], None]
) -> tuple[list[_Pile], np.ndarray]:
    """The columns, and for every row kept its number in the file."""
    piles = [_Pile() for _ in range(width)]
    kept: list[int] = []
    while batch := list(islice(body, _BATCH)):
        filled = [(number, row) for number, row in batch if any(not _is_blank(cell) for cell in row)]
        for number, row in filled:
            if len(row) > width and (cells := _width([row])) > width:
                raise refused("CSV_RAGGED", where={"row": number}, row=number, cells=cells, columns=width)
        kept += [number for number, _ in filled]
        for at, pile in enumerate(piles):
            _put(pile, [row[at] if at < len(row) else None for _, row in filled])
        progress(batch[-1][0])
    return piles, np.array(kept, np.int64)


def _put(pile: _Pile, cells: list[Cell]) -> None:
    kinds = np.fromiter((_KINDS.get(type(cell), _TEXT) for cell in cells), np.uint8, len(cells))
    written = cells if kinds.max(initial=0) <= _TEXT else [None if cell is None else _text(cell) for cell in cells]
    text = pa.array(written, pa.string())
    blank = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(text), ""), False)
    kinds[blank.to_numpy(zero_copy_only=False)] = _NOTHING
    pile.kinds.append(kinds)
    pile.text.append(pc.if_else(blank, pa.scalar(None, pa.string()), text))


def _text(cell: Cell) -> str:
    """Numbers with a decimal point and without a needless .0; dates as ISO 8601 writes them."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 10**15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else cell.isoformat(timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _columns(
    labels: list[str], piles: list[_Pile], wanted: Mapping[str, object]
) -> tuple[list[Column], list[numbers.Numbers]]:
    fields = names.regenerate(labels)
    decimal, thousands = (str(wanted[key]) if wanted.get(key) else None for key in ("decimal", "thousands"))
    codes = {str(wanted.get("code", "")).casefold()} - {""}
    columns: list[Column] = []
    met: list[numbers.Numbers] = []
    for at, (label, name, pile) in enumerate(zip(labels, fields, piles, strict=True)):
        text = pa.chunked_array(pile.text, pa.string())
        if not label and text.null_count == len(text):
            continue
        kinds = np.concatenate(pile.kinds)
        found = None
        if set(np.unique(kinds)) <= {_NOTHING, _TEXT, _INTEGER, _FLOAT} and codes.isdisjoint((label.casefold(), name)):
            found = counted(label, text, kinds == _TEXT, decimal, thousands)
        met += [found] if found else []
        columns.append(replace(_column(label, text, kinds, found), at=at))
    refuse_too_many_columns(len(columns))
    return columns, met


def counted(
    label: str, text: pa.ChunkedArray, written: np.ndarray, decimal: str | None, thousands: str | None
) -> numbers.Numbers | None:
    """The numbers of a column that is no code by its name or by what it holds; `written` marks cells typed as text."""
    if _CODE_WORDS.search(label) or _are_area_codes(text):
        return None
    return numbers.read(text, written, decimal=decimal, thousands=thousands)


def _column(label: str, text: pa.ChunkedArray, kinds: np.ndarray, found: numbers.Numbers | None) -> Column:
    if found:
        kind = FieldType.INTEGER if pa.types.is_integer(found.values.type) else FieldType.NUMBER
        return Column(label, kind, found.values, found.missing)
    met = set(np.unique(kinds)) - {_NOTHING}
    if met == {_BOOLEAN}:
        return Column(label, FieldType.BOOLEAN, pc.equal(text, "true"))
    column = dated(Column(label, FieldType.STRING, text))
    if met == {_DATE} and column.type is FieldType.STRING:
        return Column(label, FieldType.DATETIME, text.cast(pa.timestamp("ms")))  # workbooks know no time zone
    return column


def _are_area_codes(text: pa.ChunkedArray) -> bool:
    """Ten digits that all begin with a province: 3375010004."""
    values = pc.drop_null(pc.unique(text))
    if pc.any(pc.invert(pc.match_substring_regex(values, r"^\d{10}$"))).as_py():
        return False
    return all(looks_like_a_code(value) for value in values.to_pylist())
