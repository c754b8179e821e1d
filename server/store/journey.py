"""The SOP on its way: moves with their events, releases, and what is served."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Select, and_, func, select, update

from server.store import terbit
from server.store.chain import Act, Store
from server.store.late import changed
from server.store.postgis import driver
from server.store.rows import add, change, found, matching
from server.store.schema import datasets, events, registry, releases, submissions
from workflow.dataset import Event, Submission
from workflow.errors import Conflict, NotFound
from workflow.store import Registry, Release, SubmissionRecord

LOG = logging.getLogger(__name__)
PATIENCE = 5
"""Times that publishing waits for readers of a PostGIS view."""
MOVED = ("status", "round", "submitted_by", "verified_by", "approved_by", "publish_at", "entered_at", "version")
"""What a step may change; content changes through change_submission alone."""
TOLD = ("dataset", "source", "target", "note", "content_hash", "round")

Move = tuple[Submission, Submission, Event]
Withdrawal = tuple[datetime, str]


class JourneyRecords(Store):
    def record(self, before: Submission, after: Submission, event: Event) -> None:
        """Saves the move, its event and its ledger entry in one transaction."""
        with self._act() as act:
            _move(act, before, after, event)

    def publish(
        self,
        moves: Sequence[Move],
        *,
        release: Release | None,
        dataset: str,
        current: int | None,
        withdrawn: Withdrawal | None = None,
    ) -> int:
        """Publish, restore or withdraw: moves, events, ledger entries, the release (a new one or None), the dataset's
        current release and the registry's revision in one transaction; the new revision.

        Raises Conflict where somebody reads the PostGIS view of the dataset for long.
        """
        if served := release or (current is not None and self.release(dataset, current)):
            self.stage(served)
        for _ in range(PATIENCE):
            try:
                with self._act() as act:
                    for move in moves:
                        _move(act, *move, release=current)
                    if release:
                        _add_release(act.connection, release)
                    _point(act, dataset, current, withdrawn)
                    return _next_revision(act.connection)
            except LockNotAvailable:
                LOG.warning("the view of %s is being read for long: publishing waits", dataset)
        raise Conflict.of("being_read")

    def stage(self, release: Release) -> None:
        """Loads the folder of a release-to-be into PostGIS, once. publish() does so where nobody did before."""
        if self._engines.postgresql:
            with self._write() as connection:
                terbit.load(driver(connection), self._home, release)

    def events(self, *, submission: str | None = None, dataset: str | None = None) -> Sequence[Event]:
        asked = matching(events, submission=submission, dataset=dataset)
        return self._all(Event, select(events).where(asked).order_by(events.c.id))

    def steps_taken(self, person: str, since: datetime) -> Counter[str]:
        """How often this person took which step."""
        mine = select(events.c.step, func.count()).where(events.c.actor == person, events.c.at >= since)
        with self._read() as connection:
            return Counter({step: count for step, count in connection.execute(mine.group_by(events.c.step))})

    def assign(self, seen: SubmissionRecord, person: str | None, *, actor: str, at: datetime) -> None:
        """To this person, or to nobody. Raises Conflict where it moved on or somebody else has taken it since."""
        id, status = seen.move.id, seen.move.status
        same = submissions.c.assigned_to.is_not_distinct_from(seen.assigned_to)
        row = {"assigned_to": person, "assigned_at": at if person else None}
        with self._act() as act:
            if not change(act.connection, submissions, and_(matching(submissions, id=id, status=status), same), row):
                raise Conflict.of("taken_meanwhile", where={"submission": id})
            action = "submission.assign" if person else "submission.unassign"
            act.tell(at, actor, action, id, person=person, instead_of=seen.assigned_to, status=status.value)

    def releases(self, dataset: str) -> Sequence[Release]:
        return self._all(Release, _releases(dataset))

    def release(self, dataset: str, number: int) -> Release | None:
        return self._first(Release, _releases(dataset, number))

    def next_number(self, dataset: str) -> int:
        last = select(func.coalesce(func.max(releases.c.number), 0)).where(releases.c.dataset == dataset)
        with self._read() as connection:
            return connection.execute(last).scalar_one() + 1

    def registry(self) -> Registry:
        served = _RELEASES.where(datasets.c.current == releases.c.number).order_by(releases.c.dataset)
        gone = select(datasets.c.id, datasets.c.withdrawn_at).where(datasets.c.withdrawn_at.is_not(None))
        with self._read() as connection:
            return Registry(
                connection.execute(_REVISION).scalar_one(),
                tuple(found(connection, Release, served)),
                {row.id: row.withdrawn_at for row in connection.execute(gone)},
            )

    def revision(self) -> int:
        with self._read() as connection:
            return connection.execute(_REVISION).scalar_one()


_REVISION = select(registry.c.revision)
_RELEASES = (
    select(releases, submissions.c.status, datasets.c.agency)
    .join(submissions, submissions.c.id == releases.c.submission)
    .join(datasets, datasets.c.id == releases.c.dataset)
)


def _releases(dataset: str, number: int | None = None) -> Select[Any]:
    return _RELEASES.where(matching(releases, dataset=dataset, number=number)).order_by(releases.c.number)


def _move(act: Act, before: Submission, after: Submission, event: Event, **said: Any) -> None:
    moved = {name: getattr(after, name) for name in MOVED} | {"changed_by": event.actor, "changed_at": event.at}
    if before.status is not after.status:
        # What goes to another desk is nobody's there yet.
        moved |= {"assigned_to": None, "assigned_at": None}
    expected = matching(submissions, id=before.id, version=before.version)
    if not change(act.connection, submissions, expected, moved):
        raise changed(act.connection, before.id)
    add(act.connection, events, event)
    told = {name: getattr(event, name) for name in TOLD}
    act.tell(event.at, event.actor, f"submission.{event.step}", event.submission, **event.detail | said | told)


def _add_release(connection: Connection, release: Release) -> None:
    taken = matching(releases, dataset=release.dataset, number=release.number)
    if first := connection.scalar(select(releases.c.submission).where(taken)):
        raise changed(connection, first)
    add(connection, releases, release)


def _point(act: Act, dataset: str, current: int | None, withdrawn: Withdrawal | None) -> None:
    """The dataset's current release from now on; its title becomes the dataset's."""
    every = found(act.connection, Release, _releases(dataset))
    served = next((release for release in every if release.number == current), None)
    if current is not None and served is None:
        raise NotFound(f"Dataset ini tidak mempunyai rilis {current}.", where={"release": current})
    at, why = withdrawn or (None, "")
    row = {"current": current, "withdrawn_at": at, "withdrawn_why": why, "version": datasets.c.version + 1}
    if served and served.manifest.get("title"):
        row["title"] = served.manifest["title"]
    if not change(act.connection, datasets, datasets.c.id == dataset, row):
        raise NotFound("Dataset ini tidak ada.", where={"dataset": dataset})
    if act.postgresql:
        terbit.point(driver(act.connection), served, every)


def _next_revision(connection: Connection) -> int:
    bumped = update(registry).values(revision=registry.c.revision + 1).returning(registry.c.revision)
    return connection.execute(bumped).scalar_one()
