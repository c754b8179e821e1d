"""OpenDocument workbooks (.ods), read by calamine. Values, never formulas."""

import datetime
import zipfile
from collections.abc import Mapping
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from server.intake import refusals, tables
from server.intake.found import Found, Progress
from server.intake.refusals import refused


def refuse_code(found: list[zipfile.ZipInfo]) -> None:
    """Raises BadUpload XLSX_CODE where the workbook carries macros or embedded objects."""
    for member in found:
        if member.filename.startswith(("Basic/", "Scripts/", "Object ")):
            raise refused("XLSX_CODE", name=member.filename)


def read(path: Path, name: str, wanted: Mapping[str, object], progress: Progress) -> Found:
    """Raises BadUpload: LAYER_CHOICE, ODS_UNREADABLE and those of tables.build."""
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            sheet = _sheet(book, str(wanted.get("sheet") or ""))
            rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as fault:
        raise refused("ODS_UNREADABLE") from fault
    lines = ([_cell(cell) for cell in row] for row in rows)
    found = tables.build(name, lines, wanted, lambda row: progress("Baca", min(row, len(rows)), len(rows)))
    found.reading["sheet"] = sheet.name
    return found


def _sheet(book: CalamineWorkbook, wanted: str) -> CalamineSheet:
    """The wanted sheet, or the only visible one with anything in it."""
    if wanted in book.sheet_names:
        return book.get_sheet_by_name(wanted)
    visible = [each.name for each in book.sheets_metadata if each.visible is SheetVisibleEnum.Visible]
    filled = [each for each in visible if book.get_sheet_by_name(each).total_height]
    if not filled:
        raise refused("EMPTY", "workbook")
    return book.get_sheet_by_name(refusals.one(filled, wanted, "lembar"))


def _cell(cell: object) -> tables.Cell:
    if isinstance(cell, datetime.time | datetime.timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell if isinstance(cell, str | int | float | datetime.date) else None
