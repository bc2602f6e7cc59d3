"""Call back what is in doubt behind a fence, so that it can be sent anew (R4)."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from otalk_digest.delivery.provider import HasFences, Provider
from otalk_digest.errors import (
    ProviderRefusedError,
    ProviderUnavailableError,
    SettingsError,
    TryAgainError,
)
from otalk_digest.logs import log_event
from otalk_digest.pipeline.delivering import PATIENCE, Clock, Post, deliver, recover
from otalk_digest.store import fences
from otalk_digest.store.database import Store

#: Of sending what was called back, in one run.
_MOST_ROUNDS: Final = 3
_TROUBLE: Final = (ProviderRefusedError, ProviderUnavailableError, SettingsError)


@dataclass(slots=True, kw_only=True)
class CalledBack:
    """What came of it in a run so far."""

    #: Deliveries that are planned again.
    released: int = 0
    #: Why the last batches could not be asked for.
    fault: str | None = None


class Work(Protocol):
    """What there is to deliver with: a run's job, or a part of it."""

    @property
    def store(self) -> Store:
        """The books."""
        ...

    @property
    def post(self) -> Post:
        """Who sends."""
        ...

    @property
    def stop(self) -> threading.Event:
        """Set when nothing more is to be begun."""
        ...

    @property
    def clock(self) -> Clock:
        """Tells the time."""
        ...


def pick_up(work: Work, provider: Provider, found: CalledBack) -> None:
    """Settle what a killed run left open: what it waited for, then what can be called back."""
    with work.store.begin() as connection:
        recover(connection, provider, now=work.clock())
    call_back(work, provider, found)
    forget_past(work, provider)


def deliver_fenced(
    work: Work,
    number: int,
    provider: Provider,
    found: CalledBack,
    *,
    patience: timedelta = PATIENCE,
) -> None:
    """Send an edition, and what falls in doubt behind a fence again while that gets anywhere.

    Raises what `deliver` raises.
    """
    for _ in range(_MOST_ROUNDS):
        before = found.released
        try:
            deliver(
                work.store,
                number,
                provider,
                work.post,
                stop=work.stop,
                clock=work.clock,
                patience=patience,
            )
        except TryAgainError:
            # It is not sent again now, but what may have been taken must be called back in time.
            call_back(work, provider, found)
            raise
        call_back(work, provider, found)
        if found.released == before:
            return


def call_back(work: Work, provider: Provider, found: CalledBack) -> None:
    """Call back every batch that is in doubt behind a fence; what is seen to be so is planned.

    What it is too late for stays in doubt. Only the holder of the lease may call this.
    """
    # When we are to stop, the next run does it, if that comes in time.
    if not isinstance(provider, HasFences) or work.stop.is_set():
        return
    with work.store.read() as connection:
        waiting = fences.in_doubt(connection, provider.name)
    found.fault = None
    try:
        for each in waiting:
            # Nothing is written before it is certain: a kill in between asks once more (C11).
            is_gone = provider.fences.call_back(each.fence, stop=work.stop)
            if is_gone:
                with work.store.begin() as connection:
                    found.released += fences.release(connection, each.attempt_id, now=work.clock())
            log_event("batch_called_back", attempt=each.attempt_id, is_gone=is_gone)
    except _TROUBLE as error:
        found.fault = str(error)


def forget_past(work: Work, provider: Provider) -> None:
    """Let go of what was called back long ago: an account has room for a hundred [S5]."""
    if not isinstance(provider, HasFences):
        return
    with work.store.read() as connection:
        held = fences.held(connection, provider.name)
    try:
        for each in held:
            if not provider.fences.forget(each.fence, stop=work.stop):
                continue
            with work.store.begin() as connection:
                fences.forget(connection, each.attempt_id)
    except _TROUBLE as error:
        # The next run tries again; nobody waits for it.
        log_event("batches_not_forgotten", error=type(error).__name__)
