"""Workbooks (.xlsx, .ods): looked at part by part before calamine reads one sheet of them. Values, never formulas."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from itertools import islice
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from server.intake import archives, opendocument, refusals, tables
from server.intake.found import Found, Progress
from server.intake.refusals import refused
from workflow.errors import BadUpload
from workflow.findings import Finding, Severity

_ROWS_AT_MOST = 1_048_576
_COLUMNS = 16_384
_CELLS_AT_MOST = 20_000_000
_ROW_BYTES_AT_MOST = 16 * 2**20
_SHEETS_SHOWN, _ROWS_SHOWN = 5, 6
_FAILURES_OF_PYTHON = (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, StopIteration)
_FAILURES = (*_FAILURES_OF_PYTHON, zipfile.BadZipFile, zlib.error, ParseError, InvalidFileException)


def refuse_code(found: list[zipfile.ZipInfo]) -> None:
    """Raises BadUpload XLSX_CODE where the workbook carries macros or embedded programs."""
    for name in [member.filename for member in found]:
        if name.startswith(("Basic/", "Scripts/", "Object ")) or (
            re.search(r"vbaProject|activeX|macrosheets|\.bin$", name) and "printerSettings" not in name
        ):
            raise refused("XLSX_CODE", name=name)


def refuse_declarations(path: Path, found: list[zipfile.ZipInfo]) -> None:
    """Raises BadUpload XML_DTD for any part with a DOCTYPE, XLSX_BROKEN for one that is no XML."""
    for member in found:
        if member.filename.endswith((".xml", ".rels", ".vml")) and member.file_size:
            _parse(path, member, None)


@dataclass
class Scan:
    """What a sheet's own bytes say of it: counted apart from the reader, which gives values alone.

    `blank` are the shared strings without a letter. `last` is the last row; `ends` say of each row that holds a value
    in which column its last one is, `width` is the last column met; `formulas` are the rows with a formula that has no
    stored value, `faults` those with #N/A and its like.
    """

    blank: frozenset[int] = frozenset()
    last: int = 0
    ends: dict[int, int] = field(default_factory=dict)
    width: int = 1
    formulas: list[int] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    prefix: bytes = b""
    rest: bytes = b""

    def take(self, piece: bytes) -> None:
        text = self.rest + piece
        if not self.last and (named := _PREFIX.search(text)):
            self.prefix = named[1]
        *rows, self.rest = _ROW.split(text.replace(b"<" + self.prefix, b"<") if self.prefix else text)
        for row in rows:
            self._row(row)
        if len(self.rest) > _ROW_BYTES_AT_MOST:
            raise refused("XLSX_BROKEN")

    def _row(self, text: bytes) -> None:
        """The first is what stands before all rows."""
        if not text.startswith(b"<row"):
            self.hidden += [_columns(*map(int, found)) for each in _COLUMN.findall(text) if (found := _span(each))]
            return
        head, _, cells = text.partition(b">")
        number = _NUMBER.search(head)
        self.last, before = int(number[1]) if number else self.last + 1, self.last
        if not before < self.last <= _ROWS_AT_MOST:
            raise refused("XLSX_BROKEN")
        if _STRANGE.search(cells):
            raise refused("XLSX_BROKEN")
        if b' hidden="1"' in head:
            self.hidden.append(f"baris {self.last}")
        if b'"e"' in cells and _FAULT.search(cells):
            self.faults.append(self.last)
        self.width = max(self.width, _place(cells, cells.rfind(b"<c ")))
        if end := self._end(cells):
            self.ends[self.last] = end
        if b"<f" in cells and _WITHOUT_VALUE.search(cells):
            self.formulas.append(self.last)

    def _end(self, cells: bytes) -> int:
        """The column of the last cell that holds something, 0 where none does."""
        end = len(cells)
        while (at := max(cells.rfind(b"<v", 0, end), cells.rfind(b"<is", 0, end))) >= 0:
            start = max(cells.rfind(b"<c ", 0, at), cells.rfind(b"<c>", 0, at), 0)
            kind = _KIND.search(cells[start : cells.find(b">", start)])
            value = _VALUE.search(cells, at, end)
            text = value[1] if value else b""
            if kind and kind[1] == b"s":
                holds = text.isdigit() and int(text) not in self.blank
            else:
                holds = _holds(cells[at:end]) if kind and kind[1] == b"inlineStr" else bool(_plain(text).strip())
            if holds and not (kind and kind[1] == b"e"):
                return _place(cells, start)
            end = start
        return 0

    def counted(self) -> NDArray[np.int64]:
        """As tables.build wants it."""
        found = np.zeros(self.last, np.int64)
        found[np.array([*self.ends], np.int64) - 1] = [*self.ends.values()]
        return found


def _place(cells: bytes, start: int) -> int:
    """The column, from 1, of the cell that starts there: what it says, or how many there are."""
    said = _MET.match(cells, cells.find(b"r=", start)) if start >= 0 else None
    return column_index_from_string(said[1].decode()) if said else cells.count(b"<c", 0, start + 2)


def _plain(text: bytes) -> str:
    return unescape(text.decode("utf-8", "replace"))


def _holds(text: bytes) -> bool:
    return any(_plain(each).strip() for each in _TEXT.findall(text))


def _blank_strings(path: Path, archive: zipfile.ZipFile) -> frozenset[int]:
    """The numbers of the shared strings that hold no letter."""
    name = next((each for each in archive.namelist() if each.lower() == "xl/sharedstrings.xml"), None)
    found, number, rest = set(), -1, b""
    for piece in (*archives.pieces(path, archive.getinfo(name)), b"<si>") if name else ():
        *strings, rest = _STRING.split(rest + piece)
        for each in filter(_STRING.match, strings):
            number += 1
            if not _SURE.search(each) and not _holds(each):
                found.add(number)
        if len(rest) > _ROW_BYTES_AT_MOST:
            raise refused("XLSX_BROKEN")
    return frozenset(found)


_AUTHOR = re.compile(rb"<(?:dc:creator|cp:lastModifiedBy|meta:initial-creator)(?: [^>]*)?>(?!openpyxl<)[^<\s][^<]*<")
_TRACES_AT_MOST = 100_000
_PREFIX = re.compile(rb"<(\w+:)worksheet\b")
_ROW = re.compile(rb"(?=<row[ >/])")
_NUMBER = re.compile(rb'\br="(\d{1,9})"')
_MET = re.compile(rb'r="([A-Z]+)\d')
_STRANGE = re.compile(rb'r="[A-Z]{4,}\d')
_KIND = re.compile(rb'\bt="(\w+)"')
_VALUE = re.compile(rb"<v[^>]*>([^<]*)")
_TEXT = re.compile(rb"<(?:\w+:)?t(?: [^>]*)?>([^<]*)")
_SURE = re.compile(rb"<(?:\w+:)?t(?: [^>]*)?>[^<&]*[0-9A-Za-z]")
_STRING = re.compile(rb"(?=<(?:\w+:)?si[ />])")
_FAULT = re.compile(rb'<c [^>]*t="e"')
_WITHOUT_VALUE = re.compile(rb"(?:</f>|<f\b[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_COLUMN = re.compile(rb'<col [^>]*hidden="(?:1|true)"[^>]*>')


def _span(column: bytes) -> tuple[bytes, bytes] | None:
    least, most = re.search(rb'min="(\d{1,5})"', column), re.search(rb'max="(\d{1,5})"', column)
    return (least[1], most[1]) if least and most else None


def _columns(least: int, most: int) -> str:
    names = [get_column_letter(min(max(each, 1), _COLUMNS)) for each in (least, most)]
    return f"kolom {'–'.join(dict.fromkeys(names))}"


class _Started(Exception):
    pass


def _started(*_: object) -> None:
    raise _Started


def _parse(path: Path, member: zipfile.ZipInfo, scan: Scan | None = None) -> None:
    """As far as the first element where nothing is scanned. Raises BadUpload XLSX_BROKEN, XML_DTD."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    if not scan:
        parser.StartElementHandler = _started
    try:
        for piece in archives.pieces(path, member):
            parser.Parse(piece)
            if scan:
                scan.take(piece)
        parser.Parse(b"", True)
    except _Started:
        return
    except (expat.ExpatError, LookupError, ValueError):  # LookupError: an encoding that nobody knows
        raise refused("XLSX_BROKEN") from None
    if scan:
        scan.take(b"<row ")


def _refuse_doctype(*_: object) -> None:
    raise refused("XML_DTD", "workbook")


@contextmanager
def broken_where_it_fails() -> Iterator[None]:
    """openpyxl fails in many ways over a damaged workbook; to its owner they are one."""
    try:
        yield
    except _FAILURES:
        raise refused("XLSX_BROKEN") from None


def read(path: Path, name: str, wanted: Mapping[str, object], progress: Progress, *, is_ods: bool = False) -> Found:
    """Raises BadUpload: LAYER_CHOICE, XLSX_BROKEN, ODS_UNREADABLE, READ_MEMORY, COUNT_DIFFERS; those of build too."""
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            title = _wanted(book, str(wanted.get("sheet") or ""))
            scan = None if is_ods else _scan(path, book.sheet_names.index(title))
            sheet = book.get_sheet_by_name(title)
            merged = sheet.merged_cell_ranges or []
    except (CalamineError, *_FAILURES) as fault:
        raise refused("ODS_UNREADABLE" if is_ods else "XLSX_BROKEN") from fault
    total = sheet.end[0] + 1 if sheet.end else 0
    counted = scan.counted() if scan else opendocument.counted(path, title)
    found = tables.build(
        name, sheet.iter_rows(), wanted, lambda row: progress("Baca", min(row, total), total), counted, merged=merged
    )
    found.reading["sheet"] = title
    found.sheet["sheets"] = _visible(book)
    found.remarks += [*_told(book, scan), *_traces(path)]
    return found


def _traces(path: Path) -> Iterator[Finding]:
    """What a workbook holds of people beside its sheets. Whose name it is, is not repeated."""
    with broken_where_it_fails(), zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        about = next((name for name in ("docProps/core.xml", "meta.xml") if name in names), None)
        text = archive.open(about).read(_TRACES_AT_MOST) if about else b""
    what = ["komentar sel"] * any(re.search(r"comments?\d*\.xml$", name, re.IGNORECASE) for name in names)
    what += ["nama pembuatnya"] * bool(_AUTHOR.search(text))
    what += ["gambar, yang dapat menyimpan tempat pemotretan (EXIF)"] * any("/media/" in f"/{name}" for name in names)
    if what:
        yield Finding("WORKBOOK_TRACES", Severity.INFORMS, {"what": ", ".join(what)})


def _visible(book: CalamineWorkbook) -> list[str]:
    return [each.name for each in book.sheets_metadata if each.visible is SheetVisibleEnum.Visible]


def _wanted(book: CalamineWorkbook, wanted: str) -> str:
    """The wanted sheet, or the only visible one with anything in it."""
    if wanted in book.sheet_names:
        return wanted
    visible = _visible(book)
    filled = [each for each in visible if len(visible) == 1 or book.get_sheet_by_name(each).end]
    if not filled:
        raise refused("EMPTY", "workbook")
    try:
        return refusals.one(filled, wanted, "lembar")
    except BadUpload as fault:
        fault.where["sheets"] = [
            tables.as_it_stands([*islice(book.get_sheet_by_name(each).iter_rows(), _ROWS_SHOWN)], {}, each)
            for each in (filled if len(visible) > 1 else [])[:_SHEETS_SHOWN]
        ]
        raise


def _scan(path: Path, at: int) -> Scan:
    """Of the sheet at this place of the workbook. Raises what a damaged workbook raises, and BadUpload."""
    with zipfile.ZipFile(path) as archive:
        parts = {name.removeprefix("xl/"): name for name in archive.namelist()}
        sheets = [each for each in _elements(archive, "xl/workbook.xml") if each.tag.endswith("}sheet")]
        id = next(value for name, value in sheets[at].items() if name.endswith("}id"))
        links = {each.get("Id"): each.get("Target", "") for each in _elements(archive, "xl/_rels/workbook.xml.rels")}
        member = archive.getinfo(parts[links[id].removeprefix("/").removeprefix("xl/")])
        scan = Scan(_blank_strings(path, archive))
    _parse(path, member, scan)
    if scan.last * scan.width > _CELLS_AT_MOST:
        raise refused("READ_MEMORY")
    return scan


def _elements(archive: zipfile.ZipFile, name: str) -> Iterator[Element]:
    """Of a part that was found to be without DOCTYPE."""
    return fromstring(archive.read(name)).iter()  # noqa: S314 - so no entity can be in it


def _told(book: CalamineWorkbook, scan: Scan | None) -> Iterator[Finding]:
    """What is not seen in the values."""
    hidden = [each.name for each in book.sheets_metadata if each.visible is not SheetVisibleEnum.Visible]
    if hidden:
        yield Finding("SHEET_HIDDEN", Severity.INFORMS, {"names": ", ".join(f"“{name[:60]}”" for name in hidden[:20])})
    if scan and scan.hidden:
        more = f" dan {len(scan.hidden) - 20} lagi" if len(scan.hidden) > 20 else ""
        yield Finding("CELLS_HIDDEN", Severity.WARNS, {"what": ", ".join(scan.hidden[:20]) + more})
    for check, rows in (("FORMULA", scan.formulas), ("FORMULA_FAULT", scan.faults)) if scan else ():
        if rows:
            yield Finding(check, Severity.WARNS, {"count": len(rows)}, row=rows[0])
