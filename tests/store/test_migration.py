"""The tables appear once, whoever starts first."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from psycopg import errors
from pyproj import Proj
from sqlalchemy import CheckConstraint, inspect, text

from server.store import migrate, open_records
from server.store.engines import open_engines, store_url
from server.store.schema import metadata
from tests.postgis import fresh_database
from tests.store import shape_0001
from tests.store.conftest import Settings
from tests.store.sample import published, ratified, settle
from workflow.ledger import first_broken

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "server/store/migrations"
MIGRATE = "import sys; from tests.store.conftest import *; migrate(Settings(Path(sys.argv[1]), sys.argv[2] or None))"


def unlike_the_code(store: Settings) -> list[object]:
    """What differs between the tables that are there and schema.py."""
    constraints = (constraint for table in metadata.tables.values() for constraint in table.constraints)
    checks = {constraint.name for constraint in constraints if isinstance(constraint, CheckConstraint)}
    engines = open_engines(store_url(store))
    with engines.reading.connect() as connection:
        ours = {"include_name": lambda name, kind, _parents: kind != "table" or name in metadata.tables}
        found = compare_metadata(MigrationContext.configure(connection, opts=ours), metadata)
        tables = inspect(connection)
        there = {check["name"] for name in metadata.tables for check in tables.get_check_constraints(name)}
    engines.dispose()
    return [*found, *(there ^ checks)]


def test_the_migrations_make_the_tables_that_the_code_knows(store: Settings) -> None:
    migrate(store)
    assert unlike_the_code(store) == []


def test_a_store_of_the_first_release_ends_like_a_new_one(store: Settings) -> None:
    """A change of schema.py needs a revision that brings the stores there which exist."""
    store.home.mkdir()
    engines = open_engines(store_url(store))
    with engines.writing.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            shape_0001.create_tables()
        connection.execute(text("INSERT INTO registry (id, revision) VALUES (1, 0)"))
        context.stamp(ScriptDirectory(str(MIGRATIONS)), "0001")
    engines.dispose()
    migrate(store)
    assert unlike_the_code(store) == []


def test_processes_that_start_at_once_do_not_collide(store: Settings) -> None:
    command = [sys.executable, "-W", "error", "-c", MIGRATE, str(store.home), store.database_url or ""]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(5)]
    for process in processes:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()
    records = open_records(store)
    assert records.revision() == 0
    records.close()


def test_migrating_again_keeps_what_is_there(store: Settings) -> None:
    migrate(store)
    records = open_records(store)
    settle(records)
    migrate(store)
    assert first_broken(records.ledger()) is None
    assert len(records.people()) == 4
    records.close()


def test_only_postgresql_can_be_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must begin with postgresql://"):
        open_records(Settings(tmp_path, "mysql://localhost/sebar"))


def test_srgi2013_is_known_to_postgis_and_does_not_shift(tmp_path: Path) -> None:
    with fresh_database() as url:
        migrate(Settings(tmp_path, url))
        with psycopg.connect(url) as connection:
            moved = "ST_AsText(ST_Transform(ST_SetSRID(ST_Point(109.67, -6.88), {}), {}), 12)"
            for source, target in ((4326, 9470), (9470, 4326)):
                row = connection.execute("SELECT " + moved.format(source, target)).fetchone()
                assert row == ("POINT(109.67 -6.88)",)
            for source in (4326, 9470):
                zones = [moved.format(source, zone) for zone in (9489, 32749)]
                found = connection.execute("SELECT " + ", ".join(zones)).fetchone()
                assert found
                assert found[0] == found[1]
            for zone in (9489, 23879, 23835, 3857):
                there = moved.format(4326, zone).removesuffix(", 12)").removeprefix("ST_AsText(")
                row = connection.execute(f"SELECT ST_X({there}), ST_Y({there})").fetchone()
                with_proj = Proj(zone)(109.67, -6.88)
                assert row == pytest.approx(with_proj, abs=0.001, rel=0)


@pytest.fixture
def roles(tmp_path: Path) -> Iterator[Settings]:
    with fresh_database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            name = connection.info.dbname
            for role in ("pemilik", "aplikasi"):
                connection.execute(f"CREATE ROLE {role}_{name} LOGIN")
            connection.execute(f"ALTER DATABASE {name} OWNER TO pemilik_{name}")
        yield Settings(
            tmp_path,
            database_url=url.replace("postgres@", f"aplikasi_{name}@"),
            migration_url=url.replace("postgres@", f"pemilik_{name}@"),
        )


def test_a_server_that_does_not_own_the_tables_can_work_but_not_rewrite_history(roles: Settings) -> None:
    migrate(roles)
    records = open_records(roles)
    settle(records)
    ratified(records)
    published(records)
    assert first_broken(records.ledger()) is None
    records.close()
    assert roles.database_url
    for statement in (
        "UPDATE ledger SET actor = 'x'",
        "DELETE FROM events",
        "TRUNCATE ledger",
        "DROP TABLE ledger",
        "ALTER TABLE ledger DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ):
        with psycopg.connect(roles.database_url) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)


def test_what_the_owner_may_not_make_is_said_in_the_log(roles: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "server.store.postgis"):
        migrate(roles)
    assert "EPSG:9470 is missing and this role may not make it" in caplog.text
    assert "permission denied for table spatial_ref_sys" in caplog.text


def test_migrating_as_the_server_itself_needs_no_second_role(roles: Settings) -> None:
    migrate(replace(roles, database_url=roles.migration_url, migration_url=None))
