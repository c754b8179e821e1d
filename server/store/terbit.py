"""The releases as tables of PostGIS, for SQL users and QGIS: one table each, and a view with the dataset's name.

`calon."<collection>_<hash>"` is a candidate, `terbit."<collection>_<number>"` a release and
`terbit."<collection>"` the view of the current one. Their geometry is longitude, latitude (SRID 4326).
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import shapely
from psycopg import errors, sql

from server.store.postgis import READER, has
from workflow.store import Release

LOG = logging.getLogger(__name__)
CHUNK = 5000
LOCK_TIMEOUT = "2s"
"""Whoever reads for longer must not make everybody queue behind us."""
ENVELOPE_BYTES = (0, 32, 48, 48, 64)
"""In the header of a GeoPackage's geometry, by its indicator."""

Raw = psycopg.Connection[Any]
Collection = Mapping[str, Any]
Name = tuple[str, str]
"""Schema and table."""


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# PostgreSQL's type, and how a value of data.gpkg becomes one.
TYPES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "string": ("text", lambda value: str(value).replace("\x00", "")),
    "integer": ("int8", int),
    "number": ("float8", float),
    "boolean": ("bool", bool),
    "date": ("date", date.fromisoformat),
    "date-time": ("timestamptz", _moment),
}


def load(raw: Raw, home: Path, release: Release) -> None:
    """The release's data.gpkg into schema `calon`, where it is not in a table already."""
    for collection in _collections(release):
        candidate = _candidate(collection, release)
        raw.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [candidate[1]])
        if _exists(raw, candidate) or _exists(raw, table_of(collection, release)):
            continue
        folder = home / release.folder / collection["folder"]
        with closing(_open(folder / "data.gpkg")) as source:
            _Loading(raw, candidate, collection, source).run()


def point(raw: Raw, current: Release | None, releases: Sequence[Release]) -> None:
    """The dataset's views show `current`; without one there are no views, and none of `releases` can be read.

    Raises psycopg's LockNotAvailable where somebody has been reading a view for long.
    """
    raw.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT))
    served = _collections(current) if current else ()
    for gone in sorted(
        {one["id"] for release in releases for one in _collections(release)} - {one["id"] for one in served}
    ):
        _withdraw_view(raw, _view(gone))
    if current is None:
        for release in releases:
            for collection in _collections(release):
                _revoke(raw, table_of(collection, release))
    else:
        for collection in served:
            _publish(raw, collection, current)


def _publish(raw: Raw, collection: Collection, release: Release) -> None:
    table, candidate, view = table_of(collection, release), _candidate(collection, release), _view(collection["id"])
    if not _exists(raw, table):
        renamed = ("calon", table[1])
        raw.execute(_ddl("ALTER TABLE {} RENAME TO {}", candidate, table[1:]))
        raw.execute(_ddl("ALTER TABLE {} SET SCHEMA terbit", renamed))
    _replace_view(raw, view, table, collection)
    if has(raw, "pg_roles", READER):
        for readable in (table, view):
            raw.execute(_ddl("GRANT SELECT ON {} TO {}", readable, (READER,)))


def _replace_view(raw: Raw, view: Name, table: Name, collection: Collection) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in _columns(collection))
    create = sql.SQL("CREATE OR REPLACE VIEW {} AS SELECT {} FROM {}")
    made = create.format(sql.Identifier(*view), columns, sql.Identifier(*table))
    try:
        with raw.transaction():
            raw.execute(made)
    except errors.InvalidTableDefinition:
        LOG.warning("the columns of %s have changed: views of others that read it are dropped", view[1])
        raw.execute(_ddl("DROP VIEW {} CASCADE", view))
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
            raw.execute(_ddl("DROP VIEW {} CASCADE", view))
    except errors.LockNotAvailable:
        LOG.warning("%s is withdrawn; its view is still being read and could not be dropped", view[1])


def _revoke(raw: Raw, name: Name) -> None:
    if has(raw, "pg_roles", READER) and _exists(raw, name):
        raw.execute(_ddl("REVOKE SELECT ON {} FROM {}", name, (READER,)))


class _Loading:
    """One collection on its way from data.gpkg into a table."""

    def __init__(self, raw: Raw, table: Name, collection: Collection, source: sqlite3.Connection) -> None:
        self.raw = raw
        self.table = table
        self.source = source
        self.fields = collection["fields"]
        self.columns = _columns(collection)
        self.geometry = collection["geometry_type"]
        self.with_z = bool(self.geometry) and source.execute("SELECT z FROM gpkg_geometry_columns").fetchone() != (0,)

    def run(self) -> None:
        self._create()
        self._copy()
        for name in self._indexed():
            self.raw.execute(_ddl("CREATE INDEX ON {} ({})", self.table, (name,)))
        if self.geometry:
            self.raw.execute(_ddl("CREATE INDEX ON {} USING gist (geom)", self.table))
        self.raw.execute(_ddl("ANALYZE {}", self.table))

    def _create(self) -> None:
        columns: list[sql.Composable] = [sql.SQL("fid integer PRIMARY KEY")]
        if self.geometry:
            columns.append(sql.SQL("geom geometry({}, 4326)").format(self.geometry + "Z" * self.with_z))
        for field in self.fields:
            kind = sql.SQL(TYPES[field["type"]][0])
            columns.append(sql.SQL("{} {}").format(sql.Identifier(field["name"]), kind))
        made = sql.SQL("CREATE TABLE {} ({})")
        self.raw.execute(made.format(sql.Identifier(*self.table), sql.SQL(", ").join(columns)))

    def _copy(self) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(sql.Identifier(*self.table), names)
        # What PostGIS reads as a geometry is sent as the bytes of its EWKB.
        types = ["int4", *["bytea"] * bool(self.geometry), *(TYPES[field["type"]][0] for field in self.fields)]
        with self.raw.cursor() as cursor, cursor.copy(into) as copy:
            copy.set_types(types)
            for row in self._rows():
                copy.write_row(row)

    def _rows(self) -> Iterator[Sequence[Any]]:
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in self.columns)
        found = self.source.execute(f"SELECT {names} FROM data ORDER BY fid")  # noqa: S608 - quoted above
        made = [TYPES[field["type"]][1] for field in self.fields]
        while chunk := found.fetchmany(CHUNK):
            shapes = self._ewkb([row[1] for row in chunk]) if self.geometry else None
            for place, row in enumerate(chunk):
                values = row[2:] if shapes is not None else row[1:]
                head = (row[0],) if shapes is None else (row[0], shapes[place])
                yield (
                    *head,
                    *(value if value is None else make(value) for make, value in zip(made, values, strict=True)),
                )

    def _ewkb(self, blobs: Sequence[bytes | None]) -> Sequence[bytes | None]:
        """Of GeoPackage blobs; where one geometry of the layer has a height, those without get 0."""
        shapes = shapely.from_wkb([blob and blob[8 + ENVELOPE_BYTES[blob[3] >> 1 & 7] :] for blob in blobs])
        shapes = shapely.force_3d(shapes) if self.with_z else shapely.force_2d(shapes)
        ewkb: Sequence[bytes | None] = shapely.to_wkb(
            shapely.set_srid(shapes, 4326), include_srid=True, flavor="extended"
        )
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


def _ddl(statement: str, *names: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(statement).format(*(sql.Identifier(*name) for name in names))


def _exists(raw: Raw, name: Name) -> bool:
    found = raw.execute("SELECT to_regclass(%s)", [sql.Identifier(*name).as_string(raw)]).fetchone()
    return found is not None and found[0] is not None
