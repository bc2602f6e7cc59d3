"""Count what is done with once: the books of a million are asked for again and again."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "edition_counts",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition"], ["editions.number"], name=op.f("fk_edition_counts_edition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_counts")),
    )
    op.create_index(op.f("ix_edition_counts_edition"), "edition_counts", ["edition"])
    op.execute(
        "INSERT INTO edition_counts (edition, segment, status, reason, deliveries)"
        " SELECT edition, segment, status, reason, count(*) FROM deliveries"
        " WHERE edition IN (SELECT number FROM editions WHERE completed_at IS NOT NULL)"
        " GROUP BY edition, segment, status, reason"
    )
