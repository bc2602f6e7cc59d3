"""What a way to send must promise, and what it is handed."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from otalk_digest.model.delivery import Outcome
from otalk_digest.model.message import Batch, Fence


class Attempt(Protocol):
    """An open attempt: what to send, and the number under which it is in the books."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def batch(self) -> Batch:
        """What to hand to the provider."""


class Ledger(Protocol):
    """The books, one transaction per call."""

    def claim(self, limit: int) -> Attempt | None:
        """Open an attempt over the next planned deliveries; None when there are none."""

    def fence(self, attempt: Attempt, fence: Fence) -> None:
        """Note the fence of an open attempt; nothing of the attempt is submitted before."""

    def record(self, attempt: Attempt, outcomes: Sequence[Outcome]) -> None:
        """Write each outcome and close the attempt."""

    def turn_over(self, outcomes: Sequence[Outcome], limit: int) -> Attempt | None:
        """Write outcomes of any open attempts, then claim; an attempt closes with its last one."""

    def release(self, attempt: Attempt, reason: str) -> None:
        """Close it: certainly nothing was accepted."""

    def lose_track(self, attempt: Attempt, reason: str) -> None:
        """Close it: nobody knows."""

    def abandon(self, reason: str) -> None:
        """Close what `turn_over` opened: nobody knows of the readers that have no outcome."""


class Provider(Protocol):
    """A way to send.

    The attempt is recorded before `send` is called, so whatever happens inside it can be
    told apart afterwards: accepted, refused, certainly not sent, or in doubt.
    """

    @property
    def name(self) -> str:
        """Its name in the settings and in the ledger."""

    @property
    def batch_size(self) -> int:
        """The most recipients that it takes in one attempt."""

    @property
    def is_idempotent(self) -> bool:
        """Sending a delivery again cannot double it, so nothing is ever in doubt."""

    def send(self, batch: Batch) -> Sequence[Outcome]:
        """Return one outcome per recipient, in the order given.

        Raises:
            ProviderUnavailableError: nothing of the batch was accepted; try later.
            ProviderRefusedError: the provider refuses us; nothing was accepted.
            ProviderUncertainError: the whole batch may or may not have been accepted.
        """

    def check(self) -> Sequence[str]:
        """Return what would stop a send, each as a sentence with what to do; sends nothing."""

    def close(self) -> None:
        """Let go of connections. Safe to call twice."""


@runtime_checkable
class StreamingProvider(Provider, Protocol):
    """A provider that decides readers one by one, so the books need not wait for a batch."""

    def deliver(self, ledger: Ledger, *, stop: threading.Event) -> int:
        """Send all that is planned; return how many were handed over.

        Few readers are claimed at a time, so that a kill leaves few in doubt. Raises what
        `send` raises, after everything that was claimed has its outcome.
        """


@runtime_checkable
class HasRehearsals(Protocol):
    """A provider that judges a batch without sending it."""

    def rehearse(self, batch: Batch) -> Sequence[str]:
        """Return what is wrong with it, each as a sentence with what to do; sends nothing."""


class Fences(Protocol):
    """Batches that wait at the provider for a while, and can be called back meanwhile."""

    @property
    def is_on(self) -> bool:
        """Whether each attempt gets a fence before it is submitted."""

    def call_back(self, fence: Fence, *, stop: threading.Event) -> bool:
        """Return whether it is certain that nothing of the batch will ever be sent.

        Gives up when it is to stop. Safe to repeat. Raises ProviderUnavailableError,
        ProviderRefusedError or SettingsError.
        """

    def forget(self, fence: Fence, *, stop: threading.Event) -> bool:
        """Let go of a batch that was called back; return whether it was due long enough ago.

        As `call_back` in all else.
        """


@runtime_checkable
class HasFences(Protocol):
    """A provider with such batches."""

    @property
    def fences(self) -> Fences:
        """They are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionList:
    """Addresses that a provider mails no more."""

    name: str
    #: What it means for us that an address is on it.
    reason: str


class SuppressionSource(Protocol):
    """A provider's own lists of whom not to mail, kept in step with ours.

    Each method raises ProviderUnavailableError or ProviderRefusedError.
    """

    @property
    def lists(self) -> Sequence[SuppressionList]:
        """What there is; nothing when they are not to be looked at."""

    def pages(self, name: str, *, since: datetime | None) -> Iterator[Sequence[str]]:
        """Yield addresses of a list; with `since`, those that were added after it at least."""

    def add(self, addresses: Sequence[str]) -> None:
        """Let the provider know who has left. Safe to repeat."""

    def remove(self, addresses: Sequence[str]) -> None:
        """Let the provider know who has come back; complaints stay. Safe to repeat."""


@runtime_checkable
class HasSuppressions(Protocol):
    """A provider with such lists."""

    @property
    def suppressions(self) -> SuppressionSource:
        """They are."""
