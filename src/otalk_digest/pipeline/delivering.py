"""Deliver what is planned, from the store to the provider and back into the books."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from otalk_digest.audience.links import ReaderLinks
from otalk_digest.delivery.dispatch import dispatch
from otalk_digest.delivery.provider import Attempt, Provider
from otalk_digest.errors import InputError
from otalk_digest.logs import log_event
from otalk_digest.model.delivery import Outcome
from otalk_digest.model.edition import Edition, Variant
from otalk_digest.model.message import Batch, Sender
from otalk_digest.store import books, counts, decisions, editions, ledger
from otalk_digest.store.database import Store, secret_key

if TYPE_CHECKING:
    from otalk_digest.audience.personalise import Personaliser

Clock = Callable[[], datetime]

_LEFT_BEHIND = "a run ended before its answer was recorded"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    id: int
    batch: Batch


class _StoreLedger:
    """The books of one variant; see `delivery.dispatch.Ledger`."""

    def __init__(
        self,
        store: Store,
        edition: Edition,
        variant: Variant,
        *,
        post: Post,
        provider: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._variant = variant
        self._sender = post.sender
        self._provider = provider
        self._clock = clock
        #: Attempts that have readers without an outcome, for `turn_over`.
        self._open: dict[int, set[int]] = {}
        with store.read() as connection:
            key = secret_key(connection)
            content_hash = editions.variant_hash(connection, edition.number, variant.segment)
        self._place = ledger.Place(
            edition=edition.number, segment=variant.segment, content_hash=content_hash
        )
        self._date = edition.frozen_at
        self._links = post.links(key)
        self._personaliser = post.personaliser(variant, key, edition=edition.number)

    def claim(self, limit: int) -> _Attempt | None:
        with self._store.begin() as connection:
            attempt, place = self._claim(connection, limit)
        self._place = place
        return attempt

    def turn_over(self, outcomes: Sequence[Outcome], limit: int) -> _Attempt | None:
        with self._store.begin() as connection:
            now = self._clock()
            ledger.record_some(connection, outcomes, open_attempts=tuple(self._open), now=now)
            attempt, place = self._claim(connection, limit) if limit else (None, self._place)
        self._place = place
        self._forget({outcome.delivery_id for outcome in outcomes})
        if attempt is not None:
            self._open[attempt.id] = {each.delivery_id for each in attempt.batch.recipients}
        if outcomes:
            counts = Counter(str(outcome.kind) for outcome in outcomes)
            log_event("outcomes_recorded", edition=place.edition, **counts)
        return attempt

    def _forget(self, done: set[int]) -> None:
        self._open = {id_: left for id_, readers in self._open.items() if (left := readers - done)}

    def _claim(self, connection: Connection, limit: int) -> tuple[_Attempt | None, ledger.Place]:
        # Asked each time: someone may hold it from another process while it is sent.
        if decisions.is_held(connection, self._place.edition):
            return None, self._place
        claim = ledger.claim(
            connection, self._place, provider=self._provider, limit=limit, now=self._clock()
        )
        if claim is None:
            return None, self._place
        # Made before the commit: a fault in it leaves nobody claimed, so nobody in doubt.
        attempt = _Attempt(id=claim.attempt_id, batch=self._batch(claim))
        return attempt, replace(self._place, after=claim.readers[-1].delivery_id)

    def record(self, attempt: Attempt, outcomes: Sequence[Outcome]) -> None:
        with self._store.begin() as connection:
            ledger.record_outcomes(connection, attempt.id, outcomes, now=self._clock())
        counts = Counter(str(outcome.kind) for outcome in outcomes)
        log_event("batch_recorded", edition=self._place.edition, attempt=attempt.id, **counts)

    def release(self, attempt: Attempt, reason: str) -> None:
        with self._store.begin() as connection:
            ledger.release_attempt(connection, attempt.id, reason, now=self._clock())
        log_event("batch_released", edition=self._place.edition, attempt=attempt.id)

    def lose_track(self, attempt: Attempt, reason: str) -> None:
        with self._store.begin() as connection:
            ledger.lose_track(connection, attempt.id, reason, now=self._clock())
        log_event("batch_in_doubt", edition=self._place.edition, attempt=attempt.id)

    def abandon(self, reason: str) -> None:
        with self._store.begin() as connection:
            for attempt_id in self._open:
                ledger.lose_track(connection, attempt_id, reason, now=self._clock())
        self._open = {}

    def _batch(self, claim: ledger.Claim) -> Batch:
        return Batch(
            attempt_key=f"a{claim.attempt_id}",
            edition=self._place.edition,
            date=self._date,
            sender=self._sender,
            variant=self._variant,
            recipients=tuple(
                self._personaliser.recipient(
                    delivery_id=reader.delivery_id,
                    token=self._links.token(reader.subscriber_id),
                    address=reader.address,
                    name=reader.name,
                    zone=reader.zone,
                )
                for reader in claim.readers
            ),
        )


def recover(connection: Connection, provider: Provider, *, now: datetime) -> int:
    """Settle what a killed run left open (R3); return how many attempts there were.

    Only the holder of the lease may call this. What an idempotent provider may have is
    simply sent again; anything else is in doubt and listed, never resent by itself (R4).
    """
    left = ledger.open_attempts(connection)
    for attempt_id, name in left:
        if provider.is_idempotent and provider.name == name:
            ledger.release_attempt(connection, attempt_id, _LEFT_BEHIND, now=now)
        else:
            ledger.lose_track(connection, attempt_id, _LEFT_BEHIND, now=now)
    return len(left)


def deliver(
    store: Store,
    number: int,
    provider: Provider,
    post: Post,
    *,
    stop: threading.Event,
    clock: Clock,
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
        books_of = _StoreLedger(
            store, edition, variant, post=post, provider=provider.name, clock=clock
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
