"""Carry out a plan: claim, submit, record, until nothing is planned.

The attempt is durable before the provider is called and its outcomes are durable before the
next one, so a kill leaves at most one attempt that nobody knows the fate of.
"""

import threading
from typing import Final

from otalk_digest.delivery.provider import Ledger, Provider, StreamingProvider
from otalk_digest.errors import (
    ProviderRefusedError,
    ProviderUnavailableError,
    ProviderUncertainError,
    SettingsError,
    TryAgainError,
)
from otalk_digest.memory import seldom_searched

#: So many batches in a row that nobody knows the fate of: the provider is ill, not a batch.
MOST_DOUBTS: Final = 3


def dispatch(ledger: Ledger, provider: Provider, *, stop: threading.Event) -> int:
    """Send all that is planned; return how many were handed over.

    When `stop` is set the attempt in flight is finished and no other is begun (R11). What the
    provider gives back certainly unsent stays planned for the next run, not for this loop.

    Raises:
        ProviderUnavailableError, ProviderRefusedError, SettingsError: after everything
            that was claimed has been given back.
        TryAgainError: too many batches in a row are in doubt; the rest stays planned.
    """
    with seldom_searched():
        if isinstance(provider, StreamingProvider):
            return provider.deliver(ledger, stop=stop)
        return _one_by_one(ledger, provider, stop=stop)


def _one_by_one(ledger: Ledger, provider: Provider, *, stop: threading.Event) -> int:
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
            if doubts == MOST_DOUBTS:
                raise too_many_doubts() from error
            continue
        except BaseException:
            ledger.lose_track(attempt, "the program failed while sending")
            raise
        ledger.record(attempt, outcomes)
        doubts = 0
        handed_over += len(attempt.batch.recipients)
    return handed_over


def too_many_doubts() -> TryAgainError:
    """Return what ends a run that nobody answers clearly."""
    return TryAgainError(
        f"The provider gave no clear answer for {MOST_DOUBTS} batches in a row, so no more "
        "are sent. The others go out with the next run."
    )
