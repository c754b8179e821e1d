"""The field dictionary: what the producer says of each column, and what is filled in where nothing is said."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from workflow.layer import Field, FieldType, Layer
from workflow.sop import Kind
from workflow.statistics import area_code_field, period_field

ARROW_TYPES: dict[FieldType, pa.DataType] = {
    FieldType.STRING: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.DATETIME: pa.timestamp("ms"),
}


def described(layer: Layer, metadata: Mapping[str, Any], reading: Mapping[str, Any]) -> Layer:
    """The layer with its dictionary completed, and with key, code and period column as generated names.

    A type declared in the dictionary is taken where every value fits it, and ignored where one does not.
    Doing it twice changes nothing.
    """
    said = {name: entry for entry in metadata.get("fields") or [] if (name := field_name(layer, _column_of(entry)))}
    described_layer = layer
    for position, field in enumerate(layer.fields):
        described_layer = _with_field(described_layer, position, _completed(field, said.get(field.name, {})))
    merged = {**_found_out(layer, metadata), **layer.reading, **{name: said for name, said in reading.items() if said}}
    for role in ("code", "period_column"):
        if merged.get(role) is not None:
            merged[role] = field_name(layer, merged[role])
    key = metadata.get("key") or layer.key
    return replace(described_layer, key=field_name(layer, key), reading=merged)


def _found_out(layer: Layer, metadata: Mapping[str, Any]) -> dict[str, object]:
    """Which columns of a statistical table hold the area's code and the period, where nobody says it."""
    if metadata.get("kind") != Kind.STATISTICS:
        return {}
    return {"code": area_code_field(layer), "period_column": period_field(layer)}


def field_name(layer: Layer, said: object) -> str | None:
    """The generated name of a column given by that name or by its label in the file; None where there is none."""
    if not said:
        return None
    names = {field.name for field in layer.fields}
    if str(said) in names:
        return str(said)
    wanted = str(said).strip().casefold()
    return next((field.name for field in layer.fields if field.label.strip().casefold() == wanted), None)


def dictionary(layer: Layer) -> list[dict[str, Any]]:
    """The fields as manifest.json keeps them and as the content hash takes them."""
    return [
        {
            "name": field.name,
            "type": str(field.type),
            "label": field.label or field.name,
            "title": field.title,
            "definition": field.definition,
            "unit": field.unit,
            "codes": list(field.codes),
            "null_meaning": field.null_meaning,
        }
        for field in layer.fields
    ]


def readable(label: str) -> str:
    """KODE_KELURAHAN → Kode kelurahan; a short word of capitals that stands alone, such as NPSN, stays."""
    text = " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label.replace("_", " ")).split())
    if text.isupper() and (len(text) > 4 or " " in text):
        text = text.lower()
    return text[:1].upper() + text[1:]


def _column_of(entry: Mapping[str, Any]) -> object:
    return entry.get("name") or entry.get("label")


def _completed(field: Field, said: Mapping[str, Any]) -> Field:
    label = field.label or field.name
    declared = str(said.get("type") or field.type)
    return replace(
        field,
        type=FieldType(declared) if declared in set(FieldType) else field.type,
        label=label,
        title=str(said.get("title") or field.title or readable(label)),
        definition=_definition(field, said),
        unit=str(said.get("unit") or field.unit),
        codes=tuple(str(code) for code in said.get("codes") or field.codes),
        null_meaning=str(said.get("null_meaning") or field.null_meaning),
    )


def _definition(field: Field, said: Mapping[str, Any]) -> str:
    """What codes mean, where the dictionary says it, stands behind the definition."""
    definition = str(said.get("definition") or field.definition)
    codes = said.get("codes")
    if not isinstance(codes, Mapping):
        return definition
    meanings = "; ".join(f"{code} = {meaning}" for code, meaning in codes.items())
    return definition if definition.endswith(meanings) else f"{definition} {meanings}".strip()


def _with_field(layer: Layer, position: int, field: Field) -> Layer:
    before = layer.fields[position]
    columns = layer.columns
    if field.type is not before.type:
        try:
            column = columns.column(position).cast(ARROW_TYPES[field.type])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            field = replace(field, type=before.type)
        else:
            columns = columns.set_column(position, field.name, column)
    fields = (*layer.fields[:position], field, *layer.fields[position + 1 :])
    return replace(layer, fields=fields, columns=columns)
