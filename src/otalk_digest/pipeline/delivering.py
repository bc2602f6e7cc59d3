"""Deliver what is planned, from the store to the provider and back into the books."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from otalk_digest.audience.links import ReaderLinks
from otalk_digest.delivery.dispatch import dispatch
from otalk_digest.delivery.provider import Provider
from otalk_digest.errors import InputError
from otalk_digest.logs import log_event
from otalk_digest.model.edition import Variant
from otalk_digest.model.message import Sender
from otalk_digest.pipeline.bookkeeping import StoreLedger
from otalk_digest.store import books, counts, editions, ledger, left_behind, shifts
from otalk_digest.store.database import Store

if TYPE_CHECKING:
    from otalk_digest.audience.personalise import Personaliser

Clock = Callable[[], datetime]

_LEFT_BEHIND = "a run ended before its answer was recorded"
#: RFC 5321 §4.5.4.1: whom a server puts off is tried for four to five days at least.
PATIENCE = timedelta(days=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is the same for every message: who sends, and where links lead."""

    sender: Sender
    base_url: str | None

    def links(self, key: bytes) -> ReaderLinks:
        """Return the maker of readers' own addresses."""
        return ReaderLinks(key=key, base_url=self.base_url, mailbox=self.sender.reply_to)

    def personaliser(self, variant: Variant, key: bytes, *, edition: int) -> "Personaliser":
        """Return the maker of recipients for one variant."""
        from otalk_digest.audience.personalise import Personaliser  # noqa: PLC0415 - only to send

        return Personaliser(
            variant,
            self.links(key),
            edition=edition,
            message_domain=self.sender.from_address.rpartition("@")[2],
        )


def recover(
    connection: Connection, provider: Provider, *, now: datetime, of_runs: bool = True
) -> int:
    """Settle what a killed run or worker left open (R3); return how many attempts there were.

    Only the holder of the lease may settle those of runs. What an idempotent provider may have
    is simply sent again; anything else is in doubt and listed, never resent by itself (R4).
    """
    shifts.bury(connection)
    left = left_behind.open_attempts(connection, of_runs=of_runs)
    for attempt in left:
        is_repeatable = provider.is_idempotent and provider.name == attempt.provider
        if is_repeatable or attempt.is_unsent:
            ledger.release_attempt(connection, attempt.id, _LEFT_BEHIND, now=now)
        else:
            ledger.lose_track(connection, attempt.id, _LEFT_BEHIND, now=now)
    if left:
        log_event("attempts_recovered", attempts=len(left), provider=provider.name)
    return len(left)


def deliver(
    store: Store,
    number: int,
    provider: Provider,
    post: Post,
    *,
    stop: threading.Event,
    clock: Clock,
    patience: timedelta = PATIENCE,
) -> None:
    """Send an edition to everyone who is still planned; nothing while it is held.

    Raises:
        InputError: there is no such edition.
        TryAgainError, ProviderRefusedError, SettingsError: see `delivery.dispatch`.
    """
    with store.read() as connection:
        edition = editions.load_edition(connection, number)
    if edition is None:
        raise InputError(f"There is no edition {number}. See: otalk-digest editions.")
    for variant in edition.variants:
        books_of = StoreLedger(
            store,
            edition,
            variant,
            post=post,
            provider=provider,
            clock=clock,
            patience=patience,
            share=None,
        )
        dispatch(books_of, provider, stop=stop)


def close_books(store: Store, *, now: datetime) -> None:
    """Note which editions are complete: all that is left of them is in the books (R8).

    Looks at every edition that is still open, for a kill may have come just before this, and
    a person may have settled the last doubt since. Where nothing is left to send they are
    counted once for all.
    """
    with store.begin() as connection:
        for number in editions.open_books(connection):
            tally = books.tally(connection, number)
            if not (tally.planned or tally.sending or counts.lines(connection, number)):
                counts.keep(connection, number)
            if tally.is_complete:
                editions.mark_complete(connection, number, now=now)
