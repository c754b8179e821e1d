"""What PostgreSQL has beside the records: PostGIS, SRGI2013, three schemas and who may read and write them."""

import logging
from collections.abc import Iterator
from typing import Any, LiteralString, cast

import psycopg
from psycopg import errors, sql
from sqlalchemy import Connection

from server.store.schema import metadata

LOG = logging.getLogger(__name__)

READER = "sebar_baca"
SCHEMAS = ("calon", "terbit", "dbos")
"""Tables of candidates, which nobody else reads; tables and views of releases; the jobs, whose tables DBOS makes."""

# Without auth_name PostGIS reads this text, in which SRGI2013 is WGS 84: with EPSG:9470 PROJ would shift by 0.2 m.
SRGI2013 = (
    'GEOGCS["SRGI2013",DATUM["Sistem_Referensi_Geospasial_Indonesia_2013",SPHEROID["WGS 84",6378137,298.257223563,'
    'AUTHORITY["EPSG","7030"]],TOWGS84[0,0,0,0,0,0,0],AUTHORITY["EPSG","1293"]],PRIMEM["Greenwich",0,'
    'AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","9470"]]',
    "+proj=longlat +ellps=WGS84 +towgs84=0,0,0,0,0,0,0 +no_defs +type=crs",
)
SRGI2013_UTM_49S = (
    f'PROJCS["SRGI2013 / UTM zone 49S",{SRGI2013[0]},PROJECTION["Transverse_Mercator"],'
    'PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",111],PARAMETER["scale_factor",0.9996],'
    'PARAMETER["false_easting",500000],PARAMETER["false_northing",10000000],UNIT["metre",1],AUTHORITY["EPSG","9489"]]',
    "+proj=utm +zone=49 +south +ellps=WGS84 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs +type=crs",
)


Raw = psycopg.Connection[Any]


def driver(connection: Connection) -> Raw:
    """psycopg's own connection, in SQLAlchemy's transaction."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def ddl(statement: LiteralString, *names: tuple[str, ...]) -> sql.Composed:
    """A statement about these names, each of one part or several."""
    return sql.SQL(statement).format(*(sql.Identifier(*name) for name in names))


def has(raw: Raw, catalogue: str, name: str) -> bool:
    """Whether a `pg_extension`, `pg_namespace` or `pg_roles` of this name is there."""
    column = {"pg_extension": "extname", "pg_namespace": "nspname", "pg_roles": "rolname"}[catalogue]
    asked = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(catalogue), sql.Identifier(column))
    return raw.execute(asked, [name]).fetchone() is not None


def prepare(connection: Connection, application: str | None) -> None:
    """Makes what is missing and may be made; says in the log what may not. `application` is the role of the server."""
    raw, reader = driver(connection), (READER,)
    if not has(raw, "pg_extension", "postgis"):
        _attempt(raw, "PostGIS", ddl("CREATE EXTENSION IF NOT EXISTS postgis"))
    if has(raw, "pg_extension", "postgis"):
        _know_srgi2013(raw)
    for schema in SCHEMAS:
        if not has(raw, "pg_namespace", schema):
            raw.execute(ddl("CREATE SCHEMA {}", (schema,)))
    if not has(raw, "pg_roles", READER):
        _attempt(raw, f"role {READER}", ddl("CREATE ROLE {} NOLOGIN", reader))
    if has(raw, "pg_roles", READER):
        # On what will be published; a right on what is there already would open withdrawn releases again.
        later = ddl("ALTER DEFAULT PRIVILEGES IN SCHEMA terbit GRANT SELECT ON TABLES TO {}", reader)
        _attempt(raw, f"rights of {READER}", ddl("GRANT USAGE ON SCHEMA terbit TO {}", reader), later)
    if application:
        _attempt(raw, f"rights of {application}", *_for_application((application,)))


def _attempt(raw: Raw, what: str, *statements: sql.Composed) -> None:
    try:
        with raw.transaction():
            for statement in statements:
                raw.execute(statement)
    except (errors.DuplicateObject, errors.UniqueViolation):
        LOG.info("%s was made by another migration meanwhile", what)
    except (errors.InsufficientPrivilege, errors.FeatureNotSupported) as error:
        reason = error.diag.message_primary
        LOG.warning("%s is missing and this role may not make it (%s): ask the database's owner", what, reason)


def _know_srgi2013(raw: Raw) -> None:
    into = sql.SQL("INSERT INTO spatial_ref_sys (srid, srtext, proj4text) VALUES ({})")
    for srid, texts in ((9470, SRGI2013), (9489, SRGI2013_UTM_49S)):
        if not raw.execute("SELECT 1 FROM spatial_ref_sys WHERE srid = %s", [srid]).fetchone():
            _attempt(raw, f"EPSG:{srid}", into.format(sql.SQL(", ").join(map(sql.Literal, (srid, *texts)))))


def _for_application(role: tuple[str]) -> Iterator[sql.Composed]:
    """Everything but rewriting what happened."""
    for table in metadata.tables:
        yield ddl("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}", (table,), role)
    yield ddl("REVOKE UPDATE, DELETE ON ledger, events FROM {}", role)
    yield ddl("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}", role)
    yield ddl("GRANT USAGE, CREATE ON SCHEMA calon, terbit, dbos TO {}", role)
