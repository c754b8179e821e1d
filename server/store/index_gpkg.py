"""The index over data.gpkg: Python's sqlite3, the R-tree, and shapely where a box cuts through a feature."""

import json
import re
import sqlite3
import threading
import time
import unicodedata
from abc import abstractmethod
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from server.store.boxes import Boxes, Numbers
from server.store.conditions import ACCENTS, Bound, Name, Pieces, joined
from server.store.index import Box, Question, Rows
from server.store.table_index import TableIndex
from workflow.errors import Broken

OPEN_FILES = 16
"""Connections that one thread keeps: releases are many, file descriptors are not."""
TOTALS = 4096
PAGES = 512
"""Of row numbers that a process remembers, 40 kB each at most."""
ASKED_BOXES = 16
DENSE = 20
"""From one row in so many on, marking them in a row of bits is quicker than sorting them."""
VALUES = 500
"""In one statement."""
TOO_LONG = "TERLALU-LAMA"
SECONDS = 10.0
STEPS = 10_000
"""Of SQLite's machine, between two looks at the clock."""
ENVELOPES = (0, 32, 48, 48, 64)
"""Bytes of the envelope in a GeoPackage geometry, by its code."""
HEADER = b"GP\x00\x01\xe6\x10\x00\x00"
"""Of a GeoPackage geometry in EPSG:4326 without an envelope."""
INSIDE = ("minx >= ", "maxx <= ", "miny >= ", "maxy <= ")
OVERLAPPING = ("maxx >= ", "minx <= ", "maxy >= ", "miny <= ")

FOLDS: dict[str, Callable[[str], str]] = {
    "casei": str.casefold,
    "accenti": lambda text: re.sub(ACCENTS, "", unicodedata.normalize("NFD", text)),
}

File = tuple[Path, int, int]
"""Path, inode and time of change."""

_threads = threading.local()


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

    def folded(self, how: str, text: Pieces) -> Pieces:
        return (f"{how}(", *text, ")")

    def related(self, relation: str, geometry: BaseGeometry, *, only_true: bool) -> Pieces:
        exact: Pieces = ("related(", Bound(relation), ", ", Name("geom"), ", ", Bound(geometry.wkb), ")")
        if relation == "disjoint" or not only_true:
            return exact
        near = _edges(OVERLAPPING, geometry.bounds)
        return ("(fid IN (SELECT id FROM rtree_data_geom WHERE ", *near, ") AND ", *exact, ")")

    def touching(self, box: Box) -> Pieces:
        """Features inside the box by their envelopes; the exact test is only for those that its border cuts."""
        geometry = "(SELECT geom FROM data AS cut WHERE cut.fid = near.id)"
        exact: Pieces = ("related('intersects', ", geometry, ", ", Bound(shapely.box(*box).wkb), ")")
        near, inside = _edges(OVERLAPPING, box), _edges(INSIDE, box)
        chosen = ("SELECT id FROM rtree_data_geom AS near WHERE ", *near, " AND ((", *inside, ") OR ", *exact, ")")
        return ("fid IN (", *chosen, ")")


def _edges(tests: tuple[str, ...], box: Sequence[float]) -> Pieces:
    west, south, east, north = box
    edges = zip(tests, (west, east, south, north), strict=True)
    return joined(((test, Bound(edge)) for test, edge in edges), " AND ")


SQLITE = _Sqlite()


class SqliteIndex(TableIndex):
    """A table `data` as in a GeoPackage."""

    dialect = SQLITE

    def __init__(self, rows: Rows) -> None:
        super().__init__(("data",), rows)

    def ask(self, *pieces: str | Name | Bound) -> list[tuple[Any, ...]]:
        return self.run(*_composed(pieces))

    def geometries(self, rows: Sequence[int]) -> NDArray[np.object_]:
        """With full doubles, as many as `rows`; None where a row has none."""
        fids = Bound(json.dumps([row + 1 for row in rows]))
        found = dict(self.ask("SELECT fid - 1, geom FROM data WHERE fid IN (SELECT value FROM json_each(", fids, "))"))
        return np.asarray(shapely.from_wkb([wkb_of(found[row]) for row in rows]), dtype=object)

    @abstractmethod
    def run(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]: ...


class GeoPackageIndex(SqliteIndex):
    def __init__(self, path: Path, rows: Rows, boxes: Boxes | None = None, seconds: float | None = None) -> None:
        """Boxes answer what asks for nothing else. Raises FileNotFoundError."""
        super().__init__(rows)
        stat = path.stat()
        self._file, self._boxes, self._seconds = (path, stat.st_ino, stat.st_mtime_ns), boxes, seconds
        # Whoever turns pages asks again, and a page asks for rows and total.
        self._meeting = lru_cache(maxsize=ASKED_BOXES)(partial(self._met, boxes)) if boxes else None

    def within(self, seconds: float) -> "GeoPackageIndex":
        """The same one, which gives up earlier."""
        return GeoPackageIndex(self._file[0], self.known, self._boxes, seconds)

    def rows(self, question: Question, *, offset: int, limit: int) -> Sequence[int]:
        if self._meeting is None or not question.only_boxes:
            return super().rows(question, offset=offset, limit=limit)
        found: list[int] = self._meeting(question.boxes)[offset : offset + limit].tolist()
        return found

    def total(self, question: Question) -> int:
        if self._meeting is None or not question.only_boxes:
            return super().total(question)
        return len(self._meeting(question.boxes))

    def _met(self, tree: Boxes, boxes: tuple[Box, ...]) -> Numbers:
        """Rows in the order of the file whose geometry meets one of the boxes."""
        found: list[Numbers] = []
        for box in boxes:
            sure, cut = tree.meeting(box)
            found += [sure, np.fromiter(self._of_these(cut.tolist(), box), np.int64)]
        if sum(map(len, found)) * DENSE < self.known.count:
            rows = np.concatenate(found)
            return np.sort(rows) if len(boxes) == 1 else np.unique(rows)
        chosen = np.zeros(self.known.count, bool)
        for rows in found:
            chosen[rows] = True
        return np.flatnonzero(chosen)

    def _of_these(self, rows: Sequence[int], box: Box) -> Iterator[int]:
        wkb = shapely.box(*box).wkb
        for start in range(0, len(rows), VALUES):
            some = [row + 1 for row in rows[start : start + VALUES]]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT fid - 1 FROM data WHERE fid IN ({marks}) AND related('intersects', geom, ?)"  # noqa: S608
            yield from (row for (row,) in self.run(sql, [*some, wkb]))

    def run(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return _answer(_connection(self._file), sql, values, self._seconds)

    def count(self, *pieces: str | Name | Bound) -> int:
        return _count(self._file, *_composed(pieces), self._seconds)

    def _numbers(self, *where: str | Name | Bound) -> list[int]:
        sql, values = _composed(("SELECT fid - 1 FROM data WHERE ", *where))
        return _rows(self._file, sql, values, self._seconds).tolist()


class MemoryIndex(SqliteIndex):
    """The same over rows that lie in no file: each is a geometry, or None, and its values by field."""

    def __init__(self, rows: Rows, content: Iterable[tuple[BaseGeometry | None, Mapping[str, Any]]]) -> None:
        super().__init__(rows)
        self._connection = _prepared(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
        self._asking = threading.Lock()
        names = ", ".join(_written(Name(field)) for field in rows.types)
        self._connection.execute(f"CREATE TABLE data (fid INTEGER PRIMARY KEY, geom BLOB, {names})")
        self._connection.execute("CREATE VIRTUAL TABLE rtree_data_geom USING rtree(id, minx, maxx, miny, maxy)")
        insert = f"INSERT INTO data VALUES (?, ?{', ?' * len(rows.types)})"  # noqa: S608 - only question marks
        for fid, (geometry, values) in enumerate(content, start=1):
            blob = geometry and HEADER + geometry.wkb
            self._connection.execute(insert, (fid, blob, *(_kept(values.get(field)) for field in rows.types)))
            if geometry:
                west, south, east, north = geometry.bounds
                edges = (fid, west, east, south, north)
                self._connection.execute("INSERT INTO rtree_data_geom VALUES (?, ?, ?, ?, ?)", edges)

    def __del__(self) -> None:
        self._connection.close()

    def run(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._asking:
            return _answer(self._connection, sql, values)


def _kept(value: Any) -> Any:
    """Moments as in a GeoPackage, several values as JSON, NULL for none."""
    if isinstance(value, date):
        return SQLITE.moment(value).value
    return json.dumps(value) if isinstance(value, list) and value else value or None


@lru_cache(maxsize=TOTALS)
def _count(file: File, sql: str, values: tuple[Any, ...], seconds: float | None) -> int:
    """Remembered, because a release never changes."""
    return int(_answer(_connection(file), sql, values, seconds)[0][0])


@lru_cache(maxsize=PAGES)
def _rows(file: File, sql: str, values: tuple[Any, ...], seconds: float | None) -> "array[int]":
    return array("I", (row for (row,) in _answer(_connection(file), sql, values, seconds)))


def _answer(
    connection: sqlite3.Connection, sql: str, values: Sequence[Any], seconds: float | None = None
) -> list[tuple[Any, ...]]:
    """Raises Broken where there is none, or none in time."""
    until = time.monotonic() + (SECONDS if seconds is None else seconds)
    connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
    try:
        return connection.execute(sql, values).fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise Broken(f"{sql[:200]}: {error}") from error
        raise Broken(
            f"Pertanyaan ini belum terjawab dalam {SECONDS:.0f} detik.",
            code=TOO_LONG,
            mend="Persempit dengan bbox, atau sederhanakan filternya.",
        ) from error


def _composed(pieces: Pieces) -> tuple[str, tuple[Any, ...]]:
    """SQL with quoted names and question marks, and the values for them."""
    return "".join(map(_written, pieces)), tuple(piece.value for piece in pieces if isinstance(piece, Bound))


def _written(piece: str | Name | Bound) -> str:
    if isinstance(piece, Name):
        return '"' + piece.column.replace('"', '""') + '"'
    return "?" if isinstance(piece, Bound) else piece


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
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        connection = _prepared(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False))
        connection.execute("PRAGMA query_only = ON")
    except sqlite3.OperationalError as error:
        raise Broken(f"{path} cannot be opened: {error}") from error
    return connection


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    # SQLite's LIKE otherwise ignores the case of ASCII letters.
    connection.execute("PRAGMA case_sensitive_like = ON")
    connection.create_function("related", 3, _related, deterministic=True)
    for name, fold in FOLDS.items():
        connection.create_function(name, 1, partial(_folded, fold), deterministic=True)
    return connection


def _folded(fold: Callable[[str], str], text: str | None) -> str | None:
    return None if text is None else fold(str(text))


def _related(relation: str, blob: bytes | None, wkb: bytes) -> int | None:
    """Whether a GeoPackage geometry stands in this relation to another geometry; NULL for no geometry."""
    if blob is None:
        return None
    test: Callable[[BaseGeometry, BaseGeometry], bool] = getattr(shapely, relation)
    return int(test(shapely.from_wkb(wkb_of(blob)), _asked(wkb)))


def wkb_of(blob: bytes | None) -> bytes | None:
    """Of a GeoPackage geometry."""
    return blob and blob[8 + ENVELOPES[blob[3] >> 1 & 0b111] :]


@lru_cache(maxsize=256)
def _asked(wkb: bytes) -> BaseGeometry:
    geometry = shapely.from_wkb(wkb)
    shapely.prepare(geometry)
    return geometry
