"""What the desks keep: assignments, answered notes, notices, delegations, the agreed Daftar Data."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from server.store.schema import delegations, metadata, moment, notices, planned_data, words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDED: dict[str, dict[str, Any]] = {
    "submissions": {"assigned_to": words, "assigned_at": moment},
    "notes": {"resolved_by": words, "answers_to": words, "round": sa.Integer},
}


def upgrade() -> None:
    connection = op.get_bind()
    metadata.create_all(connection, tables=[notices, delegations, planned_data])
    for table, columns in ADDED.items():
        there = {column["name"] for column in sa.inspect(connection).get_columns(table)}
        for name in columns.keys() - there:
            op.add_column(table, sa.Column(name, columns[name], nullable=True))
