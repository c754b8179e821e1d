"""What a reader found, on its way out of the walls: arrow columns beside well-known binary, and what to say of them."""

import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from server.intake import names
from workflow.findings import Finding, Severity
from workflow.layer import FieldType

Progress = Callable[[str, int, int], None]

# Columns of the arrow file that are no fields: WKB in CRS84, in the file's own CRS where that differs, row numbers.
GEOMETRY, SOURCE, ROWS = "__geometry", "__source", "__rows"

MEANINGS: dict[str, str] = tomllib.loads(Path(__file__).with_name("missing.toml").read_text(encoding="utf-8"))

_HTML = r"(?i)</?[a-z!][^<>]*>|javascript:|\{\{.*\}\}"
_FORMULA = r"^[=@\t\r].|^[+-].*[^\d.,\s+-]"  # what a spreadsheet would run
_DATES = (
    (r"^\d{4}-\d{2}-\d{2}$", FieldType.DATE, pa.date32()),
    (r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$", FieldType.DATETIME, pa.timestamp("ms", "UTC")),
)
_SAID_AT_MOST = 20


@dataclass(frozen=True)
class Column:
    """`missing` are the signs that stand for no value in the file: "-", "n.a."; `at` its place in a sheet, from 0."""

    label: str
    type: FieldType
    values: pa.ChunkedArray
    missing: tuple[str, ...] = ()
    at: int = 0
    unit: str = ""


@dataclass
class Found:
    """`rows` are 1-based numbers in the file where they are not 1 to n; `sheet` is what the desk shows of a table."""

    name: str
    columns: list[Column]
    count: int
    geometry: pa.ChunkedArray | None = None
    source: pa.ChunkedArray | None = None
    source_crs: str | None = None
    rows: pa.ChunkedArray | None = None
    reading: dict[str, object] = field(default_factory=dict)
    sheet: dict[str, Any] = field(default_factory=dict)
    remarks: list[Finding] = field(default_factory=list)


def dated(column: Column) -> Column:
    """Text that is an ISO 8601 date, or a moment in UTC, in every cell: typed as one, for nothing is lost by it."""
    if column.type is not FieldType.STRING or column.values.null_count == len(column.values):
        return column
    for pattern, kind, target in _DATES:
        if pc.all(pc.match_substring_regex(column.values, pattern)).as_py():
            try:
                return replace(column, type=kind, values=column.values.cast(target))
            except pa.ArrowInvalid:  # a 31st of February
                return column
    return column


def write(found: Found, folder: Path) -> dict[str, object]:
    """Writes table.arrow; the rest is the answer."""
    labels = [column.label for column in found.columns]
    fields = names.regenerate(labels)
    parts: dict[str, Any] = {name: column.values for name, column in zip(fields, found.columns, strict=True)}
    for name, values in ((GEOMETRY, found.geometry), (SOURCE, found.source), (ROWS, found.rows)):
        if values is not None:
            parts[name] = values
    table = pa.table(parts)
    with pa.OSFile(str(folder / "table.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    remarks = found.remarks + _renamed(labels, fields) + _of_text(found, fields)
    return {
        "name": found.name,
        "fields": [
            {
                "name": name,
                "type": column.type.value,
                "label": column.label,
                "unit": column.unit,
                "null_meaning": _null_meaning(column),
            }
            for name, column in zip(fields, found.columns, strict=True)
        ],
        "count": found.count,
        "source_crs": found.source_crs,
        "reading": found.reading,
        "sheet": found.sheet,
        "remarks": [{key: value for key, value in asdict(remark).items() if key != "place"} for remark in remarks],
    }


def _null_meaning(column: Column) -> str:
    """Of "-" and "…": each sign with what it means."""
    said = (f"“{sign}” {MEANINGS.get(sign.casefold(), 'kosong')}" for sign in column.missing)
    return "; ".join(said)


def _renamed(labels: list[str], fields: list[str]) -> list[Finding]:
    pairs = names.renamed(labels, fields)
    said = [
        Finding("FIELD_RENAMED", Severity.INFORMS, {"old": label[:80], "new": name}, column=name)
        for label, name in pairs[:_SAID_AT_MOST]
    ]
    more = len(pairs) - len(said)
    return [*said, Finding("FIELD_RENAMED", Severity.INFORMS, {"more": more})] if more else said


def _of_text(found: Found, fields: list[str]) -> list[Finding]:
    said = []
    for column, name in zip(found.columns, fields, strict=True):
        if column.type is not FieldType.STRING:
            continue
        for check, pattern in (("HTML_IN_TEXT", _HTML), ("FORMULA", _FORMULA), ("ENC_DAMAGED", "\ufffd")):
            hits = pc.fill_null(pc.match_substring_regex(column.values, pattern), False)
            count = pc.sum(hits).as_py() or 0
            if count:
                first = pc.index(hits, True).as_py()
                row = found.rows[first].as_py() if found.rows is not None else first + 1
                said.append(Finding(check, Severity.WARNS, {"count": count}, row=row, column=name))
    return said
