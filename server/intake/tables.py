"""Tables as people lay them out: titles above, headers over several rows, numbers in their own notation."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from server.intake import left_out, names, numbers
from server.intake.found import Column, Found, dated
from server.intake.refusals import refuse_too_many_columns, refused
from workflow.area_codes import looks_like_a_code
from workflow.checks.standar_data import MISSING
from workflow.errors import BadUpload
from workflow.findings import Finding, Severity
from workflow.layer import FieldType

Cell = str | int | float | bool | date | time | timedelta | None
"""Times and spans of time are text."""
Row = Sequence[Cell]
Merged = tuple[tuple[int, int], tuple[int, int]]

_HEAD = 200
_BATCH = 20_000
_HEADER_ROWS_AT_MOST = 6
_CODE_WORDS = re.compile(r"(?:^|[^a-z])(kode|kd|code)(?:[^a-z]|$)", re.I)
_NUMBER = re.compile(r"[+-]?\d[\d.,\s]*")
_NUMBERED = re.compile(r"\(\d+\)")
_PERIOD_WORDS = re.compile(r"(?:^|[^a-z])(tahun|thn|year|no|nomor|id)(?:[^a-z]|$)", re.I)
_YEARS = range(1900, 2101)
_YEAR_LABEL = re.compile(r"(.*?)[\s_/.-]*\b((?:19|20)\d\d)\*{0,3}", re.S)
_UNIT = re.compile(r"[(\[]([^()\[\]]{1,40})[)\]]\s*$")
_MEASURES = (FieldType.INTEGER, FieldType.NUMBER)
_TAKEN = ("header_first", "decimal", "thousands", "code", "period_column", "types", "long", "missing", "drop", "keep")
_DECIMALS = {"number-comma": ",", "number-point": "."}
_FIRST_SHOWN, _LAST_SHOWN, _LEFT_OUT_SHOWN, _COLUMNS_SHOWN, _CELL_SHOWN = 12, 4, 40, 40, 80
_NOTHING, _TEXT, _INTEGER, _FLOAT, _BOOLEAN, _DATE = range(6)
_KINDS = {type(None): _NOTHING, int: _INTEGER, float: _FLOAT, bool: _BOOLEAN, date: _DATE, datetime: _DATE}


@dataclass
class _Pile:
    """One column while it is being collected: canonical text beside the kind of each cell."""

    text: list[pa.Array] = field(default_factory=list)
    kinds: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True)
class _Draft:
    """A column before its type is known."""

    label: str
    text: pa.ChunkedArray
    kinds: np.ndarray
    at: int
    was: str = ""

    def filter(self, kept: np.ndarray) -> "_Draft":
        return replace(self, text=self.text.filter(pa.array(kept)), kinds=self.kinds[kept])


def build(
    name: str,
    rows: Iterable[Row],
    wanted: Mapping[str, object],
    progress: Callable[[int], None],
    counted: np.ndarray,
    *,
    merged: Sequence[Merged] = (),
) -> Found:
    """Raises BadUpload: EMPTY, HEADER, CSV_RAGGED, COLUMNS, COUNT_DIFFERS, with the sheet as it stands in `where`.

    What was found out is in `reading`; what is in `wanted` is taken as it stands. Rows without any value are left out,
    and those that are no data, with the reason in `sheet`. `merged` are ranges of cells, from 0, both ends included.
    `counted` says of each row of the file where its last cell with a value is, from 1, counted apart from `rows`.
    """
    head: list[list[Cell]] = []
    source = iter(rows)
    try:
        for row in islice(source, _HEAD):
            head.append([*row])
        return _built(name, head, source, wanted, progress, counted, merged)
    except BadUpload as fault:
        fault.where["sheets"] = [as_it_stands(head, fault.where)]
        raise


def as_it_stands(head: Sequence[Row], where: dict[str, Any], title: str = "") -> dict[str, object]:
    """The first rows of a refused sheet and those around its fault, each after its number."""
    at = where.get("row") or 0
    near = where.pop("shown", None) or [[n, *head[n - 1]] for n in range(max(1, at - 2), at + 3) if n <= len(head)]
    lines = {line[0]: line for line in [*([n, *row] for n, row in enumerate(head[:_FIRST_SHOWN], 1)), *near]}
    return {"title": title, "raw": [_clipped(lines[n]) for n in sorted(lines)]}


def _built(
    name: str,
    head: list[list[Cell]],
    source: Iterator[Row],
    wanted: Mapping[str, object],
    progress: Callable[[int], None],
    counted: np.ndarray,
    merged: Sequence[Merged],
) -> Found:
    first, header_rows, labels = _heading(head, wanted, merged)
    body = enumerate(_unmerged(chain(head[header_rows:], source), header_rows, merged), header_rows + 1)
    dropped = left_out.rows_of(wanted.get("drop"))
    piles, numbered = _collect(body, len(labels), progress, dropped)
    drafts = [_drafted(label, pile, at) for at, (label, pile) in enumerate(zip(labels, piles, strict=True))]
    texts = [draft.text for draft in drafts]
    left = left_out.reasons(texts, numbered, _plain(head[first:header_rows][:1]), wanted)
    kept = np.ones(len(numbered), bool)
    kept[list(left)] = False
    stay, rows = [draft.filter(kept) for draft in drafts], numbered[kept]
    years = _years(labels)
    if wanted.get("long") and years:
        stay, rows = _long(stay, rows, years, str(wanted["long"]))
    columns, met, asked = _columns(stay, wanted)
    if len(rows) > 3 and not wanted.get("long") and int(rows[-1]) not in left_out.rows_of(wanted.get("keep")):
        measures = [each.values for each in columns if each.type in _MEASURES and not _PERIOD_WORDS.search(each.label)]
        coded = any(_CODE_WORDS.search(each.label) and each.values[-1].is_valid for each in columns)
        if not coded and left_out.is_sum(measures):
            left[int(np.flatnonzero(kept)[-1])] = left_out.SUM
            rows, columns = rows[:-1], [replace(each, values=each.values[:-1]) for each in columns]
    if not len(rows):
        raise refused("EMPTY", "rows")
    above = [at for at, row in enumerate(head[:header_rows], 1) if _filled(row)]
    _refuse_difference(counted, np.union1d(rows, [*above, *(int(numbered[at]) for at in left)]), merged)
    wide = counted[
        [at for at in range(first, len(counted)) if at + 1 not in dropped] if dropped else slice(first, None)
    ]
    if (stated := wide.max(initial=0)) != len(labels):
        raise refused("COUNT_DIFFERS", "columns", stated=stated, count=len(labels))
    found = Found(name, columns, len(rows), rows=pa.chunked_array([pa.array(rows)]))
    found.reading["header_rows"] = header_rows
    for part in ("decimal", "thousands"):
        if len(signs := {getattr(each, part) for each in met} - {""}) == 1:
            found.reading[part] = signs.pop()
    found.reading |= {key: wanted[key] for key in _TAKEN if wanted.get(key)}
    found.sheet = {
        "first": first + 1,
        "last": header_rows,
        "asked": asked,
        "years": years,
        "missing": sorted({sign for each in columns for sign in each.missing}),
        "left_out": [[int(numbered[at]), why] for at, why in left.items()][:_LEFT_OUT_SHOWN],
        "raw": _raw(head[:header_rows], texts, numbered, left),
    }
    if left:
        told = left_out.spans([int(numbered[at]) for at in left])
        found.remarks.append(Finding("ROWS_LEFT_OUT", Severity.INFORMS, {"count": len(left), "rows": told[:200]}))
    return found


def _raw(
    head: list[list[Cell]], texts: list[pa.ChunkedArray], numbered: np.ndarray, left: Mapping[int, str]
) -> list[list[Any]]:
    """Rows as they stand in the sheet, each after its number: those of the header, those left out, first and last."""
    said = [[at, *(_text(cell) if not _is_blank(cell) else "" for cell in row)] for at, row in enumerate(head, 1)]
    count = len(numbered)
    shown = {*range(min(_FIRST_SHOWN, count)), *range(max(0, count - _LAST_SHOWN), count), *[*left][:_LEFT_OUT_SHOWN]}
    taken = [text.take(pa.array(sorted(shown))).to_pylist() for text in texts[:_COLUMNS_SHOWN]]
    said += [[int(numbered[at]), *cells] for at, *cells in zip(sorted(shown), *taken, strict=True)]
    return [_clipped(row) for row in said]


def _clipped(line: Sequence[Any]) -> list[Any]:
    """A row's number, and its cells as the desk shows them."""
    cells = ("" if _is_blank(cell) else _text(cell)[:_CELL_SHOWN] for cell in line[1 : _COLUMNS_SHOWN + 1])
    return [line[0], *cells]


def _refuse_difference(counted: np.ndarray, met: np.ndarray, merged: Sequence[Merged]) -> None:
    """`met` are the rows that became data, stand over them, or were left out with a reason: all that hold something,
    and beside them only those that a cell merged over several rows fills. Raises BadUpload COUNT_DIFFERS."""
    stated = np.flatnonzero(counted) + 1
    odd = np.setxor1d(stated, met)
    for (top, _), (low, _) in merged if len(odd) else ():
        odd = odd[np.isin(odd, stated) | (odd - 1 <= top) | (odd - 1 > low)]
    if len(odd):
        row = int(odd[0])
        raise refused("COUNT_DIFFERS", "rows", where={"row": row}, stated=len(stated), count=len(met), row=row)


def _plain(rows: list[list[Cell]]) -> list[str]:
    """The cells of the first of them as left_out compares them."""
    cells = ["" if _is_blank(cell) else _text(cell).strip() for row in rows[:1] for cell in row]
    return [*cells, "", ""]


def _unmerged(rows: Iterable[Row], start: int, merged: Sequence[Merged]) -> Iterator[Row]:
    """A cell merged over several rows says the same for each of them; `start` is the first row's place in the sheet."""
    tall = {(top, at): low for (top, at), (low, _) in merged if top >= start and low > top}
    columns = sorted({at for _, at in tall})
    held: dict[int, tuple[int, Cell]] = {}
    for number, row in enumerate(rows, start):
        row = [*row] if columns else row
        for at in columns:
            if (low := tall.get((number, at))) and at < len(row):
                held[at] = (low, row[at])
            elif at in held and number <= held[at][0] and at < len(row) and _is_blank(row[at]):
                row[at] = held[at][1]  # type: ignore[index]
        yield row


def _drafted(label: str, pile: _Pile, at: int) -> _Draft:
    kinds = np.concatenate(pile.kinds) if pile.kinds else np.zeros(0, np.uint8)
    return _Draft(label, pa.chunked_array(pile.text, pa.string()), kinds, at)


def _years(labels: Sequence[str]) -> dict[str, list[int]]:
    """The years that stand as columns, under what is written beside them: {"Penduduk": [2023, 2024]}."""
    found: dict[str, list[int]] = {}
    for label in labels:
        if match := _YEAR_LABEL.fullmatch(label):
            found.setdefault(match[1], []).append(int(match[2]))
    return {stem: years for stem, years in found.items() if 1 < len(years) == len(set(years))}


def _long(
    drafts: list[_Draft], rows: np.ndarray, years: Mapping[str, list[int]], name: str
) -> tuple[list[_Draft], np.ndarray]:
    """One row per row and year: each column of a year becomes a part of one column."""
    wide = {(match[1], int(match[2])): each for each in drafts if (match := _YEAR_LABEL.fullmatch(each.label))}
    wide = {key: each for key, each in wide.items() if key[0] in years}
    every = sorted({year for _, year in wide})
    times, count = len(every), len(rows)
    again = pa.array(np.repeat(np.arange(count), times))
    others = [each for each in drafts if not any(each is one for one in wide.values())]
    made = [replace(each, text=each.text.take(again), kinds=np.repeat(each.kinds, times)) for each in others]
    text = pa.chunked_array([pa.array([str(year) for year in every] * count)])
    made.append(_Draft("Tahun", text, np.full(count * times, _INTEGER, np.uint8), 0))
    turned = np.arange(count * times).reshape(times, count).T.ravel()
    nothing = _Draft("", pa.chunked_array([pa.nulls(count, pa.string())]), np.zeros(count, np.uint8), 0)
    for stem in years:
        parts = [wide.get((stem, year), nothing) for year in every]
        cells = pa.chunked_array([chunk for part in parts for chunk in part.text.chunks], pa.string())
        kinds = np.concatenate([part.kinds for part in parts])
        made.append(
            _Draft(
                stem or name,
                cells.take(pa.array(turned)),
                kinds[turned],
                parts[0].at,
                *names.regenerate([parts[0].label]),
            )
        )
    return made, np.repeat(rows, times)


def _heading(
    head: list[list[Cell]], said: Mapping[str, object], merged: Sequence[Merged]
) -> tuple[int, int, list[str]]:
    """The place of the header's first row, how many rows stand above the data, and one label per column."""
    if not any(_filled(row) for row in head):
        raise refused("EMPTY", "table")
    first = _number_of_rows(said["header_first"]) - 1 if said.get("header_first") else None
    if (wanted := said.get("header_rows")) is not None:
        rows = min(_number_of_rows(wanted), len(head))
        start = next((at for at in range(rows) if _filled(head[at]) > 1), max(rows - 1, 0))
        start = start if first is None else min(max(first, 0), max(rows - 1, 0))
        return start, rows, _labels(head[start:rows], _width(head[start:rows] if rows else head))
    start = _first_header(head, merged) if first is None else min(max(first, 0), len(head) - 1)
    end = _end_of_header(head, start, merged)
    if end == start + 1 and _is_mostly_numbers(head[start]):
        raise refused("HEADER", "absent", where={"row": start + 1}, row=start + 1)
    return start, end, _labels(head[start:end], _width(head[start:end]))


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


def _first_header(head: list[list[Cell]], merged: Sequence[Merged]) -> int:
    """The first row that is no title: it fills a third of the columns that most rows fill."""
    counts = [_filled(row) for row in head]
    for (top, left), (_, right) in merged:
        if top < len(head) and counts[top] > 1:
            counts[top] += right - left
    usual = max(set(counts) - {0}, key=lambda count: (counts.count(count), count))
    least = 1 if usual == 1 else max(2, usual * 0.3)
    return next(at for at, count in enumerate(counts) if count >= least)


def _end_of_header(head: list[list[Cell]], start: int, merged: Sequence[Merged]) -> int:
    """A header goes on while columns are still without a name, while the first cell is blank, or merged with it."""
    lows = [
        low + 1 for (top, at), (low, _) in merged if top == start and at == 0 and low < start + _HEADER_ROWS_AT_MOST
    ]
    if lows and max(lows) > start + 1 and not _is_blank(head[start][0]):
        end = min(max(lows), len(head))
        return end + (end < len(head) and _is_numbering(head[end]))
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
    """The row (1) (2) (3), or 1 2 3, under a printed header."""
    cells = [_text(cell).strip() for cell in row if not _is_blank(cell)]
    in_brackets = all(map(_NUMBERED.fullmatch, cells))
    return (len(cells) > 1 and in_brackets) or (len(cells) > 3 and cells == [str(n) for n in range(1, len(cells) + 1)])


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
    body: Iterator[tuple[int, Row]], width: int, progress: Callable[[int], None], dropped: set[int]
) -> tuple[list[_Pile], np.ndarray]:
    """The columns, and for every row kept its number in the file. Those that a person drops may be wider."""
    piles = [_Pile() for _ in range(width)]
    kept: list[int] = []
    while batch := list(islice(body, _BATCH)):
        filled = [(number, row) for number, row in batch if any(not _is_blank(cell) for cell in row)]
        for at, (number, row) in enumerate(filled):
            if len(row) > width and number not in dropped and (cells := _width([row])) > width:
                shown = [[n, *each] for n, each in filled[max(0, at - 2) : at + 3]]
                where = {"row": number, "shown": shown, "from_column": width + 1}
                raise refused("CSV_RAGGED", where=where, row=number, cells=cells, columns=width)
        kept += [number for number, _ in filled]
        even = (row if len(row) == width else [*row[:width], *[None] * (width - len(row))] for _, row in filled)
        for pile, column in zip(piles, zip(*even, strict=True), strict=False):
            _put(pile, column)
        progress(batch[-1][0])
    return piles, np.array(kept, np.int64)


def _put(pile: _Pile, cells: Sequence[Cell]) -> None:
    kind, *others = types = {*map(type, cells)}
    if others:
        kinds = np.fromiter((_KINDS.get(type(cell), _TEXT) for cell in cells), np.uint8, len(cells))
    else:
        kinds = np.full(len(cells), _KINDS.get(kind, _TEXT), np.uint8)
    if types <= {str, type(None)}:
        text = pa.array(cells, pa.string())
    elif types == {float} and _are_whole(values := np.array(cells)):
        text = pa.array(values.astype(np.int64)).cast(pa.string())
    else:
        text = pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())
    blank = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(text), ""), False)
    kinds[blank.to_numpy(zero_copy_only=False)] = _NOTHING
    pile.kinds.append(kinds)
    pile.text.append(pc.if_else(blank, pa.scalar(None, pa.string()), text))


def _are_whole(values: np.ndarray) -> bool:
    return bool(((np.abs(values) < 10**15) & (values == np.trunc(values))).all())


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
    drafts: list[_Draft], wanted: Mapping[str, object]
) -> tuple[list[Column], list[numbers.Numbers], dict[str, str]]:
    """With the numbers met, and an example of each column where somebody must say how its numbers are meant."""
    fields = names.regenerate([draft.label for draft in drafts])
    codes = {str(wanted.get("code", "")).casefold()} - {""}
    columns: list[Column] = []
    met: list[numbers.Numbers] = []
    asked: dict[str, str] = {}
    for draft, name in zip(drafts, fields, strict=True):
        label, text, kinds = draft.label, draft.text, draft.kinds
        choice = _choice(wanted, name, label, draft.was)
        if choice == "left-out" or (not label and text.null_count == len(text)):
            continue
        found: numbers.Numbers | numbers.Asked | None = None
        is_code = bool(_CODE_WORDS.search(label)) or not codes.isdisjoint((label.casefold(), name))
        if choice.startswith("number") or (not choice and not is_code and not _are_area_codes(text)):
            found = _numbers(text, kinds, choice, wanted)
        if isinstance(found, numbers.Asked):
            asked[name], found = found.example, None
        met += [found] if found else []
        if is_code and not found:
            text = _without_decimals(text)
        column = _column(label, text, kinds, found, choice)
        columns.append(replace(column, at=draft.at, unit=_unit(label) if found else ""))
    refuse_too_many_columns(len(columns))
    return columns, met, asked


def _choice(wanted: Mapping[str, object], *names: str) -> str:
    """What somebody said of the type of a column by one of its names: one of TYPES, or nothing."""
    types = wanted.get("types")
    said = {key.casefold(): str(value) for key, value in types.items()} if isinstance(types, Mapping) else {}
    return next((said[name.casefold()] for name in names if name.casefold() in said), "")


def _numbers(
    text: pa.ChunkedArray, kinds: np.ndarray, choice: str, wanted: Mapping[str, object]
) -> numbers.Numbers | numbers.Asked | None:
    if not set(np.unique(kinds)) <= {_NOTHING, _TEXT, _INTEGER, _FLOAT}:
        return None
    decimal, thousands = (str(wanted[key]) if wanted.get(key) else None for key in ("decimal", "thousands"))
    if choice in _DECIMALS:
        decimal, thousands = _DECIMALS[choice], None
    absent = MISSING | {sign.casefold() for sign in str(wanted.get("missing") or "").split()}
    return numbers.look_at(text, kinds == _TEXT, decimal=decimal, thousands=thousands, absent=absent)


def _without_decimals(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Codes that a program took for numbers: 3201.0 is 3201."""
    if pc.all(pc.match_substring_regex(text, r"^\d+\.0$")).as_py() and text.null_count < len(text):
        return pc.replace_substring(text, ".0", "")
    return text


def _days(text: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """31/12/2025 or 31-12-2025 in every cell, as days."""
    for form in ("%d/%m/%Y", "%d-%m-%Y"):
        with suppress(pa.ArrowInvalid):
            return pc.strptime(pc.utf8_trim_whitespace(text), format=form, unit="s").cast(pa.date32())
    return None


def _unit(label: str) -> str:
    """What stands in brackets at the end of a header: Luas (ha)."""
    match = _UNIT.search(label)
    return match[1].strip() if match and not match[1].strip().isdigit() else ""


def counted(
    label: str, text: pa.ChunkedArray, written: np.ndarray, decimal: str | None, thousands: str | None
) -> numbers.Numbers | None:
    """The numbers of a column that is no code by its name or by what it holds; `written` marks cells typed as text."""
    if _CODE_WORDS.search(label) or _are_area_codes(text):
        return None
    return numbers.read(text, written, decimal=decimal, thousands=thousands)


def _column(label: str, text: pa.ChunkedArray, kinds: np.ndarray, found: numbers.Numbers | None, choice: str) -> Column:
    if found:
        kind = FieldType.INTEGER if pa.types.is_integer(found.values.type) else FieldType.NUMBER
        return Column(label, kind, found.values, found.missing)
    if choice == "text":
        return Column(label, FieldType.STRING, text)
    if choice == "date" and (days := _days(text)):
        return Column(label, FieldType.DATE, days)
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
