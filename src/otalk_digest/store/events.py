"""Events of providers: stored first, applied afterwards, in any order and any number of times."""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Row, bindparam, exists, func, select, update

from otalk_digest.model.delivery import EventKind, Status, after_all_events
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.store import counts
from otalk_digest.store.counts import Line
from otalk_digest.store.fences import State
from otalk_digest.store.moment import moment_binder
from otalk_digest.store.schema import attempts, deliveries, editions, subscribers, suppressions
from otalk_digest.store.standing import HAS_ENDED
from otalk_digest.store.subscribers import is_suppressed, suppress
from otalk_digest.store.told import events

_SOME: Final = 500
#: SendGrid tries what is deferred for so long; before, nobody knows how it ends.
_PATIENCE: Final = timedelta(hours=72)
_SOFT: Final = (Status.DEFERRED, Status.BOUNCED)
_ENDED: Final = (*_SOFT, Status.ACCEPTED, Status.DELIVERED, Status.COMPLAINED)

_E, _D = events.c, deliveries.c
#: It tells of mail that was discarded and sent anew: nothing about the delivery of now.
_IS_CALLED_BACK = exists().where(
    attempts.c.id == _E.attempt_id, attempts.c.fence.in_((State.HELD, State.FORGOTTEN))
)
_COLUMNS: Final = (
    *(_E.delivery_key, _E.name, _E.at, _E.url, _E.delivery_id),
    *(_E.kind, _E.reason, _E.suppresses, _E.raw, _E.attempt_id, _E.stored_at),
)
_MOVE: Final = (
    update(deliveries)
    .where(_D.id == bindparam("moved"))
    .values(status=bindparam("to"), reason=bindparam("why"), updated_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of stored events."""

    #: Deliveries that stand elsewhere now.
    moved: int = 0
    #: Readers who are never mailed again because of them.
    suppressed: int = 0


def store_events(connection: Connection, found: Iterable[DeliveryEvent], *, now: datetime) -> int:
    """Keep events that are not known yet; return how many there were."""
    moment = moment_binder(connection)
    rows = _rows(found, moment, now=now)
    if not rows:
        return 0
    before = connection.scalar(select(func.max(_E.id))) or 0
    # In the driver's own words: a row of names costs SQLAlchemy more than the database.
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    names, marks = ", ".join(each.name for each in _COLUMNS), ", ".join([mark] * len(_COLUMNS))
    connection.exec_driver_sql(
        f"INSERT INTO {events.name} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING",  # noqa: S608 - names of ours only
        rows,
    )
    # Counted by what is there: drivers count rows of many statements each in its own way.
    return connection.scalar(select(func.count()).where(_E.id > before)) or 0


def suppress_leavers(
    connection: Connection, found: Iterable[DeliveryEvent], *, now: datetime
) -> int:
    """Suppress whom these events, just stored, suppress; all else waits for `apply_events`."""
    ids = dict.fromkeys(event.delivery_id for event in found if event.suppresses is not None)
    return sum(_suppress_reader(connection, id_, now=now) for id_ in ids if id_ is not None)


def apply_events(connection: Connection, *, now: datetime) -> Applied:
    """Bring deliveries and suppressions to what all stored events say. Safe to repeat.

    A delivery's state is made of all its events each time, so their order does not matter.
    """
    moved = suppressed = 0
    while (applied := apply_some(connection, most=_SOME, now=now)) is not None:
        moved += applied.moved
        suppressed += applied.suppressed
    return Applied(moved=moved, suppressed=suppressed)


def apply_some(connection: Connection, *, most: int, now: datetime) -> Applied | None:
    """Do what `apply_events` does for so many events; None when none is waiting."""
    some = _waiting(connection, most)
    if not some:
        return None
    moves = _settle(connection, {row.delivery_id for row in some} - {None}, now=now)
    counts.move(connection, moves)
    moved = sum(before.status != after.status for before, after in moves)
    leaving = dict.fromkeys(row.delivery_id for row in some if row.suppresses is not None)
    suppressed = sum(_suppress_reader(connection, each, now=now) for each in leaving if each)
    # By their own numbers: SQLite would look for those of a delivery among all that wait.
    connection.execute(
        update(events).where(_E.id.in_([row.id for row in some])).values(applied_at=now)
    )
    return Applied(moved=moved, suppressed=suppressed)


def count_waiting(connection: Connection) -> int:
    """Return how many stored events are not applied yet."""
    return connection.scalar(select(func.count()).where(_E.applied_at.is_(None))) or 0


def suppress_soft_bounces(connection: Connection, *, in_a_row: int, now: datetime) -> int:
    """Suppress whom the last editions, so many, did not reach for a passing reason."""
    is_suppressed_now = exists().where(suppressions.c.identity_hash == subscribers.c.identity_hash)
    # By edition too, as the index is: there may be a million deliveries in each.
    by_index = (_D.edition.in_(select(editions.c.number)), HAS_ENDED)
    candidates = (
        select(subscribers.c.id, subscribers.c.identity_hash)
        .join_from(deliveries, subscribers, _D.subscriber_id == subscribers.c.id)
        .where(*by_index, _D.status.in_(_SOFT), ~is_suppressed_now)
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


def _rows(
    found: Iterable[DeliveryEvent], moment: Callable[[datetime], object], *, now: datetime
) -> list[tuple[object, ...]]:
    # A thousand events are of a few moments.
    moment = functools.cache(moment)
    stored_at = moment(now)
    return [
        (
            *(event.delivery_key, event.name, moment(event.at), event.url, event.delivery_id),
            None if event.kind is None else event.kind.value,
            *(event.reason, event.suppresses, event.raw, event.attempt_id, stored_at),
        )
        for event in found
    ]


def _waiting(connection: Connection, most: int) -> Sequence[Row[int, int | None, str | None]]:
    query = select(_E.id, _E.delivery_id, _E.suppresses).where(_E.applied_at.is_(None))
    return connection.execute(query.order_by(_E.id).limit(most)).all()


def _settle(
    connection: Connection, some: Collection[int], *, now: datetime
) -> list[tuple[Line, Line]]:
    """Bring deliveries to what is told of them; return from where to where each has moved."""
    if not some:
        return []
    told = _told(connection, some)
    columns = (_D.id, _D.edition, _D.segment, _D.status, _D.reason)
    moves = {}
    for id_, *stands in connection.execute(select(*columns).where(_D.id.in_(some))):
        before = Line(*stands)
        after = _after(before, told.get(id_, []))
        if after != before:
            moves[id_] = before, after
    if moves:
        connection.execute(
            _MOVE,
            [
                {"moved": id_, "to": after.status, "why": after.reason, "now": now}
                for id_, (_, after) in moves.items()
            ],
        )
    return list(moves.values())


def _told(
    connection: Connection, some: Collection[int]
) -> Mapping[int, list[tuple[EventKind, str | None]]]:
    """Return delivery → what its events mean, and their reasons, as they happened."""
    query = select(_E.delivery_id, _E.kind, _E.reason).where(
        _E.delivery_id.in_(some), _E.kind.is_not(None), ~_IS_CALLED_BACK
    )
    told: dict[int, list[tuple[EventKind, str | None]]] = {}
    for row in connection.execute(query.order_by(_E.at, _E.reason.nulls_first())):
        told.setdefault(row.delivery_id, []).append((EventKind(row.kind), row.reason))
    return told


def _after(before: Line, told: Sequence[tuple[EventKind, str | None]]) -> Line:
    after = after_all_events(Status(before.status), [kind for kind, _ in told])
    # The earliest that says so; the same in whatever order they came.
    reasons = [reason for kind, reason in told if Status(kind) is after]
    return before._replace(status=after.value, reason=reasons[0] if reasons else before.reason)


def _suppress_reader(connection: Connection, delivery_id: int, *, now: datetime) -> bool:
    query = (
        select(subscribers.c.identity_hash, _E.suppresses, _E.applied_at)
        .join_from(events, deliveries, _E.delivery_id == _D.id)
        .join(subscribers, _D.subscriber_id == subscribers.c.id)
        .where(_E.delivery_id == delivery_id, _E.suppresses.is_not(None))
        .order_by(_E.at, _E.suppresses)
    )
    # What was applied once does not come back over somebody who has returned since. Looked at
    # here: asked for it, SQLite would look through all events that wait.
    rows = [row for row in connection.execute(query) if row.applied_at is None]
    if not rows or is_suppressed(connection, rows[0].identity_hash):
        return False
    suppress(connection, rows[0].identity_hash, rows[0].suppresses, now=now)
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
