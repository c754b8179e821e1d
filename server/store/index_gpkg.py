"""The index over data.gpkg: Python's sqlite3, the R-tree, and shapely where a box cuts through a feature."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from server.store.conditions import Bound, Name, Pieces, conditions, is_number, joined, order
from server.store.index import Box, Question, Rows
from workflow.errors import Broken
from workflow.layer import FieldType

OPEN_FILES = 16
"""Connections that one thread keeps: releases are many, file descriptors are not."""
TOTALS = 256
SECONDS = 10.0
STEPS = 10_000
"""Of SQLite's machine, between two looks at the clock."""
ENVELOPES = (0, 32, 48, 48, 64)
"""Bytes of the envelope in a GeoPackage geometry, by its code."""
INSIDE = ("minx >= ", "maxx <= ", "miny >= ", "maxy <= ")
OVERLAPPING = ("maxx >= ", "minx <= ", "maxy >= ", "miny <= ")

File = tuple[Path, int, int]
"""Path, inode and time of change."""

_threads = threading.local()


class GeoPackageIndex:
    def __init__(self, path: Path, rows: Rows) -> None:
        """Raises FileNotFoundError."""
        self.path, self.known = path, rows
        stat = path.stat()
        self._file = (path, stat.st_ino, stat.st_mtime_ns)
        self._totals: OrderedDict[tuple[str, tuple[Any, ...]], int] = OrderedDict()

    def rows(self, question: Question, *, offset: int, limit: int) -> Sequence[int]:
        if question.everything and not question.order:
            return range(min(offset, self.known.count), min(offset + limit, self.known.count))
        where, values = composed(conditions(question, self.known, SQLITE))
        sorting, _ = composed(order(question, self.known, SQLITE))
        page = (min(limit, self.known.count), min(offset, self.known.count))
        sql = f"SELECT fid - 1 FROM data WHERE {where} ORDER BY {sorting} LIMIT ? OFFSET ?"  # noqa: S608 - values are bound
        return [row for (row,) in self._ask(sql, (*values, *page))]

    def total(self, question: Question) -> int:
        """Remembered, because a release never changes."""
        if question.everything:
            return self.known.count
        asked = composed(conditions(question, self.known, SQLITE))
        if asked not in self._totals:
            ((total,),) = self._ask(f"SELECT count(*) FROM data WHERE {asked[0]}", asked[1])  # noqa: S608 - values are bound
            self._totals[asked] = total
            while len(self._totals) > TOTALS:
                self._totals.popitem(last=False)
        return self._totals[asked]

    def row_of(self, identifier: str) -> int | None:
        key = self.known.key
        whole = key is None or self.known.types[key] == FieldType.INTEGER
        if whole and not is_number(identifier):
            return None
        if key is None:
            row = int(identifier) - 1
            return row if 0 <= row < self.known.count else None
        where, values = composed((Name(key), " = ", Bound(int(identifier) if whole else identifier)))
        found = self._ask(f"SELECT fid - 1 FROM data WHERE {where} ORDER BY fid LIMIT 1", values)  # noqa: S608 - values are bound
        return found[0][0] if found else self._keyless(key, identifier)

    def _keyless(self, key: str, identifier: str) -> int | None:
        """A feature whose key is empty carries its number instead."""
        if not is_number(identifier):
            return None
        where, values = composed((Name(key), " IS NULL AND fid = ", Bound(int(identifier))))
        found = self._ask(f"SELECT fid - 1 FROM data WHERE {where}", values)  # noqa: S608 - values are bound
        return found[0][0] if found else None

    def _ask(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        connection = _connection(self._file)
        started = time.monotonic()
        connection.set_progress_handler(lambda: int(time.monotonic() - started > SECONDS), STEPS)
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise _too_long() from error
            raise Broken(f"{self.path}: {error}") from error


def _too_long() -> Broken:
    return Broken(
        f"Pertanyaan ini belum terjawab dalam {SECONDS:.0f} detik.",
        code="TERLALU-LAMA",
        mend="Persempit dengan bbox, atau sederhanakan filternya.",
    )


def composed(pieces: Pieces) -> tuple[str, tuple[Any, ...]]:
    """SQL with quoted names and question marks, and the values for them."""
    text, values = [], []
    for piece in pieces:
        if isinstance(piece, Bound):
            values.append(piece.value)
        text.append(_written(piece))
    return "".join(text), tuple(values)


def _written(piece: str | Name | Bound) -> str:
    if isinstance(piece, Name):
        return '"' + piece.column.replace('"', '""') + '"'
    return "?" if isinstance(piece, Bound) else piece


class _Sqlite:
    collate = ""

    def moment(self, value: date | datetime) -> Bound:
        """As GDAL writes DATE and DATETIME: text whose order is the order of time."""
        if isinstance(value, datetime):
            text = value.astimezone(UTC) if value.tzinfo else value
            return Bound(text.strftime("%Y-%m-%dT%H:%M:%S.") + f"{text.microsecond // 1000:03}Z")
        return Bound(value.isoformat())

    def boolean(self, value: bool) -> Bound:
        return Bound(int(value))

    def caseless(self, text: Pieces) -> Pieces:
        return ("caseless(", *text, ")")

    def related(self, relation: str, geometry: BaseGeometry, *, only_true: bool) -> Pieces:
        exact: Pieces = ("related(", Bound(relation), ", ", Name("geom"), ", ", Bound(geometry.wkb), ")")
        if relation == "disjoint" or not only_true:
            return exact
        near = _edges(OVERLAPPING, geometry.bounds)
        return ("(fid IN (SELECT id FROM rtree_data_geom WHERE ", *near, ") AND ", *exact, ")")

    def touching(self, box: Box) -> Pieces:
        """Features inside the box by their envelopes; the exact test is only for those that its border cuts."""
        geometry = ("(SELECT geom FROM data AS cut WHERE cut.fid = near.id)",)
        exact: Pieces = ("related('intersects', ", *geometry, ", ", Bound(shapely.box(*box).wkb), ")")
        near, inside = _edges(OVERLAPPING, box), _edges(INSIDE, box)
        chosen = ("SELECT id FROM rtree_data_geom AS near WHERE ", *near, " AND ((", *inside, ") OR ", *exact, ")")
        return ("fid IN (", *chosen, ")")


SQLITE = _Sqlite()


def _edges(tests: tuple[str, ...], box: Sequence[float]) -> Pieces:
    west, south, east, north = box
    edges = zip(tests, (west, east, south, north), strict=True)
    return joined(((test, Bound(edge)) for test, edge in edges), " AND ")


class _Connections(OrderedDict[File, sqlite3.Connection]):
    """Of one thread; closed when it ends."""

    def __del__(self) -> None:
        for connection in self.values():
            connection.close()


def _connection(file: File) -> sqlite3.Connection:
    """This thread's connection to the file; another file under the same name is another one."""
    kept: _Connections | None = getattr(_threads, "kept", None)
    if kept is None:
        kept = _threads.kept = _Connections()
    if file not in kept:
        kept[file] = _opened(file[0])
    kept.move_to_end(file)
    while len(kept) > OPEN_FILES:
        kept.popitem(last=False)[1].close()
    return kept[file]


def _opened(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False
        )
        # SQLite's LIKE otherwise ignores the case of ASCII letters.
        connection.execute("PRAGMA case_sensitive_like = ON")
        connection.execute("PRAGMA query_only = ON")
    except sqlite3.OperationalError as error:
        raise Broken(f"{path} cannot be opened: {error}") from error
    connection.create_function("related", 3, _related, deterministic=True)
    connection.create_function(
        "caseless", 1, lambda text: None if text is None else str(text).lower(), deterministic=True
    )
    return connection


def _related(relation: str, blob: bytes | None, wkb: bytes) -> int | None:
    """Whether a GeoPackage geometry stands in this relation to another geometry; NULL for no geometry."""
    if blob is None:
        return None
    test: Callable[[BaseGeometry, BaseGeometry], bool] = getattr(shapely, relation)
    return int(test(_feature(blob), _asked(wkb)))


def _feature(blob: bytes) -> BaseGeometry:
    return shapely.from_wkb(blob[8 + ENVELOPES[blob[3] >> 1 & 0b111] :])


@lru_cache(maxsize=256)
def _asked(wkb: bytes) -> BaseGeometry:
    geometry = shapely.from_wkb(wkb)
    shapely.prepare(geometry)
    return geometry
