"""What a store holds before a test begins."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from hypothesis import settings
from sqlalchemy import Connection, select
from tests.builders import NOW, a_segment, a_variant, an_edition, some_news

from otalk_digest.audience.identity import hash_identity
from otalk_digest.model.audience import Listed, Segment, Subscriber
from otalk_digest.model.edition import Edition
from otalk_digest.model.news import KnownNews
from otalk_digest.store import editions, intake, news, plan, subscribers
from otalk_digest.store.database import Store, secret_key
from otalk_digest.store.schema import deliveries, leases
from otalk_digest.store.schema import subscribers as subscriber_table
from otalk_digest.store.told import events

#: Over a socket each statement takes a while; on a file it does not.
_EXAMPLES_ON_A_SERVER: Final = 12

EVERYONE: Final = (a_segment(),)


def examples_for(store: Store, *, on_a_file: int = 100) -> settings:
    """Look at many examples on a file, and at a few on a server: the law is the same."""
    count = on_a_file if isinstance(store.place, Path) else _EXAMPLES_ON_A_SERVER
    return settings(max_examples=count)


def hash_of(connection: Connection, person: Subscriber) -> str:
    return hash_identity(person.identity, secret_key(connection))


def find_person(connection: Connection, identity: str) -> Subscriber | None:
    identity_hash = hash_identity(identity, secret_key(connection))
    return subscribers.find_subscriber(connection, identity_hash)


def add_people(connection: Connection, *people: Subscriber) -> None:
    take_in(connection, people)


def take_in(
    connection: Connection, people: Sequence[Subscriber], *, now: datetime = NOW
) -> intake.Taken:
    """Take them in as a file of them is: some at a time, and the key is asked for once."""
    key = secret_key(connection)
    parts = [people[first : first + 100] for first in range(0, len(people), 100)]
    rows = [
        (Listed.of(part), [hash_identity(person.identity, key) for person in part])
        for part in parts
    ]
    return intake.take_in(connection, rows, now=now)


def suppress(connection: Connection, person: Subscriber, reason: str = "unsubscribed") -> None:
    subscribers.suppress(connection, hash_of(connection, person), reason, now=NOW)


def add_news(connection: Connection, *items: KnownNews) -> None:
    news.save_news(connection, [item.news for item in items], now=NOW)


def frozen_edition(
    connection: Connection,
    *,
    number: int = 1,
    segments: Sequence[Segment] = EVERYONE,
    told: dict[str, list[int]] | None = None,
) -> Edition:
    """Freeze an edition that tells these numbers of news, else the first, and plan it."""
    carried = told or {segments[0].name: [1]}
    edition = an_edition(number, *(a_variant(name) for name in carried))
    hashes = {variant.segment: variant.segment for variant in edition.variants}
    editions.save_edition(connection, edition, variant_hashes=hashes)
    for segment, ids in carried.items():
        news.mark_told(connection, segment, ids, edition=number)
    plan.plan_edition(connection, number, segments, now=NOW)
    return edition


def a_planned_edition(connection: Connection, people: Iterable[Subscriber]) -> Edition:
    """One announcement, one edition, planned for these people."""
    add_people(connection, *people)
    add_news(connection, some_news())
    return frozen_edition(connection)


def planned(
    connection: Connection, number: int = 1
) -> dict[str, tuple[str | None, str, str | None]]:
    """Address → (segment, status, reason)."""
    query = (
        select(
            subscriber_table.c.address,
            deliveries.c.segment,
            deliveries.c.status,
            deliveries.c.reason,
        )
        .join_from(deliveries, subscriber_table)
        .where(deliveries.c.edition == number)
    )
    return {row.address: (row.segment, row.status, row.reason) for row in connection.execute(query)}


def dump(path: Path) -> list[str]:
    """Every row of a database, as SQL."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def contents(store: Store) -> dict[str, list[str]]:
    """Every row of every table, whatever the database; whose turn it is to run is no content."""
    with store.read() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in events.metadata.sorted_tables
            if table is not leases
        }
