"""How far the suppression lists of a provider were read, and what it was told of ours."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select

from otalk_digest.model.audience import Consent
from otalk_digest.store.consents import DOUBLE_OPT_IN, SIGNED_LINK
from otalk_digest.store.schema import consents, subscribers, suppressions
from otalk_digest.store.told import pulls


def read_until(connection: Connection, provider: str, name: str) -> datetime | None:
    """Return the moment up to which a list is known; None when it was never read."""
    query = select(pulls.c.until).where(pulls.c.provider == provider, pulls.c.list == name)
    return connection.scalar(query)


def note_pull(connection: Connection, provider: str, name: str, *, until: datetime) -> None:
    """Keep that a list is known up to this moment."""
    columns = pulls.c
    connection.execute(delete(pulls).where(columns.provider == provider, columns.list == name))
    connection.execute(insert(pulls).values(provider=provider, list=name, until=until))


def left_since(connection: Connection, since: datetime | None) -> Sequence[str]:
    """Return the addresses of subscribers who left of their own will, in that moment or later."""
    query = (
        select(subscribers.c.address)
        .join_from(
            suppressions, subscribers, subscribers.c.identity_hash == suppressions.c.identity_hash
        )
        .where(suppressions.c.reason == "unsubscribed")
        .order_by(subscribers.c.id)
    )
    if since is not None:
        query = query.where(suppressions.c.since >= since)
    return connection.scalars(query).all()


def returned_since(connection: Connection, since: datetime | None) -> Sequence[str]:
    """Return the addresses of those who had been here, and came back in that moment or later."""
    before = consents.alias()
    was_here = exists().where(
        before.c.identity_hash == consents.c.identity_hash,
        before.c.id < consents.c.id,
        before.c.consent != Consent.PENDING,
    )
    is_suppressed = exists().where(suppressions.c.identity_hash == consents.c.identity_hash)
    query = (
        select(subscribers.c.address)
        .join_from(consents, subscribers, consents.c.identity_hash == subscribers.c.identity_hash)
        .where(
            consents.c.consent == Consent.CONFIRMED,
            consents.c.method.in_((DOUBLE_OPT_IN, SIGNED_LINK)),
        )
        .where(was_here, ~is_suppressed)
        .distinct()
        .order_by(subscribers.c.address)
    )
    if since is not None:
        query = query.where(consents.c.at >= since)
    return connection.scalars(query).all()
