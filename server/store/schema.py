"""The tables of the records, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

text = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorted by code point on both databases."""


class Words(TypeDecorator[str]):
    """Text without NUL, which PostgreSQL cannot keep."""

    impl = text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else value.replace("\x00", "")


class Moment(TypeDecorator[datetime]):
    """A moment in UTC as ISO 8601 text of one width, so that text order is time order. Refuses naive ones."""

    impl = text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return value if value is None else utc_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return value if value is None else datetime.fromisoformat(value)


def utc_text(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


json = JSON(none_as_null=True)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def need(name: str, kind: Any = Words, *rest: Any, **kw: Any) -> Column[Any]:
    return Column(name, kind, *rest, nullable=False, **kw)


def may(name: str, kind: Any = Words, *rest: Any, **kw: Any) -> Column[Any]:
    return Column(name, kind, *rest, nullable=True, **kw)


agencies = Table(
    "agencies",
    metadata,
    need("id", Words, primary_key=True),
    need("name"),
    need("short_name"),
    need("address"),
    need("email"),
    need("phone"),
)

people = Table(
    "people",
    metadata,
    need("id", Words, primary_key=True),
    need("username", Words, unique=True),
    need("name"),
    may("agency", Words, ForeignKey("agencies.id")),
    need("roles", json),
    need("kinds", json),
    need("password_hash"),
    need("email"),
    need("active", Boolean),
)

tokens = Table(
    "tokens",
    metadata,
    need("id", Words, primary_key=True),
    need("person", Words, ForeignKey("people.id")),
    need("name"),
    need("secret_hash", Words, unique=True),
    need("created_at", Moment),
    need("expires_at", Moment),
)

login_failures = Table(
    "login_failures",
    metadata,
    need("id", Integer, primary_key=True),
    need("username"),
    need("at", Moment),
    Index("ix_login_failures_username_at", "username", "at"),
)

holidays = Table(
    "holidays",
    metadata,
    need("day", Date, primary_key=True),
    need("name"),
    need("kind"),
    need("source"),
)

batches = Table(
    "batches",
    metadata,
    need("id", Words, primary_key=True),
    need("agency", Words, ForeignKey("agencies.id"), index=True),
    need("period"),
    need("number"),
    need("date", Date),
    need("berita_acara"),
    need("created_by"),
    need("created_at", Moment),
)

datasets = Table(
    "datasets",
    metadata,
    need("id", Words, primary_key=True),
    need("agency", Words, ForeignKey("agencies.id")),
    need("title"),
    need("kind"),
    need("created_at", Moment),
    may("current", Integer),
    may("withdrawn_at", Moment),
    need("withdrawn_why"),
    need("version", Integer),
    CheckConstraint("current IS NULL OR withdrawn_at IS NULL", name="served_or_withdrawn"),
)

submissions = Table(
    "submissions",
    metadata,
    need("id", Words, primary_key=True),
    need("dataset", Words, ForeignKey("datasets.id"), index=True),
    need("batch", Words, ForeignKey("batches.id"), index=True),
    need("agency", Words, ForeignKey("agencies.id")),
    need("kind"),
    need("status", Words, index=True),
    need("round", Integer),
    need("access"),
    need("missing_metadata", json),
    may("content_hash"),
    may("submitted_by"),
    may("verified_by"),
    may("approved_by"),
    may("publish_at", Moment),
    may("entered_at", Moment),
    need("version", Integer),
    need("title"),
    need("metadata", json),
    need("reading", json),
    need("upload"),
    need("upload_name"),
    need("upload_bytes", BigInteger),
    need("created_by"),
    need("created_at", Moment),
    need("changed_by"),
    need("changed_at", Moment),
    need("build", Integer),
    need("job_status"),
    need("job_stage"),
    need("job_done", BigInteger),
    need("job_total", BigInteger),
    may("job_error", json),
    may("job_updated_at", Moment),
    may("candidate"),
    may("manifest", json),
    may("idempotency_key"),
    UniqueConstraint("created_by", "idempotency_key"),
    CheckConstraint("verified_by <> submitted_by", name="submitter_does_not_verify"),
    CheckConstraint("approved_by <> submitted_by", name="submitter_does_not_approve"),
    CheckConstraint("approved_by <> verified_by", name="verifier_does_not_approve"),
)

documents = Table(
    "documents",
    metadata,
    need("id", Integer, primary_key=True),
    need("sha256", Words, index=True),
    need("kind"),
    need("name"),
    need("media_type"),
    need("bytes", BigInteger),
    need("created_at", Moment),
    need("created_by"),
    need("number"),
    may("submission", Words, index=True),
    may("batch", Words, index=True),
)

findings = Table(
    "findings",
    metadata,
    need("submission", Words, ForeignKey("submissions.id"), primary_key=True),
    need("position", Integer, primary_key=True),
    need("key"),
    need("check"),
    need("principle"),
    need("severity"),
    need("message"),
    need("why"),
    need("mend"),
    may("row", BigInteger),
    may("column"),
    may("suggestion"),
    may("geometry", json),
    Index("ix_findings_submission_key", "submission", "key"),
)

waivers = Table(
    "waivers",
    metadata,
    need("submission", Words, ForeignKey("submissions.id"), primary_key=True),
    need("key", Words, primary_key=True),
    need("by"),
    need("at", Moment),
    need("why"),
)

notes = Table(
    "notes",
    metadata,
    need("id", Words, primary_key=True),
    need("submission", Words, ForeignKey("submissions.id"), index=True),
    need("author"),
    need("at", Moment),
    need("text"),
    need("kind"),
    need("place", json),
    may("resolved_at", Moment),
)

events = Table(
    "events",
    metadata,
    need("id", Integer, primary_key=True),
    need("submission", Words, ForeignKey("submissions.id"), index=True),
    need("dataset", Words, index=True),
    need("step"),
    need("source"),
    need("target"),
    need("actor"),
    need("at", Moment),
    need("note"),
    may("content_hash"),
    need("round", Integer),
    need("detail", json),
)

releases = Table(
    "releases",
    metadata,
    need("dataset", Words, ForeignKey("datasets.id"), primary_key=True),
    need("number", Integer, primary_key=True),
    need("submission", Words, ForeignKey("submissions.id"), unique=True),
    need("content_hash", Words, index=True),
    need("folder"),
    need("published_at", Moment),
    need("published_by"),
    need("manifest", json),
)

ledger = Table(
    "ledger",
    metadata,
    need("seq", Integer, primary_key=True, autoincrement=False),
    need("at", text),
    need("actor", text),
    need("action", text),
    need("object", text),
    need("detail", text),
    need("prev", text, unique=True),
    need("hash", text, unique=True),
)

registry = Table(
    "registry",
    metadata,
    need("id", Integer, primary_key=True, autoincrement=False),
    need("revision", Integer),
    CheckConstraint("id = 1", name="one_row"),
)
