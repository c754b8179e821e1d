"""What PostgreSQL has beside the records: PostGIS, SRGI2013, three schemas and who may read and write them."""

from __future__ import annotations

import logging
from typing import Any, cast

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


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """psycopg's own connection, in SQLAlchemy's transaction."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def has(raw: psycopg.Connection[Any], catalogue: str, name: str) -> bool:
    """Whether a `pg_extension`, `pg_namespace` or `pg_roles` of this name is there."""
    column = {"pg_extension": "extname", "pg_namespace": "nspname", "pg_roles": "rolname"}[catalogue]
    asked = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(catalogue), sql.Identifier(column))
    return raw.execute(asked, [name]).fetchone() is not None


def prepare(connection: Connection, application: str | None) -> None:
    """Makes what is missing and may be made; says in the log what may not. `application` is the role of the server."""
    raw = driver(connection)
    if not has(raw, "pg_extension", "postgis"):
        _attempt(raw, "PostGIS", sql.SQL("CREATE EXTENSION IF NOT EXISTS postgis"))
    if (
        has(raw, "pg_extension", "postgis")
        and not raw.execute("SELECT 1 FROM spatial_ref_sys WHERE srid = 9470").fetchone()
    ):
        _attempt(raw, "EPSG:9470", _srgi2013())
    for schema in SCHEMAS:
        if not has(raw, "pg_namespace", schema):
            raw.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    if not has(raw, "pg_roles", READER):
        _attempt(raw, f"role {READER}", sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(READER)))
    if has(raw, "pg_roles", READER):
        _attempt(raw, f"rights of {READER}", *_for_reader())
    if application:
        _attempt(raw, f"rights of {application}", *_for_application(application))


def _attempt(raw: psycopg.Connection[Any], what: str, *statements: sql.SQL | sql.Composed) -> None:
    try:
        with raw.transaction():
            for statement in statements:
                raw.execute(statement)
    except (errors.DuplicateObject, errors.UniqueViolation):
        LOG.info("%s was made by another migration meanwhile", what)
    except (errors.InsufficientPrivilege, errors.FeatureNotSupported) as error:
        reason = error.diag.message_primary
        LOG.warning("%s is missing and this role may not make it (%s): ask the database's owner", what, reason)


def _srgi2013() -> sql.Composed:
    row = sql.SQL(", ").join(map(sql.Literal, (9470, *SRGI2013)))
    return sql.SQL("INSERT INTO spatial_ref_sys (srid, srtext, proj4text) VALUES ({})").format(row)


def _for_reader() -> list[sql.Composed]:
    """Of what will be published; a right on what is there already would open withdrawn releases again."""
    reader = sql.Identifier(READER)
    return [
        sql.SQL(statement).format(reader)
        for statement in (
            "GRANT USAGE ON SCHEMA terbit TO {}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA terbit GRANT SELECT ON TABLES TO {}",
        )
    ]


def _for_application(role: str) -> list[sql.Composed]:
    """Everything but rewriting what happened."""
    tables = sql.SQL(", ").join(map(sql.Identifier, metadata.tables))
    return [
        sql.SQL(statement).format(tables=tables, role=sql.Identifier(role))
        for statement in (
            "GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {role}",
            "REVOKE UPDATE, DELETE ON ledger, events FROM {role}",
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "GRANT USAGE, CREATE ON SCHEMA calon, terbit, dbos TO {role}",
        )
    ]
