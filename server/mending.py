"""What a Produsen Data mends in the browser. It is said in the reading; the uploaded file never changes.

`edits` are cells ({row, column, was, value}, with who and when), `repair` rows whose geometry is repaired; both are
applied here to what was read. `axes` is the reader's own: "swapped" exchanges x and y before anything else.
`row` is the number in the file; `value` is written as a person writes it there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from server.intake import numbers
from server.intake.found import Column, dated
from server.intake.tables import counted
from server.layers import numbers_of
from server.ogc.rendered import open_collection
from server.remembering import AFTER_READING
from workflow.checks.standar_data import EMAIL, MISSING, PHONE, mask_niks
from workflow.errors import BadRequest, Conflict
from workflow.findings import Finding, Severity
from workflow.layer import Field, FieldType, Layer
from workflow.repair import closeup, repaired
from workflow.store import SubmissionRecord

LISTED = 200
VERTICES = 50_000
"""Of a shape that is repaired unasked: larger ones take long."""
HECTARES = 111_319.49**2 / 10_000
"""In a square degree at the equator."""
NUMERIC = (FieldType.INTEGER, FieldType.NUMBER)
TRUTHS = {"ya": True, "true": True, "1": True, "tidak": False, "false": False, "0": False}

Edit = Mapping[str, Any]
Reading = Mapping[str, Any]
Signs = tuple[str | None, str | None]
"""For decimals and for thousands, as the file writes them; None where it is not known."""


def reading_alone(reading: Reading) -> dict[str, Any]:
    """Without what is applied after reading."""
    return {name: said for name, said in reading.items() if name not in AFTER_READING}


def cell_text(value: object) -> str:
    """A cell as `was` says it: numbers with a decimal point and without a needless .0, dates as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return written(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def written(number: float, decimal: str | None = None) -> str:
    """So that the reader's rules give this number back: 12.345 could be twelve thousand where no sign is known."""
    text = np.format_float_positional(number, trim="-")
    whole, _, part = text.partition(".")
    return f"{whole}{decimal or '.'}{part}{'0' * (len(part) == 3 and not decimal)}" if part else whole


def parsed(kind: FieldType, text: str, signs: Signs) -> Any:
    """The value of a cell by its column's type and the reader's rules. Raises ValueError."""
    text = text.strip()
    if kind is FieldType.STRING:
        return text or None
    if text.casefold() in MISSING:
        return None
    if kind in NUMERIC:
        return _number(text, signs)
    if kind is FieldType.BOOLEAN:
        if text.casefold() not in TRUTHS:
            raise ValueError(text)
        return TRUTHS[text.casefold()]
    return date.fromisoformat(text) if kind is FieldType.DATE else datetime.fromisoformat(text)


def _number(text: str, signs: Signs) -> int | float:
    """As the file writes numbers, else as it can be read in one way only."""
    for decimal, thousands in (signs, (None, None)):
        told = numbers.read(pa.chunked_array([[text]]), np.array([True]), decimal=decimal, thousands=thousands)
        if told:
            number: int | float = told.values[0].as_py()
            return number
    raise ValueError(text)


# applied by the build


def mended(layer: Layer, reading: Reading, *, in_workbook: bool) -> tuple[Layer, list[Finding]]:
    """The layer with what was mended, and a blocking finding for each thing that does not fit what was read."""
    stale: list[Finding] = []
    edits: dict[str, list[Edit]] = {}
    for edit in reading.get("edits", ()):
        edits.setdefault(edit["column"], []).append(edit)
    fields, columns = list(layer.fields), layer.columns
    for name, asked in edits.items():
        if name not in columns.column_names:
            stale += [_stale(edit) for edit in asked]
            continue
        at = columns.column_names.index(name)
        fields[at], column = _column(layer, fields[at], asked, in_workbook, stale)
        columns = columns.set_column(at, name, column)
    layer = replace(layer, fields=tuple(fields), columns=columns)
    rows = reading.get("repair", ())
    if rows and layer.geometry is not None:
        layer = _repaired(layer, rows, stale)
    count = {"cells": len(reading.get("edits", ())), "geometries": len(rows)}
    said = {name: number for name, number in count.items() if number}
    return (replace(layer, reading=layer.reading | {"mended": said}) if said else layer), stale


def _repaired(layer: Layer, rows: Sequence[int], stale: list[Finding]) -> Layer:
    """Both shapes of a row, the one in CRS84 and the one in the file's own system."""
    new: dict[str, NDArray[np.object_]] = {}
    for name in ("geometry", "source_geometry"):
        if (shapes := getattr(layer, name)) is None:
            continue
        new[name] = shapes.copy()
        for row in rows:
            at = _position(layer.rows, row)
            if at is None or (shape := repaired(shapes[at])) is None:
                stale += [Finding("REPAIR_STALE", Severity.BLOCKS, row=row)] if name == "geometry" else []
            else:
                new[name][at] = shape
    return replace(layer, **new)  # type: ignore[arg-type]


def previews(layer: Layer, rows: Sequence[int]) -> list[dict[str, Any]]:
    """The repaired shapes of these rows as GeoJSON features, for a person to look at before they are taken."""
    if layer.geometry is None or layer.source_crs is None:
        return []
    found = []
    for row in rows:
        at = _position(layer.rows, row)
        old = layer.geometry[at] if at is not None else None
        if old is None or shapely.get_num_coordinates(old) > VERTICES or (new := repaired(old)) is None:
            continue
        points = [int(shapely.get_num_coordinates(shape)) for shape in (old, new)]
        there = HECTARES * np.cos(np.radians(new.centroid.y))
        hectares, was = (round(float(shapely.area(shape)) * there, 4) for shape in (new, old))
        said: dict[str, Any] = {
            "row": row,
            "before": points[0],
            "after": points[1],
            "parts": int(shapely.get_num_geometries(new)),
        }
        said |= {"was": was, "view": closeup(old, new)}
        shape = orjson.loads(shapely.to_geojson(shapely.transform(new, lambda xy: xy.round(7))))
        found.append({"type": "Feature", "id": row, "geometry": shape, "properties": said | {"hectares": hectares}})
    return found


def previews_beside(candidate: Path) -> Path:
    """The features of `previews`; no part of the release."""
    return candidate.with_name(f"{candidate.name}.repaired.geojson")


def _column(
    layer: Layer, field: Field, edits: Sequence[Edit], in_workbook: bool, stale: list[Finding]
) -> tuple[Field, pa.ChunkedArray]:
    """A text column whose other cells are all numbers becomes one of numbers, as the reader would have made it."""
    column, signs, rest = layer.columns[field.name], _signs(layer.reading), None
    there = {at: edit for edit in edits if (at := _position(layer.rows, edit["row"])) is not None}
    if field.type is FieldType.STRING and "header_rows" in layer.reading and len(there) < len(column):
        others = np.ones(len(column), bool)
        others[list(there)] = False
        told = pc.if_else(pa.chunked_array([others]), column, pa.scalar(None, pa.string()))
        # What was a number in a workbook was written down with a point.
        rest = counted(field.label, told, others, *((".", None) if in_workbook else signs))
        signs = (rest.decimal or signs[0], rest.thousands or signs[1]) if rest else signs
    holding = {at: edit for at, edit in there.items() if _holds(column[at].as_py(), edit["was"], signs)}
    if rest and len(holding) == len(edits):
        with suppress(ValueError):
            fresh = {at: parsed(FieldType.NUMBER, edit["value"], signs) for at, edit in holding.items()}
            met = {} if in_workbook else {"decimal": rest.decimal, "thousands": rest.thousands}
            layer.reading.update({name: sign for name, sign in met.items() if sign})
            return _with(field, rest.values, fresh)
    fresh = {}
    for at, edit in holding.items():
        with suppress(ValueError):
            fresh[at] = parsed(field.type, edit["value"], signs)
    kept = [there[at] for at in fresh]
    stale += [_stale(edit, _now(column, layer.rows, edit)) for edit in edits if edit not in kept]
    return _with(field, column, fresh)


def _with(field: Field, column: pa.ChunkedArray, fresh: Mapping[int, Any]) -> tuple[Field, pa.ChunkedArray]:
    kind = column.type
    if pa.types.is_integer(kind) and any(isinstance(value, float) for value in fresh.values()):
        kind = pa.float64()
    changed = np.zeros(len(column), bool)
    changed[list(fresh)] = True
    values = pa.array([fresh[at] for at in sorted(fresh)], kind)
    mixed = pa.chunked_array([pc.replace_with_mask(column.cast(kind).combine_chunks(), pa.array(changed), values)])
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        number = FieldType.INTEGER if pa.types.is_integer(kind) else FieldType.NUMBER
        return replace(field, type=number), mixed
    typed = dated(Column(field.label, field.type, mixed))
    return replace(field, type=typed.type), typed.values


def _holds(now: object, was: str, signs: Signs) -> bool:
    """Whether a cell still says this, perhaps as a number that was text in the file."""
    if cell_text(now) == was or (isinstance(now, datetime) and cell_text(now) == was.replace("Z", "+00:00")):
        return True
    with suppress(ValueError):
        return bool(was) and float(was) == (_number(now, signs) if isinstance(now, str) else now)
    return False


def _signs(reading: Reading) -> Signs:
    return reading.get("decimal") or None, reading.get("thousands") or None


def _position(rows: NDArray[np.int64], row: int) -> int | None:
    """None also where several came of one row of the file: nobody could say which of them is meant."""
    at, after = np.searchsorted(rows, row), np.searchsorted(rows, row, side="right")
    return int(at) if after - at == 1 else None


def _now(column: pa.ChunkedArray, rows: NDArray[np.int64], edit: Edit) -> str:
    at = _position(rows, edit["row"])
    return cell_text(column[at].as_py()) if at is not None else ""


def _stale(edit: Edit, now: str = "") -> Finding:
    said = {"was": hidden(edit["was"])[:40], "now": hidden(now)[:40], "label": edit["column"]}
    return Finding("EDIT_STALE", Severity.BLOCKS, said, row=edit["row"], column=edit["column"])


# asked for by a person


def cells_of(home: Path, record: SubmissionRecord) -> Callable[[int, str], tuple[FieldType, object]]:
    """Type and value of a cell of the candidate by row and column. Raises Conflict where nothing is built, and the
    cells BadRequest where there is no such cell."""
    if record.candidate is None or record.manifest is None:
        raise Conflict.of("not_read_yet")
    entry = record.manifest["collections"][0]
    rendered = open_collection(home / record.candidate, entry["id"])
    rows = numbers_of(home / record.candidate, entry["count"])
    types = {field["name"]: FieldType(field["type"]) for field in entry["fields"]}

    def cell(row: int, column: str) -> tuple[FieldType, object]:
        at = _position(rows, row)
        if at is None and row in rows and column in types:
            raise BadRequest.of("cell_of_several", row=row, column=column, where={"row": row, "column": column})
        if at is None or column not in types:
            raise BadRequest.of("no_cell", row=row, column=column, where={"row": row, "column": column})
        return types[column], orjson.loads(rendered.line(at))["properties"].get(column)

    return cell


def checked(home: Path, record: SubmissionRecord, edits: Sequence[Edit], by: str, at: datetime) -> list[dict[str, Any]]:
    """The edits with who made them and when; one that gives a cell its own value back is none.

    `was` is what the file says, or what an earlier edit made of it. Raises Conflict and BadRequest, naming the cell.
    """
    before = {(edit["row"], edit["column"]): edit for edit in record.reading.get("edits", ())}
    kept: dict[tuple[int, str], dict[str, Any]] = {}
    cell = None
    for edit in edits:
        row, column, was, value = (edit[part] for part in ("row", "column", "was", "value"))
        earlier = before.get((row, column))
        if earlier and (earlier["was"], earlier["value"]) == (was, value):
            kept[row, column] = dict(earlier)
            continue
        cell = cell or cells_of(home, record)
        kind, now = cell(row, column)
        signs, where = _signs((record.manifest or {})["reading"]), {"row": row, "column": column}
        if not (earlier and was == earlier["was"]) and not _holds(now, was, signs):
            said = {"was": hidden(was)[:40], "now": hidden(cell_text(now))[:40]}
            raise Conflict.of("cell_moved", **where, **said, where=where)
        try:
            parsed(kind, value, signs)
        except ValueError:
            raise BadRequest.of(f"cell_no_{kind.name.lower()}", value=value[:40], **where, where=where) from None
        was = earlier["was"] if earlier else was
        if value != was:
            kept[row, column] = {**where, "was": was, "value": value, "by": by, "at": at.isoformat()}
    return list(kept.values())


def suggested(record: SubmissionRecord, kind: FieldType, suggestion: str) -> str:
    """A suggestion as it is written into its cell: of a number its digits, with the file's own sign for decimals."""
    with suppress(ValueError):
        return (
            written(float(suggestion), _signs((record.manifest or {})["reading"])[0]) if kind in NUMERIC else suggestion
        )
    return suggestion


def masked(reading: Reading) -> dict[str, Any]:
    """As it is shown: nobody's NIK, mobile number or address of mail is repeated."""
    edits = [edit | {part: hidden(edit[part]) for part in ("was", "value")} for edit in reading.get("edits", ())]
    return {**reading, **({"edits": edits} if edits else {})}


def hidden(text: str) -> str:
    for pattern in (PHONE, re.compile(r"\d{13,}")):
        text = pattern.sub(lambda met: met[0][:4] + "•" * (len(met[0]) - 4), text)
    return EMAIL.sub(r"\1•••@\2", mask_niks(text))


def mending_told(before: Reading, after: Reading) -> dict[str, Any]:
    """What the ledger keeps: which cells and geometries, and never what is in them."""
    was, now = (
        {f"{edit['row']}:{edit['column']}": edit["value"] for edit in reading.get("edits", ())}
        | {f"{row}:geom": "" for row in reading.get("repair", ())}
        | ({"axes": ""} if reading.get("axes") else {})
        for reading in (before, after)
    )
    told = {
        "mended": sorted(place for place in now if now[place] != was.get(place)),
        "taken_back": sorted(was.keys() - now.keys()),
    }
    return {name: [*places[:LISTED], *["…"][: len(places) > LISTED]] for name, places in told.items() if places}
