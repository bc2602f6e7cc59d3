"""Readers are found by the hash of their identity: an index on the identity is one too many."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _make_anew()
    else:
        op.drop_constraint(op.f("uq_subscribers_identity"), "subscribers", type_="unique")


def _make_anew() -> None:
    """SQLite drops no constraint of a table.

    What refers to a reader refers to the number, which is kept; whether all of it did is not asked
    here, for what was broken by hand before would then keep everybody from upgrading.
    """
    op.create_table(
        "subscribers_anew",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("identity_hash", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("joined_at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("cadence", sa.String(), nullable=False, server_default="each"),
        sa.Column("reminder", sa.String(), nullable=False, server_default="none"),
        sa.Column("paused_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("identity_hash", name=op.f("uq_subscribers_identity_hash")),
    )
    # In these very words, SQLite copies table and index as they are, in their order (its source
    # calls it the transfer optimization): with columns named, a million would take a minute.
    op.execute("INSERT INTO subscribers_anew SELECT * FROM subscribers")
    op.drop_table("subscribers")
    op.rename_table("subscribers_anew", "subscribers")
