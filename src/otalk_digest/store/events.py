"""Events of providers: stored first, applied afterwards, in any order and any number of times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, exists, insert, literal, null, select, update

from otalk_digest.model.delivery import EventKind, Status, after_all_events
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.store import counts
from otalk_digest.store.counts import Line
from otalk_digest.store.schema import deliveries, editions, subscribers, suppressions
from otalk_digest.store.subscribers import is_suppressed, suppress
from otalk_digest.store.told import events

_SOME: Final = 500
#: SendGrid tries what is deferred for so long; before, nobody knows how it ends.
_PATIENCE: Final = timedelta(hours=72)
_SOFT: Final = (Status.DEFERRED, Status.BOUNCED)
_ENDED: Final = (*_SOFT, Status.ACCEPTED, Status.DELIVERED, Status.COMPLAINED)

_E, _D = events.c, deliveries.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of stored events."""

    #: Deliveries that stand elsewhere now.
    moved: int = 0
    #: Readers who are never mailed again because of them.
    suppressed: int = 0


def store_events(connection: Connection, found: Iterable[DeliveryEvent], *, now: datetime) -> int:
    """Keep events that are not known yet; return how many there were."""
    return sum(_store(connection, event, now=now) for event in found)


def apply_events(connection: Connection, *, now: datetime) -> Applied:
    """Bring deliveries and suppressions to what all stored events say. Safe to repeat.

    A delivery's state is made of all its events each time, so their order does not matter.
    """
    moved = suppressed = 0
    connection.execute(
        update(events)
        .where(_E.applied_at.is_(None), _E.delivery_id.is_(None))
        .values(applied_at=now)
    )
    while some := _waiting(connection):
        moves = [
            moved_to
            for delivery_id in some
            if (moved_to := _settle(connection, delivery_id, now=now)) is not None
        ]
        counts.move(connection, moves)
        moved += sum(before.status != after.status for before, after in moves)
        suppressed += sum(_suppress_reader(connection, each, now=now) for each in some)
        connection.execute(
            update(events)
            .where(_E.delivery_id.in_(some), _E.applied_at.is_(None))
            .values(applied_at=now)
        )
    return Applied(moved=moved, suppressed=suppressed)


def suppress_soft_bounces(connection: Connection, *, in_a_row: int, now: datetime) -> int:
    """Suppress whom the last editions, so many, did not reach for a passing reason."""
    is_suppressed_now = exists().where(suppressions.c.identity_hash == subscribers.c.identity_hash)
    candidates = (
        select(subscribers.c.id, subscribers.c.identity_hash)
        .join_from(deliveries, subscribers, _D.subscriber_id == subscribers.c.id)
        # By edition too, as the index is: there may be a million deliveries in each.
        .where(_D.edition.in_(select(editions.c.number)), _D.status.in_(_SOFT), ~is_suppressed_now)
        .distinct()
    )
    found = [
        row.identity_hash
        for row in connection.execute(candidates).all()
        if _is_out_of_reach(connection, row.id, in_a_row=in_a_row, now=now)
    ]
    for identity_hash in found:
        suppress(connection, identity_hash, "bounced", now=now)
    return len(found)


def _store(connection: Connection, event: DeliveryEvent, *, now: datetime) -> int:
    values = {
        "delivery_key": event.delivery_key,
        "name": event.name,
        "at": event.at,
        "url": event.url,
        "delivery_id": event.delivery_id,
        "kind": event.kind,
        "reason": event.reason,
        "suppresses": event.suppresses,
        "raw": event.raw,
        "stored_at": now,
    }
    is_known = exists().where(
        _E.delivery_key == event.delivery_key,
        _E.name == event.name,
        _E.at == event.at,
        _E.url == event.url,
    )
    row = select(
        *(
            null() if value is None else literal(value, events.c[name].type)
            for name, value in values.items()
        )
    ).where(~is_known)
    kept = insert(events).from_select(list(values), row).returning(_E.id)
    # Counted by what comes back: not every database counts what a SELECT inserts.
    return len(connection.execute(kept).all())


def _waiting(connection: Connection) -> Sequence[int]:
    query = select(_E.delivery_id).where(_E.applied_at.is_(None), _E.delivery_id.is_not(None))
    return [found for found in connection.scalars(query.distinct().limit(_SOME)) if found]


def _settle(connection: Connection, delivery_id: int, *, now: datetime) -> tuple[Line, Line] | None:
    """Return where it stood and where it stands; None when nothing changes."""
    columns = (_D.edition, _D.segment, _D.status, _D.reason)
    stands = connection.execute(select(*columns).where(_D.id == delivery_id)).one_or_none()
    if stands is None:
        return None
    query = select(_E.kind, _E.reason).where(_E.delivery_id == delivery_id, _E.kind.is_not(None))
    told = connection.execute(query.order_by(_E.at, _E.reason.nulls_first())).all()
    after = after_all_events(Status(stands.status), [EventKind(row.kind) for row in told])
    # The earliest that says so; the same in whatever order they came.
    reasons = [row.reason for row in told if Status(row.kind) is after]
    before = Line(*stands)
    line = before._replace(status=after.value, reason=reasons[0] if reasons else stands.reason)
    if line == before:
        return None
    connection.execute(
        update(deliveries)
        .where(_D.id == delivery_id)
        .values(status=line.status, reason=line.reason, updated_at=now)
    )
    return before, line


def _suppress_reader(connection: Connection, delivery_id: int, *, now: datetime) -> bool:
    query = (
        select(subscribers.c.identity_hash, _E.suppresses)
        .join_from(events, deliveries, _E.delivery_id == _D.id)
        .join(subscribers, _D.subscriber_id == subscribers.c.id)
        .where(_E.delivery_id == delivery_id, _E.suppresses.is_not(None))
        .order_by(_E.at, _E.suppresses)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None or is_suppressed(connection, row.identity_hash):
        return False
    suppress(connection, row.identity_hash, row.suppresses, now=now)
    return True


def _is_out_of_reach(
    connection: Connection, subscriber_id: int, *, in_a_row: int, now: datetime
) -> bool:
    query = (
        select(_D.status)
        .join_from(deliveries, editions, _D.edition == editions.c.number)
        .where(
            _D.subscriber_id == subscriber_id,
            _D.status.in_(_ENDED),
            editions.c.frozen_at < now - _PATIENCE,
        )
        .order_by(_D.edition.desc())
        .limit(in_a_row)
    )
    last = connection.scalars(query).all()
    return len(last) == in_a_row and all(Status(status) in _SOFT for status in last)
