"""Workbooks (.xlsx): looked at part by part before openpyxl reads one sheet of them. Values, never formulas."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from server.intake import archives, choice, tables
from server.intake.found import Found
from workflow.errors import BadUpload
from workflow.findings import Finding, Severity

_ROWS_AT_MOST = 1_048_576
_DEPTH_AT_MOST = 64


def refuse_code(found: list[zipfile.ZipInfo]) -> None:
    """Raises BadUpload XLSX_CODE where the workbook carries macros or embedded programs."""
    code = [member.filename for member in found if re.search(r"vbaProject|activeX|macrosheets|\.bin$", member.filename)]
    code = [name for name in code if "printerSettings" not in name]
    if code:
        raise BadUpload(
            f"Buku kerja ini memuat makro atau objek tertanam ({code[0][:80]}).",
            code="XLSX_CODE",
            mend="Simpan sebagai “Excel Workbook (*.xlsx)” biasa, tanpa makro, lalu unggah lagi.",
        )


def refuse_declarations(path: Path, found: list[zipfile.ZipInfo]) -> None:
    """Raises BadUpload XML_DTD for any part with a DOCTYPE, XLSX_BROKEN for one that is no XML."""
    for member in found:
        if member.filename.endswith((".xml", ".rels", ".vml")):
            _parse(archives.pieces(path, member), _Prolog())


class _Started(Exception):
    pass


class _Prolog:
    def start(self, name: str, attributes: dict[str, str]) -> None:
        raise _Started

    def end(self, name: str) -> None:
        pass

    def text(self, said: str) -> None:
        pass


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
            raise _broken()
        kind = name.rpartition(":")[2]
        if kind == "row":
            number = attributes.get("r", str(self.last + 1))
            if not number.isdigit() or not self.last < int(number) <= _ROWS_AT_MOST:
                raise _broken()
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


def _parse(part: Iterable[bytes], handler: _Prolog | _Sheet) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        for piece in part:
            parser.Parse(piece)
        parser.Parse(b"", True)
    except _Started:
        return
    except (expat.ExpatError, LookupError):  # LookupError: an encoding that nobody knows
        raise _broken() from None


def _refuse_doctype(*_: object) -> None:
    raise BadUpload(
        "Buku kerja ini memuat deklarasi DOCTYPE, yang tidak pernah ada di buku kerja biasa.",
        code="XML_DTD",
        mend="Buka di aplikasi lembar kerja, simpan sebagai .xlsx baru, lalu unggah lagi.",
    )


def _broken() -> BadUpload:
    return BadUpload(
        "Buku kerja ini rusak dan tidak dapat dibaca.",
        code="XLSX_BROKEN",
        mend="Buka di aplikasi lembar kerja, simpan sebagai .xlsx baru, lalu unggah lagi.",
    )


@contextmanager
def _broken_where_it_fails() -> Iterator[None]:
    """openpyxl fails in many ways over a damaged workbook; to its owner they are one."""
    try:
        yield
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, zipfile.BadZipFile, zlib.error):
        raise _broken() from None
    except (ParseError, InvalidFileException):
        raise _broken() from None


def read(path: Path, name: str, wanted: Mapping[str, object], progress: Callable[[str, int, int], None]) -> Found:
    """Raises BadUpload: LAYER_CHOICE, XLSX_BROKEN, COUNT_DIFFERS and those of tables.build."""
    with open(path, "rb") as file:
        with _broken_where_it_fails():
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = _sheet(book, str(wanted.get("sheet") or ""))
            looked = _look_at(path, sheet)
            sheet.reset_dimensions()
        rows = _Counted(sheet.iter_rows(values_only=True))
        found = tables.build(name, rows, wanted, lambda row: progress("Baca", min(row, looked.last), looked.last))
    if rows.count != looked.last:
        raise BadUpload(
            f"Lembar ini berisi {looked.last} baris, tetapi {rows.count} yang terbaca.",
            code="COUNT_DIFFERS",
            mend="Salin isinya ke buku kerja baru, lalu unggah lagi.",
        )
    found.reading["sheet"] = sheet.title
    if looked.formulas:
        params = {"count": len(looked.formulas)}
        found.remarks.append(Finding("FORMULA", Severity.WARNS, params, row=looked.formulas[0]))
    return found


def _sheet(book: openpyxl.Workbook, wanted: str) -> Any:
    """The wanted sheet, or the only visible one with anything in it."""
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if wanted in sheets:
        return sheets[wanted]
    filled = [title for title, sheet in sheets.items() if sheet.sheet_state == "visible" and _has_rows(sheet)]
    if not filled:
        raise choice.empty("Buku kerja ini tidak berisi lembar dengan data")
    return sheets[choice.one(filled, wanted, "lembar")]


def _has_rows(sheet: Any) -> bool:
    return any(cell is not None for row in sheet.iter_rows(max_row=1000, values_only=True) for cell in row)


def _look_at(path: Path, sheet: Any) -> _Sheet:
    looked = _Sheet()
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(sheet._worksheet_path)
    _parse(archives.pieces(path, member), looked)
    return looked


class _Counted:
    """Rows of a sheet with times and spans of time as text, counted as they pass."""

    def __init__(self, rows: Iterator[tuple[object, ...]]) -> None:
        self.rows, self.count = rows, 0

    def __iter__(self) -> Iterator[list[tables.Cell]]:
        while True:
            with _broken_where_it_fails():
                row = next(self.rows, None)
            if row is None:
                return
            self.count += 1
            yield [cell if isinstance(cell, str | int | float | date | None) else str(cell) for cell in row]
