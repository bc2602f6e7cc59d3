"""The books: one row per reader and edition, durable before the wire is touched (R2)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    bindparam,
    exists,
    update,
)

from otalk_digest.model.delivery import (
    Action,
    Outcome,
    SkipReason,
    Status,
    after_action,
)
from otalk_digest.store.outcomes import write_outcomes
from otalk_digest.store.schema import attempts, deliveries
from otalk_digest.store.standing import IS_SENDING, stands_at

_NO_ANSWER = "the provider did not say what became of it"

_D = deliveries.c
_LEAVE_SENDING = {
    action: update(deliveries)
    .where(_D.attempt_id == bindparam("attempt"), IS_SENDING)
    .values(
        status=after_action(Status.SENDING, action),
        reason=bindparam("why"),
        updated_at=bindparam("now"),
    )
    for action in (Action.RELEASE, Action.LOSE_TRACK)
}
_CLOSE = (
    update(attempts)
    .where(attempts.c.id == bindparam("attempt"))
    .values(closed_at=bindparam("now"), detail=bindparam("why"))
)

# Said once for every few readers. To build one each time leaves a circle behind for Python to find.
_CLOSE_WHOLE = (
    update(attempts)
    .where(
        attempts.c.id.in_(bindparam("attempts", expanding=True)),
        attempts.c.closed_at.is_(None),
        ~exists().where(_D.attempt_id == attempts.c.id, IS_SENDING),
    )
    .values(closed_at=bindparam("now"), detail="recorded")
)


def record_outcomes(
    connection: Connection,
    attempt_id: int,
    outcomes: Sequence[Outcome],
    *,
    recipients: int,
    now: datetime,
) -> None:
    """Write what became of each of an attempt's deliveries, so many, and close it.

    A delivery that the provider said nothing about is in doubt: nothing stays in sending
    without an open attempt, where no later run would find it.
    """
    if write_outcomes(connection, outcomes, now=now) != recipients:
        _leave_sending(connection, attempt_id, Action.LOSE_TRACK, _NO_ANSWER, now=now)
    _close(connection, attempt_id, "recorded", now=now)


def record_some(
    connection: Connection,
    outcomes: Sequence[Outcome],
    *,
    open_attempts: Sequence[int],
    now: datetime,
) -> None:
    """Write what became of deliveries of these attempts; close those that have no other left."""
    write_outcomes(connection, outcomes, now=now)
    if open_attempts:
        connection.execute(_CLOSE_WHOLE, {"attempts": open_attempts, "now": now})


def release_attempt(connection: Connection, attempt_id: int, reason: str, *, now: datetime) -> None:
    """Give a whole attempt back: it is certain that nothing of it was accepted."""
    _move_attempt(connection, attempt_id, Action.RELEASE, reason, now=now)


def lose_track(connection: Connection, attempt_id: int, reason: str, *, now: datetime) -> None:
    """Put a whole attempt in doubt: it may or may not have been accepted."""
    _move_attempt(connection, attempt_id, Action.LOSE_TRACK, reason, now=now)


def skip_planned(connection: Connection, edition: int, reason: SkipReason, *, now: datetime) -> int:
    """Leave out whoever is still planned: what they would get is of no use; return how many."""
    skip = (
        update(deliveries)
        .where(stands_at(edition, Status.PLANNED))
        .values(status=after_action(Status.PLANNED, Action.SKIP), reason=reason, updated_at=now)
    )
    return connection.execute(skip).rowcount


def _move_attempt(
    connection: Connection, attempt_id: int, action: Action, reason: str, *, now: datetime
) -> None:
    _leave_sending(connection, attempt_id, action, reason, now=now)
    _close(connection, attempt_id, reason, now=now)


def _leave_sending(
    connection: Connection, attempt_id: int, action: Action, reason: str, *, now: datetime
) -> None:
    left = {"attempt": attempt_id, "why": reason, "now": now}
    connection.execute(_LEAVE_SENDING[action], left)


def _close(connection: Connection, attempt_id: int, detail: str, *, now: datetime) -> None:
    connection.execute(_CLOSE, {"attempt": attempt_id, "why": detail, "now": now})
