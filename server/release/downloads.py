"""The ready-made files that people take home: GeoJSON, CSV, Shapefile."""

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyogrio
import shapely
from numpy.typing import NDArray

from server.release.features import DECIMALS, rounded
from server.release.geopackage import arrow_stream, geometry_type, geometry_types, with_column, with_height
from workflow.layer import FieldType, Layer

BLOCK = 1 << 20
CSV_ROWS = 20_000
# What a cell of Excel holds.
LONGEST_CELL = 32_767
# Shapefiles address their bytes with 31 bits.
LARGEST_SHAPEFILE = 1_500_000_000
DBF_TEXT = 254
DBF_NUMBER = 10**17
FAMILIES = {"MultiLineString": "LineString", "MultiPolygon": "Polygon"}
FORMULA = r"^[=+\-@\t\r]"
NUMBER = r"^[+\-]?\d[\d.,]*$"


def write_downloads(layer: Layer, folder: Path, *, name: str) -> None:
    """The downloads of a canonical layer whose features are rendered in `folder` already."""
    lines = folder / "features.geojsonl"
    write_geojson(lines, folder / "data.geojson", name)
    write_csv(layer, folder / "data.csv")
    if lines.stat().st_size < LARGEST_SHAPEFILE:
        write_shapefile(layer, folder / "data-shp.zip", name)


def write_geojson(lines: Path, target: Path, name: str) -> None:
    """A FeatureCollection of the lines as they are, in constant memory."""
    with lines.open("rb") as source, target.open("wb") as file:
        file.write(b'{"type":"FeatureCollection","name":"%s","features":[\n' % name.encode())
        end = b""
        while block := source.read(BLOCK):
            file.write(end)
            whole = block.removesuffix(b"\n")
            end = b",\n" if whole != block else b""
            file.write(whole.replace(b"\n", b",\n"))
        file.write(b"\n]}\n")


def write_csv(layer: Layer, target: Path) -> None:
    """UTF-8 with a byte-order mark, commas, decimal points, ISO dates: pandas reads it as it is, and Excel knows
    it for UTF-8. Excel with Indonesian regional settings opens it through Data → Dari Teks/CSV; a semicolon file would
    open with a double click, and would turn 1.234 into 1234 and 12.5 into a date.

    Points have the columns lon and lat; other geometries wkt, unless one is longer than a cell of Excel.
    Text that a spreadsheet would run as a formula stands behind an apostrophe.
    """
    with target.open("wb") as file:
        file.write(b"\xef\xbb\xbf")
        writer = None
        for table in _csv_tables(layer):
            writer = writer or pa.csv.CSVWriter(file, table.schema)
            writer.write_table(table)
        if writer:
            writer.close()


def write_shapefile(layer: Layer, target: Path, name: str) -> None:
    """A zip with names of ten characters and a BACA-SAYA.txt that says which is which.

    Nothing is written where the layer cannot be a shapefile: a table, several kinds of geometry, too large.
    """
    family = _family(layer.geometry)
    if layer.geometry is None or family is None:
        return
    names = short_names([field.name for field in layer.fields])
    columns = [_dbf_column(column) for column in layer.columns.columns]
    short = replace(layer, columns=pa.table(columns, names=list(names.values())))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".shp-") as work:
        pyogrio.write_arrow(
            arrow_stream(short),
            Path(work) / f"{name}.shp",
            driver="ESRI Shapefile",
            geometry_name="geom",
            geometry_type=with_height(family, layer.geometry),
            crs="EPSG:4326",
            layer_options={"ENCODING": "UTF-8"},
        )
        (Path(work) / "BACA-SAYA.txt").write_text(_read_me(layer, names), encoding="utf-8")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in sorted(Path(work).iterdir()):
                archive.write(path, path.name)


def short_names(names: list[str]) -> dict[str, str]:
    """Names that a DBF can hold: ten characters, all different."""
    short: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        candidate, number = name[:10], 1
        while candidate in taken:
            number += 1
            candidate = f"{name[: 9 - len(str(number))]}_{number}"
        taken.add(candidate)
        short[name] = candidate
    return short


def _csv_tables(layer: Layer) -> Iterator[pa.Table]:
    with_wkt = layer.geometry is not None and _wkt_fits(layer.geometry)
    for start in range(0, max(len(layer), 1), CSV_ROWS):
        table = layer.columns.slice(start, CSV_ROWS)
        for at, field in enumerate(layer.fields):
            table = table.set_column(at, field.name, _csv_column(table.column(at), field.type))
        if layer.geometry is not None:
            table = _with_place(
                table, layer.geometry[start : start + CSV_ROWS], geometry_type(layer.geometry), with_wkt
            )
        yield table


def _csv_column(column: pa.ChunkedArray, type: FieldType) -> pa.ChunkedArray:
    if type is FieldType.STRING:
        runs = pc.match_substring_regex(column, FORMULA)
        number = pc.match_substring_regex(column, NUMBER)
        escaped = pc.binary_join_element_wise(pa.scalar("'"), column, "")
        return pc.if_else(pc.and_not(runs, number), escaped, column)
    if type is FieldType.DATETIME:
        zone = "Z" if column.type.tz else ""
        return pc.strftime(column.cast(pa.timestamp("s"), safe=False), format=f"%Y-%m-%dT%H:%M:%S{zone}")
    return column


def _with_place(table: pa.Table, geometry: NDArray[np.object_], type: str, with_wkt: bool) -> pa.Table:
    taken = set(table.column_names)
    if type == "Point":
        points = rounded(geometry)
        for name, edge in (("lon", shapely.get_x(points)), ("lat", shapely.get_y(points))):
            field = pa.field(_free(name, taken), pa.float64())
            table = with_column(table, field, pa.array(edge, from_pandas=True))
    elif with_wkt:
        field = pa.field(_free("wkt", taken), pa.string())
        table = with_column(table, field, pa.array(_wkt(geometry), pa.string()))
    return table


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else f"{name}_geom"


def _wkt(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    text: NDArray[np.object_] = shapely.to_wkt(geometry, rounding_precision=DECIMALS)
    return text


def _wkt_fits(geometry: NDArray[np.object_]) -> bool:
    """Only geometries with many vertices are worth writing out to see."""
    large = geometry[shapely.get_num_coordinates(geometry) > LONGEST_CELL // 60]
    return all(len(text) <= LONGEST_CELL for text in _wkt(large) if text is not None)


def _family(geometry: NDArray[np.object_] | None) -> str | None:
    """The one kind of shape that a shapefile of these geometries has."""
    types = set() if geometry is None else geometry_types(geometry)
    families = {FAMILIES.get(type, type) for type in types}
    return families.pop() if len(families) == 1 and "GeometryCollection" not in families else None


def _dbf_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers that are too large become text; text is cut at 254 bytes, between characters."""
    if pa.types.is_string(column.type):
        if (pc.max(pc.binary_length(column)).as_py() or 0) <= DBF_TEXT:
            return column
        return pa.chunked_array([[_cut(cell) for cell in column.to_pylist()]], pa.string())
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        limits = pc.min_max(column).as_py()
        if any(abs(limit or 0) >= DBF_NUMBER for limit in limits.values()):
            return column.cast(pa.string())
    return column


def _cut(cell: str | None) -> str | None:
    return None if cell is None else cell.encode()[:DBF_TEXT].decode(errors="ignore")


def _read_me(layer: Layer, names: dict[str, str]) -> str:
    rows = "\n".join(f"{names[field.name]:<10}  {field.name:<30}  {field.title}" for field in layer.fields)
    return f"""{layer.name}

Shapefile hanya menampung nama kolom sepuluh huruf, teks 254 bita, dan satu jenis geometri.
Data yang utuh ada di data.gpkg dan data.geojson. Koordinat: WGS 84 (bujur, lintang).

{"Kolom":<10}  {"Nama lengkap":<30}  Judul
{rows}
"""
