"""Learn what became of what was sent: events, suppression lists, and what follows from them."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from otalk_digest.audience.links import delivery_of
from otalk_digest.delivery.provider import Provider
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.pipeline.bookkeeping import attempt_of
from otalk_digest.pipeline.delivering import close_books
from otalk_digest.pipeline.suppressing import Synced, sync_suppressions
from otalk_digest.store import events
from otalk_digest.store.database import Store, secret_key
from otalk_digest.store.events import Applied


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What was learnt."""

    synced: Synced = field(default_factory=Synced)
    applied: Applied = field(default_factory=Applied)
    #: Readers whom several editions in a row did not reach.
    out_of_reach: int = 0


def take_events(store: Store, found: tuple[DeliveryEvent, ...], *, now: datetime) -> int:
    """Keep events before anything is made of them; return how many were new."""
    with store.begin() as connection:
        return events.store_events(connection, find_ours(connection, found), now=now)


def find_ours(
    connection: Connection, found: tuple[DeliveryEvent, ...]
) -> tuple[DeliveryEvent, ...]:
    """Return the events with the deliveries and the attempts that they are about."""
    key = secret_key(connection)
    return tuple(
        replace(
            each,
            delivery_id=delivery_of(each.delivery_key, key),
            attempt_id=attempt_of(each.attempt_key),
        )
        for each in found
    )


def reconcile(store: Store, provider: Provider, *, soft_bounces: int, now: datetime) -> Reconciled:
    """Bring the books to what the provider knows. Only the holder of the lease may call this."""
    synced = sync_suppressions(store, provider, now=now)
    with store.begin() as connection:
        applied = events.apply_events(connection, now=now)
        gone = events.suppress_soft_bounces(connection, in_a_row=soft_bounces, now=now)
    close_books(store, now=now)
    return Reconciled(synced=synced, applied=applied, out_of_reach=gone)
