"""What was kept long enough: forgotten once per run, with one line of what it was."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from otalk_digest.logs import log_event
from otalk_digest.store import forgetting
from otalk_digest.store.database import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long what is kept (UK GDPR art. 5(1)(e))."""

    #: Those who were asked to confirm, and did not.
    unconfirmed: timedelta = timedelta(days=30)
    #: Those who left; a keyed hash stays, so that no list brings them back.
    left: timedelta = timedelta(days=365)
    #: What providers told us; what it meant stays with the delivery.
    events: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How many of each."""

    unconfirmed: int = 0
    left: int = 0
    events: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether all was kept."""
        return not (self.unconfirmed or self.left or self.events)


def forget(store: Store, keeping: Keeping, *, now: datetime) -> Forgotten:
    """Delete what the settings say is old, in one transaction. Safe to repeat.

    Past editions keep their deliveries, without a reader, so their books still balance.
    """
    with store.begin() as connection:
        forgotten = Forgotten(
            unconfirmed=forgetting.forget_unconfirmed(connection, before=now - keeping.unconfirmed),
            left=forgetting.forget_left(connection, before=now - keeping.left, now=now),
            events=forgetting.forget_events(connection, before=now - keeping.events),
        )
    if not forgotten.is_nothing:
        log_event("old_forgotten", **asdict(forgotten))
    return forgotten
