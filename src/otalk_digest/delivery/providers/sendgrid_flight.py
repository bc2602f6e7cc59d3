"""Several batches under way at once; one thread, the caller's, writes the books."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Final

from otalk_digest.delivery.dispatch import MOST_DOUBTS, too_many_doubts
from otalk_digest.delivery.provider import Attempt, Ledger
from otalk_digest.errors import (
    OtalkDigestError,
    ProviderRefusedError,
    ProviderUnavailableError,
    ProviderUncertainError,
    SettingsError,
    StoreError,
)
from otalk_digest.model.delivery import Outcome
from otalk_digest.model.message import Batch, Fence

#: R11: what is in flight when we are asked to stop gets so long.
LAST_WAIT_S: Final = 30.0
#: Short enough to hear soon that we are asked to stop.
_GLANCE_S: Final = 0.25

Send = Callable[[Batch], Sequence[Outcome]]
_Result = Sequence[Outcome] | BaseException


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who sends in one lane, one batch after the other."""

    send: Send
    #: None where nothing needs a fence.
    raise_fence: Callable[[], Fence] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A lane that waits for its fence to be written down."""

    fence: Fence
    go: threading.Event


class Flight:
    """Everything that is planned, over at most so many senders at a time."""

    def __init__(
        self,
        ledger: Ledger,
        make_crew: Callable[[], Crew],
        *,
        lanes: int,
        size: int,
        halt: threading.Event,
        is_fenced: bool = False,
        last_wait_s: float = LAST_WAIT_S,
    ) -> None:
        """`halt` is set when nothing more may begin: senders that wait give up."""
        self._ledger = ledger
        self._make_crew = make_crew
        self._lanes = lanes
        self._size = size
        self._halt = halt
        self._is_fenced = is_fenced
        self._last_wait_s = last_wait_s
        self._departing: SimpleQueue[Attempt | None] = SimpleQueue()
        self._landed: SimpleQueue[tuple[Attempt, _Result | _Ready]] = SimpleQueue()
        self._flying: dict[int, Attempt] = {}
        #: Those that wait for their fence: nothing of them is submitted.
        self._waiting: set[int] = set()
        self._threads: list[threading.Thread] = []
        self._trouble: BaseException | None = None
        self._doubts = 0
        self._handed_over = 0

    def carry(self, *, stop: threading.Event) -> int:
        """Send all that is planned; return how many were handed over.

        Raises what first kept it from going on, after everything has its outcome.
        """
        try:
            self._until_all_landed(stop)
        except StoreError:
            # What could not be written down is in doubt when the next run finds it open.
            raise
        except BaseException:
            self._lose_the_rest("the program failed while sending")
            raise
        finally:
            self._halt.set()
            for _ in self._threads:
                self._departing.put(None)
        if self._trouble is not None:
            raise self._trouble
        return self._handed_over

    def _until_all_landed(self, stop: threading.Event) -> None:
        last_moment: float | None = None
        has_more = True
        while True:
            if stop.is_set() and last_moment is None:
                last_moment = time.monotonic() + self._last_wait_s
                self._halt.set()
            while has_more and not self._halt.is_set() and len(self._flying) < self._lanes:
                has_more = self._take_off()
            if not self._flying:
                return
            self._land(stop)
            if last_moment is not None and time.monotonic() > last_moment:
                self._lose_the_rest("we were asked to stop and waited long enough")
                return

    def _take_off(self) -> bool:
        attempt = self._ledger.claim(self._size)
        if attempt is None:
            return False
        self._flying[attempt.id] = attempt
        if self._is_fenced:
            self._waiting.add(attempt.id)
        self._departing.put(attempt)
        if len(self._threads) < len(self._flying):
            # A daemon: one that hangs does not keep the program from ending.
            thread = threading.Thread(target=self._fly, daemon=True)
            self._threads.append(thread)
            thread.start()
        return True

    def _fly(self) -> None:
        crew = self._make_crew()
        while (attempt := self._departing.get()) is not None:
            try:
                result: _Result = crew.send(self._behind_fence(attempt, crew))
            except BaseException as error:  # noqa: BLE001  it is raised again by `carry`
                result = error
            self._landed.put((attempt, result))
            # Who waits for the next batch does not hold on to the last.
            del attempt, result

    def _behind_fence(self, attempt: Attempt, crew: Crew) -> Batch:
        """Return the batch once its fence is in the books; before, nothing may be submitted."""
        if crew.raise_fence is None:
            return attempt.batch
        ready = _Ready(fence=crew.raise_fence(), go=threading.Event())
        self._landed.put((attempt, ready))
        ready.go.wait()
        return replace(attempt.batch, fence=ready.fence)

    def _land(self, stop: threading.Event) -> None:
        try:
            attempt, result = self._landed.get(timeout=_GLANCE_S)
        except Empty:
            return
        if isinstance(result, _Ready):
            self._ledger.fence(attempt, result.fence)
            self._waiting.remove(attempt.id)
            result.go.set()
            return
        self._write_down(attempt, result)
        self._waiting.discard(attempt.id)
        del self._flying[attempt.id]
        if isinstance(result, ProviderUnavailableError) and stop.is_set():
            # It was given up because we are to stop, not because of the service.
            return
        if isinstance(result, ProviderUncertainError):
            self._doubts += 1
            if self._doubts >= MOST_DOUBTS:
                self._give_up(too_many_doubts())
        elif isinstance(result, BaseException):
            self._give_up(result)
        else:
            self._doubts = 0
            self._handed_over += len(attempt.batch.recipients)

    def _write_down(self, attempt: Attempt, result: _Result) -> None:
        """In the books as soon as it is known: a kill leaves only what is in flight in doubt."""
        match result:
            case ProviderUnavailableError() | ProviderRefusedError() | SettingsError():
                self._ledger.release(attempt, type(result).__name__)
            case ProviderUncertainError():
                self._ledger.lose_track(attempt, str(result))
            case BaseException():
                self._ledger.lose_track(attempt, "the program failed while sending")
            case _:
                self._ledger.record(attempt, result)

    def _give_up(self, error: BaseException) -> None:
        """Begin nothing more; the first trouble is the one that is told, a bug before all."""
        self._halt.set()
        is_bug = not isinstance(error, OtalkDigestError)
        if self._trouble is None or (is_bug and isinstance(self._trouble, OtalkDigestError)):
            self._trouble = error

    def _lose_the_rest(self, reason: str) -> None:
        for attempt in self._flying.values():
            if attempt.id in self._waiting:
                self._ledger.release(attempt, reason)
            else:
                self._ledger.lose_track(attempt, reason)
        self._flying = {}
