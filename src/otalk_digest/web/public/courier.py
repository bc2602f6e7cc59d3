"""Sends the letters that the pages plan, behind their back: a page never waits for a mail server.

It holds the lease while it sends, as every sender does. While a run is at work it waits for it.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final, Self

from otalk_digest.delivery.provider import Provider
from otalk_digest.errors import BusyError, OtalkDigestError
from otalk_digest.logs import log_event
from otalk_digest.pipeline.delivering import Post
from otalk_digest.pipeline.letters import deliver_letters
from otalk_digest.store.database import Store

#: Until the next look, when nobody asks for one: what a killed program left is found.
_IDLE_S: Final = 300.0
_BUSY_S: Final = 3.0
_TROUBLED_S: Final = 60.0


class Courier:
    """A context: it works inside. `store` is its own, for the lease is."""

    def __init__(
        self,
        store: Store,
        post: Post,
        make_provider: Callable[[], Provider],
        *,
        clock: Callable[[], datetime],
        stop: threading.Event,
    ) -> None:
        self._store = store
        self._post = post
        self._make_provider = make_provider
        self._clock = clock
        self._stop = stop
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._wanted.set()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Finish what is in flight, begin nothing new (R11)."""
        self._stop.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()
        self._store.close()

    def wake(self) -> None:
        """Let it look after letters now."""
        self._wanted.set()

    def _run(self) -> None:
        while True:
            # Before the look at the other: who stops sets that one first.
            self._wanted.clear()
            if self._stop.is_set():
                return
            pause = self._deliver()
            if pause:
                # Asked to hurry or not: a provider that is ill is not asked all the time.
                self._stop.wait(pause)
                self._wanted.set()
            self._wanted.wait(_IDLE_S)

    def _deliver(self) -> float:
        """Return how long to wait before the next try; nought when all is done."""
        try:
            sent = deliver_letters(
                self._store, self._post, self._make_provider, stop=self._stop, clock=self._clock
            )
        except BusyError:
            return _BUSY_S
        except OtalkDigestError as error:
            log_event("letters_waiting", error=type(error).__name__)
            return _TROUBLED_S
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not end the thread
            log_event("letters_failed", error=type(error).__name__)
            return _TROUBLED_S
        if sent:
            log_event("letters_sent", editions=sent)
        return 0.0
