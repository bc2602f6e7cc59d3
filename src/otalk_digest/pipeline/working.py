"""Deliver with any number of workers: a run fills their queue, and they empty it.

Who may send to whom is decided by the books alone: a job claims what is still planned of its
slice, so one that is done twice, or by two workers at once, sends nothing twice.
"""

import contextlib
import threading
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue

from otalk_digest.delivery.dispatch import dispatch
from otalk_digest.delivery.provider import Provider
from otalk_digest.errors import InputError
from otalk_digest.logs import log_event
from otalk_digest.model.edition import Edition
from otalk_digest.pipeline.bookkeeping import StoreLedger
from otalk_digest.pipeline.checking import check_edition, require_fit
from otalk_digest.pipeline.delivering import Clock, Post, close_books, recover
from otalk_digest.pipeline.handing_over import Queue, refill
from otalk_digest.pipeline.running import Job
from otalk_digest.store import editions, shifts
from otalk_digest.store.database import Store
from otalk_digest.store.queue import Slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one job of a worker may claim, and how fast."""

    part: Slice
    #: The worker's number.
    worker: int
    #: Of all workers together; None without a limit.
    per_minute: int | None
    stop: threading.Event


class Hand:
    """What a worker does; any number of threads may call `do` at once."""

    def __init__(self, job: Job, queue: Queue, *, number: int, per_minute: int | None) -> None:
        """`number` is that of the worker's shift; `per_minute` counts for all workers."""
        self._job = job
        self._queue = queue
        self._number = number
        self._per_minute = per_minute
        self._providers: SimpleQueue[Provider] = SimpleQueue()
        #: Checked once: the settings of a process do not change.
        self._fit: dict[int, Edition] = {}
        self._lock = threading.Lock()

    def do(self, part: Slice) -> None:
        """Deliver what is planned of a slice. Raises OtalkDigestError; the rest stays planned."""
        edition = self._edition(part.edition)
        provider = self._take_provider()
        try:
            share = Share(
                part=part,
                worker=self._number,
                per_minute=self._per_minute,
                stop=self._job.stop,
            )
            _deliver_share(
                self._job.store,
                edition,
                provider,
                self._job.post,
                share=share,
                clock=self._job.clock,
                patience=self._job.policy.patience,
            )
        finally:
            self._providers.put(provider)
        self._close_if_done(part.edition)

    def look_after_others(self) -> None:
        """Put in doubt what dead workers left open, and back into the queue what they had."""
        with self._job.store.read() as connection:
            if not shifts.is_any_dead(connection):
                return
        provider = self._take_provider()
        try:
            with self._job.store.begin() as connection:
                dead = shifts.bury(connection)
                left = recover(connection, provider, now=self._job.clock(), of_runs=False)
                if dead:
                    refill(connection, self._queue, provider)
        finally:
            self._providers.put(provider)
        if dead:
            log_event("workers_replaced", workers=dead, attempts=left)

    def close(self) -> None:
        """Let go of all providers."""
        with contextlib.suppress(Empty):
            while True:
                self._providers.get_nowait().close()

    def _take_provider(self) -> Provider:
        try:
            return self._providers.get_nowait()
        except Empty:
            return self._job.make_provider()

    def _edition(self, number: int) -> Edition:
        with self._lock:
            if number not in self._fit:
                self._fit[number] = self._checked(number)
            return self._fit[number]

    def _checked(self, number: int) -> Edition:
        """Raises CheckFailedError: the settings here may differ from those of the run."""
        with self._job.store.read() as connection:
            edition = editions.load_edition(connection, number)
        if edition is None:
            raise InputError(f"There is no edition {number}. See: otalk-digest editions.")
        job = self._job
        require_fit(
            number,
            check_edition(job.store, edition, job.post, expected=job.expected),
            is_frozen=True,
        )
        return edition

    def _close_if_done(self, number: int) -> None:
        with self._job.store.read() as connection:
            is_done = number not in editions.unfinished(connection)
        if is_done:
            close_books(self._job.store, now=self._job.clock())


def _deliver_share(
    store: Store,
    edition: Edition,
    provider: Provider,
    post: Post,
    *,
    share: Share,
    clock: Clock,
    patience: timedelta,
) -> None:
    """Send what is still planned of a worker's share. Raises what `deliver` raises."""
    (variant,) = (each for each in edition.variants if each.segment == share.part.segment)
    books_of = StoreLedger(
        store,
        edition,
        variant,
        post=post,
        provider=provider,
        clock=clock,
        patience=patience,
        share=share,
    )
    dispatch(books_of, provider, stop=share.stop)
