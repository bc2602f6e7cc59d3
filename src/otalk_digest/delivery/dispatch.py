"""Carry out a plan: claim, submit, record, until nothing is planned.

The attempt is durable before the provider is called and its outcomes are durable before the
next one, so a kill leaves at most one attempt that nobody knows the fate of.
"""

import threading
from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from otalk_digest.delivery.provider import Provider
from otalk_digest.errors import (
    ProviderRefusedError,
    ProviderUnavailableError,
    ProviderUncertainError,
    SettingsError,
    TryAgainError,
)
from otalk_digest.model.delivery import Outcome
from otalk_digest.model.message import Batch

#: So many batches in a row that nobody knows the fate of: the provider is ill, not a batch.
_MOST_DOUBTS: Final = 3


class Attempt(Protocol):
    """An open attempt: what to send, and the number under which it is in the books."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def batch(self) -> Batch:
        """What to hand to the provider."""


A = TypeVar("A", bound=Attempt)


class Ledger(Protocol[A]):
    """The books, one transaction per call."""

    def claim(self, limit: int) -> A | None:
        """Open an attempt over the next planned deliveries; None when there are none."""

    def record(self, attempt: A, outcomes: Sequence[Outcome]) -> None:
        """Write each outcome and close the attempt."""

    def release(self, attempt: A, reason: str) -> None:
        """Close it: certainly nothing was accepted."""

    def lose_track(self, attempt: A, reason: str) -> None:
        """Close it: nobody knows."""


def dispatch(ledger: Ledger[A], provider: Provider, *, stop: threading.Event) -> int:
    """Send all that is planned; return how many were handed over.

    When `stop` is set the attempt in flight is finished and no other is begun (R11). What the
    provider gives back certainly unsent stays planned for the next run, not for this loop.

    Raises:
        ProviderUnavailableError, ProviderRefusedError, SettingsError: after everything
            that was claimed has been given back.
        TryAgainError: too many batches in a row are in doubt; the rest stays planned.
    """
    handed_over = doubts = 0
    while not stop.is_set() and (attempt := ledger.claim(provider.batch_size)) is not None:
        try:
            outcomes = provider.send(attempt.batch)
        except (ProviderUnavailableError, ProviderRefusedError, SettingsError) as error:
            ledger.release(attempt, type(error).__name__)
            raise
        except ProviderUncertainError as error:
            ledger.lose_track(attempt, str(error))
            doubts += 1
            if doubts == _MOST_DOUBTS:
                raise TryAgainError(
                    f"The provider gave no clear answer for {doubts} batches in a row, so no more "
                    "are sent. The others go out with the next run."
                ) from error
            continue
        except BaseException:
            ledger.lose_track(attempt, "the program failed while sending")
            raise
        ledger.record(attempt, outcomes)
        doubts = 0
        handed_over += len(attempt.batch.recipients)
    return handed_over
