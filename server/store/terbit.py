"""The releases as tables of PostGIS, for SQL users and QGIS: one table each, and a view with the dataset's name.

`calon."<collection>_<hash>"` is a candidate, `terbit."<collection>_<number>"` a release and
`terbit."<collection>"` the view of the current one. Their geometry is longitude, latitude (SRID 4326).
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import shapely
from psycopg import errors, sql

from server.store.index_gpkg import wkb_of
from server.store.postgis import READER, ddl, has
from workflow.store import Release

LOG = logging.getLogger(__name__)
CHUNK = 5000
LOCK_TIMEOUT = "2s"
"""Whoever reads for longer must not make everybody queue behind us."""

Raw = psycopg.Connection[Any]
Collection = Mapping[str, Any]
Name = tuple[str, str]
"""Schema and table."""

TYPES = {
    "string": "text",
    "integer": "int8",
    "number": "float8",
    "boolean": "bool",
    "date": "date",
    "date-time": "timestamptz",
}


def load(raw: Raw, home: Path, release: Release) -> None:
    """The release's data.gpkg into schema `calon`, where it is not in a table already."""
    for collection in _collections(release):
        candidate = _candidate(collection, release)
        raw.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [candidate[1]])
        if _exists(raw, candidate) or _exists(raw, table_of(collection, release)):
            continue
        _drop_earlier(raw, collection["id"])
        folder = home / release.folder / collection["folder"]
        with closing(_open(folder / "data.gpkg")) as source:
            _Loading(raw, candidate, collection, source).run()


def _drop_earlier(raw: Raw, collection: str) -> None:
    """Candidates of this collection that were built before; should one be published yet, it is loaded again."""
    found = raw.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'calon'::regnamespace AND relkind = 'r'"
        " AND obj_description(oid, 'pg_class') = %s",
        [collection],
    )
    for (name,) in found.fetchall():
        raw.execute(ddl("DROP TABLE {}", ("calon", name)))


def point(raw: Raw, current: Release | None, releases: Sequence[Release]) -> None:
    """The dataset's views show `current`; without one there are no views, and none of `releases` can be read.

    Raises psycopg's LockNotAvailable where somebody has been reading a view for long.
    """
    raw.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT))
    ever = [(collection, release) for release in releases for collection in _collections(release)]
    served = {collection["id"] for collection in _collections(current)} if current else set()
    for gone in sorted({collection["id"] for collection, _ in ever} - served):
        _withdraw_view(raw, _view(gone))
    if current:
        for collection in _collections(current):
            _publish(raw, collection, current)
    else:
        for collection, release in ever:
            _revoke(raw, table_of(collection, release))


def _publish(raw: Raw, collection: Collection, release: Release) -> None:
    table, candidate, view = table_of(collection, release), _candidate(collection, release), _view(collection["id"])
    if not _exists(raw, table):
        renamed = ("calon", table[1])
        raw.execute(ddl("ALTER TABLE {} RENAME TO {}", candidate, table[1:]))
        _rename_indexes(raw, renamed)
        raw.execute(ddl("ALTER TABLE {} SET SCHEMA terbit", renamed))
    _replace_view(raw, view, table, collection)
    if has(raw, "pg_roles", READER):
        for readable in (table, view):
            raw.execute(ddl("GRANT SELECT ON {} TO {}", readable, (READER,)))


def _rename_indexes(raw: Raw, table: Name) -> None:
    """After the release: an earlier one of the same content has brought those names to the schema already."""
    found = raw.execute(
        "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = to_regclass(%s)"
        " ORDER BY relname",
        [sql.Identifier(*table).as_string(raw)],
    )
    for n, (index,) in enumerate(found.fetchall()):
        raw.execute(ddl("ALTER INDEX {} RENAME TO {}", (table[0], index), (_fitting(f"{table[1]}_i{n}"),)))


def _replace_view(raw: Raw, view: Name, table: Name, collection: Collection) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in _columns(collection))
    create = sql.SQL("CREATE OR REPLACE VIEW {} AS SELECT {} FROM {}")
    made = create.format(sql.Identifier(*view), columns, sql.Identifier(*table))
    try:
        with raw.transaction():
            raw.execute(made)
    except errors.InvalidTableDefinition:
        LOG.warning("the columns of %s have changed: views of others that read it are dropped", view[1])
        raw.execute(ddl("DROP VIEW {} CASCADE", view))
        raw.execute(made)
    _comment(raw, "COMMENT ON VIEW {} IS {}", view, collection["title"])
    for field in collection["fields"]:
        said = filter(None, (field.get("title"), field.get("definition"), field.get("unit")))
        _comment(raw, "COMMENT ON COLUMN {} IS {}", (*view, field["name"]), ". ".join(said))


def _comment(raw: Raw, statement: str, of: tuple[str, ...], said: str) -> None:
    raw.execute(sql.SQL(statement).format(sql.Identifier(*of), said.replace("\x00", "")))


def _withdraw_view(raw: Raw, view: Name) -> None:
    """Nobody may read it from now on, even where a long reader keeps it from being dropped."""
    if not _exists(raw, view):
        return
    _revoke(raw, view)
    try:
        with raw.transaction():
            raw.execute(ddl("DROP VIEW {} CASCADE", view))
    except errors.LockNotAvailable:
        LOG.warning("%s is withdrawn; its view is still being read and could not be dropped", view[1])


def _revoke(raw: Raw, name: Name) -> None:
    if has(raw, "pg_roles", READER) and _exists(raw, name):
        raw.execute(ddl("REVOKE SELECT ON {} FROM {}", name, (READER,)))


class _Loading:
    """One collection on its way from data.gpkg into a table."""

    def __init__(self, raw: Raw, table: Name, collection: Collection, source: sqlite3.Connection) -> None:
        self.raw, self.table, self.source = raw, table, source
        self.collection, self.fields = str(collection["id"]), collection["fields"]
        self.columns = _columns(collection)
        self.geometry = collection["geometry_type"]
        self.with_z = bool(self.geometry) and source.execute("SELECT z FROM gpkg_geometry_columns").fetchone() != (0,)

    def run(self) -> None:
        self._create()
        _comment(self.raw, "COMMENT ON TABLE {} IS {}", self.table, self.collection)
        self._copy()
        for name in self._indexed():
            self.raw.execute(ddl("CREATE INDEX ON {} ({})", self.table, (name,)))
        if self.geometry:
            self.raw.execute(ddl("CREATE INDEX ON {} USING gist (geom)", self.table))
        self.raw.execute(ddl("ANALYZE {}", self.table))

    def _create(self) -> None:
        columns: list[sql.Composable] = [sql.SQL("fid integer PRIMARY KEY")]
        if self.geometry:
            columns.append(sql.SQL("geom geometry({}, 4326)").format(self.geometry + "Z" * self.with_z))
        for field in self.fields:
            columns.append(ddl("{} ", (field["name"],)) + sql.SQL(TYPES[field["type"]]))
        self.raw.execute(ddl("CREATE TABLE {} (", self.table) + sql.SQL(", ").join(columns) + sql.SQL(")"))

    def _copy(self) -> None:
        """As text, in which both databases write numbers, days and moments alike."""
        names = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        self.raw.execute("SET LOCAL TIME ZONE 'UTC'")
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(*self.table), names)
        with self.raw.cursor() as cursor, cursor.copy(into) as copy:
            for row in self._rows():
                copy.write_row(row)

    def _rows(self) -> Iterator[Sequence[Any]]:
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in self.columns)
        found = self.source.execute(f"SELECT {names} FROM data ORDER BY fid")  # noqa: S608 - quoted above
        while chunk := found.fetchmany(CHUNK):
            columns: list[Sequence[Any]] = list(zip(*chunk, strict=True))
            if self.geometry:
                columns[1] = self._ewkb(columns[1])
            for row in zip(*columns, strict=True):
                yield [value.replace("\x00", "") if isinstance(value, str) else value for value in row]

    def _ewkb(self, blobs: Sequence[bytes | None]) -> Sequence[str | None]:
        """Of GeoPackage blobs; where one geometry of the layer has a height, those without get 0."""
        shapes = shapely.from_wkb(list(map(wkb_of, blobs)))
        shapes = shapely.set_srid(shapely.force_3d(shapes) if self.with_z else shapely.force_2d(shapes), 4326)
        ewkb: Sequence[str | None] = shapely.to_wkb(shapes, hex=True, include_srid=True, flavor="extended")
        return ewkb

    def _indexed(self) -> Sequence[str]:
        """The columns that data.gpkg has an index on: the key, codes, the period."""
        found = self.source.execute(
            "SELECT DISTINCT of.name FROM pragma_index_list('data') AS list, pragma_index_info(list.name) AS of"
        )
        return [name for (name,) in found]


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def _collections(release: Release) -> Sequence[Collection]:
    found: Sequence[Collection] = release.manifest.get("collections", ())
    return found


def _columns(collection: Collection) -> list[str]:
    return ["fid", *["geom"] * bool(collection["geometry_type"]), *(field["name"] for field in collection["fields"])]


def _candidate(collection: Collection, release: Release) -> Name:
    content = hashlib.sha256(f"{release.content_hash} {collection['features_sha256']}".encode()).hexdigest()
    return "calon", _fitting(f"{collection['id']}_{content[:16]}")


def table_of(collection: Collection, release: Release) -> Name:
    """Where a published release can be asked."""
    return "terbit", _fitting(f"{collection['id']}_{release.number}")


def _view(collection: str) -> Name:
    return "terbit", _fitting(collection)


def _fitting(name: str) -> str:
    """PostgreSQL cuts a name after 63 bytes without a word."""
    return name if len(name) <= 63 else f"{name[:50]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _exists(raw: Raw, name: Name) -> bool:
    found = raw.execute("SELECT to_regclass(%s)", [sql.Identifier(*name).as_string(raw)]).fetchone()
    return found is not None and found[0] is not None
