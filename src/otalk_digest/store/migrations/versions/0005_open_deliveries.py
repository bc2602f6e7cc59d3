"""Find what an attempt still holds without looking at every delivery."""

from alembic import op
from sqlalchemy import column

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_sending",
        "deliveries",
        ["attempt_id"],
        sqlite_where=column("status") == "sending",
        postgresql_where=column("status") == "sending",
    )
