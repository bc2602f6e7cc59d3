"""SendGrid's queue: what waits for its time, and what is discarded when that comes.

As documented: a batch is a name that requests share; a cancelled one stays in the queue and is
discarded at its time. Where the documents promise nothing, it does what harms us most.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.sendgrid_rules import Mail, mails_of

#: No more batches may be paused or cancelled at a time.
MOST_CANCELLED = 100
#: A cancellation holds for certain only so long before the time.
PROMISED_S = 600
#: Nothing may be scheduled for later.
LONGEST_S = 72 * 3600


class RefusedError(Exception):
    """Answered with 400: the message, and the field that it is about."""


@dataclass(slots=True)
class Schedule:
    """Everything that was accepted, and when it leaves. Time passes only when a test says so."""

    #: A Unix time.
    now: float = field(default_factory=time.time)
    #: Who got mail, in order.
    mails: list[Mail] = field(default_factory=list)
    discarded: list[Mail] = field(default_factory=list)
    #: Batch → "cancel".
    statuses: dict[str, str] = field(default_factory=dict)
    batches: set[str] = field(default_factory=set)
    #: Whether a cancellation that comes too late is of any use.
    honours_late_ones: bool = False
    _queue: list[tuple[float, str | None, Mail]] = field(default_factory=list)
    _late: list[Mapping[str, Any]] = field(default_factory=list)
    #: Batches whose cancellation came too late.
    _too_late: set[str] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=count)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def waiting(self) -> list[Mail]:
        return [mail for _, _, mail in self._queue]

    def new_batch(self) -> str:
        with self._lock:
            batch = f"Batch-{next(self._numbers)}_x"
            self.batches.add(batch)
            return batch

    def accept(self, body: Mapping[str, Any]) -> None:
        """Take what is valid; raises for a time or a batch that cannot be."""
        at, batch = body.get("send_at", 0), body.get("batch_id")
        with self._lock:
            if batch is not None and batch not in self.batches:
                raise RefusedError("The batch_id is not known.", "batch_id")
            if at > self.now + LONGEST_S:
                raise RefusedError("The send_at is more than 72 hours ahead.", "send_at")
            self._queue += [(float(at), batch, mail) for mail in mails_of(body)]
            self._send_what_is_due()

    def accept_later(self, body: Mapping[str, Any]) -> None:
        """A request that is on its way for longer than its sender waits."""
        self._late.append(body)

    def let_late_ones_in(self) -> None:
        late, self._late = self._late, []
        for body in late:
            self.accept(body)

    def cancel(self, batch: str) -> None:
        with self._lock:
            if batch not in self.batches:
                raise RefusedError("The batch_id is not known.", "batch_id")
            if batch in self.statuses:
                raise RefusedError("The batch has a status already.", "batch_id")
            if len(self.statuses) >= MOST_CANCELLED:
                raise RefusedError("The maximum number of cancellations is reached.", "batch_id")
            self.statuses[batch] = "cancel"
            is_late = any(at < self.now + PROMISED_S for at, of, _ in self._queue if of == batch)
            if is_late and not self.honours_late_ones:
                self._too_late.add(batch)

    def forget(self, batch: str) -> None:
        with self._lock:
            self.statuses.pop(batch, None)

    def advance(self, *, minutes: float) -> None:
        with self._lock:
            self.now += minutes * 60
            self._send_what_is_due()

    def _send_what_is_due(self) -> None:
        due = [each for each in self._queue if each[0] <= self.now]
        self._queue = [each for each in self._queue if each[0] > self.now]
        for _, batch, mail in due:
            is_cancelled = batch in self.statuses and batch not in self._too_late
            (self.discarded if is_cancelled else self.mails).append(mail)
