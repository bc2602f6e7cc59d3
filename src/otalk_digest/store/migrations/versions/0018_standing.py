"""Look for deliveries by where they stand without moving an entry of an index at each step.

Each of a million moves twice in an hour: from planned to sending and on. What is planned and what
has ended are found each by an index of its own, and what is being sent by the one that is there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_PLANNED = sa.text("status = 'planned'")
_ENDED = sa.text("status NOT IN ('planned', 'sending')")


def upgrade() -> None:
    op.drop_index("ix_deliveries_edition_status_id", table_name="deliveries")
    op.create_index(
        "ix_deliveries_planned",
        "deliveries",
        ["edition", "status", "id"],
        sqlite_where=_PLANNED,
        postgresql_where=_PLANNED,
    )
    op.create_index(
        "ix_deliveries_ended",
        "deliveries",
        ["edition", "status", "id"],
        sqlite_where=_ENDED,
        postgresql_where=_ENDED,
    )
