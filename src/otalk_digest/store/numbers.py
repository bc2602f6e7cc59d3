"""No reader's number is given twice: their links are made of it, and outlive them."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from otalk_digest.model.audience import Consent
from otalk_digest.store.schema import meta, subscribers

_KEY: Final = "last_subscriber"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def last_number(connection: Connection) -> int:
    """Return the greatest number that a subscriber has, or had and was deleted."""
    noted = connection.scalar(select(meta.c.value).where(meta.c.key == _KEY))
    return max(int(noted or 0), connection.scalar(select(func.max(subscribers.c.id))) or 0)


def note_last_number(connection: Connection) -> None:
    """Keep it; to be called before any subscriber is deleted."""
    number = last_number(connection)
    connection.execute(delete(meta).where(meta.c.key == _KEY))
    connection.execute(insert(meta).values(key=_KEY, value=str(number)))


@contextlib.contextmanager
def counting_on(connection: Connection) -> Iterator[None]:
    """Give subscribers who are inserted meanwhile numbers that nobody had.

    SQLite counts from the greatest number that is there, so one stands there for the moment.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    columns = subscribers.c
    number = last_number(connection)
    is_missing = connection.scalar(select(columns.id).where(columns.id == number)) is None
    if number and is_missing:
        stands_in = {"id": number, "identity": "", "identity_hash": "", "address": ""}
        values = stands_in | {"consent": Consent.WITHDRAWN, "joined_at": _EPOCH, "source": ""}
        connection.execute(insert(subscribers).values(values))
    yield
    if number and is_missing:
        connection.execute(delete(subscribers).where(columns.id == number))
