"""Each feature rendered once, as one line of GeoJSON."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from server.release.dictionary import ARROW_TYPES
from server.store.ids import write_ids
from workflow.layer import Field, FieldType, Layer

CHUNK = 5_000
DECIMALS = 7


def canonical(layer: Layer) -> Layer:
    """The layer as every file of the release holds it.

    Columns have exactly the arrow type of their field, times are UTC or without zone in milliseconds, NaN and infinity
    are null. Polygons are wound as RFC 7946 asks; geometries that are empty or not finite are None.
    """
    columns = {field.name: _canonical_column(field, layer.columns[field.name]) for field in layer.fields}
    geometry = None if layer.geometry is None else _canonical_geometry(layer.geometry)
    return replace(layer, columns=pa.table(columns), geometry=geometry)


def write_features(layer: Layer, folder: Path, progress: Callable[[int], None]) -> str:
    """Writes features.geojsonl, features.offsets and, where every feature has a key, features.ids of a canonical layer.

    Returns the SHA-256 of the lines.
    """
    digest = hashlib.sha256()
    lengths = [0]
    with (folder / "features.geojsonl").open("wb") as file:
        for start in range(0, len(layer), CHUNK):
            lines = _rendered(layer, start, min(start + CHUNK, len(layer)))
            block = b"".join(lines)
            digest.update(block)
            file.write(block)
            lengths += map(len, lines)
            progress(start + len(lines))
    (folder / "features.offsets").write_bytes(np.cumsum(lengths, dtype="<u8").tobytes())
    if layer.key is not None and layer.columns[layer.key].null_count == 0:
        write_ids(_ids(layer, 0, len(layer)), folder / "features.ids")
    return digest.hexdigest()


def read_features(folder: Path) -> Iterator[bytes]:
    """The rendered features, one by one, without their line ends."""
    with (folder / "features.geojsonl").open("rb") as file:
        for line in file:
            yield line[:-1]


def rounded(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Coordinates with seven decimals (about one centimetre); never -0.0."""
    with_z = bool(shapely.has_z(geometry).any())
    return np.asarray(shapely.transform(geometry, lambda xyz: np.round(xyz, DECIMALS) + 0.0, include_z=with_z))


def _rendered(layer: Layer, start: int, stop: int) -> list[bytes]:
    columns = layer.columns.slice(start, stop - start)
    names = columns.column_names
    cells = [column.to_pylist() for column in columns.columns]
    rows = zip(*cells, strict=True) if cells else [()] * (stop - start)
    features = zip(_ids(layer, start, stop), _shapes(layer, start, stop), rows, strict=True)
    return [
        orjson.dumps(
            {"type": "Feature", "id": id, "geometry": shape, "properties": dict(zip(names, row, strict=True))},
            option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE,
        )
        for id, shape, row in features
    ]


def _ids(layer: Layer, start: int, stop: int) -> list[Any]:
    """The key's value, or the dense number where there is no key or the key is empty."""
    numbers = list(range(start + 1, stop + 1))
    if layer.key is None:
        return numbers
    values = layer.columns[layer.key].slice(start, stop - start)
    if layer.field(layer.key).type is not FieldType.INTEGER:
        values = values.cast(pa.string())
    return [number if value is None else value for value, number in zip(values.to_pylist(), numbers, strict=True)]


def _shapes(layer: Layer, start: int, stop: int) -> list[orjson.Fragment | None]:
    if layer.geometry is None:
        return [None] * (stop - start)
    texts = shapely.to_geojson(rounded(layer.geometry[start:stop]))
    return [None if text is None else orjson.Fragment(text) for text in texts]


def _canonical_column(field: Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
    if field.type is FieldType.NUMBER:
        column = column.cast(pa.float64())
        return pc.if_else(pc.is_finite(column), column, None)
    if field.type is FieldType.DATETIME and pa.types.is_timestamp(column.type):
        # Milliseconds; whole seconds before 1970, where GDAL 3.12 writes the fraction of a second as other signs.
        moments = column.cast(pa.timestamp("ms", "UTC" if column.type.tz else None), safe=False)
        early = pc.less(moments, pa.scalar(0, moments.type))
        return pc.if_else(early, pc.floor_temporal(moments, unit="second"), moments)
    if field.type is FieldType.STRING:
        # Neither SQLite's C strings nor PostgreSQL hold a NUL.
        return pc.replace_substring(column.cast(pa.string()), "\0", "")
    return column.cast(ARROW_TYPES[field.type])


def _canonical_geometry(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    geometry = np.array(geometry, dtype=object)
    if shapely.has_m(geometry).any():
        geometry = shapely.from_wkb(shapely.to_wkb(geometry, output_dimension=3))
    xyz, of = shapely.get_coordinates(geometry, include_z=True, return_index=True)
    # NaN as a height only says that there is none.
    geometry[of[~np.isfinite(xyz[:, :2]).all(axis=1) | np.isinf(xyz[:, 2])]] = None
    geometry[shapely.is_empty(geometry)] = None
    return np.asarray(shapely.orient_polygons(geometry))
