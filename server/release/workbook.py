"""data.xlsx, row by row: openpyxl needs a minute for what takes a second here, and memory with it.

Numbers and dates are what Excel counts with, so that it shows them as the reader's country writes them. Text is text:
nothing in a cell is a formula. What Excel cannot keep exactly stands as text.
"""

import zipfile
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.utils import get_column_letter

LARGEST = 1_048_575
"""Rows below the titles."""
LONG_TEXT, LONGEST_BYTES = 16_000, 32_767
CUT = " … (dipotong: sel Excel menampung 32.767 huruf)"
EXACT = 10**15
"""Excel keeps fifteen digits."""
EPOCH_DAYS = 25_569
"""1970-01-01 as Excel counts; its calendar is right from 1 March 1900 on, 25,508 days before."""
FIRST_DAY = -25_508
DAY, MOMENT = 1, 2

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    + "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{TYPE}.{kind}+xml"/>'
        for name, kind in (("workbook", "sheet.main"), ("styles", "styles"), ("sheet1", "worksheet"))
    )
    + "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="a" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="a" Type="{OFFICE}/worksheet" Target="sheet1.xml"/>'
    f'<Relationship Id="b" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Data" sheetId="1" r:id="a"/>'
    "</sheets></workbook>",
    # 14 and 22 are Excel's own formats for days and moments, written as the reader's country does.
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="2">'
    '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3">'
    '<xf xfId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>",
}
SHEET = (
    f'<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="16384" width="18" '
    'customWidth="1"/></cols><sheetData>'
)
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def write_workbook(titles: Sequence[str], batches: Iterable[pa.RecordBatch], path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, DECLARATION + text)
        with archive.open("xl/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write((DECLARATION + SHEET).encode())
            number, names = 1, [str(at) for at, _ in enumerate(titles)]
            for batch in chain([pa.record_batch([[title] for title in titles], names=names)], batches):
                sheet.write(_rows(batch, number))
                number += len(batch)
            sheet.write(b"</sheetData></worksheet>")


def _rows(batch: pa.RecordBatch, first: int) -> bytes:
    numbers = pa.array(range(first, first + len(batch)), pa.int64()).cast(pa.string())
    cells = [
        _joined(f'<c r="{get_column_letter(at)}', numbers, '"', content, "</c>").fill_null("")
        for at, content in enumerate(map(_contents, batch.columns), start=1)
    ]
    return "".join(_joined('<row r="', numbers, '">', *cells, "</row>").to_pylist()).encode()


def _contents(values: pa.Array) -> pa.Array:
    """What follows a cell's place: its kind and what is in it."""
    type = values.type
    if pa.types.is_boolean(type):
        return _joined(' t="b"><v>', pc.if_else(values, "1", "0"), "</v>")
    if pa.types.is_integer(type):
        exact = pc.and_(pc.less(values, EXACT), pc.greater(values, -EXACT))
        return pc.if_else(exact, _numbers(values), _texts(values.cast(pa.string())))
    if pa.types.is_floating(type):
        return _numbers(values)
    if pa.types.is_temporal(type):
        moments = values.cast(pa.timestamp("ms", getattr(type, "tz", None)))
        days = pc.divide(pc.cast(moments.cast(pa.int64()), pa.float64(), safe=False), 86_400_000.0)
        counted = _numbers(pc.add(days, EPOCH_DAYS), DAY if pa.types.is_date(type) else MOMENT)
        return pc.if_else(pc.greater_equal(days, FIRST_DAY), counted, _texts(values.cast(pa.string())))
    return _texts(values)


def _numbers(values: pa.Array, style: int = 0) -> pa.Array:
    return _joined(f' s="{style}"><v>', values.cast(pa.string()), "</v>")


def _texts(values: pa.Array) -> pa.Array:
    """As XML holds them: what looks like an escape is one itself, and signs that XML lacks are seen to be missing."""
    long = pc.and_(pc.greater(pc.utf8_length(values), LONG_TEXT), pc.greater(pc.binary_length(values), LONGEST_BYTES))
    values = pc.if_else(long, _joined(pc.utf8_slice_codeunits(values, 0, LONG_TEXT), CUT), values)
    values = pc.replace_substring_regex(values, r"_x([0-9A-Fa-f]{4})_", r"_x005F_x\1_")
    values = pc.replace_substring_regex(values, "[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd")
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "_x000D_")):
        values = pc.replace_substring(values, sign, written)
    return _joined(' t="inlineStr"><is><t xml:space="preserve">', values, "</t></is>")


def _joined(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")
