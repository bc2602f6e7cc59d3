"""Attempts that can be called back, and which attempt an event is about."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("attempts", sa.Column("fence", sa.String(), nullable=True))
    op.add_column("attempts", sa.Column("batch_id", sa.String(), nullable=True))
    op.add_column("attempts", sa.Column("send_at", sa.DateTime(), nullable=True))
    op.add_column("events", sa.Column("attempt_id", sa.Integer(), nullable=True))
