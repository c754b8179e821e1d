"""What PostgreSQL has beside the records: PostGIS, SRGI2013, three schemas and who may read and write them."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg import errors, sql
from sqlalchemy import Connection

from server.store.schema import metadata

LOG = logging.getLogger(__name__)

READER = "sebar_baca"
SCHEMAS = ("calon", "terbit", "dbos")
"""Tables of candidates, which nobody else reads; tables and views of releases; the jobs, whose tables DBOS makes."""

SRGI2013 = Path(__file__).with_name("srgi2013.sql")

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


def _attempt(raw: Raw, what: str, *statements: sql.Composed | bytes) -> None:
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
    if raw.execute("SELECT count(*) FROM spatial_ref_sys WHERE srid IN (9470, 9489)").fetchone() != (2,):
        _attempt(raw, "EPSG:9489 or EPSG:9470", SRGI2013.read_bytes())


def _for_application(role: tuple[str]) -> Iterator[sql.Composed]:
    """Everything but rewriting what happened."""
    for table in metadata.tables:
        yield ddl("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}", (table,), role)
    yield ddl("REVOKE UPDATE, DELETE ON ledger, events FROM {}", role)
    yield ddl("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}", role)
    yield ddl("GRANT USAGE, CREATE ON SCHEMA calon, terbit, dbos TO {}", role)
