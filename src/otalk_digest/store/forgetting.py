"""What is deleted: one person who asks for it (UK GDPR art. 17), or what was kept long enough.

Deliveries stay, without their reader, so that the books of past editions still balance.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from otalk_digest.model.audience import Consent
from otalk_digest.model.delivery import Status
from otalk_digest.store import counts
from otalk_digest.store.asked import metadata, signups
from otalk_digest.store.consents import record_consent
from otalk_digest.store.moment import Moment
from otalk_digest.store.numbers import note_last_number
from otalk_digest.store.schema import (
    consents,
    deliveries,
    subscribers,
    suppressions,
)
from otalk_digest.store.told import events

ERASED: Final = "erased"
_NOTHING: Final = "{}"
#: What outlives a person: a keyed hash, so that no list brings them back, and proof of consent.
_KEPT: Final = frozenset({"subscribers", "suppressions", "consents"})
_S, _D, _E = subscribers.c, deliveries.c, events.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was deleted or blanked."""

    #: Whether there was such a subscriber.
    was_known: bool
    deliveries: int
    events: int


def erase(connection: Connection, address: str, identity_hash: str, *, now: datetime) -> Erased:
    """Delete all that is known about a person, and never mail them again. Safe to repeat.

    `address` in the spelling of whoever asks; each spelling that is stored is looked for too.
    """
    if connection.dialect.name == "sqlite":
        # Written over, not only let go of.
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    reader = connection.execute(
        select(_S.id, _S.address, _S.identity).where(_S.identity_hash == identity_hash)
    ).one_or_none()
    spellings = {address} if reader is None else {address, reader.address, reader.identity}
    number = None if reader is None else reader.id
    found = Erased(
        was_known=reader is not None,
        events=_blank_events(connection, number, spellings),
        deliveries=_blank_deliveries(connection, number),
    )
    for table in elsewhere("identity_hash"):
        connection.execute(delete(table).where(table.c.identity_hash == identity_hash))
    if number is not None:
        for table in elsewhere("subscriber_id"):
            if table is not deliveries:
                connection.execute(delete(table).where(table.c.subscriber_id == number))
        note_last_number(connection)
        connection.execute(delete(subscribers).where(_S.id == number))
    _suppress_as_erased(connection, identity_hash, now=now)
    return found


def elsewhere(column: str) -> tuple[Table, ...]:
    """Return the tables of ours that hold something about the person in this column."""
    return tuple(
        table
        for table in metadata.sorted_tables
        if column in table.columns and table.name not in _KEPT
    )


def mentions(spellings: set[str]) -> ColumnElement[bool]:
    """True for an event of nobody's that holds the address, plainly or as JSON escapes it.

    Of a reader's events all are theirs, so only the few without one are searched.
    """
    escaped = {json.dumps(spelling)[1:-1] for spelling in spellings}
    said = (_E.raw.icontains(each, autoescape=True) for each in sorted(spellings | escaped))
    return and_(_E.delivery_id.is_(None), or_(*said))


def forget_unconfirmed(connection: Connection, *, before: datetime) -> int:
    """Delete who has not confirmed since then, and what they were asked; return how many."""
    was_asked_since = exists().where(
        consents.c.identity_hash == _S.identity_hash, consents.c.at >= before
    )
    is_due = and_(_S.consent == Consent.PENDING, _S.joined_at < before, ~was_asked_since)
    hashes = select(_S.identity_hash).where(is_due)
    if not _count(connection, is_due):
        return 0
    # No claim can be made about a consent that was never given.
    connection.execute(delete(consents).where(consents.c.identity_hash.in_(hashes)))
    note_last_number(connection)
    # Their consents are gone, so that is no longer asked for.
    rest = exists().where(consents.c.identity_hash == _S.identity_hash)
    gone = and_(_S.consent == Consent.PENDING, _S.joined_at < before, ~rest)
    return connection.execute(delete(subscribers).where(gone)).rowcount


def forget_left(connection: Connection, *, before: datetime, now: datetime) -> int:
    """Delete who left before then, but for the hash that keeps them out; return how many."""
    has_changed_since = exists().where(
        consents.c.identity_hash == _S.identity_hash, consents.c.at >= before
    )
    # The mail that they confirm by may be on its way to them.
    has_asked_again = exists().where(
        signups.c.subscriber_id == _S.id,
        signups.c.expires_at > now,
        signups.c.confirmed_at.is_(None),
    )
    is_due = and_(
        _S.consent == Consent.WITHDRAWN,
        _S.joined_at < before,
        ~has_changed_since,
        ~has_asked_again,
    )
    if not _count(connection, is_due):
        return 0
    is_suppressed = exists().where(suppressions.c.identity_hash == _S.identity_hash)
    left = select(_S.identity_hash, literal("unsubscribed"), literal(now, Moment()))
    connection.execute(
        insert(suppressions).from_select(
            ["identity_hash", "reason", "since"], left.where(is_due, ~is_suppressed)
        )
    )
    note_last_number(connection)
    return connection.execute(delete(subscribers).where(is_due)).rowcount


def forget_events(connection: Connection, *, before: datetime) -> int:
    """Delete events that were stored before then and are applied; return how many.

    What came later for somebody who was erased is blanked at once.
    """
    nobodys = select(_D.id).where(_D.subscriber_id.is_(None))
    connection.execute(
        update(events)
        .where(_E.delivery_id.in_(nobodys), _E.raw != _NOTHING)
        .values(raw=_NOTHING, reason=None)
    )
    old = and_(_E.stored_at < before, _E.applied_at.is_not(None))
    return connection.execute(delete(events).where(old)).rowcount


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(subscribers).where(condition)) or 0


def _blank_events(connection: Connection, number: int | None, spellings: set[str]) -> int:
    theirs = select(_D.id).where(_D.subscriber_id == number)
    is_theirs = mentions(spellings)
    if number is not None:
        is_theirs = or_(is_theirs, _E.delivery_id.in_(theirs))
    blank = update(events).where(is_theirs).values(raw=_NOTHING, reason=None)
    return connection.execute(blank).rowcount


def _blank_deliveries(connection: Connection, number: int | None) -> int:
    """Take out what a server said, which may name its user, and its own name for the mail."""
    if number is None:
        return 0
    theirs = update(deliveries).where(_D.subscriber_id == number)
    said = (_D.subscriber_id == number, _D.status != Status.SKIPPED, _D.reason.is_not(None))
    columns = (_D.edition, _D.segment, _D.status, _D.reason)
    lines = [counts.Line(*row) for row in connection.execute(select(*columns).where(*said))]
    connection.execute(theirs.where(*said).values(reason=None))
    # What is counted repeats the words.
    counts.move(connection, ((line, line._replace(reason=None)) for line in lines))
    return connection.execute(theirs.values(provider_message_id=None)).rowcount


def _suppress_as_erased(connection: Connection, identity_hash: str, *, now: datetime) -> None:
    columns = suppressions.c
    reason = connection.scalar(select(columns.reason).where(columns.identity_hash == identity_hash))
    if reason == ERASED:
        return
    if reason is None:
        row = {"identity_hash": identity_hash, "reason": ERASED, "since": now}
        connection.execute(insert(suppressions).values(row))
    else:
        of_theirs = update(suppressions).where(columns.identity_hash == identity_hash)
        connection.execute(of_theirs.values(reason=ERASED))
    record_consent(connection, identity_hash, Consent.WITHDRAWN, at=now, source=ERASED)
