"""The sheet as it was uploaded, with its bad cells coloured and commented. Runs inside the walls, as all reading does.

What a workbook could do when it is opened stays behind: links to other files, hyperlinks, names and formulas that
reach outside the workbook.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, MergedCell
from openpyxl.comments import Comment
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.styles import PatternFill

from server.intake import delimited, names, workbook
from server.intake.content import Content, Format
from server.intake.found import Found, Progress
from server.intake.refusals import refused

COLOURS = {"blocks": "F6C9C5", "must_fix": "E9CDB8", "warns": "FBE7B8"}
AUTHOR = "Sebar"
FORMULA = ("=", "+", "-", "@")
_COMMENT_AT_MOST = 2000
_CALCULATES = frozenset(
    {"SUM", "AVERAGE", "COUNT", "COUNTA", "COUNTIF", "SUMIF", "MIN", "MAX", "ROUND", "IF", "ABS", "SUBTOTAL", "PRODUCT"}
)
_CALLED = re.compile(r"([A-Z_][A-Z0-9_.]*)\s*\(", re.IGNORECASE)

Mark = Mapping[str, Any]
"""`row` of the sheet or None for the header, `column` as a generated name or None, `kind` of COLOURS and `text`."""


def prepare() -> None:
    """Loads what openpyxl would look for when a workbook is written: behind the walls it is not found."""
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"].comment = Comment("", AUTHOR)
    stream = io.BytesIO()
    book.save(stream)
    openpyxl.load_workbook(stream)


def mark(
    content: Content, target: Path, wanted: Mapping[str, object], marks: Sequence[Mark], progress: Progress
) -> dict[str, object]:
    """Writes `target`; how many cells were marked. Raises BadUpload."""
    if content.dialect:
        there = delimited.read(content.path, "", content.dialect, wanted, progress)
        book = _made(content.path, content.dialect)
    elif content.format is Format.XLSX:
        there = workbook.read(content.path, "", wanted, progress)
        book = _opened(content.path)
    else:
        raise refused("UNSUPPORTED", "document")
    sheet = book[str(there.reading["sheet"])] if "sheet" in there.reading else book.worksheets[0]
    cells = _by_cell(marks, there)
    for (row, column), said in cells.items():
        _mark(sheet, row, column, said)
    book.active = sheet
    book.save(target)
    return {"marked": len(cells)}


def _made(path: Path, dialect: delimited.Dialect) -> openpyxl.Workbook:
    """Every cell as the text that it is: 0012 stays 0012, and nothing becomes a formula."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    with open(path, encoding=dialect.encoding, newline="") as file:
        for row, cells in enumerate(csv.reader(file, delimiter=dialect.delimiter), start=1):
            for column, text in enumerate(cells, start=1):
                if text:
                    _write(sheet.cell(row, column), text)
    return book


def _write(cell: Any, value: Any) -> None:
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(FORMULA)


def _opened(path: Path) -> openpyxl.Workbook:
    with workbook.broken_where_it_fails(), open(path, "rb") as file:
        book = openpyxl.load_workbook(file, keep_links=False)
        stored = openpyxl.load_workbook(file, keep_links=False, data_only=True)
    book.defined_names = _harmless_of(book.defined_names)
    for sheet in book.worksheets:
        _disarm(sheet, stored[sheet.title])
    return book


def _disarm(sheet: Any, stored: Any) -> None:
    sheet._pivots, sheet._images, sheet._charts = [], [], []
    sheet.defined_names = _harmless_of(sheet.defined_names)
    choices = sheet.data_validations
    choices.dataValidation = [one for one in choices.dataValidation if _harmless(one.formula1, one.formula2)]
    if not all(_harmless(*rule.formula) for group in sheet.conditional_formatting for rule in group.rules):
        sheet.conditional_formatting = ConditionalFormattingList()
    for cell in (cell for row in sheet.iter_rows() for cell in row if not isinstance(cell, MergedCell)):
        if cell.hyperlink:
            cell.hyperlink = None
        if cell.data_type == "f" and not _harmless(cell.value):
            value = stored[cell.coordinate].value
            _write(cell, getattr(cell.value, "text", cell.value) if value is None else value)


def _harmless_of[Names: dict[str, Any]](defined: Names) -> Names:
    return type(defined)({name: one for name, one in defined.items() if _harmless(one.attr_text)})


def _harmless(*formulas: object) -> bool:
    """Whether each only calculates with cells of this workbook."""
    return all(
        formula is None
        or (
            isinstance(formula, str)
            and not set(formula) & set("[|\\")
            and {name.upper() for name in _CALLED.findall(formula)} <= _CALCULATES
        )
        for formula in formulas
    )


def _by_cell(marks: Iterable[Mark], there: Found) -> dict[tuple[int, int], list[Mark]]:
    """What lies on the whole table or on a column stands at its heading, what lies on a row at its first cell."""
    fields = names.regenerate([column.label for column in there.columns])
    at = {field: column.at + 1 for field, column in zip(fields, there.columns, strict=True)}
    heading, first = max(1, int(str(there.reading["header_rows"]))), min(at.values(), default=1)
    found: dict[tuple[int, int], list[Mark]] = {}
    for one in marks:
        place = (one["row"] or heading, at.get(str(one["column"]), first))
        found.setdefault(place, []).append(one)
    return found


def _mark(sheet: Any, row: int, column: int, said: Sequence[Mark]) -> None:
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        whole = next(one for one in sheet.merged_cells.ranges if cell.coordinate in one)
        cell = sheet.cell(whole.min_row, whole.min_col)
    worst = next(kind for kind in COLOURS if any(one["kind"] == kind for one in said))
    cell.fill = PatternFill("solid", fgColor=COLOURS[worst])
    before = [cell.comment.text] if cell.comment else []
    text = "\n\n".join([*before, *(str(one["text"]) for one in said)])
    cell.comment = Comment(ILLEGAL_CHARACTERS_RE.sub("", text)[:_COMMENT_AT_MOST], AUTHOR, width=340, height=160)
