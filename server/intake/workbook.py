"""Workbooks (.xlsx, .ods): looked at part by part before calamine reads one sheet of them. Values, never formulas."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from server.intake import archives, opendocument, refusals, tables
from server.intake.found import Found, Progress
from server.intake.refusals import refused
from workflow.findings import Finding, Severity

_ROWS_AT_MOST = 1_048_576
_COLUMNS = 16_384
_CELLS_AT_MOST = 20_000_000
_ROW_BYTES_AT_MOST = 16 * 2**20
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

    `last` is the last row, `filled` the last one that surely holds a value, `met` the columns met; `formulas`
    are the rows with a formula that has no stored value, `faults` those with #N/A and its like.
    """

    last: int = 0
    filled: int = 0
    met: set[bytes] = field(default_factory=set)
    formulas: list[int] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    prefix: bytes = b""
    rest: bytes = b""

    def take(self, piece: bytes) -> None:
        text = self.rest + piece
        if not self.last and (named := _PREFIX.search(text)):
            self.prefix = named[1]
        self.met |= set(_MET.findall(text))
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
        if b' hidden="1"' in head:
            self.hidden.append(f"baris {self.last}")
        if b'"e"' in cells and _FAULT.search(cells):
            self.faults.append(self.last)
        elif b"<v>" in cells or b"<is>" in cells:
            self.filled = self.last
        if b"<f" in cells and _WITHOUT_VALUE.search(cells):
            self.formulas.append(self.last)


_AUTHOR = re.compile(rb"<(?:dc:creator|cp:lastModifiedBy|meta:initial-creator)(?: [^>]*)?>(?!openpyxl<)[^<\s][^<]*<")
_TRACES_AT_MOST = 100_000
_PREFIX = re.compile(rb"<(\w+:)worksheet\b")
_ROW = re.compile(rb"(?=<row[ >/])")
_NUMBER = re.compile(rb'\br="(\d{1,9})"')
_MET = re.compile(rb'r="([A-Z]+)\d')
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
    if scan and not scan.filled <= total <= max(scan.last, 0):
        raise refused("COUNT_DIFFERS", "sheet", stated=scan.filled, count=total)
    if is_ods and (filled := opendocument.last_filled_row(path, title)) > total:
        raise refused("COUNT_DIFFERS", "sheet", stated=filled, count=total)
    found = tables.build(
        name, sheet.iter_rows(), wanted, lambda row: progress("Baca", min(row, total), total), merged=merged
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
    return refusals.one(filled, wanted, "lembar")


def _scan(path: Path, at: int) -> Scan:
    """Of the sheet at this place of the workbook. Raises what a damaged workbook raises, and BadUpload."""
    with zipfile.ZipFile(path) as archive:
        parts = {name.removeprefix("xl/"): name for name in archive.namelist()}
        sheets = [each for each in _elements(archive, "xl/workbook.xml") if each.tag.endswith("}sheet")]
        id = next(value for name, value in sheets[at].items() if name.endswith("}id"))
        links = {each.get("Id"): each.get("Target", "") for each in _elements(archive, "xl/_rels/workbook.xml.rels")}
        member = archive.getinfo(parts[links[id].removeprefix("/").removeprefix("xl/")])
    scan = Scan()
    _parse(path, member, scan)
    width = max((column_index_from_string(each.decode()) for each in scan.met), default=1)
    if scan.last * width > _CELLS_AT_MOST:
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
