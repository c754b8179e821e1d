"""The records: people, the SOP's journey, releases and the ledger.

The tables are those of server/store/schema.py as it is now: a new store starts with the newest shape. A later
revision brings older stores there, so it meets both and looks before it adds:
`if "fax" not in {column["name"] for column in inspect(op.get_bind()).get_columns("agencies")}: op.add_column(...)`.
tests/store/shape_0001.py keeps the shape of the first release, and a test migrates it to the same end.
"""

from alembic import op

from server.store.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = {"ledger": "seq", "events": "id"}


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("INSERT INTO registry (id, revision) VALUES (1, 0)")
    guard = guard_postgresql if op.get_bind().dialect.name == "postgresql" else guard_sqlite
    for table, key in APPEND_ONLY.items():
        guard(table, key)


def guard_sqlite(table: str, key: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    # INSERT OR REPLACE deletes without asking the trigger above.
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} {refuse}")


def guard_postgresql(table: str, key: str) -> None:
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
    # Fires for session_replication_role = replica too.
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
