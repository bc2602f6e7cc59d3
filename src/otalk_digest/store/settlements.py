"""Who or what decided about deliveries in doubt, and when (R4). Append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from otalk_digest.store import ledger
from otalk_digest.store.told import settlements


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One decision."""

    #: None for all editions.
    edition: int | None
    #: "resend" or "assume_sent".
    how: str
    #: How many.
    deliveries: int
    #: UTC.
    at: datetime
    #: A person, or the settings.
    by: str


def settle(
    connection: Connection,
    edition: int | None,
    *,
    resend: bool,
    by: str,
    now: datetime,
    before: datetime | None = None,
) -> int:
    """Send again what is in doubt, or take it as sent, and keep who said so; return how many.

    With `before`, only what was in doubt at that moment already.
    """
    reason = f"{by} chose to send it again" if resend else f"{by} took it as sent"
    count = ledger.settle(connection, edition, resend=resend, reason=reason, now=now, before=before)
    if count:
        row = {
            "edition": edition,
            "how": "resend" if resend else "assume_sent",
            "deliveries": count,
            "at": now,
            "by": by,
        }
        connection.execute(insert(settlements).values(row))
    return count


def list_settlements(connection: Connection) -> Sequence[Settlement]:
    """Return all decisions, oldest first."""
    return [
        Settlement(
            edition=row.edition, how=row.how, deliveries=row.deliveries, at=row.at, by=row.by
        )
        for row in connection.execute(select(settlements).order_by(settlements.c.id))
    ]
