"""Tiny layers, written out where they are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from server.reference import load_area_codes, load_city
from workflow.checks import Context
from workflow.layer import Field, FieldType, Layer
from workflow.sop import Kind

AREA_CODES = load_area_codes()
CITY = load_city()
KELURAHAN = AREA_CODES.at("kelurahan")

METADATA: dict[str, Any] = {
    "title": "Titik Rob",
    "abstract": "Titik genangan rob di Kota Pekalongan hasil survei lapangan setiap tahun, dengan tinggi genangan.",
    "topic": "environment",
    "keywords": ["rob"],
    "license": "CC-BY-4.0",
    "period": "2025",
    "update_frequency": "annually",
    "lineage": "Survei lapangan tahun 2025.",
    "scale": 5000,
    "access": "terbuka",
    "contact": {"name": "Sari", "email": "sari@example.test"},
    "concept": "Penduduk",
    "definition": "Orang yang tinggal setahun atau lebih.",
    "measure": "Jumlah",
    "unit": "jiwa",
}

IN_THE_CITY = shapely.Point(109.6753, -6.8886)
IN_JAKARTA = shapely.Point(106.82, -6.17)

MAP = Context(Kind.GEOSPATIAL, METADATA, True, AREA_CODES, CITY)
STATISTICS = replace(MAP, kind=Kind.STATISTICS)


def layer(
    columns: dict[str, list[Any]] | None = None,
    geometry: Sequence[Any] | None = None,
    *,
    crs: str | None = "OGC:CRS84",
    key: str | None = None,
    **reading: object,
) -> Layer:
    """Columns under the names that the file gave them; rows count from 1."""
    table = pa.table(columns if columns is not None else {"id": list(range(1, len(geometry or ()) + 1))})
    fields = tuple(Field(name.lower(), _type(table.schema.field(name).type), name) for name in table.column_names)
    shapes = None
    if geometry is not None:
        shapes = np.empty(len(geometry), dtype=object)
        shapes[:] = geometry
    return Layer(
        "uji",
        fields,
        table.rename_columns([field.name for field in fields]),
        np.arange(1, len(table) + 1),
        shapes,
        crs if geometry is not None else None,
        key=key,
        reading=reading,
    )


def points(*xy: tuple[float, float], **more: Any) -> Layer:
    return layer(geometry=[shapely.Point(*pair) for pair in xy], **more)


def every_kelurahan(**columns: list[Any]) -> dict[str, list[Any]]:
    """A complete statistical table's columns: code and name of each of the 27."""
    codes = [area.kemendagri for area in KELURAHAN]
    return {"kode_kelurahan": codes, "nama_kelurahan": [area.name for area in KELURAHAN]} | columns


def _type(kind: pa.DataType) -> FieldType:
    if pa.types.is_integer(kind):
        return FieldType.INTEGER
    return FieldType.NUMBER if pa.types.is_floating(kind) else FieldType.STRING
