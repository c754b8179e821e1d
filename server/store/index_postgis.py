"""The index over a release's typed table in PostGIS."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool
from shapely.geometry.base import BaseGeometry

from server.store.conditions import Bound, Name, Pieces, conditions, is_number, order
from server.store.index import Box, Question, ReleaseIndex, Rows
from workflow.errors import Broken
from workflow.layer import FieldType

LOG = logging.getLogger(__name__)
SECONDS = 10
WAIT_SECONDS = 3.0
SRID = 4326
LARGE = 20_000
"""Rows from which on a filter or an order is worth a question to another server."""
FUNCTIONS = {
    "intersects": "ST_Intersects(",
    "disjoint": "ST_Disjoint(",
    "contains": "ST_Contains(",
    "within": "ST_Within(",
    "touches": "ST_Touches(",
    "crosses": "ST_Crosses(",
    "overlaps": "ST_Overlaps(",
    "equals": "ST_Equals(",
}

Pool = ConnectionPool[psycopg.Connection[tuple[Any, ...]]]


def reading_pool(url: str, size: int = 4) -> Pool:
    """Connections that only read, and for SECONDS at most. Nothing is opened before the first question."""
    options = f"-c statement_timeout={SECONDS * 1000} -c default_transaction_read_only=on"
    url = url.replace("postgresql+psycopg://", "postgresql://")
    return ConnectionPool(
        url,
        min_size=0,
        max_size=size,
        timeout=WAIT_SECONDS,
        open=False,
        kwargs={"options": options, "autocommit": True},
    )


class PostgisIndex:
    def __init__(self, pool: Pool, table: tuple[str, str], rows: Rows) -> None:
        """`table` is schema and name. The totals of a table are not remembered: it may be asked rarely."""
        self._pool, self._table, self.known = pool, sql.Identifier(*table), rows

    def rows(self, question: Question, *, offset: int, limit: int) -> Sequence[int]:
        page = (" LIMIT ", Bound(min(limit, self.known.count)), " OFFSET ", Bound(min(offset, self.known.count)))
        where = conditions(question, self.known, POSTGIS)
        sorting = order(question, self.known, POSTGIS)
        return [row for (row,) in self._ask("SELECT fid - 1 FROM {} WHERE ", *where, " ORDER BY ", *sorting, *page)]

    def total(self, question: Question) -> int:
        ((total,),) = self._ask("SELECT count(*) FROM {} WHERE ", *conditions(question, self.known, POSTGIS))
        return int(total)

    def row_of(self, identifier: str) -> int | None:
        key = self.known.key
        whole = key is None or self.known.types[key] == FieldType.INTEGER
        if whole and not is_number(identifier):
            return None
        value = Bound(int(identifier) if whole else identifier)
        found = self._ask("SELECT fid - 1 FROM {} WHERE ", Name(key or "fid"), " = ", value, " ORDER BY fid LIMIT 1")
        return int(found[0][0]) if found else self._keyless(key, identifier)

    def _keyless(self, key: str | None, identifier: str) -> int | None:
        """A feature whose key is empty carries its number instead."""
        if key is None or not is_number(identifier):
            return None
        number = Bound(int(identifier))
        found = self._ask("SELECT fid - 1 FROM {} WHERE ", Name(key), " IS NULL AND fid = ", number)
        return int(found[0][0]) if found else None

    def _ask(self, select: LiteralString, *pieces: str | Name | Bound) -> list[tuple[Any, ...]]:
        """Raises Broken where PostgreSQL does not answer or has no such table."""
        asked = sql.SQL(select).format(self._table) + sql.Composed([_written(piece) for piece in pieces])
        values = [piece.value for piece in pieces if isinstance(piece, Bound)]
        try:
            self._pool.open()
            with self._pool.connection() as connection:
                return connection.execute(asked, values).fetchall()
        except psycopg.Error as error:
            raise Broken(f"{self._table.as_string()}: {error}", code="POSTGIS") from error


class HelpedIndex:
    """PostGIS is asked what takes long in a large data.gpkg; where it does not answer, data.gpkg does.

    Both answer alike, so nobody can tell which one was asked.
    """

    def __init__(self, own: ReleaseIndex, postgis: PostgisIndex) -> None:
        self._own, self._postgis = own, postgis

    def rows(self, question: Question, *, offset: int, limit: int) -> Sequence[int]:
        return self._of_either(question, lambda index: index.rows(question, offset=offset, limit=limit))

    def total(self, question: Question) -> int:
        return self._of_either(question, lambda index: index.total(question))

    def row_of(self, identifier: str) -> int | None:
        return self._own.row_of(identifier)

    def _of_either[T](self, question: Question, ask: Callable[[ReleaseIndex], T]) -> T:
        if self._postgis.known.count >= LARGE and (question.where is not None or question.order):
            try:
                return ask(self._postgis)
            except Broken as error:
                LOG.warning("PostGIS does not answer, data.gpkg does: %s", error.detail)
        return ask(self._own)


def _written(piece: str | Name | Bound) -> sql.Composable:
    if isinstance(piece, Name):
        return sql.Identifier(piece.column)
    if isinstance(piece, Bound):
        return sql.Placeholder()
    # The constant text of conditions.py and of this module.
    return sql.SQL(piece)


class _Postgis:
    collate = ' COLLATE "C"'

    def moment(self, value: date | datetime) -> Bound:
        if isinstance(value, datetime) and value.tzinfo is None:
            return Bound(value.replace(tzinfo=UTC))
        return Bound(value)

    def boolean(self, value: bool) -> Bound:
        return Bound(value)

    def caseless(self, text: Pieces) -> Pieces:
        return ("lower(", *text, ' COLLATE "und-x-icu")')

    def related(self, relation: str, geometry: BaseGeometry, *, only_true: bool) -> Pieces:
        return (FUNCTIONS[relation], Name("geom"), ", ST_GeomFromWKB(", Bound(geometry.wkb), f", {SRID}))")

    def touching(self, box: Box) -> Pieces:
        west, south, east, north = map(Bound, box)
        edges: Pieces = (west, ", ", south, ", ", east, ", ", north)
        return ("ST_Intersects(", Name("geom"), ", ST_MakeEnvelope(", *edges, f", {SRID}))")


POSTGIS = _Postgis()
