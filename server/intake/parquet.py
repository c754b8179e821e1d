"""GeoParquet, and Parquet without geometry, read by pyarrow."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from server.crs84 import CRS84
from server.intake import crs, parquet_pages
from server.intake.content import Content, Format
from server.intake.found import Progress
from server.intake.refusals import refuse_too_many_columns, refused

_BATCH = 20_000


def look_at(path: Path) -> Content:
    """Raises BadUpload: PARQUET_BROKEN, COUNT_DIFFERS, COLUMNS, EMPTY, GEOM_ENCODING, CRS_UNKNOWN."""
    try:
        with pq.ParquetFile(path) as file:
            said = file.schema_arrow.metadata or {}
            geo = json.loads(said.get(b"geo", b"null"))
    except (pa.ArrowException, OSError, ValueError) as fault:
        raise refused("PARQUET_BROKEN") from fault
    count, width = parquet_pages.counted(path)
    refuse_too_many_columns(width)
    if not count:
        raise refused("EMPTY", "features")
    if geo is None:
        return Content(Format.PARQUET, path, count, columns=width)
    name, column = _primary(geo)
    system = column.get("crs", CRS84)
    known = _identified(system) if system else None
    return Content(Format.PARQUET, path, count, known, layer=name, columns=width - 1)


def _primary(geo: Any) -> tuple[str, dict[str, Any]]:
    try:
        name = str(geo["primary_column"])
        column = dict(geo["columns"][name])
    except (KeyError, TypeError, ValueError):
        raise refused("PARQUET_BROKEN") from None
    if column.get("encoding") != "WKB":
        raise refused("GEOM_ENCODING", encoding=str(column.get("encoding"))[:40])
    return name, column


def _identified(system: Any) -> str:
    """Of PROJJSON its code, else the whole as WKT."""
    if not isinstance(system, dict):
        return crs.identify(str(system))
    known = system.get("id") or {}
    if known.get("authority") in ("EPSG", "OGC"):
        return crs.identify(f"{known['authority']}:{known.get('code')}")
    return crs.of_projjson(system)


def table(content: Content, geometry: str, progress: Progress) -> pa.Table:
    """All columns, those of coded words as words, and the geometry under the name `geometry`."""
    batches: list[pa.RecordBatch] = []
    done = 0
    try:
        with pq.ParquetFile(content.path) as file:
            for batch in file.iter_batches(_BATCH, use_threads=False):
                batches.append(batch)
                done += len(batch)
                progress("Baca", done, content.count)
            found = pa.Table.from_batches(batches, file.schema_arrow)
    except (pa.ArrowException, OSError) as fault:
        raise refused("PARQUET_BROKEN") from fault
    for at, column in enumerate(found.schema):
        if pa.types.is_dictionary(column.type):
            found = found.set_column(at, column.name, found.column(at).cast(column.type.value_type))
        elif pa.types.is_decimal(column.type):
            found = found.set_column(at, column.name, found.column(at).cast(pa.float64()))
    return found.rename_columns([geometry if name == content.layer else name for name in found.column_names])
