"""Who or what decided about deliveries in doubt, and when (R4). Append-only."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, insert, select, update

from otalk_digest.model.delivery import TRANSITIONS, Action, EventKind, Status
from otalk_digest.store import counts
from otalk_digest.store.schema import deliveries, editions
from otalk_digest.store.standing import HAS_ENDED, stands_at
from otalk_digest.store.told import settlements

_D = deliveries.c


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
    count = _move(connection, edition, resend=resend, reason=reason, now=now, before=before)
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


def _move(
    connection: Connection,
    edition: int | None,
    *,
    resend: bool,
    reason: str,
    now: datetime,
    before: datetime | None,
) -> int:
    cause = Action.RELEASE if resend else EventKind.ACCEPTED
    of_them = [number for number in _editions_in_doubt(connection) if edition in {None, number}]
    counts.forget(connection, of_them)
    statement = update(deliveries).where(
        _D.edition.in_(of_them), _D.status == Status.IN_DOUBT, HAS_ENDED
    )
    if before is not None:
        statement = statement.where(_D.updated_at <= before)
    new = TRANSITIONS[Status.IN_DOUBT, cause]
    return connection.execute(statement.values(status=new, reason=reason, updated_at=now)).rowcount


def _editions_in_doubt(connection: Connection) -> Sequence[int]:
    is_in_doubt = exists().where(stands_at(editions.c.number, Status.IN_DOUBT))
    return connection.scalars(select(editions.c.number).where(is_in_doubt)).all()
