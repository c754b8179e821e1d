"""GeoPackages, written by GDAL: data.gpkg with full doubles and the indexes that filters ask for, and others."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from numpy.typing import NDArray

from server.release import styles
from workflow.layer import Field, Layer

CHUNK = 20_000
WKB = pa.field("geom", pa.binary(), metadata={b"ARROW:extension:name": b"geoarrow.wkb"})
DICTIONARY = (styles.TEMPLATES / "dictionary.sql").read_text()


def write_geopackage(layer: Layer, path: Path, *, title: str, indexed: Iterable[str]) -> None:
    """Table `data` of a canonical layer, fid 1..n in its order. Coordinates are longitude, latitude."""
    kind = None
    if layer.geometry is not None:
        name = geometry_type(layer.geometry)
        kind = "Unknown" if name == "Geometry" else with_height(name, layer.geometry)
    stream = arrow_stream(replace(layer, columns=_with_zones(layer.columns)))
    add_layer(stream, path, name="data", title=title, fields=layer.fields, kind=kind, indexed=indexed)


def add_layer(
    stream: pa.RecordBatchReader,
    path: Path,
    *,
    name: str,
    title: str,
    fields: Sequence[Field],
    kind: str | None,
    crs: str = "EPSG:4326",
    indexed: Iterable[str] = (),
) -> None:
    """A table with its dictionary and its style, in a new file or beside those that are there.

    `kind` is GDAL's name for the geometries, None for a table without. Titles must be different within a file.
    """
    pyogrio.write_arrow(
        stream,
        path,
        layer=name,
        driver="GPKG",
        geometry_name="geom" if kind else None,
        geometry_type=kind,
        crs=crs if kind else None,
        # GDAL 3.6 of Debian 12 warns of anything newer.
        dataset_options={"VERSION": "1.3"},
        layer_options={"FID": "fid", "IDENTIFIER": title or name, "DATETIME_PRECISION": "MILLISECOND"},
    )
    with closing(sqlite3.connect(path)) as database, database:
        for column in dict.fromkeys(indexed):
            database.execute(f'CREATE INDEX "{name}_{column}" ON "{name}" ("{column}")')
        database.executescript(DICTIONARY)
        database.executemany(
            # GDAL writes some of it where the stream comes from such a file.
            "INSERT OR REPLACE INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, NULL)",
            [
                (name, field.name, alias, field.title or None, field.definition or None)
                for field, alias in zip(fields, aliases(fields), strict=True)
            ],
        )
        if drawn := styles.style(name, kind, {field.name: field.title for field in fields if field.title}):
            database.executescript(styles.TABLE)
            database.execute(styles.ROW, drawn)


def has_gaps(path: Path) -> bool:
    """Whether a feature of data.gpkg has no geometry."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        return bool(database.execute("SELECT 1 FROM data WHERE geom IS NULL LIMIT 1").fetchall())


def aliases(fields: Sequence[Field]) -> Iterator[str]:
    """The titles, each once: what GDAL gives QGIS as a column's alias stands in the schema's `name`."""
    used: set[str] = set()
    for field in fields:
        alias = field.title if field.title and field.title.casefold() not in used else f"{field.title} ({field.name})"
        used.add(alias.casefold())
        yield alias


def _with_zones(columns: pa.Table) -> pa.Table:
    """GeoPackage writes every moment with a Z: a time without zone keeps its digits and gets one."""
    zoned = [
        field.with_type(pa.timestamp("ms", "UTC")) if pa.types.is_timestamp(field.type) else field
        for field in columns.schema
    ]
    return columns.cast(pa.schema(zoned))


def arrow_stream(layer: Layer) -> pa.RecordBatchReader:
    """Columns and geometry as WKB, in batches, for GDAL."""
    schema = layer.columns.schema if layer.geometry is None else layer.columns.schema.append(WKB)
    return pa.RecordBatchReader.from_batches(schema, _batches(layer, schema))


def _batches(layer: Layer, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(layer), CHUNK):
        part = layer.columns.slice(start, CHUNK)
        if layer.geometry is not None:
            shapes = shapely.to_wkb(layer.geometry[start : start + CHUNK], output_dimension=3, flavor="iso")
            part = with_column(part, WKB, pa.array(shapes, pa.binary()))
        yield from part.combine_chunks().cast(schema).to_batches()


def with_column(table: pa.Table, field: pa.Field, column: pa.Array) -> pa.Table:
    """Also where the table has no column yet, and so no length of its own."""
    return pa.Table.from_arrays([*table.columns, column], schema=table.schema.append(field))


def geometry_type(geometry: NDArray[np.object_]) -> str:
    """The one GeoJSON type of all geometries, or Geometry where they differ or are absent."""
    types = geometry_types(geometry)
    return types.pop() if len(types) == 1 else "Geometry"


def geometry_types(geometry: NDArray[np.object_]) -> set[str]:
    numbers, first = np.unique(shapely.get_type_id(geometry), return_index=True)
    return {geometry[at].geom_type for number, at in zip(numbers, first, strict=True) if number >= 0}


def with_height(name: str, geometry: NDArray[np.object_]) -> str:
    return f"{name} Z" if shapely.has_z(geometry).any() else name
