"""The books of one variant, as a provider's dispatch sees them: a transaction for each step."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from otalk_digest.delivery.provider import Attempt, HasFences, Provider
from otalk_digest.logs import log_event
from otalk_digest.model.delivery import Outcome
from otalk_digest.model.edition import Edition, EditionKind, LetterKind, Variant
from otalk_digest.model.message import Batch, Fence, Recipient
from otalk_digest.pipeline.expiring import expire_edition
from otalk_digest.store import claims, decisions, editions, fences, ledger, pace, put_offs, signups
from otalk_digest.store.database import Store, secret_key

if TYPE_CHECKING:
    from otalk_digest.pipeline.delivering import Clock, Post
    from otalk_digest.pipeline.working import Share

_ATTEMPT = "a"
#: No number of ours is longer.
_ATTEMPT_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    id: int
    batch: Batch


class StoreLedger:
    """The books of one variant; see `delivery.dispatch.Ledger`."""

    def __init__(
        self,
        store: Store,
        edition: Edition,
        variant: Variant,
        *,
        post: "Post",
        provider: Provider,
        clock: "Clock",
        patience: timedelta,
        share: "Share | None",
    ) -> None:
        self._store = store
        self._edition = edition
        self._variant = variant
        self._sender = post.sender
        self._provider = provider.name
        self._clock = clock
        self._patience = patience
        self._share = share
        #: Attempts that have readers without an outcome, for `turn_over`.
        self._open: dict[int, set[int]] = {}
        with store.read() as connection:
            key = secret_key(connection)
            content_hash = editions.variant_hash(connection, edition.number, variant.segment)
        self._place = claims.Place(
            edition=edition.number,
            segment=variant.segment,
            content_hash=content_hash,
            is_fenced=isinstance(provider, HasFences) and provider.fences.is_on,
            asks_to_confirm=edition.about == LetterKind.CONFIRMATION,
        )
        if share is not None:
            self._place = replace(
                self._place,
                after=share.part.first - 1,
                until=share.part.last,
                worker=share.worker,
            )
        # A letter of March is still good in July; what it is dated then is the day it leaves.
        self._date = None if edition.kind is EditionKind.LETTER else edition.frozen_at
        self._links = post.links(key)
        self._personaliser = post.personaliser(variant, key, edition=edition.number)

    def claim(self, limit: int) -> _Attempt | None:
        """Open an attempt over the next planned deliveries; None when there are none."""
        while True:
            with self._store.begin() as connection:
                attempt, place, wait_s = self._claim(connection, limit)
            self._place = place
            if not self._waits(wait_s):
                return attempt

    def turn_over(self, outcomes: Sequence[Outcome], limit: int) -> _Attempt | None:
        """Write outcomes, then claim, in one transaction."""
        with self._store.begin() as connection:
            now = self._clock()
            said = put_offs.weigh(connection, outcomes, patience=self._patience, now=now)
            ledger.record_some(connection, said, open_attempts=tuple(self._open), now=now)
            attempt, place, wait_s = self._claim(connection, limit) if limit else self._nothing()
        self._place = place
        self._forget({outcome.delivery_id for outcome in outcomes})
        if self._waits(wait_s):
            attempt = self.claim(limit)
        if attempt is not None:
            self._open[attempt.id] = {each.delivery_id for each in attempt.batch.recipients}
        if outcomes:
            counts = Counter([str(outcome.kind) for outcome in outcomes])
            log_event("outcomes_recorded", edition=place.edition, **counts)
        return attempt

    def _waits(self, wait_s: float) -> bool:
        """Wait for the other workers; False when there is nothing to wait for, or no more."""
        return bool(wait_s) and self._share is not None and not self._share.stop.wait(wait_s)

    def _forget(self, done: set[int]) -> None:
        self._open = {id_: left for id_, readers in self._open.items() if (left := readers - done)}

    def _nothing(self, wait_s: float = 0.0) -> tuple[None, claims.Place, float]:
        return None, self._place, wait_s

    def _claim(
        self, connection: Connection, limit: int
    ) -> tuple[_Attempt | None, claims.Place, float]:
        """Return the attempt if there is any, the place after it, and how long to wait else."""
        # Asked each time: someone may hold it from another process while it is sent.
        if decisions.is_held(connection, self._place.edition):
            return self._nothing()
        # And this: a chat begins, or is called off, while its readers are being told.
        if expire_edition(connection, self._edition, now=self._clock()):
            return self._nothing()
        per_minute = self._share.per_minute if self._share else None
        if per_minute is not None:
            limit = min(limit, pace.room(connection, per_minute=per_minute))
            if not limit:
                return self._nothing(pace.wait_s(connection, per_minute=per_minute))
        claim = claims.claim(
            connection, self._place, provider=self._provider, limit=limit, now=self._clock()
        )
        if claim is None:
            return self._nothing()
        if per_minute is not None:
            pace.spend(connection, len(claim.readers), per_minute=per_minute)
        # Made before the commit: a fault in it leaves nobody claimed, so nobody in doubt.
        confirmations: dict[int, str] = {}
        if self._place.asks_to_confirm:
            asked = [reader.subscriber_id for reader in claim.readers]
            confirmations = signups.mint_tokens(connection, asked, now=self._clock())
        attempt = _Attempt(id=claim.attempt_id, batch=self._batch(claim, confirmations))
        return attempt, replace(self._place, after=claim.readers[-1].delivery_id), 0.0

    def fence(self, attempt: Attempt, fence: Fence) -> None:
        """Keep how what is about to leave can be called back."""
        with self._store.begin() as connection:
            fences.raise_fence(connection, attempt.id, fence)

    def record(self, attempt: Attempt, outcomes: Sequence[Outcome]) -> None:
        """Write each outcome and close the attempt."""
        with self._store.begin() as connection:
            now = self._clock()
            said = put_offs.weigh(connection, outcomes, patience=self._patience, now=now)
            recipients = len(attempt.batch.recipients)
            ledger.record_outcomes(connection, attempt.id, said, recipients=recipients, now=now)
        counts = Counter([str(outcome.kind) for outcome in outcomes])
        log_event("batch_recorded", edition=self._place.edition, attempt=attempt.id, **counts)

    def release(self, attempt: Attempt, reason: str) -> None:
        """Close it: certainly nothing was accepted."""
        with self._store.begin() as connection:
            ledger.release_attempt(connection, attempt.id, reason, now=self._clock())
        log_event("batch_released", edition=self._place.edition, attempt=attempt.id)

    def lose_track(self, attempt: Attempt, reason: str) -> None:
        """Close it: nobody knows."""
        with self._store.begin() as connection:
            ledger.lose_track(connection, attempt.id, reason, now=self._clock())
        log_event("batch_in_doubt", edition=self._place.edition, attempt=attempt.id)

    def abandon(self, reason: str) -> None:
        """Close what `turn_over` opened."""
        with self._store.begin() as connection:
            for attempt_id in self._open:
                ledger.lose_track(connection, attempt_id, reason, now=self._clock())
        self._open = {}

    def _batch(self, claim: claims.Claim, confirmations: Mapping[int, str]) -> Batch:
        return Batch(
            attempt_key=f"{_ATTEMPT}{claim.attempt_id}",
            edition=self._place.edition,
            date=self._date or self._clock(),
            sender=self._sender,
            variant=self._variant,
            recipients=tuple(self._recipients(claim, confirmations)),
        )

    def _recipients(
        self, claim: claims.Claim, confirmations: Mapping[int, str]
    ) -> Sequence[Recipient]:
        delivery_ids, subscriber_ids, addresses, names, zones, _ = zip(*claim.readers, strict=True)
        return self._personaliser.recipients(
            delivery_ids,
            self._links.tokens(subscriber_ids),
            addresses=addresses,
            names=names,
            zones=zones,
            confirmations=[confirmations.get(each) for each in subscriber_ids]
            if confirmations
            else (),
        )


def attempt_of(key: str) -> int | None:
    """Return the number of the attempt that a message says it left with; None for no such key."""
    mark, digits = key[: len(_ATTEMPT)], key[len(_ATTEMPT) :]
    is_ours = mark == _ATTEMPT and digits.isascii() and digits.isdigit()
    return int(digits) if is_ours and len(digits) <= _ATTEMPT_DIGITS else None
