"""Learn what became of what was sent: events, suppression lists, and what follows from them."""

from dataclasses import dataclass, field
from datetime import datetime

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
        ours = find_ours(found, secret_key(connection))
        return events.store_events(connection, ours, now=now)


def find_ours(found: tuple[DeliveryEvent, ...], key: bytes) -> tuple[DeliveryEvent, ...]:
    """Return the events with the deliveries and the attempts that they are about."""
    return tuple(
        each._replace(
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
