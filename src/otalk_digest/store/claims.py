"""Claiming: planned deliveries become those of one attempt, before the wire is touched (R2)."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    insert,
    literal_column,
    select,
    type_coerce,
    update,
)

from otalk_digest.model.audience import Consent
from otalk_digest.model.delivery import Action, SkipReason, Status, after_action
from otalk_digest.store.asked import signups
from otalk_digest.store.fences import State
from otalk_digest.store.schema import attempts, deliveries, subscribers, suppressions
from otalk_digest.store.standing import IS_PLANNED

#: Greater than the number of any delivery.
LAST = 2**31 - 1

_D, _S = deliveries.c, subscribers.c
# SQLite compares with what is spelled out faster than with what is bound: a tenth of a page.
_IS_CONFIRMED = _S.consent == literal_column(f"'{Consent.CONFIRMED}'")
_IS_SUPPRESSED = exists().where(suppressions.c.identity_hash == _S.identity_hash)

# Whoever is asked whether they want mail is asked because they have not said so yet.
_WAITS_TO_CONFIRM = exists().where(
    signups.c.subscriber_id == _S.id,
    signups.c.confirmed_at.is_(None),
    signups.c.expires_at > bindparam("now"),
)


def _next_planned(stays: ColumnElement[bool]) -> Select[Any]:
    """Return planned readers in order, each with whether they are still to be written to."""
    return (
        select(
            _D.id,
            _D.subscriber_id,
            _S.address,
            _S.name,
            _S.zone,
            # Null, which is no, for who was erased.
            # A number: to make each of them a bool costs as much as to read the row.
            type_coerce(stays, Integer).label("stays"),
        )
        .join_from(deliveries, subscribers, _D.subscriber_id == _S.id, isouter=True)
        .where(
            _D.edition == bindparam("edition"),
            IS_PLANNED,
            _D.segment == bindparam("segment"),
            _D.id > bindparam("after"),
            _D.id <= bindparam("until"),
        )
        .order_by(_D.id)
        .limit(bindparam("limit"))
        # PostgreSQL: what somebody else is claiming now is theirs. On SQLite nobody else can.
        .with_for_update(skip_locked=True, of=deliveries)
    )


# Said once for every few readers, so they are built once.
_NEXT_PLANNED = _next_planned(and_(_IS_CONFIRMED, ~_IS_SUPPRESSED))
_NEXT_TO_CONFIRM = _next_planned(and_(_S.id.is_not(None), _WAITS_TO_CONFIRM))
_SKIP_LEAVERS = (
    update(deliveries)
    .where(_D.id.in_(bindparam("ids", expanding=True)), IS_PLANNED)
    .values(
        status=after_action(Status.PLANNED, Action.SKIP),
        reason=SkipReason.WITHDRAWN,
        updated_at=bindparam("now"),
    )
)
_OPEN_ATTEMPT = insert(attempts).returning(attempts.c.id)
_TAKE = update(deliveries).values(
    status=after_action(Status.PLANNED, Action.CLAIM),
    attempt_id=bindparam("attempt"),
    updated_at=bindparam("now"),
)
# On SQLite nobody writes between our reading and this: what is planned from the first that we
# read to the last is what we read. To name each costs more than to move it.
_CLAIM_ALL = _TAKE.where(
    _D.edition == bindparam("in_edition"),
    IS_PLANNED,
    _D.segment == bindparam("of_segment"),
    _D.id >= bindparam("first"),
    _D.id <= bindparam("last"),
)
# PostgreSQL: others claim beside us.
_CLAIM_THESE = _TAKE.where(_D.id.in_(bindparam("ids", expanding=True)), IS_PLANNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in an edition a run stands: each delivery is claimed once per run at most."""

    edition: int
    segment: str
    #: Of the variant: each attempt keeps it, as proof that all carried the same bytes (R7).
    content_hash: str
    #: Nothing of an attempt is submitted before its fence is noted.
    is_fenced: bool = False
    #: The last delivery that this run claimed.
    after: int = 0
    #: The last one that it may claim.
    until: int = LAST
    #: Which worker it is; None for a run.
    worker: int | None = None
    #: It asks people whether they want mail, so it goes to who has not said so yet.
    asks_to_confirm: bool = False


class ClaimedReader(NamedTuple):
    """A reader whose delivery is ours to send: a row as it was read, in the order of the query."""

    delivery_id: int
    subscriber_id: int
    address: str
    name: str | None
    zone: str | None
    #: Whether they are still to be written to.
    stays: int | None


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
    readers = _next_readers(connection, where, limit=limit, now=now)
    if not readers:
        return None
    opened = {
        "edition": where.edition,
        "segment": where.segment,
        "provider": provider,
        "content_hash": where.content_hash,
        "recipients": len(readers),
        "opened_at": now,
        "fence": State.WANTED if where.is_fenced else None,
        "worker": where.worker,
    }
    attempt_id = connection.execute(_OPEN_ATTEMPT, opened).scalar_one()
    _take(connection, readers, where, attempt_id=attempt_id, now=now)
    return Claim(attempt_id=attempt_id, readers=readers)


def _next_readers(
    connection: Connection, where: Place, *, limit: int, now: datetime
) -> tuple[ClaimedReader, ...]:
    """Return the next planned readers who are still here; leaving wins over the plan (R5)."""
    after = where.after
    while True:
        wanted = {
            "edition": where.edition,
            "segment": where.segment,
            "after": after,
            "until": where.until,
            "limit": limit,
        }
        if where.asks_to_confirm:
            found = connection.execute(_NEXT_TO_CONFIRM, wanted | {"now": now})
        else:
            found = connection.execute(_NEXT_PLANNED, wanted)
        read = _rows(found)
        left = [reader.delivery_id for reader in read if not reader.stays]
        if left:
            connection.execute(_SKIP_LEAVERS, {"ids": left, "now": now})
        if not read or len(left) < len(read):
            return tuple([each for each in read if each.stays] if left else read)
        after = read[-1].delivery_id


def _rows(found: CursorResult[Any]) -> list[ClaimedReader]:
    """Return the rows as the driver has them: a third less than by way of SQLAlchemy's own."""
    with closing(found):
        return list(map(ClaimedReader._make, found.cursor.fetchall()))


def _take(
    connection: Connection,
    readers: Sequence[ClaimedReader],
    where: Place,
    *,
    attempt_id: int,
    now: datetime,
) -> None:
    taken: dict[str, object] = {"attempt": attempt_id, "now": now}
    ids = [reader.delivery_id for reader in readers]
    if connection.dialect.name == "postgresql":
        connection.execute(_CLAIM_THESE, {**taken, "ids": ids})
        return
    place = {"in_edition": where.edition, "of_segment": where.segment}
    connection.execute(_CLAIM_ALL, {**taken, **place, "first": ids[0], "last": ids[-1]})
