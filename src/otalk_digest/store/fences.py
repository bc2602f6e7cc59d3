"""Attempts that can be called back: their fences, and what is released behind them (R4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, exists, func, select, update

from otalk_digest.model.delivery import Action, Status, after_action
from otalk_digest.model.message import Fence
from otalk_digest.store import counts
from otalk_digest.store.schema import attempts, deliveries, editions
from otalk_digest.store.standing import HAS_ENDED, stands_at

_A, _D = attempts.c, deliveries.c

#: Where a delivery stands once the provider is known to have taken it.
_TAKEN: Final = (
    Status.ACCEPTED,
    Status.DEFERRED,
    Status.DELIVERED,
    Status.BOUNCED,
    Status.COMPLAINED,
)


class State(StrEnum):
    """How far the fence of an attempt is."""

    #: Nothing may be submitted yet.
    WANTED = "wanted"
    #: Something may have been submitted behind it.
    RAISED = "raised"
    #: Called back, and seen to be so: nothing that was submitted will be sent.
    HELD = "held"
    #: The provider has been told that it may forget it.
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fenced:
    """An attempt and its fence."""

    attempt_id: int
    fence: Fence


def raise_fence(connection: Connection, attempt_id: int, fence: Fence) -> None:
    """Note the fence of an open attempt, before anything is submitted behind it (R2)."""
    connection.execute(
        update(attempts)
        .where(_A.id == attempt_id, _A.fence == State.WANTED)
        .values(fence=State.RAISED, batch_id=fence.batch_id, send_at=fence.send_at)
    )


def in_doubt(connection: Connection, provider: str) -> Sequence[Fenced]:
    """Return attempts that are in doubt behind a fence, the first to be due first.

    None of which the provider is known to have taken a part: that part would be called back too.
    """
    is_in_doubt = select(_D.attempt_id, func.count().label("readers")).where(
        _D.edition.in_(select(editions.c.number).where(editions.c.completed_at.is_(None))),
        *(_D.status == Status.IN_DOUBT, HAS_ENDED),
    )
    doubts = is_in_doubt.group_by(_D.attempt_id).subquery()
    query = (
        _fenced(provider, State.RAISED)
        .join(doubts, doubts.c.attempt_id == _A.id)
        .add_columns(doubts.c.readers, _A.recipients, _A.edition)
    )
    return [
        _made_of(row)
        for row in connection.execute(query).all()
        # One look at the readers of the edition, only where there is something to find.
        if row.readers == row.recipients or not _is_partly_taken(connection, row)
    ]


def release(connection: Connection, attempt_id: int, *, now: datetime) -> int:
    """Plan anew what was in doubt in an attempt that is called back; return how many."""
    connection.execute(
        update(attempts).where(_A.id == attempt_id).values(fence=State.HELD, detail="called back")
    )
    edition = connection.execute(select(_A.edition).where(_A.id == attempt_id)).scalar_one()
    counts.forget(connection, [edition])
    statement = update(deliveries).where(
        stands_at(edition, Status.IN_DOUBT), _D.attempt_id == attempt_id
    )
    new = after_action(Status.IN_DOUBT, Action.RELEASE)
    return connection.execute(
        statement.values(status=new, reason="fenced", updated_at=now)
    ).rowcount


def held(connection: Connection, provider: str) -> Sequence[Fenced]:
    """Return what was called back, and what the provider has not been told to forget."""
    return [_made_of(row) for row in connection.execute(_fenced(provider, State.HELD))]


def forget(connection: Connection, attempt_id: int) -> None:
    """Note that the provider need not know of it any more."""
    connection.execute(update(attempts).where(_A.id == attempt_id).values(fence=State.FORGOTTEN))


def _fenced(provider: str, state: State) -> Select[Any]:
    return (
        select(_A.id, _A.batch_id, _A.send_at)
        .where(_A.provider == provider, _A.fence == state, _A.closed_at.is_not(None))
        .order_by(_A.send_at, _A.id)
    )


def _made_of(row: Row[Any]) -> Fenced:
    return Fenced(attempt_id=row.id, fence=Fence(batch_id=row.batch_id, send_at=row.send_at))


def _is_partly_taken(connection: Connection, row: Row[Any]) -> bool:
    is_taken = exists().where(
        *(_D.edition == row.edition, _D.attempt_id == row.id),
        *(_D.status.in_(_TAKEN), HAS_ENDED),
    )
    return bool(connection.scalar(select(is_taken)))
