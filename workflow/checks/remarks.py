"""What reading a file says of it beside the checks: graded by the city like them, but nothing of it can be claimed of a
layer any more."""

from collections.abc import Iterator

from workflow.checks.claims import Check, Context, Fault
from workflow.findings import Principle, Severity
from workflow.layer import Layer

_USUAL = {
    Severity.BLOCKS: "EDIT_STALE",
    Severity.WARNS: "ENC_GUESSED ENC_DAMAGED HTML_IN_TEXT FORMULA FORMULA_FAULT CELLS_HIDDEN REMOTE_REF_IGNORED "
    "FIELD_DROPPED CRS_KEPT COLUMNS_CHANGED",
    Severity.INFORMS: "CSV_DIALECT GPKG_CODE FIELD_RENAMED WORKBOOK_TRACES SHEET_HIDDEN ROWS_LEFT_OUT CRS_CHOSEN "
    "GEOM_ZM ZIP_EXTRA READING_KEPT",
}


def _nothing(_layer: Layer, _context: Context) -> Iterator[Fault]:
    return iter(())


REMARKS: tuple[Check, ...] = tuple(
    Check(code, Principle.INTEROPERABILITAS, severity, _nothing)
    for severity, codes in _USUAL.items()
    for code in codes.split()
)
