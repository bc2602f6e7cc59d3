"""The books: one row per reader and edition, durable before the wire is touched (R2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from otalk_digest.model.audience import Consent
from otalk_digest.model.delivery import (
    TRANSITIONS,
    Action,
    EventKind,
    Outcome,
    OutcomeKind,
    SkipReason,
    Status,
    after_action,
)
from otalk_digest.store.schema import attempts, deliveries, subscribers, suppressions, variants

# What an outcome means for a delivery that is being sent.
_AFTER = {
    OutcomeKind.ACCEPTED: Status.ACCEPTED,
    OutcomeKind.REJECTED: Status.REJECTED,
    OutcomeKind.RELEASED: after_action(Status.SENDING, Action.RELEASE),
    OutcomeKind.IN_DOUBT: after_action(Status.SENDING, Action.LOSE_TRACK),
}

_NO_ANSWER = "the provider did not say what became of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in an edition a run stands: each delivery is claimed once per run at most."""

    edition: int
    segment: str
    #: The last delivery that this run claimed.
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedReader:
    """A reader whose delivery is ours to send."""

    delivery_id: int
    subscriber_id: int
    address: str
    name: str | None
    zone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Deliveries that belong to one open attempt."""

    attempt_id: int
    readers: tuple[ClaimedReader, ...]


def claim(
    connection: Connection, where: Place, *, provider: str, limit: int, now: datetime
) -> Claim | None:
    """Move planned deliveries to sending and open their attempt, in one transaction.

    Returns None when nothing is planned behind the place. Only planned rows move: a second
    run, even at the same time, claims none of them. Who left since the plan is skipped (R5).
    """
    ids = _next_planned(connection, where, limit=limit, now=now)
    if not ids:
        return None
    content_hash = connection.scalar(
        select(variants.c.content_hash).where(
            variants.c.edition == where.edition, variants.c.segment == where.segment
        )
    )
    attempt_id = connection.execute(
        insert(attempts)
        .values(
            edition=where.edition,
            segment=where.segment,
            provider=provider,
            content_hash=content_hash,
            recipients=len(ids),
            opened_at=now,
        )
        .returning(attempts.c.id)
    ).scalar_one()
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.status == Status.PLANNED)
        .values(
            status=after_action(Status.PLANNED, Action.CLAIM), attempt_id=attempt_id, updated_at=now
        )
    )
    return Claim(attempt_id=attempt_id, readers=_readers(connection, attempt_id))


def record_outcomes(
    connection: Connection, attempt_id: int, outcomes: Sequence[Outcome], *, now: datetime
) -> None:
    """Write what became of each delivery and close the attempt.

    A delivery that the provider said nothing about is in doubt: nothing stays in sending
    without an open attempt, where no later run would find it.
    """
    _write(connection, outcomes, now=now)
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
    _write(connection, outcomes, now=now)
    if open_attempts:
        is_waiting = exists().where(
            deliveries.c.attempt_id == attempts.c.id, deliveries.c.status == Status.SENDING
        )
        connection.execute(
            update(attempts)
            .where(attempts.c.id.in_(open_attempts), attempts.c.closed_at.is_(None), ~is_waiting)
            .values(closed_at=now, detail="recorded")
        )


def _write(connection: Connection, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    columns = deliveries.c
    statement = (
        update(deliveries)
        .where(columns.id == bindparam("delivery"), columns.status == Status.SENDING)
        .values(
            status=bindparam("new_status"),
            reason=bindparam("new_reason"),
            provider_message_id=bindparam("message_id"),
            updated_at=now,
        )
    )
    rows = [
        {
            "delivery": outcome.delivery_id,
            "new_status": _AFTER[outcome.kind],
            "new_reason": outcome.diagnostic,
            "message_id": outcome.provider_message_id,
        }
        for outcome in outcomes
    ]
    if rows:
        connection.execute(statement, rows)


def release_attempt(connection: Connection, attempt_id: int, reason: str, *, now: datetime) -> None:
    """Give a whole attempt back: it is certain that nothing of it was accepted."""
    _move_attempt(connection, attempt_id, Action.RELEASE, reason, now=now)


def lose_track(connection: Connection, attempt_id: int, reason: str, *, now: datetime) -> None:
    """Put a whole attempt in doubt: it may or may not have been accepted."""
    _move_attempt(connection, attempt_id, Action.LOSE_TRACK, reason, now=now)


def open_attempts(connection: Connection) -> Sequence[tuple[int, str]]:
    """Return id and provider of attempts that a dead run left behind (R3).

    Only the holder of the lease may ask: any open attempt is then somebody's who died.
    """
    query = select(attempts.c.id, attempts.c.provider).where(attempts.c.closed_at.is_(None))
    return [(row.id, row.provider) for row in connection.execute(query)]


def settle(
    connection: Connection, edition: int | None, *, resend: bool, reason: str, now: datetime
) -> int:
    """Let a person decide what is in doubt: send again, or take as sent. Return how many."""
    cause = Action.RELEASE if resend else EventKind.ACCEPTED
    statement = update(deliveries).where(deliveries.c.status == Status.IN_DOUBT)
    if edition is not None:
        statement = statement.where(deliveries.c.edition == edition)
    new = TRANSITIONS[Status.IN_DOUBT, cause]
    return connection.execute(statement.values(status=new, reason=reason, updated_at=now)).rowcount


def _next_planned(
    connection: Connection, where: Place, *, limit: int, now: datetime
) -> Sequence[int]:
    """Return the next planned deliveries whose readers are still here."""
    query = (
        select(deliveries.c.id)
        .where(
            deliveries.c.edition == where.edition,
            deliveries.c.status == Status.PLANNED,
            deliveries.c.segment == where.segment,
            deliveries.c.id > where.after,
        )
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    while ids := connection.scalars(query).all():
        left = _skip_leavers(connection, ids, now=now)
        if staying := [id_ for id_ in ids if id_ not in left]:
            return staying
    return ()


def _skip_leavers(connection: Connection, ids: Sequence[int], *, now: datetime) -> frozenset[int]:
    """Leaving wins over a plan that was made before (R5)."""
    people = subscribers.c
    stays = exists().where(
        people.id == deliveries.c.subscriber_id,
        people.consent == Consent.CONFIRMED,
        ~exists().where(suppressions.c.identity_hash == people.identity_hash),
    )
    skip = (
        update(deliveries)
        .where(deliveries.c.id.in_(ids), ~stays)
        .values(
            status=after_action(Status.PLANNED, Action.SKIP),
            reason=SkipReason.WITHDRAWN,
            updated_at=now,
        )
        .returning(deliveries.c.id)
    )
    return frozenset(connection.scalars(skip))


def _readers(connection: Connection, attempt_id: int) -> tuple[ClaimedReader, ...]:
    query = (
        select(
            deliveries.c.id,
            subscribers.c.id.label("subscriber_id"),
            subscribers.c.address,
            subscribers.c.name,
            subscribers.c.zone,
        )
        .join_from(deliveries, subscribers, deliveries.c.subscriber_id == subscribers.c.id)
        .where(deliveries.c.attempt_id == attempt_id, deliveries.c.status == Status.SENDING)
        .order_by(deliveries.c.id)
    )
    return tuple(
        ClaimedReader(
            delivery_id=row.id,
            subscriber_id=row.subscriber_id,
            address=row.address,
            name=row.name,
            zone=row.zone,
        )
        for row in connection.execute(query)
    )


def _move_attempt(
    connection: Connection, attempt_id: int, action: Action, reason: str, *, now: datetime
) -> None:
    _leave_sending(connection, attempt_id, action, reason, now=now)
    _close(connection, attempt_id, reason, now=now)


def _leave_sending(
    connection: Connection, attempt_id: int, action: Action, reason: str, *, now: datetime
) -> None:
    connection.execute(
        update(deliveries)
        .where(deliveries.c.attempt_id == attempt_id, deliveries.c.status == Status.SENDING)
        .values(status=after_action(Status.SENDING, action), reason=reason, updated_at=now)
    )


def _close(connection: Connection, attempt_id: int, detail: str, *, now: datetime) -> None:
    connection.execute(
        update(attempts).where(attempts.c.id == attempt_id).values(closed_at=now, detail=detail)
    )
