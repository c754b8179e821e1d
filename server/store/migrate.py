"""Brings the tables to the newest revision. Several processes may try at once."""

import fcntl
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, func, select

from server.settings import Settings
from server.store.chain import LOCK
from server.store.engines import engines_of, store_url
from server.store.postgis import prepare


def migrate(settings: Settings) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    with engines_of(settings, owner=True) as engines:
        if engines.postgresql:
            _upgrade_postgresql(engines.writing, store_url(settings).username)
        else:
            _upgrade_sqlite(engines.writing, settings.home / "sebar.sqlite.lock")


def _upgrade_postgresql(engine: Engine, application: str | None) -> None:
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
        _upgrade(connection)
        prepare(connection, application if application != engine.url.username else None)


def _upgrade_sqlite(engine: Engine, lock: Path) -> None:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        # Kept in the file for good; it cannot be set inside a transaction, nor by two at once.
        raw = engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode = WAL")
        raw.close()
        with engine.begin() as connection:
            _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
