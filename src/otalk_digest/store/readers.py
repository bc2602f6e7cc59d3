"""One reader's own row: what they may change about themselves."""

from datetime import datetime

from sqlalchemy import (
    Connection,
    String,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    select,
    update,
)

from otalk_digest.model.audience import Consent, Facet, Wishes
from otalk_digest.store.moment import Moment
from otalk_digest.store.numbers import counting_on
from otalk_digest.store.schema import consents, subscriber_facets, subscribers, suppressions

_S = subscribers.c
_IS_KNOWN = exists().where(suppressions.c.identity_hash == _S.identity_hash)
_NOW = bindparam("now", type_=Moment())
_REASON = bindparam("reason", type_=String())
# Said for each of a flood of posts, so they are built once.
_SUPPRESS = (
    insert(suppressions)
    .from_select(
        ["identity_hash", "reason", "since"],
        select(_S.identity_hash, _REASON, _NOW).where(_S.id == bindparam("number"), ~_IS_KNOWN),
    )
    .returning(suppressions.c.identity_hash)
)
_NOTE = insert(consents).from_select(
    ["identity_hash", "consent", "at", "source"],
    select(_S.identity_hash, literal(str(Consent.WITHDRAWN)), _NOW, _REASON).where(
        _S.id == bindparam("number")
    ),
)
_WITHDRAW = (
    update(subscribers).where(_S.id == bindparam("number")).values(consent=Consent.WITHDRAWN)
)


def suppress_reader(
    connection: Connection, subscriber_id: int, reason: str, *, now: datetime
) -> None:
    """Do what `subscribers.suppress` does, to the reader of this number. Safe to repeat."""
    values = {"number": subscriber_id, "reason": reason, "now": now}
    # Not every database counts what a SELECT inserts: it returns what it is.
    if connection.execute(_SUPPRESS, values).one_or_none():
        connection.execute(_NOTE, values)
        connection.execute(_WITHDRAW, {"number": subscriber_id})


def identity_hash_at(connection: Connection, subscriber_id: int) -> str | None:
    """Return under which hash a reader is suppressed; None when they were erased."""
    query = select(subscribers.c.identity_hash).where(subscribers.c.id == subscriber_id)
    return connection.scalar(query)


def number_of(connection: Connection, identity_hash: str) -> tuple[int, Consent] | None:
    """Return a subscriber's number and consent, or None."""
    row = connection.execute(
        select(subscribers.c.id, subscribers.c.consent).where(
            subscribers.c.identity_hash == identity_hash
        )
    ).one_or_none()
    return None if row is None else (row.id, Consent(row.consent))


def add_pending(
    connection: Connection,
    address: str,
    *,
    identity: str,
    identity_hash: str,
    source: str,
    now: datetime,
) -> int:
    """Add somebody who has not confirmed yet; return their number."""
    row = {
        "address": address,
        "identity": identity,
        "identity_hash": identity_hash,
        "consent": Consent.PENDING,
        "joined_at": now,
        "source": source,
    }
    added = insert(subscribers).returning(subscribers.c.id)
    with counting_on(connection):
        number: int = connection.execute(added, row).scalar_one()
    return number


def set_consent(
    connection: Connection,
    subscriber_id: int,
    consent: Consent,
    *,
    source: str | None = None,
    joined_at: datetime | None = None,
) -> None:
    """Let somebody be written to, or not; the proof is `store.consents`' matter."""
    given = {"source": source, "joined_at": joined_at}
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(consent=consent, **{name: value for name, value in given.items() if value})
    )


def save_wishes(connection: Connection, subscriber_id: int, wishes: Wishes) -> None:
    """Keep what a reader chose, in place of what they chose before."""
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(
            name=wishes.name,
            zone=wishes.zone,
            language=wishes.language,
            cadence=wishes.cadence,
            reminder=wishes.reminder,
            paused_until=wishes.paused_until,
        )
    )
    facets = subscriber_facets.c
    connection.execute(
        delete(subscriber_facets).where(
            facets.subscriber_id == subscriber_id, facets.facet == Facet.WANTS
        )
    )
    rows = [
        {"subscriber_id": subscriber_id, "facet": Facet.WANTS, "value": kind}
        for kind in sorted(wishes.wants)
    ]
    if rows:
        connection.execute(insert(subscriber_facets), rows)


def suppression_of(connection: Connection, identity_hash: str) -> tuple[str, datetime] | None:
    """Return why and since when this address is not mailed; None when it may be."""
    row = connection.execute(
        select(suppressions.c.reason, suppressions.c.since).where(
            suppressions.c.identity_hash == identity_hash
        )
    ).one_or_none()
    return None if row is None else (row.reason, row.since)


def lift_suppression(connection: Connection, identity_hash: str) -> None:
    """Mail this address again: its owner alone may ask for it, by a confirmation of their own."""
    connection.execute(delete(suppressions).where(suppressions.c.identity_hash == identity_hash))
