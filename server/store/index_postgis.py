"""The index over a release's typed table in PostGIS."""

import logging
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import psycopg
import shapely
from psycopg import sql
from psycopg_pool import ConnectionPool
from shapely.geometry.base import BaseGeometry

from server.store.conditions import ACCENTS, Bound, Name, Pieces, conditions
from server.store.index import Box, Question, ReleaseIndex, Rows
from server.store.index_gpkg import PAGES, TOO_LONG, TOTALS, GeoPackageIndex
from server.store.table_index import TableIndex
from workflow.errors import Broken

LOG = logging.getLogger(__name__)
SECONDS = 10
WAIT_SECONDS = 3.0
CONNECTIONS = 4
SRID = 4326
QUICK_SECONDS = 0.1
"""In which data.gpkg has answered what it has an index for."""
MOST_SLOW = 1000
"""Questions of one collection that are known to take data.gpkg longer."""
# What Python's casefold does beyond lower(upper()): ẞ is ss, ı is no i (here a letter that nobody uses), ς is σ.
FOLDS = {
    "casei": (
        "translate(lower(upper(translate(",
        ", 'ẞı', 'ß\ue131') COLLATE \"und-x-icu\")), 'ς', 'σ') COLLATE \"C\"",
    ),
    "accenti": ("regexp_replace(normalize(", f", NFD), '{ACCENTS}', '', 'g') COLLATE \"C\""),
}
Pool = ConnectionPool[psycopg.Connection[tuple[Any, ...]]]


def reading_pool(url: str) -> Pool:
    """Connections that only read, and for SECONDS at most. Nothing is opened before the first question."""
    options = f"-c statement_timeout={SECONDS * 1000} -c default_transaction_read_only=on"
    url = url.replace("postgresql+psycopg://", "postgresql://")
    kwargs = {"options": options, "autocommit": True}
    return ConnectionPool(url, min_size=0, max_size=CONNECTIONS, timeout=WAIT_SECONDS, open=False, kwargs=kwargs)


class _Postgis:
    collate = ' COLLATE "C"'

    def moment(self, value: date | datetime) -> Bound:
        if isinstance(value, datetime) and value.tzinfo is None:
            return Bound(value.replace(tzinfo=UTC))
        return Bound(value)

    def boolean(self, value: bool) -> Bound:
        return Bound(value)

    def folded(self, how: str, text: Pieces) -> Pieces:
        before, after = FOLDS[how]
        return (before, *text, after)

    def related(self, relation: str, geometry: BaseGeometry, *, only_true: bool) -> Pieces:
        return (f"ST_{relation}(", Name("geom"), ", ST_GeomFromWKB(", Bound(geometry.wkb), f", {SRID}))")

    def touching(self, box: Box) -> Pieces:
        """A box without width is a line or a point: of ST_MakeEnvelope nothing would be left."""
        drawn = shapely.box(*box)
        return self.related("intersects", drawn if drawn.area else drawn.exterior.convex_hull, only_true=True)


class PostgisIndex(TableIndex):
    dialect = _Postgis()

    def __init__(self, pool: Pool, table: tuple[str, str], rows: Rows) -> None:
        """`table` is schema and name."""
        super().__init__((Name(table[0]), ".", Name(table[1])), rows)
        self._pool = pool

    def ask(self, *pieces: str | Name | Bound) -> list[tuple[Any, ...]]:
        """Raises Broken where PostgreSQL does not answer or has no such table."""
        return _answer(self._pool, pieces)

    def count(self, *pieces: str | Name | Bound) -> int:
        return _count(self._pool, pieces)

    def _numbers(self, *where: str | Name | Bound) -> list[int]:
        return _rows(self._pool, ("SELECT fid - 1 FROM ", *self.table, " WHERE ", *where)).tolist()


class HelpedIndex:
    """data.gpkg answers what its indexes know at once; PostGIS is asked what would take long there.

    Where PostGIS does not answer either, data.gpkg does. Both answer alike, so nobody can tell which one was asked.
    """

    def __init__(self, own: GeoPackageIndex, postgis: PostgisIndex) -> None:
        self._own, self._quick, self._postgis = own, own.within(QUICK_SECONDS), postgis
        self._slow: set[Pieces] = set()

    def rows(self, question: Question, *, offset: int, limit: int) -> Sequence[int]:
        return self._of_either(question, lambda index: index.rows(question, offset=offset, limit=limit))

    def total(self, question: Question) -> int:
        return self._of_either(question, lambda index: index.total(question))

    def row_of(self, identifier: str) -> int | None:
        return self._own.row_of(identifier)

    def _of_either[T](self, question: Question, ask: Callable[[ReleaseIndex], T]) -> T:
        if not self._slow or self._where(question) not in self._slow:
            try:
                return ask(self._quick)
            except Broken as error:
                if error.code != TOO_LONG:
                    raise
            if len(self._slow) < MOST_SLOW:
                self._slow.add(self._where(question))
        try:
            return ask(self._postgis)
        except Broken as error:
            LOG.warning("PostGIS does not answer, data.gpkg does: %s", error.detail)
        return ask(self._own)

    def _where(self, question: Question) -> Pieces:
        return conditions(question, self._own.known, self._own.dialect)


@lru_cache(maxsize=TOTALS)
def _count(pool: Pool, pieces: Pieces) -> int:
    """Remembered, because a release never changes."""
    return int(_answer(pool, pieces)[0][0])


@lru_cache(maxsize=PAGES)
def _rows(pool: Pool, pieces: Pieces) -> "array[int]":
    return array("I", (row for (row,) in _answer(pool, pieces)))


def _answer(pool: Pool, pieces: Pieces) -> list[tuple[Any, ...]]:
    values = [piece.value for piece in pieces if isinstance(piece, Bound)]
    try:
        pool.open()
        with pool.connection() as connection:
            return connection.execute(sql.Composed([*map(_written, pieces)]), values).fetchall()
    except psycopg.Error as error:
        raise Broken(f"{pieces[:4]}: {error}", code="POSTGIS") from error


def _written(piece: str | Name | Bound) -> sql.Composable:
    if isinstance(piece, Name):
        return sql.Identifier(piece.column)
    if isinstance(piece, Bound):
        return sql.Placeholder()
    # The constant text of the modules around this one.
    return sql.SQL(piece)
