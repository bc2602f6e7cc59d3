"""How each blog is read, how far its archive is read, and which posts are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "routes",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("route_address", sa.String(), nullable=False),
        sa.Column("rest_address", sa.String(), nullable=True),
        sa.Column("chosen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_routes")),
    )
    op.create_table(
        "backfills",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("next_page", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_backfills")),
    )
    op.add_column("posts", sa.Column("gone_at", sa.DateTime(), nullable=True))
