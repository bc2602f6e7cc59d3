"""How far the suppression lists of a provider were read, and what it was told of ours."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from otalk_digest.store.schema import subscribers, suppressions
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
