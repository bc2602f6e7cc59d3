"""What each edition said of a chat, so that whoever holds a wrong version can be found."""

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"

# What was told of chats, in each edition: as it stood when the edition was frozen.
_TOLD = sa.text(
    """
    SELECT DISTINCT carried.edition, carried.segment, known.guid,
      (SELECT newest.news FROM news AS newest
       WHERE newest.guid = known.guid AND newest.known_at <= editions.frozen_at
         AND newest.kind IN ('announcement', 'change', 'cancellation')
       ORDER BY newest.id DESC LIMIT 1) AS news
    FROM carried
    JOIN news AS known ON known.id = carried.news_id
    JOIN editions ON editions.number = carried.edition
    WHERE known.kind IN ('announcement', 'change', 'cancellation')
    """
)


def upgrade() -> None:
    tellings = op.create_table(
        "tellings",
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("guid", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=True),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.number"], name=op.f("fk_tellings_edition")),
        sa.PrimaryKeyConstraint("edition", "segment", "guid", name=op.f("pk_tellings")),
    )
    op.create_index(op.f("ix_tellings_guid"), "tellings", ["guid"])
    rows = [_telling(row) for row in op.get_bind().execute(_TOLD) if row.news is not None]
    if rows:
        op.bulk_insert(tellings, rows)


def _telling(row: sa.Row[Any]) -> dict[str, object]:
    told = json.loads(row.news)
    reading = told["reading"]
    starts_at = reading.get("starts_at")
    phase = "announced"
    if told["kind"] == "cancellation":
        phase = "cancelled" if reading.get("is_cancelled") else "postponed"
    return {
        "edition": row.edition,
        "segment": row.segment,
        "guid": row.guid,
        "phase": phase,
        # UTC, which the database keeps without saying so.
        "starts_at": starts_at and datetime.fromisoformat(starts_at).replace(tzinfo=None),
        "reading": json.dumps(reading),
    }
