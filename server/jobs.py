"""The worker: durable jobs that go on after a kill where they were, and the scheduled publications."""

import contextlib
import logging
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, SetWorkflowID

from server.build import Build, Outdated, broken_build
from server.documents.issuing import issue
from server.documents.wording import LETTERS
from server.files import alone
from server.intake.sandbox import sweep
from server.journey import Journey
from server.mail import deliver
from server.notices import Herald
from server.release.publishing import bump_revision
from workflow.errors import Conflict, SebarError

LOG = logging.getLogger(__name__)

QUEUE = "build"
VERSION = "1"
"""Of the steps of `build`: it changes only when an open job could not go on with the new code."""

STUCK = frozenset({"ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})


class Worker:
    """One worker slot. `slot` is stable, so that what a killed worker left is found by its successor."""

    def __init__(self, journey: Journey, slot: int) -> None:
        self.journey = journey
        self.slot = slot
        self.stopping = threading.Event()
        self.printed = 0
        self.herald = Herald(journey)
        self.refused: set[str] = set()
        self.swept = datetime.min.replace(tzinfo=UTC)

    def run(self) -> None:
        """Works until SIGTERM or SIGINT. Raises Conflict where this slot has a worker already."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stopping.set())
        with contextlib.ExitStack() as held:
            try:  # two of one slot would each take up what the other is doing
                held.enter_context(alone(self.journey.settings.home / "locks" / f".worker-{self.slot}", wait=False))
            except BlockingIOError:
                raise Conflict.of("slot_taken", slot=self.slot) from None
            sweep()
            self.launch()
            threading.Thread(target=self.mail, name="mail", daemon=True).start()
            try:
                while not self.stopping.wait(0.25):
                    self.look_around()
            finally:
                DBOS.destroy()

    def launch(self) -> None:
        config: DBOSConfig = {
            "name": "sebar",
            "executor_id": f"worker-{self.slot}",
            "application_version": VERSION,
            "log_level": "ERROR",
            "scheduler_polling_interval_sec": 3600.0,
        }
        if self.journey.settings.database_url:
            config["system_database_url"] = self.journey.settings.database_url
        else:
            config["system_database_engine"] = _sqlite_engine(str(self.journey.settings.home / "jobs.sqlite"))
        DBOS(config=config)
        self._register()
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=0.2)

    def _register(self) -> None:
        records, settings = self.journey.records, self.journey.settings

        # A stage raises only where the database is away; it is tried for four minutes.
        @DBOS.step(name="build_step", retries_allowed=True, max_attempts=8, interval_seconds=1, backoff_rate=2)
        def step(submission: str, build: int, n: int) -> str:
            return _taken(Build(records, settings, submission, build), n)

        @DBOS.workflow(name="build", max_recovery_attempts=5)
        def build(submission: str, number: int) -> str:
            for n in range(len(Build.stage_names)):
                if (outcome := step(submission, number, n)) != "done":
                    return outcome
            return "done"

        self._build: Any = build

    def look_around(self) -> None:
        """Starts what is asked for, ends what cannot go on, publishes what is due. Twice is once."""
        try:
            for submission, number in self.journey.records.unfinished_builds():
                self._start(submission, number)
            self._publish_due()
            # A process may have died between its commit and its announcement.
            bump_revision(self.journey.settings.home, self.journey.records.revision())
            self.print_documents()
            self._sweep()
            self.herald.look_around()
        except (SebarError, sa.exc.SQLAlchemyError, OSError) as error:
            LOG.error("the worker looks around again in 2 s, for the database or the disk: %s", error)
            time.sleep(2)

    def _sweep(self) -> None:
        """Once an hour."""
        now = self.journey.clock()
        if now >= self.swept + timedelta(hours=1):
            self.swept = now
            self.journey.incoming.sweep(now)

    def _publish_due(self) -> None:
        refused = self.journey.publish_due()
        for id in refused.keys() - self.refused:
            LOG.error("submission %s is due and cannot be published: %s", id, refused[id])
        self.refused = set(refused)

    def mail(self) -> None:
        """In a thread of its own: a mail server that does not answer holds nothing up."""
        pause = 2.0
        while not self.stopping.wait(pause):
            try:
                deliver(self.journey)
                pause = 2.0
            except (OSError, sa.exc.SQLAlchemyError) as away:
                pause = min(pause * 2, 300.0)
                LOG.warning("mail is tried again in %d s: %s", pause, away)

    def print_documents(self) -> None:
        """The printed output of every step that the ledger names and that has none yet."""
        for entry in self.journey.records.ledger(self.printed):
            if entry.action.removeprefix("submission.") in LETTERS:
                self._print_documents_of(entry.object)
            self.printed = entry.seq

    def _print_documents_of(self, submission: str) -> None:
        records, settings = self.journey.records, self.journey.settings
        try:
            for event in records.events(submission=submission):
                issue(records, settings, event)
        except Exception:  # one that cannot be printed must not keep the others, nor the builds, from going on
            LOG.exception("a document of %s could not be printed; it is tried again at the next start", submission)

    def _start(self, submission: str, number: int) -> None:
        id = f"build:{submission}:{number}"
        status = DBOS.get_workflow_status(id)
        if status is None:
            with SetWorkflowID(id):
                DBOS.enqueue_workflow(QUEUE, self._build, submission, number)
        elif status.status in STUCK:
            LOG.error("job %s ended as %s", id, status.status)
            Build(self.journey.records, self.journey.settings, submission, number).fail(broken_build())


def _taken(build: Build, n: int) -> str:
    """Takes one stage: done, failed (the sentence is kept for people) or outdated. Raises if the database is away."""
    try:
        if build.record.job.status == "failed":  # and the worker was killed before it could say so to DBOS
            return "failed"
        build.steps[n]()
    except SebarError as error:
        build.fail(error)
        return "failed"
    except Outdated:
        build.drop()
        return "outdated"
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as away:
        LOG.error("stage %s of %s waits for the database: %s", Build.stage_names[n], build.submission, away)
        raise
    except Exception:
        LOG.exception("stage %s of %s broke", Build.stage_names[n], build.submission)
        build.fail(broken_build())
        return "failed"
    return "done"


def _sqlite_engine(path: str) -> sa.Engine:
    """DBOS's own engine; below SQLite 3.42 `unixepoch('subsec')` is NULL, so it is registered here."""
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.create_function("unixepoch", -1, lambda *_: time.time())
        with contextlib.closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")

    return engine
