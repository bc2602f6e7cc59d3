"""Who asked at the public form, the links they confirm with, and how often somebody tried."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "signups",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("wishes", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_signups_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signups")),
    )
    op.create_index(op.f("ix_signups_subscriber_id"), "signups", ["subscriber_id"])
    op.create_table(
        "signup_tokens",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("signup_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signup_id"],
            ["signups.id"],
            name=op.f("fk_signup_tokens_signup_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_signup_tokens")),
    )
    op.create_index(op.f("ix_signup_tokens_signup_id"), "signup_tokens", ["signup_id"])
    op.create_table(
        "tries",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_at"), "tries", ["at"])
    op.create_index(op.f("ix_tries_who_at"), "tries", ["who", "at"])
