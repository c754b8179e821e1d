"""The ready-made files that people take home: GeoJSON, CSV, Shapefile."""

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyogrio
import shapely
from numpy.typing import NDArray

from server.release.features import DECIMALS, read_features, rounded
from server.release.geopackage import arrow_stream, geometry_type, geometry_types, with_column, with_height
from server.release.styles import TEMPLATES
from workflow.layer import FieldType, Layer

CSV_ROWS = 20_000
# What a cell of Excel holds.
LONGEST_CELL = 32_767
FORMULA = r"^[=+\-@\t\r]"
NUMBER = r"^[+\-]?\d[\d.,]*$"

# Shapefiles address their bytes with 31 bits.
LARGEST_SHAPEFILE = 1_500_000_000
DBF_TEXT = 254
DBF_NUMBER = 10**17
# Shapes that a shapefile keeps with and without parts.
PARTS = ("MultiLineString", "MultiPolygon")
READ_ME = (TEMPLATES / "BACA-SAYA.txt").read_text(encoding="utf-8")


def write_downloads(layer: Layer, folder: Path, *, name: str) -> None:
    """The downloads of a canonical layer whose features are rendered in `folder` already."""
    _write_geojson(folder, name)
    _write_csv(layer, folder / "data.csv")
    if (folder / "features.geojsonl").stat().st_size < LARGEST_SHAPEFILE:
        _write_shapefile(layer, folder / "data-shp.zip", name)


def _write_geojson(folder: Path, name: str) -> None:
    """A FeatureCollection of the lines as they are, in constant memory."""
    with (folder / "data.geojson").open("wb") as file:
        file.write(b'{"type":"FeatureCollection","name":"%s","features":[\n' % name.encode())
        for at, line in enumerate(read_features(folder)):
            file.write(b",\n" + line if at else line)
        file.write(b"\n]}\n")


def _write_csv(layer: Layer, target: Path) -> None:
    """UTF-8 with a byte-order mark, commas, decimal points, ISO dates: pandas reads it as it is, and Excel knows
    it for UTF-8. Excel with Indonesian regional settings opens it through Data → Dari Teks/CSV; a semicolon file would
    open with a double click, and would turn 1.234 into 1234 and 12.5 into a date.

    Points have the columns lon and lat; other geometries wkt, unless one is longer than a cell of Excel.
    Text that a spreadsheet would run as a formula stands behind an apostrophe.
    """
    tables = _csv_tables(layer)
    first = next(tables)
    with target.open("wb") as file:
        file.write(b"\xef\xbb\xbf")
        with pa.csv.CSVWriter(file, first.schema) as writer:
            for table in chain([first], tables):
                writer.write_table(table)


def _csv_tables(layer: Layer) -> Iterator[pa.Table]:
    type = None if layer.geometry is None else geometry_type(layer.geometry)
    with_wkt = layer.geometry is not None and type != "Point" and _wkt_fits(layer.geometry)
    for start in range(0, max(len(layer), 1), CSV_ROWS):
        table = layer.columns.slice(start, CSV_ROWS)
        for at, field in enumerate(layer.fields):
            table = table.set_column(at, field.name, _csv_column(table.column(at), field.type))
        if layer.geometry is not None:
            geometry = layer.geometry[start : start + CSV_ROWS]
            if type == "Point":
                points = rounded(geometry)
                table = _with(table, "lon", pa.array(shapely.get_x(points), pa.float64(), from_pandas=True))
                table = _with(table, "lat", pa.array(shapely.get_y(points), pa.float64(), from_pandas=True))
            elif with_wkt:
                table = _with(table, "wkt", pa.array(_wkt(geometry), pa.string()))
        yield table


def _csv_column(column: pa.ChunkedArray, type: FieldType) -> pa.ChunkedArray:
    if type is FieldType.STRING:
        runs = pc.match_substring_regex(column, FORMULA)
        number = pc.match_substring_regex(column, NUMBER)
        escaped = pc.binary_join_element_wise("'", column, "")
        return pc.if_else(pc.and_not(runs, number), escaped, column)
    if type is FieldType.DATETIME:
        zone = "Z" if column.type.tz else ""
        return pc.strftime(column.cast(pa.timestamp("s"), safe=False), format=f"%Y-%m-%dT%H:%M:%S{zone}")
    return column


def _with(table: pa.Table, name: str, cells: pa.Array) -> pa.Table:
    free = name if name not in table.column_names else f"{name}_geom"
    return with_column(table, pa.field(free, cells.type), cells)


def _wkt(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.asarray(shapely.to_wkt(geometry, rounding_precision=DECIMALS))


def _wkt_fits(geometry: NDArray[np.object_]) -> bool:
    """Only geometries with many vertices are worth writing out to see."""
    large = geometry[shapely.get_num_coordinates(geometry) > LONGEST_CELL // 60]
    return all(len(text) <= LONGEST_CELL for text in _wkt(large) if text is not None)


def _write_shapefile(layer: Layer, target: Path, name: str) -> None:
    """A zip with names of ten characters and a BACA-SAYA.txt that says which is which.

    Nothing is written where the layer cannot be a shapefile: a table, several kinds of geometry, too large.
    """
    if layer.geometry is None:
        return
    families = {type.removeprefix("Multi") if type in PARTS else type for type in geometry_types(layer.geometry)}
    if len(families) != 1 or "GeometryCollection" in families:
        return
    names = short_names(layer.columns.column_names)
    columns = [_dbf_column(column) for column in layer.columns.columns]
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".shp-") as work:
        pyogrio.write_arrow(
            arrow_stream(replace(layer, columns=pa.table(columns, names=list(names.values())))),
            Path(work) / f"{name}.shp",
            driver="ESRI Shapefile",
            geometry_name="geom",
            geometry_type=with_height(families.pop(), layer.geometry),
            crs="EPSG:4326",
            layer_options={"ENCODING": "UTF-8"},
        )
        rows = "\n".join(f"{names[field.name]:<10}  {field.name:<30}  {field.title}" for field in layer.fields)
        (Path(work) / "BACA-SAYA.txt").write_text(READ_ME.format(name=layer.name, rows=rows), encoding="utf-8")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in sorted(Path(work).iterdir()):
                archive.write(path, path.name)


def short_names(names: list[str]) -> dict[str, str]:
    """Names that a DBF can hold: ten characters, all different."""
    short: dict[str, str] = {}
    for name in names:
        candidate, number = name[:10], 1
        while candidate in short.values():
            number += 1
            candidate = f"{name[: 9 - len(str(number))]}_{number}"
        short[name] = candidate
    return short


def _dbf_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers that are too large become text; text is cut at 254 bytes, between characters."""
    if pa.types.is_string(column.type) and (pc.max(pc.binary_length(column)).as_py() or 0) > DBF_TEXT:
        cells = [cell and cell.encode()[:DBF_TEXT].decode(errors="ignore") for cell in column.to_pylist()]
        return pa.chunked_array([cells], pa.string())
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if is_number and any(abs(limit or 0) >= DBF_NUMBER for limit in pc.min_max(column).as_py().values()):
        return column.cast(pa.string())
    return column
