"""How grave the city holds the findings of a check."""

from alembic import op

from server.store.schema import metadata, severities

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind(), tables=[severities])
