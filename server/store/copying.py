"""All records as text, one file per table: the same from SQLite and PostgreSQL, and into either."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from itertools import batched
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Date, Table, delete, func, insert, select
from sqlalchemy.types import TypeEngine

from server.settings import Settings
from server.store import terbit
from server.store.engines import engines_of
from server.store.postgis import driver
from server.store.records import Records
from server.store.schema import Converted, ledger, metadata, people, registry, utc_text
from workflow.errors import Conflict

BATCH = 500


def dump_records(settings: Settings, folder: Path) -> None:
    """Writes `<table>.jsonl` for every table, all of one moment."""
    folder.mkdir(parents=True)
    with engines_of(settings) as engines, engines.reading.begin() as connection:
        for table in metadata.sorted_tables:
            _dump(connection, table, folder / f"{table.name}.jsonl")


def _dump(connection: Connection, table: Table, path: Path) -> None:
    rows = connection.execute(select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH))
    with path.open("w", encoding="utf-8") as file:
        for row in rows.mappings():
            file.write(json.dumps(dict(row), default=_text, ensure_ascii=False) + "\n")


def _text(value: Any) -> Any:
    match value:
        case datetime():
            return utc_text(value)
        case date():
            return value.isoformat()
        case frozenset():
            return sorted(value)
    raise TypeError(f"{type(value).__name__} has no text")


def load_records(settings: Settings, folder: Path) -> None:
    """Fills the empty tables that `migrate` made, in one transaction. Raises Conflict where they are not empty."""
    with engines_of(settings, owner=True) as engines, engines.writing.begin() as connection:
        if any(connection.execute(select(table).limit(1)).first() for table in (ledger, people)):
            raise Conflict.of("records_inhabited")
        connection.execute(delete(registry))
        for table in metadata.sorted_tables:
            _load(connection, table, folder / f"{table.name}.jsonl")
            if engines.postgresql:
                _continue_numbers(connection, table)


def _load(connection: Connection, table: Table, path: Path) -> None:
    with path.open(encoding="utf-8") as file:
        for rows in batched(_rows(table, file), BATCH):
            connection.execute(insert(table), list(rows))


def _rows(table: Table, lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    readers = {column.name: _reader(column.type) for column in table.c}
    for line in lines:
        row: Mapping[str, Any] = json.loads(line)
        yield {name: value if value is None else readers[name](value) for name, value in row.items()}


def _reader(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(kind, Converted):
        return kind.read
    return date.fromisoformat if isinstance(kind, Date) else lambda value: value


def _continue_numbers(connection: Connection, table: Table) -> None:
    """PostgreSQL counts ids on its own and has not seen those that were written."""
    column = table.autoincrement_column
    if column is None:
        return
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    last = select(func.coalesce(func.max(column), 0)).scalar_subquery()
    connection.execute(select(func.setval(sequence, last + 1, False)))


def show_releases(settings: Settings) -> None:
    """Makes the tables and views that SQL users of PostGIS read from the release folders, where there is PostGIS."""
    with engines_of(settings) as engines:
        records = Records(engines, settings.home)
        served = [dataset for dataset in records.datasets() if dataset.current is not None]
        for dataset in served if engines.postgresql else ():
            releases = records.releases(dataset.id)
            # The current one last, so that the views are its own.
            ordered = sorted(releases, key=lambda release: (release.number == dataset.current, release.number))
            with engines.writing.begin() as connection:
                for release in ordered:
                    terbit.load(driver(connection), settings.home, release)
                    terbit.point(driver(connection), release, releases)
