"""The SOP on its way: moves with their events, releases, and what is served."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Row, func, insert, select, update

from server.store import terbit
from server.store.chain import Act, Store
from server.store.late import changed
from server.store.postgis import driver
from server.store.schema import datasets, events, registry, releases, submissions
from workflow.dataset import Event, Submission
from workflow.errors import Conflict, NotFound
from workflow.sop import Status
from workflow.store import Registry, Release

LOG = logging.getLogger(__name__)
PATIENCE = 5
"""Times that publishing waits for readers of a PostGIS view."""
MOVED = ("round", "submitted_by", "verified_by", "approved_by", "publish_at", "entered_at", "version")
"""What a step may change beside the status; content changes through change_submission alone."""


class JourneyRecords(Store):
    def record(self, before: Submission, after: Submission, event: Event) -> None:
        with self._act() as act:
            _move(act, before, after, event)

    def publish(
        self,
        moves: Sequence[tuple[Submission, Submission, Event]],
        *,
        release: Release | None,
        dataset: str,
        current: int | None,
        withdrawn: tuple[datetime, str] | None = None,
    ) -> int:
        """Raises Conflict where somebody reads the PostGIS view of the dataset for long."""
        if served := release or (current is not None and self.release(dataset, current)):
            self.stage(served)
        for _ in range(PATIENCE):
            try:
                return self._publish(moves, release, dataset, current, withdrawn)
            except LockNotAvailable:
                LOG.warning("the view of %s is being read for long: publishing waits", dataset)
        raise Conflict(
            "Tabel dataset ini sedang dibaca lama melalui SQL, jadi belum dapat diganti.",
            code="SEDANG-DIBACA",
            mend="Coba lagi sebentar lagi, atau hentikan pembaca itu.",
        )

    def _publish(
        self,
        moves: Sequence[tuple[Submission, Submission, Event]],
        release: Release | None,
        dataset: str,
        current: int | None,
        withdrawn: tuple[datetime, str] | None,
    ) -> int:
        with self._act() as act:
            for before, after, event in moves:
                _move(act, before, after, event, release=current)
            if release:
                _add_release(act.connection, release)
            served = _point(act.connection, dataset, current, withdrawn)
            if act.postgresql:
                terbit.point(driver(act.connection), served, _releases(act.connection, dataset))
            bumped = update(registry).values(revision=registry.c.revision + 1).returning(registry.c.revision)
            return act.connection.execute(bumped).scalar_one()

    def stage(self, release: Release) -> None:
        """Loads the folder of a release-to-be into PostGIS, once. publish() does so where nobody did before."""
        if self._engines.postgresql:
            with self._write() as connection:
                terbit.load(driver(connection), self._home, release)

    def events(self, *, submission: str | None = None, dataset: str | None = None) -> Sequence[Event]:
        exact = {"submission": submission, "dataset": dataset}
        asked = [events.c[name] == value for name, value in exact.items() if value is not None]
        with self._read() as connection:
            return [_event(row) for row in connection.execute(select(events).where(*asked).order_by(events.c.id))]

    def releases(self, dataset: str) -> Sequence[Release]:
        with self._read() as connection:
            return _releases(connection, dataset)

    def release(self, dataset: str, number: int) -> Release | None:
        with self._read() as connection:
            return _one_release(connection, dataset, number)

    def next_number(self, dataset: str) -> int:
        last = select(func.coalesce(func.max(releases.c.number), 0)).where(releases.c.dataset == dataset)
        with self._read() as connection:
            return connection.execute(last).scalar_one() + 1

    def registry(self) -> Registry:
        served = _RELEASES.where(datasets.c.current == releases.c.number).order_by(releases.c.dataset)
        gone = select(datasets.c.id, datasets.c.withdrawn_at).where(datasets.c.withdrawn_at.is_not(None))
        with self._read() as connection:
            return Registry(
                connection.execute(select(registry.c.revision)).scalar_one(),
                tuple(_release(row) for row in connection.execute(served)),
                {row.id: row.withdrawn_at for row in connection.execute(gone)},
            )

    def revision(self) -> int:
        with self._read() as connection:
            return connection.execute(select(registry.c.revision)).scalar_one()


_RELEASES = (
    select(releases, submissions.c.status, datasets.c.agency)
    .join(submissions, submissions.c.id == releases.c.submission)
    .join(datasets, datasets.c.id == releases.c.dataset)
)


def _move(act: Act, before: Submission, after: Submission, event: Event, **said: Any) -> None:
    kept = {name: getattr(after, name) for name in MOVED} | {"status": after.status.value}
    last = {"changed_by": event.actor, "changed_at": event.at}
    expected = (submissions.c.id == before.id, submissions.c.version == before.version)
    if not act.connection.execute(update(submissions).where(*expected).values(kept | last)).rowcount:
        raise changed(act.connection, before.id)
    happened = vars(event) | {"source": event.source.value, "target": event.target.value, "detail": dict(event.detail)}
    act.connection.execute(insert(events).values(happened))
    told = {name: happened[name] for name in ("dataset", "source", "target", "note", "content_hash", "round")}
    act.tell(event.at, event.actor, f"submission.{event.step}", event.submission, **event.detail | said | told)


def _add_release(connection: Connection, release: Release) -> None:
    row = {column.name: getattr(release, column.name) for column in releases.c}
    taken = (releases.c.dataset == release.dataset) & (releases.c.number == release.number)
    if first := connection.scalar(select(releases.c.submission).where(taken)):
        raise changed(connection, first)
    connection.execute(insert(releases).values(row | {"manifest": dict(release.manifest)}))


def _point(
    connection: Connection, dataset: str, current: int | None, withdrawn: tuple[datetime, str] | None
) -> Release | None:
    """The dataset's current release from now on; its title becomes the dataset's."""
    served = None
    at, why = withdrawn or (None, "")
    row: dict[str, Any] = {"current": current, "withdrawn_at": at, "withdrawn_why": why}
    if current is not None:
        served = _one_release(connection, dataset, current)
        if served is None:
            raise NotFound(f"Dataset ini tidak mempunyai rilis {current}.", where={"release": current})
        row |= {"title": served.manifest["title"]} if served.manifest.get("title") else {}
    version = {"version": datasets.c.version + 1}
    if not connection.execute(update(datasets).where(datasets.c.id == dataset).values(row | version)).rowcount:
        raise NotFound("Dataset ini tidak ada.", where={"dataset": dataset})
    return served


def _releases(connection: Connection, dataset: str) -> list[Release]:
    wanted = _RELEASES.where(releases.c.dataset == dataset).order_by(releases.c.number)
    return [_release(row) for row in connection.execute(wanted)]


def _one_release(connection: Connection, dataset: str, number: int) -> Release | None:
    this = (releases.c.dataset == dataset) & (releases.c.number == number)
    row = connection.execute(_RELEASES.where(this)).first()
    return _release(row) if row else None


def _release(row: Row[Any]) -> Release:
    return Release(**row._asdict() | {"status": Status(row.status)})


def _event(row: Row[Any]) -> Event:
    kept = {name: value for name, value in row._asdict().items() if name != "id"}
    return Event(**kept | {"source": Status(row.source), "target": Status(row.target)})
