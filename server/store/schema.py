"""The tables of the records, the same on SQLite and PostgreSQL. Columns of one type stand together."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from workflow.findings import Severity
from workflow.sop import Access, Kind, Role, Status

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Sorted by code point on both databases."""


class Converted(sa.TypeDecorator[Any]):
    """What Python's value becomes in the database, and back. `nothing` is Python's word for NULL."""

    impl: Any = text
    cache_ok = True

    def __init__(self, write: Callable[[Any], Any], read: Callable[[Any], Any], nothing: Any = None) -> None:
        super().__init__()
        self.write, self.read, self.nothing = write, read, nothing

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return None if value is None or value == self.nothing else self.write(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return self.nothing if value is None else self.read(value)


class Structure(Converted):
    """Kept as JSON."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True


def utc_text(at: datetime) -> str:
    """ISO 8601 in UTC, always of one width, so that the order of texts is the order of time."""
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _without_nul(value: str) -> str:
    """PostgreSQL cannot keep NUL in a text."""
    return value.replace("\x00", "")


def one_of(words: type[StrEnum]) -> Converted:
    return Converted(str, words)


def set_of(words: type[StrEnum]) -> Structure:
    return Structure(sorted, lambda kept: frozenset(map(words, kept)))


words = Converted(_without_nul, str)
words_or_null = Converted(_without_nul, str, nothing="")
moment = Converted(utc_text, datetime.fromisoformat)
mapping = Structure(dict, dict)
sequence = Structure(list, tuple)

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *columns)


def key(name: str, kind: Any = words, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, **more)


def need(kind: Any, *names: str, **more: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False, **more) for name in names]


def may(kind: Any, *names: str, **more: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=True, **more) for name in names]


def refer(name: str, to: str, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, words, sa.ForeignKey(f"{to}.id"), nullable=False, **more)


agencies = table("agencies", key("id"), *need(words, "name", "short_name", "address", "email", "phone"))

people = table(
    "people",
    key("id"),
    *need(words, "username", unique=True),
    *need(words, "name", "password_hash", "email"),
    sa.Column("agency", words_or_null, sa.ForeignKey("agencies.id")),
    *need(set_of(Role), "roles"),
    *need(set_of(Kind), "kinds"),
    *need(sa.Boolean, "active"),
)

tokens = table(
    "tokens",
    key("id"),
    refer("person", "people"),
    *need(words, "secret_hash", unique=True),
    *need(words, "name"),
    *need(moment, "created_at", "expires_at"),
)

login_failures = table(
    "login_failures",
    key("id", sa.Integer),
    *need(words, "username"),
    *need(moment, "at"),
    sa.Index("ix_login_failures_username_at", "username", "at"),
)

holidays = table("holidays", key("day", sa.Date), *need(words, "name", "kind", "source"))

severities = table(
    "severities", key("check"), *need(one_of(Severity), "severity"), *need(words, "reason", "by"), *need(moment, "at")
)

batches = table(
    "batches",
    key("id"),
    refer("agency", "agencies", index=True),
    *need(words, "period", "number", "berita_acara", "created_by"),
    *need(sa.Date, "date"),
    *need(moment, "created_at"),
)

datasets = table(
    "datasets",
    key("id"),
    refer("agency", "agencies"),
    *need(one_of(Kind), "kind"),
    *need(words, "title", "withdrawn_why"),
    *need(moment, "created_at"),
    *need(sa.Integer, "version"),
    *may(sa.Integer, "current"),
    *may(moment, "withdrawn_at"),
    sa.CheckConstraint("current IS NULL OR withdrawn_at IS NULL", name="served_or_withdrawn"),
)

submissions = table(
    "submissions",
    key("id"),
    refer("dataset", "datasets", index=True),
    refer("batch", "batches", index=True),
    refer("agency", "agencies"),
    *need(one_of(Kind), "kind"),
    *need(one_of(Status), "status", index=True),
    *need(one_of(Access), "access"),
    *need(words, "title", "upload", "upload_name", "created_by", "changed_by", "job_status", "job_stage"),
    *need(sa.Integer, "round", "version", "build"),
    *need(sa.BigInteger, "upload_bytes", "job_done", "job_total"),
    *need(moment, "created_at", "changed_at"),
    *need(sequence, "missing_metadata"),
    *need(mapping, "metadata", "reading"),
    *may(words, "content_hash", "submitted_by", "verified_by", "approved_by", "candidate", "idempotency_key"),
    *may(words, "assigned_to"),
    *may(moment, "publish_at", "entered_at", "job_updated_at", "assigned_at"),
    *may(mapping, "job_error", "manifest"),
    sa.UniqueConstraint("created_by", "idempotency_key"),
    sa.CheckConstraint("verified_by <> submitted_by", name="submitter_does_not_verify"),
    sa.CheckConstraint("approved_by <> submitted_by", name="submitter_does_not_approve"),
    sa.CheckConstraint("approved_by <> verified_by", name="verifier_does_not_approve"),
)

documents = table(
    "documents",
    key("id", sa.Integer),
    *need(words, "sha256", index=True),
    *need(words, "kind", "name", "media_type", "created_by", "number"),
    *need(sa.BigInteger, "bytes"),
    *need(moment, "created_at"),
    *may(words, "submission", "batch", index=True),
)

findings = table(
    "findings",
    refer("submission", "submissions", primary_key=True),
    key("position", sa.Integer),
    *need(words, "key", "check", "principle", "severity", "message", "why", "mend"),
    *may(sa.BigInteger, "row"),
    *may(words, "column", "suggestion"),
    *may(mapping, "geometry"),
    sa.Index("ix_findings_submission_key", "submission", "key"),
)

waivers = table(
    "waivers",
    refer("submission", "submissions", primary_key=True),
    key("key"),
    *need(words, "by", "why"),
    *need(moment, "at"),
)

notes = table(
    "notes",
    key("id"),
    refer("submission", "submissions", index=True),
    *need(words, "author", "text", "kind"),
    *need(moment, "at"),
    *need(mapping, "place"),
    *may(moment, "resolved_at"),
    *may(words, "resolved_by", "answers_to"),
    *may(sa.Integer, "round"),
)

notices = table(
    "notices",
    key("id", sa.Integer),
    refer("person", "people", index=True),
    *need(words, "mark", unique=True),
    *need(words, "kind", "text"),
    *need(moment, "at"),
    *may(words, "submission"),
    *may(moment, "read_at", "mailed_at"),
)

delegations = table(
    "delegations",
    key("id"),
    refer("person", "people", index=True),
    refer("on_behalf_of", "people"),
    *need(words, "capacity", "paper", "created_by"),
    *need(sa.Date, "since", "until"),
    *need(moment, "created_at"),
    sa.CheckConstraint("person <> on_behalf_of", name="to_another"),
)

planned_data = table(
    "planned_data",
    key("id"),
    refer("agency", "agencies", index=True),
    *need(words, "period", "title", "kind", "dssd", "unit", "frequency", "source", "created_by"),
    *need(moment, "created_at"),
    *may(words, "dataset"),
    *may(sa.Date, "due"),
)

events = table(
    "events",
    key("id", sa.Integer),
    refer("submission", "submissions", index=True),
    *need(words, "dataset", index=True),
    *need(words, "step", "actor", "note"),
    *need(one_of(Status), "source", "target"),
    *need(moment, "at"),
    *need(sa.Integer, "round"),
    *need(mapping, "detail"),
    *may(words, "content_hash"),
)

releases = table(
    "releases",
    refer("dataset", "datasets", primary_key=True),
    key("number", sa.Integer),
    refer("submission", "submissions", unique=True),
    *need(words, "content_hash", index=True),
    *need(words, "folder", "published_by"),
    *need(moment, "published_at"),
    *need(mapping, "manifest"),
)

ledger = table(
    "ledger",
    key("seq", sa.Integer, autoincrement=False),
    *need(text, "at", "actor", "action", "object", "detail"),
    *need(text, "prev", "hash", unique=True),
)

registry = table(
    "registry",
    key("id", sa.Integer, autoincrement=False),
    *need(sa.Integer, "revision"),
    sa.CheckConstraint("id = 1", name="one_row"),
)
