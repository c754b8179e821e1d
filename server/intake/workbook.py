"""Workbooks (.xlsx): looked at part by part before openpyxl reads one sheet of them. Values, never formulas."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from server.intake import archives, refusals, tables
from server.intake.found import Found, Progress
from server.intake.refusals import refused
from workflow.findings import Finding, Severity

_ROWS_AT_MOST = 1_048_576
_DEPTH_AT_MOST = 64
_FAILURES_OF_PYTHON = (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError)
_FAILURES = (*_FAILURES_OF_PYTHON, zipfile.BadZipFile, zlib.error, ParseError, InvalidFileException)


def refuse_code(found: list[zipfile.ZipInfo]) -> None:
    """Raises BadUpload XLSX_CODE where the workbook carries macros or embedded programs."""
    for name in [member.filename for member in found]:
        if re.search(r"vbaProject|activeX|macrosheets|\.bin$", name) and "printerSettings" not in name:
            raise refused("XLSX_CODE", name=name)


def refuse_declarations(path: Path, found: list[zipfile.ZipInfo]) -> None:
    """Raises BadUpload XML_DTD for any part with a DOCTYPE, XLSX_BROKEN for one that is no XML."""
    for member in found:
        if member.filename.endswith((".xml", ".rels", ".vml")) and member.file_size:
            _parse(path, member, None)


@dataclass
class _Sheet:
    """The last row of a sheet, and its formulas without a stored value."""

    last: int = 0
    depth: int = 0
    formulas: list[int] = field(default_factory=list)
    has_formula: bool = False
    in_value: bool = False
    has_value: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEPTH_AT_MOST:
            raise refused("XLSX_BROKEN")
        kind = name.rpartition(":")[2]
        if kind == "row":
            number = attributes.get("r", str(self.last + 1))
            if not number.isdigit() or not self.last < int(number) <= _ROWS_AT_MOST:
                raise refused("XLSX_BROKEN")
            self.last = int(number)
        elif kind == "c":
            self.has_formula = self.has_value = False
        self.has_formula |= kind == "f"
        self.in_value = kind == "v"

    def text(self, said: str) -> None:
        self.has_value |= self.in_value

    def end(self, name: str) -> None:
        self.depth -= 1
        self.in_value = False
        if name.rpartition(":")[2] == "c" and self.has_formula and not self.has_value:
            self.formulas.append(self.last)


class _Started(Exception):
    pass


def _started(*_: object) -> None:
    raise _Started


def _parse(path: Path, member: zipfile.ZipInfo, sheet: _Sheet | None) -> None:
    """As far as the first element where it is no sheet."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = sheet.start if sheet else _started
    if sheet:
        parser.EndElementHandler = sheet.end
        parser.CharacterDataHandler = sheet.text
    try:
        for piece in archives.pieces(path, member):
            parser.Parse(piece)
        parser.Parse(b"", True)
    except _Started:
        return
    except (expat.ExpatError, LookupError):  # LookupError: an encoding that nobody knows
        raise refused("XLSX_BROKEN") from None


def _refuse_doctype(*_: object) -> None:
    raise refused("XML_DTD", "workbook")


@contextmanager
def broken_where_it_fails() -> Iterator[None]:
    """openpyxl fails in many ways over a damaged workbook; to its owner they are one."""
    try:
        yield
    except _FAILURES:
        raise refused("XLSX_BROKEN") from None


def read(path: Path, name: str, wanted: Mapping[str, object], progress: Progress) -> Found:
    """Raises BadUpload: LAYER_CHOICE, XLSX_BROKEN, COUNT_DIFFERS and those of tables.build."""
    with open(path, "rb") as file:
        with broken_where_it_fails():
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = _sheet(book, str(wanted.get("sheet") or ""))
            looked = _Sheet()
            with zipfile.ZipFile(path) as archive:
                member = archive.getinfo(sheet._worksheet_path)
            _parse(path, member, looked)
            sheet.reset_dimensions()
        rows, total = _rows(sheet, looked.last), looked.last
        found = tables.build(name, rows, wanted, lambda row: progress("Baca", min(row, total), total))
    found.reading["sheet"] = sheet.title
    if looked.formulas:
        without_value = Finding("FORMULA", Severity.WARNS, {"count": len(looked.formulas)}, row=looked.formulas[0])
        found.remarks.append(without_value)
    return found


def _sheet(book: openpyxl.Workbook, wanted: str) -> Any:
    """The wanted sheet, or the only visible one with anything in it."""
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if wanted in sheets:
        return sheets[wanted]
    filled = [title for title, sheet in sheets.items() if sheet.sheet_state == "visible" and _has_rows(sheet)]
    if not filled:
        raise refused("EMPTY", "workbook")
    return sheets[refusals.one(filled, wanted, "lembar")]


def _has_rows(sheet: Any) -> bool:
    return any(cell is not None for row in sheet.iter_rows(max_row=1000, values_only=True) for cell in row)


def _rows(sheet: Any, stated: int) -> Iterator[list[tables.Cell]]:
    """With times and spans of time as text, counted as they pass."""
    rows, count = sheet.iter_rows(values_only=True), 0
    while True:
        with broken_where_it_fails():
            row = next(rows, None)
        if row is None:
            break
        count += 1
        yield [cell if isinstance(cell, str | int | float | date | None) else str(cell) for cell in row]
    if count != stated:
        raise refused("COUNT_DIFFERS", "sheet", stated=stated, count=count)
