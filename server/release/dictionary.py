"""The field dictionary: what the producer says of each column, and what is filled in where nothing is said."""

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
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
    entries = {
        field_name(layer, entry.get("name") or entry.get("label")): entry for entry in metadata.get("fields") or ()
    }
    fields, columns = list(layer.fields), layer.columns
    for at, field in enumerate(layer.fields):
        fields[at] = _completed(field, entries.get(field.name, {}))
        if fields[at].type is not field.type:
            try:
                column = columns.column(at).cast(ARROW_TYPES[fields[at].type])
                columns = columns.set_column(at, field.name, column)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                fields[at] = replace(fields[at], type=field.type)
    # Which columns of a statistical table hold the area's code and the period is found out where nobody says it.
    roles: dict[str, Any] = {}
    if metadata.get("kind") == Kind.STATISTICS:
        roles = {"code": area_code_field(layer), "period_column": period_field(layer)}
    roles |= layer.reading | {name: said for name, said in reading.items() if said}
    roles |= {role: field_name(layer, roles[role]) for role in ("code", "period_column") if role in roles}
    key = field_name(layer, metadata.get("key") or layer.key)
    return replace(layer, fields=tuple(fields), columns=columns, key=key, reading=roles)


def field_name(layer: Layer, said: object) -> str | None:
    """The generated name of a column given by that name or by its label in the file; None where there is none."""
    wanted = str(said or "")
    named = [field.name for field in layer.fields if field.name == wanted]
    named += [field.name for field in layer.fields if field.label.strip().casefold() == wanted.strip().casefold()]
    return named[0] if said and named else None


def dictionary(layer: Layer) -> list[dict[str, Any]]:
    """The fields as manifest.json keeps them and as the content hash takes them."""
    return [
        asdict(field) | {"type": str(field.type), "label": field.label or field.name, "codes": list(field.codes)}
        for field in layer.fields
    ]


def fields_of(entry: Mapping[str, Any]) -> list[Field]:
    """Out of a collection's entry in manifest.json again."""
    return [Field(**{**said, "type": FieldType(said["type"])}) for said in entry["fields"]]


def _completed(field: Field, said: Mapping[str, Any]) -> Field:
    declared = str(said.get("type") or field.type)
    definition = str(said.get("definition") or field.definition)
    codes = said.get("codes") or field.codes
    if isinstance(codes, Mapping):
        meanings = "; ".join(f"{code} = {meaning}" for code, meaning in codes.items())
        definition = definition if definition.endswith(meanings) else f"{definition} {meanings}".strip()
    return replace(
        field,
        type=FieldType(declared) if declared in set(FieldType) else field.type,
        label=field.label or field.name,
        title=str(said.get("title") or field.title or _readable(field.label or field.name)),
        definition=definition,
        unit=str(said.get("unit") or field.unit),
        codes=tuple(map(str, codes)),
        null_meaning=str(said.get("null_meaning") or field.null_meaning),
    )


def _readable(label: str) -> str:
    """KODE_KELURAHAN → Kode kelurahan; a short word of capitals that stands alone, such as NPSN, stays."""
    text = " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label.replace("_", " ")).split())
    if text.isupper() and (len(text) > 4 or " " in text):
        text = text.lower()
    return text[:1].upper() + text[1:]
