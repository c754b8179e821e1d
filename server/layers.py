"""A Layer on disk between two steps of a job: arrow columns, geometries as WKB."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from workflow.layer import Field, FieldType, Layer

GEOMETRY, SOURCE_GEOMETRY, ROW = "__geometry", "__source_geometry", "__row"


def save_layer(layer: Layer, path: Path) -> None:
    """Writes `path` at once or not at all."""
    columns = {name: layer.columns.column(name) for name in layer.columns.column_names}
    columns[ROW] = pa.array(layer.rows)
    for name, geometry in ((GEOMETRY, layer.geometry), (SOURCE_GEOMETRY, layer.source_geometry)):
        if geometry is not None:
            columns[name] = pa.array(shapely.to_wkb(geometry), type=pa.large_binary())
    facts = {
        "name": layer.name,
        "fields": [asdict(field) for field in layer.fields],
        "source_crs": layer.source_crs,
        "key": layer.key,
        "reading": layer.reading,
    }
    table = pa.table(columns).replace_schema_metadata({"layer": json.dumps(facts)})
    part = path.with_suffix(".part")
    with pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    part.replace(path)


def load_layer(path: Path) -> Layer:
    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
    facts: dict[str, Any] = json.loads(table.schema.metadata[b"layer"])
    return Layer(
        name=facts["name"],
        fields=tuple(
            Field(**{**entry, "type": FieldType(entry["type"]), "codes": tuple(entry["codes"])})
            for entry in facts["fields"]
        ),
        columns=table.select([name for name in table.column_names if not name.startswith("__")]),
        rows=table.column(ROW).to_numpy(),
        geometry=_geometries(table, GEOMETRY),
        source_crs=facts["source_crs"],
        source_geometry=_geometries(table, SOURCE_GEOMETRY),
        key=facts["key"],
        reading=facts["reading"],
    )


def _geometries(table: pa.Table, name: str) -> Any:
    if name not in table.column_names:
        return None
    return shapely.from_wkb(np.array(table.column(name).to_pylist(), dtype=object))


def sheet_beside(candidate: Path) -> Path:
    """What the desk shows of the sheet that was read, as JSON. No part of the release."""
    return candidate.with_name(f"{candidate.name}.sheet.json")


def rows_beside(candidate: Path) -> Path:
    """The rows' numbers in the file as little-endian int64, where they are not 1 to n. No part of the release."""
    return candidate.with_name(f"{candidate.name}.rows")


def numbers_of(candidate: Path, count: int) -> NDArray[np.int64]:
    """The number in the file of each row of a candidate, ascending."""
    path = rows_beside(candidate)
    return np.memmap(path, "<i8", "r") if path.exists() else np.arange(1, count + 1)


def position(numbers: NDArray[np.int64], number: int) -> int | None:
    """Where the row of this number stands, from 0; the first where several came of it."""
    at = int(np.searchsorted(numbers, number))
    return at if at < len(numbers) and numbers[at] == number else None
