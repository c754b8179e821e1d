"""Acts: a transaction, alone among the writers, that ends in the ledger."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from json import loads
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from server.store.engines import Engines
from server.store.rows import found
from server.store.schema import ledger, utc_text
from workflow.ledger import Entry, canonical_json, next_entry, without_floats

LOCK = 0x5EBA7
"""Number of the advisory lock under which PostgreSQL's writers queue."""
PAGE = 1000


@dataclass(frozen=True)
class Act:
    """One transaction of one writer. Nobody else writes the ledger before it ends."""

    connection: Connection
    postgresql: bool

    def tell(self, when: datetime, who: str, action: str, object: str, **detail: Any) -> None:
        last = self.connection.execute(select(ledger).order_by(ledger.c.seq.desc()).limit(1)).first()
        said = {"at": utc_text(when), "actor": who, "action": action, "object": object}
        entry = next_entry(_entry(last) if last else None, **said, detail=without_floats(detail))
        kept = vars(entry) | {"detail": canonical_json(entry.detail).decode()}
        self.connection.execute(insert(ledger).values(kept))


class Store:
    """The two engines, and the ways to use them. `home` is where the folders of releases lie."""

    def __init__(self, engines: Engines, home: Path) -> None:
        self._engines = engines
        self._home = home

    def _read(self) -> AbstractContextManager[Connection]:
        return self._engines.reading.begin()

    def _write(self) -> AbstractContextManager[Connection]:
        """For what machines write and the ledger does not hold."""
        return self._engines.writing.begin()

    @contextmanager
    def _act(self) -> Iterator[Act]:
        with self._write() as connection:
            if self._engines.postgresql:
                connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            yield Act(connection, self._engines.postgresql)

    def _all[Noun](self, kind: type[Noun], wanted: Select[Any]) -> list[Noun]:
        with self._read() as connection:
            return found(connection, kind, wanted)

    def _first[Noun](self, kind: type[Noun], wanted: Select[Any]) -> Noun | None:
        return next(iter(self._all(kind, wanted)), None)

    def ledger(self, since: int = 0) -> Iterator[Entry]:
        while page := self._page(since):
            yield from page
            since = page[-1].seq

    def _page(self, since: int) -> list[Entry]:
        wanted = select(ledger).where(ledger.c.seq > since).order_by(ledger.c.seq).limit(PAGE)
        with self._read() as connection:
            return [_entry(row) for row in connection.execute(wanted)]

    def close(self) -> None:
        self._engines.dispose()


def _entry(row: Row[Any]) -> Entry:
    return Entry(**row._asdict() | {"detail": loads(row.detail)})
