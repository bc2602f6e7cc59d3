"""How much of everything there is, for whoever watches over it. Reads only; never who."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from otalk_digest.store.books import count_by_status
from otalk_digest.store.events import count_waiting
from otalk_digest.store.schema import editions, feed_addresses
from otalk_digest.store.subscribers import count_by_consent, count_suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One look at the store."""

    editions: Mapping[str, int]
    deliveries: Mapping[str, int]
    subscribers: Mapping[str, int]
    suppressions: Mapping[str, int]
    events_waiting: int
    #: UTC. When the blog was last read, which every run begins with.
    collected_at: datetime | None
    #: UTC. When the books of the newest edition that has all answers were closed.
    completed_at: datetime | None


def take_figures(connection: Connection) -> Figures:
    """Count."""
    kinds = select(editions.c.kind, func.count()).group_by(editions.c.kind)
    deliveries: Counter[str] = Counter()
    for number in connection.scalars(select(editions.c.number)).all():
        deliveries.update(count_by_status(connection, number))
    return Figures(
        editions={row[0]: row[1] for row in connection.execute(kinds)},
        deliveries=deliveries,
        subscribers=count_by_consent(connection),
        suppressions=count_suppressions(connection),
        events_waiting=count_waiting(connection),
        collected_at=connection.scalar(select(func.max(feed_addresses.c.fetched_at))),
        completed_at=connection.scalar(select(func.max(editions.c.completed_at))),
    )
