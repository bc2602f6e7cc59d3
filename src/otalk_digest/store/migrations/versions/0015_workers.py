"""Which worker made an attempt, and since when a reader is put off."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("attempts", sa.Column("worker", sa.Integer(), nullable=True))
    op.create_table(
        "put_offs",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_put_offs_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_put_offs")),
    )
