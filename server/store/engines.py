"""Opens the store: one engine that writes, one that only reads."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from server.settings import Settings

BUSY_SECONDS = 60


@dataclass(frozen=True)
class Engines:
    writing: Engine
    reading: Engine

    @property
    def postgresql(self) -> bool:
        return self.writing.dialect.name == "postgresql"

    def dispose(self) -> None:
        self.writing.dispose()
        self.reading.dispose()


def store_url(settings: Settings, *, owner: bool = False) -> URL:
    """The PostgreSQL that the settings name, else the SQLite file in SEBAR_HOME; `owner` prefers the migrating role."""
    named = (settings.migration_url if owner else None) or settings.database_url
    if not named:
        return URL.create("sqlite", database=str(settings.home / "sebar.sqlite"))
    url = make_url(named)
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("SEBAR_DATABASE_URL must begin with postgresql://; leave it empty for the embedded store")
    return url.set(drivername="postgresql+psycopg")


@contextmanager
def engines_of(settings: Settings, *, owner: bool = False) -> Iterator[Engines]:
    engines = open_engines(store_url(settings, owner=owner))
    try:
        yield engines
    finally:
        engines.dispose()


def open_engines(url: URL) -> Engines:
    make = partial(create_engine, url, json_serializer=partial(json.dumps, allow_nan=False))
    if url.get_backend_name() == "postgresql":
        only_read = {"isolation_level": "REPEATABLE READ", "execution_options": {"postgresql_readonly": True}}
        return Engines(make(pool_pre_ping=True), make(pool_pre_ping=True, **only_read))
    wait = {"timeout": BUSY_SECONDS}
    return Engines(
        _sqlite(make(connect_args=wait), "BEGIN IMMEDIATE"),
        _sqlite(make(connect_args=wait), "BEGIN", "PRAGMA query_only = ON"),
    )


def _sqlite(engine: Engine, begin: str, *pragmas: str) -> Engine:
    """With SQLAlchemy's own deferred BEGIN two writers would read the same last entry of the ledger."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("PRAGMA foreign_keys = ON", *pragmas):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
