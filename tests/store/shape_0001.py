"""The tables as the first release made them, frozen. Stores of this shape exist: nothing here may change."""

import sqlalchemy as sa
from alembic import op

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def create_tables() -> None:
    op.create_table(
        "agencies",
        sa.Column("id", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("short_name", text, nullable=False),
        sa.Column("address", text, nullable=False),
        sa.Column("email", text, nullable=False),
        sa.Column("phone", text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agencies")),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("media_type", text, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", text, nullable=False),
        sa.Column("created_by", text, nullable=False),
        sa.Column("number", text, nullable=False),
        sa.Column("submission", text, nullable=True),
        sa.Column("batch", text, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_batch"), "documents", ["batch"], unique=False)
    op.create_index(op.f("ix_documents_sha256"), "documents", ["sha256"], unique=False)
    op.create_index(op.f("ix_documents_submission"), "documents", ["submission"], unique=False)
    op.create_table(
        "holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holidays")),
    )
    op.create_table(
        "ledger",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", text, nullable=False),
        sa.Column("actor", text, nullable=False),
        sa.Column("action", text, nullable=False),
        sa.Column("object", text, nullable=False),
        sa.Column("detail", text, nullable=False),
        sa.Column("prev", text, nullable=False),
        sa.Column("hash", text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
        sa.UniqueConstraint("hash", name=op.f("uq_ledger_hash")),
        sa.UniqueConstraint("prev", name=op.f("uq_ledger_prev")),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", text, nullable=False),
        sa.Column("at", text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    op.create_index("ix_login_failures_username_at", "login_failures", ["username", "at"], unique=False)
    op.create_table(
        "registry",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_registry_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry")),
    )
    op.create_table(
        "batches",
        sa.Column("id", text, nullable=False),
        sa.Column("agency", text, nullable=False),
        sa.Column("period", text, nullable=False),
        sa.Column("number", text, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("berita_acara", text, nullable=False),
        sa.Column("created_by", text, nullable=False),
        sa.Column("created_at", text, nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_batches_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_agency"), "batches", ["agency"], unique=False)
    op.create_table(
        "datasets",
        sa.Column("id", text, nullable=False),
        sa.Column("agency", text, nullable=False),
        sa.Column("title", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("created_at", text, nullable=False),
        sa.Column("current", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", text, nullable=True),
        sa.Column("withdrawn_why", text, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("current IS NULL OR withdrawn_at IS NULL", name=op.f("ck_datasets_served_or_withdrawn")),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_datasets_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasets")),
    )
    op.create_table(
        "people",
        sa.Column("id", text, nullable=False),
        sa.Column("username", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("agency", text, nullable=True),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("kinds", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("password_hash", text, nullable=False),
        sa.Column("email", text, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_people_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("username", name=op.f("uq_people_username")),
    )
    op.create_table(
        "submissions",
        sa.Column("id", text, nullable=False),
        sa.Column("dataset", text, nullable=False),
        sa.Column("batch", text, nullable=False),
        sa.Column("agency", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("status", text, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("access", text, nullable=False),
        sa.Column("missing_metadata", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("content_hash", text, nullable=True),
        sa.Column("submitted_by", text, nullable=True),
        sa.Column("verified_by", text, nullable=True),
        sa.Column("approved_by", text, nullable=True),
        sa.Column("publish_at", text, nullable=True),
        sa.Column("entered_at", text, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", text, nullable=False),
        sa.Column("metadata", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reading", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("upload", text, nullable=False),
        sa.Column("upload_name", text, nullable=False),
        sa.Column("upload_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_by", text, nullable=False),
        sa.Column("created_at", text, nullable=False),
        sa.Column("changed_by", text, nullable=False),
        sa.Column("changed_at", text, nullable=False),
        sa.Column("build", sa.Integer(), nullable=False),
        sa.Column("job_status", text, nullable=False),
        sa.Column("job_stage", text, nullable=False),
        sa.Column("job_done", sa.BigInteger(), nullable=False),
        sa.Column("job_total", sa.BigInteger(), nullable=False),
        sa.Column("job_error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("job_updated_at", text, nullable=True),
        sa.Column("candidate", text, nullable=True),
        sa.Column("manifest", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("idempotency_key", text, nullable=True),
        sa.CheckConstraint("approved_by <> submitted_by", name=op.f("ck_submissions_submitter_does_not_approve")),
        sa.CheckConstraint("approved_by <> verified_by", name=op.f("ck_submissions_verifier_does_not_approve")),
        sa.CheckConstraint("verified_by <> submitted_by", name=op.f("ck_submissions_submitter_does_not_verify")),
        sa.ForeignKeyConstraint(["agency"], ["agencies.id"], name=op.f("fk_submissions_agency")),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_submissions_batch")),
        sa.ForeignKeyConstraint(["dataset"], ["datasets.id"], name=op.f("fk_submissions_dataset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("created_by", "idempotency_key", name=op.f("uq_submissions_created_by_idempotency_key")),
    )
    op.create_index(op.f("ix_submissions_batch"), "submissions", ["batch"], unique=False)
    op.create_index(op.f("ix_submissions_dataset"), "submissions", ["dataset"], unique=False)
    op.create_index(op.f("ix_submissions_status"), "submissions", ["status"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", text, nullable=False),
        sa.Column("person", text, nullable=False),
        sa.Column("name", text, nullable=False),
        sa.Column("secret_hash", text, nullable=False),
        sa.Column("created_at", text, nullable=False),
        sa.Column("expires_at", text, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_tokens_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_tokens_secret_hash")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission", text, nullable=False),
        sa.Column("dataset", text, nullable=False),
        sa.Column("step", text, nullable=False),
        sa.Column("source", text, nullable=False),
        sa.Column("target", text, nullable=False),
        sa.Column("actor", text, nullable=False),
        sa.Column("at", text, nullable=False),
        sa.Column("note", text, nullable=False),
        sa.Column("content_hash", text, nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["submission"], ["submissions.id"], name=op.f("fk_events_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_dataset"), "events", ["dataset"], unique=False)
    op.create_index(op.f("ix_events_submission"), "events", ["submission"], unique=False)
    op.create_table(
        "findings",
        sa.Column("submission", text, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", text, nullable=False),
        sa.Column("check", text, nullable=False),
        sa.Column("principle", text, nullable=False),
        sa.Column("severity", text, nullable=False),
        sa.Column("message", text, nullable=False),
        sa.Column("why", text, nullable=False),
        sa.Column("mend", text, nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=True),
        sa.Column("column", text, nullable=True),
        sa.Column("suggestion", text, nullable=True),
        sa.Column("geometry", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["submission"], ["submissions.id"], name=op.f("fk_findings_submission")),
        sa.PrimaryKeyConstraint("submission", "position", name=op.f("pk_findings")),
    )
    op.create_index("ix_findings_submission_key", "findings", ["submission", "key"], unique=False)
    op.create_table(
        "notes",
        sa.Column("id", text, nullable=False),
        sa.Column("submission", text, nullable=False),
        sa.Column("author", text, nullable=False),
        sa.Column("at", text, nullable=False),
        sa.Column("text", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("place", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("resolved_at", text, nullable=True),
        sa.ForeignKeyConstraint(["submission"], ["submissions.id"], name=op.f("fk_notes_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_submission"), "notes", ["submission"], unique=False)
    op.create_table(
        "releases",
        sa.Column("dataset", text, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("submission", text, nullable=False),
        sa.Column("content_hash", text, nullable=False),
        sa.Column("folder", text, nullable=False),
        sa.Column("published_at", text, nullable=False),
        sa.Column("published_by", text, nullable=False),
        sa.Column("manifest", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["datasets.id"], name=op.f("fk_releases_dataset")),
        sa.ForeignKeyConstraint(["submission"], ["submissions.id"], name=op.f("fk_releases_submission")),
        sa.PrimaryKeyConstraint("dataset", "number", name=op.f("pk_releases")),
        sa.UniqueConstraint("submission", name=op.f("uq_releases_submission")),
    )
    op.create_index(op.f("ix_releases_content_hash"), "releases", ["content_hash"], unique=False)
    op.create_table(
        "waivers",
        sa.Column("submission", text, nullable=False),
        sa.Column("key", text, nullable=False),
        sa.Column("by", text, nullable=False),
        sa.Column("at", text, nullable=False),
        sa.Column("why", text, nullable=False),
        sa.ForeignKeyConstraint(["submission"], ["submissions.id"], name=op.f("fk_waivers_submission")),
        sa.PrimaryKeyConstraint("submission", "key", name=op.f("pk_waivers")),
    )
