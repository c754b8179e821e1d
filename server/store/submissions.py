"""Submissions, their builds, findings and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from server.store.chain import Store
from server.store.datasets import add_dataset
from server.store.late import changed
from server.store.schema import batches, findings, notes, submissions, waivers
from workflow.dataset import FindingCounts, Submission
from workflow.errors import NotFound
from workflow.findings import Severity
from workflow.sop import Access, Kind, Status
from workflow.store import Dataset, FindingRecord, Job, Note, SubmissionRecord

UNFINISHED = ("queued", "running")
NO_CANDIDATE = {"content_hash": None, "candidate": None, "manifest": None}


class SubmissionRecords(Store):
    def add_submission(
        self, record: SubmissionRecord, *, new_dataset: Dataset | None, idempotency_key: str | None
    ) -> SubmissionRecord:
        """Raises Conflict where `new_dataset` has the id of another."""
        with self._act() as act:
            if earlier := _made_by(act.connection, record.created_by, idempotency_key):
                return earlier
            if new_dataset:
                add_dataset(act, new_dataset, record.created_by)
            row = _everything(record) | {"idempotency_key": idempotency_key}
            act.connection.execute(insert(submissions).values(row))
            move = record.move
            said = {"dataset": move.dataset, "batch": move.batch, "upload": record.upload}
            act.tell(record.created_at, record.created_by, "submission.add", move.id, **said, status=move.status.value)
            return the_submission(act.connection, move.id)

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
        exact = {"batch": batch, "agency": agency, "dataset": dataset}
        asked = [submissions.c[name] == value for name, value in exact.items() if value is not None]
        if statuses:
            asked.append(submissions.c.status.in_([status.value for status in statuses]))
        with self._read() as connection:
            return _read(connection, *asked)

    def due_publications(self, now: datetime) -> Sequence[SubmissionRecord]:
        scheduled = and_(submissions.c.status == Status.APPROVED.value, submissions.c.publish_at <= now)
        with self._read() as connection:
            return _read(connection, scheduled)

    def change_submission(
        self, record: SubmissionRecord, *, expected_version: int, actor: str, at: datetime
    ) -> SubmissionRecord:
        id = record.move.id
        row = _content(record) | NO_CANDIDATE | _job(Job(updated_at=at))
        row |= {"changed_by": actor, "changed_at": at}
        counted = {"version": submissions.c.version + 1, "build": submissions.c.build + 1}
        with self._act() as act:
            expected = and_(submissions.c.id == id, submissions.c.version == expected_version)
            if not act.connection.execute(update(submissions).where(expected).values(row | counted)).rowcount:
                raise changed(act.connection, id)
            act.connection.execute(delete(findings).where(findings.c.submission == id))
            saved = the_submission(act.connection, id)
            said = {"upload": saved.upload, "version": saved.move.version, "status": saved.move.status.value}
            act.tell(at, actor, "submission.change", id, **said)
            return saved

    def set_job(self, submission: str, build: int, job: Job) -> None:
        with self._write() as connection:
            connection.execute(update(submissions).where(_build(submission, build)).values(_job(job)))

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
        """The job is done with it. A build that ran twice changes nothing where it finished with another hash."""
        first = or_(submissions.c.content_hash.is_(None), submissions.c.content_hash == content_hash)
        built = {"content_hash": content_hash, "candidate": candidate, "manifest": dict(manifest)}
        done = {"job_status": "done", "job_error": None, "job_updated_at": at}
        with self._write() as connection:
            wanted = update(submissions).where(_build(submission, build), first)
            if not connection.execute(wanted.values(built | done)).rowcount:
                return False
            _replace_findings(connection, submission, findings)
            return True

    def unfinished_builds(self) -> Sequence[tuple[str, int]]:
        wanted = select(submissions.c.id, submissions.c.build).where(submissions.c.job_status.in_(UNFINISHED))
        with self._read() as connection:
            return [(row.id, row.build) for row in connection.execute(wanted.order_by(submissions.c.changed_at))]

    def findings(self, submission: str) -> Sequence[FindingRecord]:
        with self._read() as connection:
            return _findings(connection, findings.c.submission == submission)

    def waive(self, submission: str, key: str, *, actor: str, at: datetime, reason: str) -> FindingRecord:
        this = and_(findings.c.submission == submission, findings.c.key == key)
        waiver = and_(waivers.c.submission == submission, waivers.c.key == key)
        with self._act() as act:
            found = _findings(act.connection, this)
            if not found:
                raise NotFound("Temuan ini tidak ada lagi; berkasnya mungkin sudah diganti.", where={"key": key})
            act.connection.execute(delete(waivers).where(waiver))
            act.connection.execute(insert(waivers).values(submission=submission, key=key, by=actor, at=at, why=reason))
            content_hash = act.connection.scalar(
                select(submissions.c.content_hash).where(submissions.c.id == submission)
            )
            said = {"key": key, "check": found[0].check, "reason": reason, "content_hash": content_hash}
            act.tell(at, actor, "finding.waive", submission, **said)
            return _findings(act.connection, this)[0]

    def add_note(self, note: Note) -> None:
        """A note that is there already may only be resolved."""
        with self._act() as act:
            known = update(notes).where(notes.c.id == note.id).values(resolved_at=note.resolved_at)
            if not act.connection.execute(known).rowcount:
                act.connection.execute(insert(notes).values(vars(note) | {"place": dict(note.place)}))
            action = "note.resolve" if note.resolved_at else "note.add"
            act.tell(note.resolved_at or note.at, note.author, action, note.submission, note=note.id, kind=note.kind)

    def notes(self, submission: str) -> Sequence[Note]:
        wanted = select(notes).where(notes.c.submission == submission).order_by(notes.c.at, notes.c.id)
        with self._read() as connection:
            return [Note(**row._asdict()) for row in connection.execute(wanted)]


def the_submission(connection: Connection, id: str) -> SubmissionRecord:
    (record,) = _read(connection, submissions.c.id == id)
    return record


def _made_by(connection: Connection, person: str, key: str | None) -> SubmissionRecord | None:
    if key is None:
        return None
    same = and_(submissions.c.created_by == person, submissions.c.idempotency_key == key)
    return next(iter(_read(connection, same)), None)


def _build(submission: str, build: int) -> ColumnElement[bool]:
    return and_(submissions.c.id == submission, submissions.c.build == build)


def _everything(record: SubmissionRecord) -> dict[str, Any]:
    kept = vars(record.move) | vars(record) | _content(record) | _job(record.job)
    kept |= {"status": record.move.status.value}
    return {name: value for name, value in kept.items() if name in submissions.c}


def _content(record: SubmissionRecord) -> dict[str, Any]:
    """What a Produsen Data says of a submission, the file included."""
    return {
        "kind": record.move.kind.value,
        "access": record.move.access.value,
        "missing_metadata": list(record.move.missing_metadata),
        "title": record.title,
        "metadata": dict(record.metadata),
        "reading": dict(record.reading),
        "upload": record.upload,
        "upload_name": record.upload_name,
        "upload_bytes": record.upload_bytes,
    }


def _job(job: Job) -> dict[str, Any]:
    error = dict(job.error) if job.error is not None else None
    return {f"job_{name}": value for name, value in (vars(job) | {"error": error}).items()}


def _read(connection: Connection, *asked: ColumnElement[bool]) -> list[SubmissionRecord]:
    """The newest change of status first."""
    newest = (func.coalesce(submissions.c.entered_at, submissions.c.created_at).desc(), submissions.c.created_at.desc())
    joined = submissions.join(batches, batches.c.id == submissions.c.batch)
    wanted = select(submissions, batches.c.berita_acara, batches.c.date.label("berita_acara_date"))
    rows = connection.execute(wanted.select_from(joined).where(*asked).order_by(*newest, submissions.c.id)).all()
    counts = _counts(connection, asked) if rows else {}
    return [_record(row, counts.get(row.id, FindingCounts())) for row in rows]


def _counts(connection: Connection, asked: Sequence[ColumnElement[bool]]) -> dict[str, FindingCounts]:
    """Of each submission asked for. A waiver never opens a blocking finding."""
    blocks = findings.c.severity == Severity.BLOCKS.value
    group = case((blocks, "blocks"), (waivers.c.key.is_not(None), "waived"), else_=findings.c.severity).label("group")
    wanted = (
        select(findings.c.submission, group, func.count().label("number"))
        .select_from(findings.outerjoin(waivers, _waived()))
        .where(findings.c.submission.in_(select(submissions.c.id).where(*asked)))
        .group_by(findings.c.submission, literal_column('"group"'))
    )
    counted: dict[str, dict[str, int]] = {}
    for row in connection.execute(wanted):
        counted.setdefault(row.submission, {})[row.group] = row.number
    return {submission: FindingCounts(**numbers) for submission, numbers in counted.items()}


def _waived() -> ColumnElement[bool]:
    return and_(waivers.c.submission == findings.c.submission, waivers.c.key == findings.c.key)


def _record(row: Row[Any], counts: FindingCounts) -> SubmissionRecord:
    kept = row._asdict()
    move = {field.name: kept[field.name] for field in fields(Submission) if field.name in kept}
    move |= {
        "kind": Kind(kept["kind"]),
        "status": Status(kept["status"]),
        "access": Access(kept["access"]),
        "missing_metadata": tuple(kept["missing_metadata"]),
        "findings": counts,
        "has_berita_acara": bool(kept["berita_acara"]),
    }
    job = {field.name: kept[f"job_{field.name}"] for field in fields(Job)}
    record = {field.name: kept[field.name] for field in fields(SubmissionRecord) if field.name in kept}
    return SubmissionRecord(**record | {"move": Submission(**move), "job": Job(**job)})


def _findings(connection: Connection, which: ColumnElement[bool]) -> list[FindingRecord]:
    waived = (waivers.c.by.label("waived_by"), waivers.c.at.label("waived_at"), waivers.c.why.label("waived_why"))
    columns = [column for column in findings.c if column.name not in ("submission", "position")]
    wanted = select(*columns, *waived).select_from(findings.outerjoin(waivers, _waived()))
    rows = connection.execute(wanted.where(which).order_by(findings.c.position))
    return [FindingRecord(**row._asdict() | {"waived_why": row.waived_why or ""}) for row in rows]


def _replace_findings(connection: Connection, submission: str, found: Sequence[FindingRecord]) -> None:
    connection.execute(delete(findings).where(findings.c.submission == submission))
    rows = [
        {name: value for name, value in vars(finding).items() if not name.startswith("waived_")}
        | {
            "submission": submission,
            "position": position,
            "geometry": dict(finding.geometry) if finding.geometry is not None else None,
        }
        for position, finding in enumerate(found)
    ]
    if rows:
        connection.execute(insert(findings), rows)
