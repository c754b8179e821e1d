"""Submissions, their builds and findings."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from server.store.chain import Store
from server.store.datasets import add_batch, add_dataset
from server.store.late import changed, first, told
from server.store.notes import to_be_fixed
from server.store.rows import change, found, made, matching, row_of
from server.store.schema import batches, findings, submissions, waivers
from workflow.dataset import FindingCounts, Submission
from workflow.errors import Conflict, NotFound
from workflow.findings import Severity
from workflow.sop import OPEN, Status
from workflow.store import Batch, Dataset, FindingRecord, Job, SubmissionRecord

UNFINISHED = ("queued", "running")
NO_CANDIDATE = {"content_hash": None, "candidate": None, "manifest": None}
CONTENT = (
    *("kind", "access", "missing_metadata", "title", "metadata", "reading"),
    *("upload", "upload_name", "upload_bytes"),
)
"""What a Produsen Data says of a submission, the file included."""


class SubmissionRecords(Store):
    def add_submission(
        self,
        record: SubmissionRecord,
        *,
        new_dataset: Dataset | None,
        idempotency_key: str | None,
        new_batch: Batch | None = None,
    ) -> SubmissionRecord:
        """The record, or the one that the same person's same key already made.

        Raises Conflict where `new_dataset` has the id of another, and where a known dataset has one under way.
        """
        move, by, at = record.move, record.created_by, record.created_at
        with self._act() as act:
            if earlier := _made_with(act.connection, by, idempotency_key):
                return earlier
            if new_batch:
                add_batch(act, new_batch, by, at)
            if new_dataset:
                add_dataset(act, new_dataset, by)
            else:
                _refuse_second(act.connection, move.dataset)
            row = _everything(record) | {"idempotency_key": idempotency_key}
            act.connection.execute(insert(submissions).values(row))
            said = {"dataset": move.dataset, "batch": move.batch, "upload": record.upload, "status": move.status.value}
            if why := record.metadata.get("outside_list"):
                said["outside_list"] = why
            act.tell(at, by, "submission.add", move.id, **said)
            return _the(act.connection, move.id)

    def submission_made_with(self, person: str, idempotency_key: str | None) -> SubmissionRecord | None:
        with self._read() as connection:
            return _made_with(connection, person, idempotency_key)

    def submission(self, id: str) -> SubmissionRecord | None:
        with self._read() as connection:
            return next(iter(_read(connection, submissions.c.id == id)), None)

    def submissions(
        self,
        *,
        statuses: Sequence[Status] = (),
        batch: str | None = None,
        agency: str | None = None,
        dataset: str | None = None,
    ) -> Sequence[SubmissionRecord]:
        asked = [matching(submissions, batch=batch, agency=agency, dataset=dataset)]
        if statuses:
            asked.append(submissions.c.status.in_(statuses))
        with self._read() as connection:
            return _read(connection, *asked)

    def due_publications(self, now: datetime) -> Sequence[SubmissionRecord]:
        """Approved submissions whose scheduled moment has come."""
        with self._read() as connection:
            return _read(connection, submissions.c.status == Status.APPROVED, submissions.c.publish_at <= now)

    def change_submission(
        self,
        record: SubmissionRecord,
        *,
        expected_version: int,
        actor: str,
        at: datetime,
        detail: Mapping[str, Any] | None = None,
    ) -> SubmissionRecord:
        """Saves other content (file, metadata, reading): build + 1, version + 1, no content hash, findings gone."""
        id, everything = record.move.id, _everything(record)
        row: dict[str, Any] = {name: everything[name] for name in CONTENT} | NO_CANDIDATE | _job(Job(updated_at=at))
        row |= {"changed_by": actor, "changed_at": at}
        row |= {"version": submissions.c.version + 1, "build": submissions.c.build + 1}
        with self._act() as act:
            if not change(act.connection, submissions, matching(submissions, id=id, version=expected_version), row):
                raise changed(act.connection, id)
            act.connection.execute(delete(findings).where(findings.c.submission == id))
            saved = _the(act.connection, id)
            said = {"upload": saved.upload, "version": saved.move.version, "status": saved.move.status.value}
            act.tell(at, actor, "submission.change", id, **said, **(detail or {}))
            return saved

    def keep_reading(
        self, id: str, reading: Mapping[str, Any], *, expected_version: int, actor: str, at: datetime
    ) -> SubmissionRecord:
        """That somebody made sure of how the file is read; the candidate stays."""
        with self._act() as act:
            this = matching(submissions, id=id, version=expected_version)
            if not change(act.connection, submissions, this, {"reading": dict(reading)}):
                raise changed(act.connection, id)
            saved = _the(act.connection, id)
            act.tell(at, actor, "submission.make_sure", id, content_hash=saved.move.content_hash)
            return saved

    def set_job(self, submission: str, build: int, job: Job) -> None:
        with self._write() as connection:
            change(connection, submissions, matching(submissions, id=submission, build=build), _job(job))

    def finish_build(
        self,
        submission: str,
        build: int,
        *,
        content_hash: str,
        candidate: str,
        manifest: Mapping[str, Any],
        findings: Sequence[FindingRecord],
        at: datetime,
    ) -> bool:
        """Candidate, hash and findings at once, and the job is done; waivers of findings with the same key are kept.

        False, and nothing is changed, where a newer build was asked for meanwhile or this one ran twice and finished
        with another hash.
        """
        first = sa.or_(submissions.c.content_hash.is_(None), submissions.c.content_hash == content_hash)
        this = and_(matching(submissions, id=submission, build=build), first)
        built = {"content_hash": content_hash, "candidate": candidate, "manifest": manifest}
        done = {"job_status": "done", "job_error": None, "job_updated_at": at}
        with self._write() as connection:
            if not change(connection, submissions, this, built | done):
                return False
            _replace_findings(connection, submission, findings)
            return True

    def unfinished_builds(self) -> Sequence[tuple[str, int]]:
        """(submission, build) whose job is queued or running."""
        wanted = select(submissions.c.id, submissions.c.build).where(submissions.c.job_status.in_(UNFINISHED))
        with self._read() as connection:
            return [(row.id, row.build) for row in connection.execute(wanted.order_by(submissions.c.changed_at))]

    def findings(self, submission: str) -> Sequence[FindingRecord]:
        return self._all(FindingRecord, _findings(submission=submission))

    def finding(self, submission: str, key: str) -> FindingRecord | None:
        return self._first(FindingRecord, _findings(submission=submission, key=key))

    def waive(self, submission: str, key: str, *, actor: str, at: datetime, reason: str) -> FindingRecord:
        """Raises NotFound, and Changed where somebody else did. Whether it may be waived is decided before."""
        this = {"submission": submission, "key": key}
        with self._act() as act:
            if not (known := found(act.connection, FindingRecord, _findings(**this))):
                raise NotFound("Temuan ini tidak ada lagi; berkasnya mungkin sudah diganti.", where={"key": key})
            if (by := known[0].waived_by) and by != actor and (when := known[0].waived_at):
                raise first(act.connection, by, when, "sudah mengesampingkan temuan ini")
            act.connection.execute(delete(waivers).where(matching(waivers, **this)))
            act.connection.execute(insert(waivers).values(this | {"by": actor, "at": at, "why": reason}))
            seen = act.connection.scalar(select(submissions.c.content_hash).where(submissions.c.id == submission))
            said = {"key": key, "check": known[0].check, "reason": reason, "content_hash": seen}
            act.tell(at, actor, "finding.waive", submission, **said)
            return found(act.connection, FindingRecord, _findings(**this))[0]

    def told(self, fault: Conflict, submission: str) -> Conflict:
        """A fault that says who did what last, and when, as far as it does not."""
        with self._read() as connection:
            return fault if "by" in fault.where else told(connection, fault, submission)


def _everything(record: SubmissionRecord) -> dict[str, Any]:
    return row_of(submissions, record.move) | row_of(submissions, record) | _job(record.job)


def _job(job: Job) -> dict[str, Any]:
    return {f"job_{name}": value for name, value in vars(job).items()}


def _the(connection: Connection, id: str) -> SubmissionRecord:
    (record,) = _read(connection, submissions.c.id == id)
    return record


def _made_with(connection: Connection, person: str, key: str | None) -> SubmissionRecord | None:
    made = matching(submissions, created_by=person, idempotency_key=key)
    return next(iter(_read(connection, made)), None) if key else None


def _refuse_second(connection: Connection, dataset: str) -> None:
    """Raises Conflict where this dataset has a submission under way."""
    under_way = _read(connection, submissions.c.dataset == dataset, submissions.c.status.in_(OPEN))
    if under_way:
        where = {"submission": under_way[0].move.id}
        raise Conflict.of("under_way", dataset=dataset, where=where)


def _read(connection: Connection, *asked: ColumnElement[bool]) -> list[SubmissionRecord]:
    """The newest change of status first."""
    newest = (func.coalesce(submissions.c.entered_at, submissions.c.created_at).desc(), submissions.c.created_at.desc())
    joined = submissions.join(batches, batches.c.id == submissions.c.batch)
    wanted = select(submissions, batches.c.berita_acara, batches.c.date.label("berita_acara_date"))
    rows = connection.execute(wanted.select_from(joined).where(*asked).order_by(*newest, submissions.c.id)).all()
    counts = _counts(connection, asked) if rows else {}
    fixing = to_be_fixed(connection, asked) if rows else {}
    return [_record(row, counts.get(row.id, FindingCounts()), fixing.get(row.id, ())) for row in rows]


def _counts(connection: Connection, asked: Sequence[ColumnElement[bool]]) -> dict[str, FindingCounts]:
    """Of each submission asked for. A waiver never opens a blocking finding."""
    blocks = findings.c.severity == Severity.BLOCKS
    group = sa.case((blocks, "blocks"), (waivers.c.key.is_not(None), "waived"), else_=findings.c.severity).label(
        "group"
    )
    wanted = (
        select(findings.c.submission, group, func.count().label("number"))
        .select_from(_JUDGED)
        .where(findings.c.submission.in_(select(submissions.c.id).where(*asked)))
        .group_by(findings.c.submission, sa.literal_column('"group"'))
    )
    counted: dict[str, dict[str, int]] = {}
    for row in connection.execute(wanted):
        counted.setdefault(row.submission, {})[row.group] = row.number
    return {submission: FindingCounts(**numbers) for submission, numbers in counted.items()}


def _record(row: sa.Row[Any], counts: FindingCounts, must_fix: tuple[str, ...]) -> SubmissionRecord:
    kept = row._asdict() | {"findings": counts, "must_fix": must_fix, "has_berita_acara": bool(row.berita_acara)}
    job = {name.removeprefix("job_"): value for name, value in kept.items() if name.startswith("job_")}
    return made(SubmissionRecord, kept | {"move": made(Submission, kept), "job": made(Job, job)})


_JUDGED = findings.outerjoin(
    waivers, and_(waivers.c.submission == findings.c.submission, waivers.c.key == findings.c.key)
)


def _findings(**which: str) -> sa.Select[Any]:
    waived = (waivers.c.by.label("waived_by"), waivers.c.at.label("waived_at"))
    why = func.coalesce(waivers.c.why, "").label("waived_why")
    wanted = select(findings, *waived, why).select_from(_JUDGED)
    return wanted.where(matching(findings, **which)).order_by(findings.c.position)


def _replace_findings(connection: Connection, submission: str, found: Sequence[FindingRecord]) -> None:
    connection.execute(delete(findings).where(findings.c.submission == submission))
    if found:
        places = ({"submission": submission, "position": position} for position in range(len(found)))
        rows = [row_of(findings, finding) | place for finding, place in zip(found, places, strict=True)]
        connection.execute(insert(findings), rows)
