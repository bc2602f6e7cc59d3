"""What readers wish, how they agreed, and editions that are no digests."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    each = sa.Column("cadence", sa.String(), nullable=False, server_default="each")
    none = sa.Column("reminder", sa.String(), nullable=False, server_default="none")
    op.add_column("subscribers", each)
    op.add_column("subscribers", none)
    op.add_column("subscribers", sa.Column("paused_until", sa.DateTime(), nullable=True))
    op.add_column("consents", sa.Column("method", sa.String(), nullable=True))
    op.add_column("consents", sa.Column("wording", sa.Text(), nullable=True))
    digest = sa.Column("kind", sa.String(), nullable=False, server_default="digest")
    op.add_column("editions", digest)
    op.add_column("editions", sa.Column("about", sa.String(), nullable=True))
    op.create_index(op.f("ix_editions_kind_about"), "editions", ["kind", "about"])
