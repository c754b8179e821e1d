"""Reads spatial files with GDAL, one driver at a time. Only ever called inside the walls."""

import ctypes
import re
import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio import list_layers, read_info
from pyogrio.errors import DataSourceError
from pyogrio.raw import open_arrow

from server.crs84 import CRS84
from server.intake import crs, parquet
from server.intake.content import Content, Format
from server.intake.found import Column, Found, Progress, dated
from server.intake.refusals import one, refuse_too_many_columns, refused
from workflow.errors import BadUpload, Broken
from workflow.findings import Finding, Severity
from workflow.layer import FieldType

_WKB = "__wkb"
_BYTE_FOR_BYTE = "ISO-8859-1"  # what a .dbf holds is decoded here, where every code page is known
_BATCH = 20_000
_SAMPLED = 200
_OPTIONS: dict[Format, dict[str, str]] = {
    Format.GEOJSON: {"DATE_AS_STRING": "YES", "ARRAY_AS_STRING": "YES"},
    Format.GPKG: {"IMMUTABLE": "YES", "LIST_ALL_TABLES": "NO"},
    Format.SHAPEFILE: {},
    Format.KML: {},
    Format.GML: {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO", "EXPOSE_FID": "NO"},
    Format.FLATGEOBUF: {},
}
_LISTED_BY_GDAL = (Format.KML, Format.GML, Format.FLATGEOBUF)
_DRAWING = frozenset({"altitudemode", "tessellate", "extrude", "visibility", "draworder", "icon", "snippet"})
"""Columns of every KML that say how to draw, not what is there."""
_TIMES = frozenset({"timestamp", "begin", "end"})


@cache
def _gdal() -> ctypes.CDLL:
    """The library that pyogrio has loaded: a wheel's or the system's. Must be found before the walls go up."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        gdal = ctypes.CDLL(next(line.split()[-1] for line in maps if "/libgdal" in line))
    gdal.GDALGetDriver.restype = gdal.GDALGetDriverByName.restype = ctypes.c_void_p
    gdal.GDALGetDriverByName.argtypes = [ctypes.c_char_p]
    gdal.GDALDeregisterDriver.argtypes = [ctypes.c_void_p]
    return gdal


def prepare() -> list[Path]:
    """Loads what must be loaded before the walls go up; what GDAL looks up while it reads."""
    _gdal()
    pa.array(np.array([b""], object), pa.binary())  # imports what pyarrow imports at first use
    here = Path(pyogrio.__file__).parent
    return [here / "gdal_data", here / "proj_data"]


def keep_one_driver(wanted: str) -> None:
    """Takes every driver but one out of GDAL, so that no content can call up another."""
    gdal = _gdal()
    kept = gdal.GDALGetDriverByName(wanted.encode())
    for driver in [gdal.GDALGetDriver(number) for number in range(gdal.GDALGetDriverCount())]:
        if driver != kept:
            gdal.GDALDeregisterDriver(driver)
    if list(pyogrio.list_drivers()) != [wanted]:
        raise Broken("Pembaca berkas tidak dapat dibatasi pada satu jenis berkas.")


def read(content: Content, stem: str, given_crs: str, progress: Progress, wanted: Mapping[str, object]) -> Found:
    """The features of a file that preflight has let through. Raises BadUpload."""
    if content.format is Format.PARQUET:
        table = parquet.table(content, _WKB, progress)
    else:
        keep_one_driver(content.format)
        content = _one_layer(content) if content.format in _LISTED_BY_GDAL else content
        table = _table(content, progress)
    if len(table) != content.count:
        raise refused("COUNT_DIFFERS", "layer", stated=content.count, count=len(table))
    _refuse_damaged(table)
    width = _width(table, content)
    if content.columns not in (None, width):
        raise refused("COUNT_DIFFERS", "columns", stated=content.columns, count=width)
    found = Found(content.name or stem, [], len(table), remarks=list(content.remarks))
    for field, values in zip(table.schema, table.columns, strict=True):
        if field.name == _WKB:
            continue
        column = _typed(field, values)
        if column:
            found.columns.append(_decoded(column, content.encoding) if content.encoding else dated(column))
        else:
            found.remarks.append(Finding("FIELD_DROPPED", Severity.WARNS, {"label": field.name[:80]}))
    if content.format is Format.KML:
        found.columns = [each for each in found.columns if not _is_drawing(each, content.names)]
    refuse_too_many_columns(len(found.columns))
    if content.layer and content.format in (Format.GPKG, *_LISTED_BY_GDAL):
        found.reading["layer"] = content.layer
    if _WKB in table.column_names:
        stated = _source_crs(content, given_crs, found)
        add_geometry(found, table.column(_WKB), stated, wanted, progress)
    return found


def _refuse_damaged(table: pa.Table) -> None:
    """GDAL hands on text that is not UTF-8, and lengths that are not those of the values."""
    for name, values in zip(table.column_names, table.columns, strict=True):
        try:
            values.validate(full=True)
        except pa.ArrowInvalid as fault:
            if "UTF8" not in str(fault):
                raise refused("READ_FAILED") from None
            raise refused("ENCODING", "column", label=name, where=_first_damaged(values)) from None


def _first_damaged(values: pa.ChunkedArray) -> dict[str, object]:
    for row, text in enumerate(values.cast(pa.large_binary()), 1):
        try:
            (text.as_py() or b"").decode()
        except UnicodeDecodeError:
            return {"row": row}
    return {}


def _one_layer(content: Content) -> Content:
    """The wanted layer or the only one with features, in a file whose layers GDAL lists. What was counted in the file
    must be in its layers."""
    path = str(content.path)
    try:
        with warnings.catch_warnings(action="ignore"):
            told = {
                str(name): read_info(path, layer=name, force_feature_count=True, **_OPTIONS[content.format])
                for name, _ in list_layers(path)
            }
    except (DataSourceError, OSError, ValueError, RuntimeError) as fault:
        raise _unreadable(fault) from fault
    counts = {name: said["features"] for name, said in told.items() if said["features"]}
    if content.layers and [*counts.values()] != [features for features, _ in content.layers]:
        raise refused("COUNT_DIFFERS", "layer", stated=content.count, count=sum(counts.values()))
    if not counts:
        raise refused("EMPTY", "features")
    name = one(list(counts), content.layer, "lapis")
    named = content.crs or (crs.identify(said) if (said := told[name]["crs"]) else None)
    content = replace(content, layer=name, count=counts[name], crs=named, name=name)
    if not content.layers:
        return content
    names = content.layers[list(counts).index(name)][1]
    return replace(content, columns=len(names), names=names)


def _width(table: pa.Table, content: Content) -> int:
    """As many columns as were counted in the file, if none was lost: where any may be absent from a row, those that
    hold something; never an id that GDAL makes a column of, or how a KML is to be drawn."""
    names = [name for name in table.column_names if name != _WKB]
    if content.format in (Format.GEOJSON, Format.KML):
        names = [name for name in names if name != "id" or name in content.names]
    if content.format not in (Format.KML, Format.GML):
        return len(names)
    filled = [name for name in names if _holds_something(table.column(name))]
    own = content.names if content.format is Format.KML else names
    return sum(name in own or name.casefold() not in _DRAWING | _TIMES for name in filled)


def _holds_something(values: pa.ChunkedArray) -> bool:
    if not pa.types.is_string(values.type):
        return bool(values.null_count < len(values))
    return bool(pc.any(pc.not_equal(pc.utf8_trim_whitespace(values), "")).as_py())


def _is_drawing(column: Column, own: frozenset[str]) -> bool:
    """Unless the file itself names it."""
    empty = column.values.null_count == len(column.values)
    return empty or (column.label not in own and column.label.casefold() in _DRAWING)


def _source_crs(content: Content, given: str, found: Found) -> str | None:
    """What the file says counts; then what a person says; then what GeoJSON says by default."""
    stated = crs.identify(given) if given else None
    if content.crs and stated and stated != content.crs:
        told = {"crs": content.crs[:80], "given": stated[:80]}
        found.remarks.append(Finding("CRS_KEPT", Severity.WARNS, told))
    return content.crs or stated or (CRS84 if content.crs_by_default else None)


def _table(content: Content, progress: Progress) -> pa.Table:
    """All columns as GDAL gives them, the geometry under a name of ours."""
    progress("Baca", 0, content.count)
    batches: list[pa.RecordBatch] = []
    done = 0
    try:
        with (
            warnings.catch_warnings(record=True, action="always") as warned,
            open_arrow(
                str(content.path),
                layer=content.layer or 0,
                encoding=_BYTE_FOR_BYTE if content.encoding else None,
                batch_size=_BATCH,
                use_pyarrow=True,
                return_fids=True,
                **_OPTIONS[content.format],
            ) as (_, reader),
        ):
            for batch in reader:
                batches.append(batch)
                done += len(batch)
                progress("Baca", done, content.count)
                if done > content.count:
                    break
            schema = reader.schema
    # UnboundLocalError: pyogrio's own, over a CRS that GDAL cannot write down.
    except (DataSourceError, pa.ArrowException, OSError, ValueError, RuntimeError, UnboundLocalError) as fault:
        raise _unreadable(fault) from fault
    table = pa.Table.from_batches(batches, schema)
    table = table.rename_columns([_WKB if _is_geometry(field) else field.name for field in table.schema])
    made_up = any("Altering it to be unique" in str(warning.message) for warning in warned)
    return _with_ids(table, content, made_up)


def _is_geometry(field: pa.Field) -> bool:
    return b"wkb" in (field.metadata or {}).get(b"ARROW:extension:name", b"")


def _with_ids(table: pa.Table, content: Content, made_up: bool) -> pa.Table:
    """Keeps the ids that a file gives its features (column 0) and drops those that GDAL counts out itself."""
    fid, ids = table.column_names[0], table.column(0)
    table = table.remove_column(0)
    if content.format is Format.GPKG and fid.lower() not in ("fid", "ogc_fid"):
        return table.add_column(0, fid, ids)
    counted = np.array_equal(ids.to_numpy(), np.arange(len(ids)))
    if content.format is Format.GEOJSON and not (counted or made_up or "id" in table.column_names):
        return table.add_column(0, "id", ids)
    return table


def _unreadable(fault: Exception) -> BadUpload:
    said = "".join(letter if letter.isprintable() else " " for letter in str(fault))
    if number := re.search(r"number: (\S{1,40})", said):
        return refused("NUMBER_RANGE", number=number[1])
    return refused("READ_FAILED", where={"reader": said[:300]})


def _typed(field: pa.Field, values: pa.ChunkedArray) -> Column | None:
    """None for what cannot be served as a field: bytes and structures."""
    kind = field.type
    if isinstance(kind, pa.ExtensionType | pa.JsonType):
        kind = kind.storage_type
    if pa.types.is_dictionary(kind):  # a coded domain: the codes are the data, their descriptions are not
        values = pa.chunked_array([chunk.indices for chunk in values.chunks], kind.index_type)
        kind = kind.index_type
    for belongs, to, target in _TYPES:
        if belongs(kind):
            return Column(field.name, to, values.cast(target))
    if pa.types.is_timestamp(kind):
        return Column(field.name, FieldType.DATETIME, values.cast(pa.timestamp("ms", "UTC" if kind.tz else None)))
    if pa.types.is_time(kind):
        return Column(field.name, FieldType.STRING, pc.strftime(values.cast(pa.time32("s")).cast(pa.timestamp("s"))))
    return None


def _decoded(column: Column, encoding: str) -> Column:
    """Text that GDAL passed on byte for byte, and the column's label, in the encoding it is written in."""
    label = column.label.encode("latin-1", "replace").decode(encoding, "replace")
    if column.type is not FieldType.STRING or encoding == "latin-1":
        return replace(column, label=label)
    words = column.values.combine_chunks().dictionary_encode()
    plain = [word.encode("latin-1").decode(encoding, "replace") for word in words.dictionary.to_pylist()]
    decoded = pa.chunked_array([pa.array(plain, pa.string()).take(words.indices)])
    return replace(column, label=label, values=decoded)


_TYPES = (
    (pa.types.is_boolean, FieldType.BOOLEAN, pa.bool_()),
    (pa.types.is_integer, FieldType.INTEGER, pa.int64()),
    (pa.types.is_floating, FieldType.NUMBER, pa.float64()),
    (pa.types.is_date, FieldType.DATE, pa.date32()),
    (lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind), FieldType.STRING, pa.string()),
)


def add_geometry(
    found: Found, wkb: pa.ChunkedArray, stated: str | None, wanted: Mapping[str, object], progress: Progress
) -> None:
    """Makes geometry two-dimensional and brings it to CRS84; keeps the file's own where that differs.

    A CRS and an order of the axes that a person has chosen after seeing where the data then lie count more than
    `stated`.
    """
    swapped = wanted.get("axes") == "swapped"
    found.reading |= {name: wanted[name] for name in ("axes", "crs") if wanted.get(name)}
    found.source_crs = crs.identify(str(wanted["crs"])) if wanted.get("crs") else stated
    if stated and stated != found.source_crs:
        told = {"crs": stated[:80], "given": str(found.source_crs)[:80]}
        found.remarks.append(Finding("CRS_CHOSEN", Severity.INFORMS, told))
    way = crs.way_to_crs84(found.source_crs) if found.source_crs else None
    here: list[pa.Array] = []
    there: list[pa.Array] = []
    row = 1
    has_z = has_m = False
    for chunk in wkb.chunks:
        progress("Ubah koordinat", row - 1, found.count)
        shapes, invalid = _shapes(chunk)
        found.remarks += [
            Finding("GEOM_INVALID", Severity.BLOCKS, {"reason": "terlalu sedikit titik"}, row=row + int(at))
            for at in invalid[:100]
        ]
        has_z, has_m = has_z or bool(shapely.has_z(shapes).any()), has_m or bool(shapely.has_m(shapes).any())
        shapes = shapely.force_2d(shapes)
        own = shapes
        if swapped:
            shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
        _refuse_nonfinite(shapes, row)
        if way:
            there.append(pa.array(shapely.to_wkb(shapes), pa.binary()))
            shapes = shapely.transform(shapes, way)
        if found.source_crs:
            _refuse_off_the_earth(shapes, row, own)
        here.append(pa.array(shapely.to_wkb(shapes), pa.binary()))
        row += len(chunk)
    progress("Ubah koordinat", found.count, found.count)
    found.geometry = pa.chunked_array(here, pa.binary())
    found.source = pa.chunked_array(there, pa.binary()) if way else None
    if has_z or has_m:
        dropped = " dan ".join(["ketinggian (Z)"] * has_z + ["ukuran (M)"] * has_m)
        found.remarks.append(Finding("GEOM_ZM", Severity.INFORMS, {"dropped": dropped}))


def _shapes(chunk: pa.BinaryArray) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Geometries, and the positions of those that no geometry can be made of (they are None)."""
    raw = chunk.to_numpy(zero_copy_only=False)
    try:
        shapes = shapely.from_wkb(raw, on_invalid="ignore")
    except NotImplementedError:
        raise refused("GEOM_CURVE") from None
    return shapes, np.flatnonzero(shapely.is_missing(shapes) & np.array([each is not None for each in raw], bool))


def _refuse_nonfinite(shapes: NDArray[np.object_], first_row: int) -> None:
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    strange = (first_row + np.unique(owners[~np.isfinite(coordinates).all(axis=1)])[:5]).tolist()
    if strange:
        raise refused("COORD_NONFINITE", where={"features": strange}, features=", ".join(map(str, strange)))


def _refuse_off_the_earth(shapes: NDArray[np.object_], first_row: int, own: NDArray[np.object_]) -> None:
    """Longitude and latitude beyond 180 and 90 degrees: exchanged, or not in the CRS that was named. Some of the file's
    own coordinates go along, so that a person can be shown where they might lie."""
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    x, y = coordinates.T
    off = ~((np.abs(x) <= 180) & (np.abs(y) <= 90))
    if not off.any():
        return
    at = int(np.flatnonzero(off)[0])
    feature = first_row + int(owners[at])
    is_swapped = (np.abs(y) <= 180).all() and (np.abs(x) <= 90).all()
    code = "COORD_SWAPPED" if is_swapped else "CRS_RANGE"
    raw = shapely.get_coordinates(own)
    where = {"feature": feature, "points": raw[:: len(raw) // _SAMPLED + 1].tolist()}
    raise refused(code, where=where, x=x[at], y=y[at], feature=feature)
