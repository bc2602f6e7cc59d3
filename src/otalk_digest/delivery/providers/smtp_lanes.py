"""Letters over several SMTP connections at once, until there are none left.

One thread, one selector: connections are opened beside it, by `smtplib`, because greeting,
TLS and login take round trips that others need not wait for; and the books are written beside
it, because a commit takes as long as several messages.
"""

import math
import selectors
import smtplib
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.delivery.providers.smtp_config import SmtpConfig
from otalk_digest.delivery.providers.smtp_lane import Lane
from otalk_digest.delivery.providers.smtp_letter import Answer, Letter
from otalk_digest.delivery.providers.smtp_session import close_session, open_session, refusal
from otalk_digest.delivery.providers.smtp_supply import Feed, Supply
from otalk_digest.errors import OtalkDigestError, ProviderRefusedError, ProviderUnavailableError
from otalk_digest.model.delivery import OutcomeKind

#: How often a letter whose connection breaks before its dot is tried at once.
_TRIES: Final = 2
#: R11: what is in flight when we are asked to stop gets so long.
_LAST_WAIT_S: Final = 30.0
#: While connections are being opened, or a limit holds us back.
_GLANCE_S: Final = 0.02
#: Long enough to cost nothing, short enough to hear that we are asked to stop.
_LONGEST_GLANCE_S: Final = 0.5
#: Opening a connection costs round trips, so it must have so many letters to carry.
_WORTH_A_CONNECTION: Final = 4
#: A feed is asked for more when no more letters than these are waiting while each connection has
#: two under way; a relay without PIPELINING takes one, so more of them wait.
LOW: Final = 8


class Lanes:
    """The connections to one relay, kept from feed to feed."""

    def __init__(self, config: SmtpConfig, *, sleep: Callable[[float], None]) -> None:
        self._config = config
        self._sleep = sleep
        self._selector = selectors.DefaultSelector()
        self._open: list[Lane] = []
        self._opening: list[Future[smtplib.SMTP]] = []
        self._waiting: deque[Letter] = deque()
        self._tries: Counter[int] = Counter()
        #: Connections that came to nothing since the last letter that a server decided about.
        self._fruitless = 0
        self._wait_until = 0.0
        self._next_give = 0.0
        self._next_look = 0.0
        self._trouble: OtalkDigestError | None = None

    def carry(self, feed: Feed, *, stop: threading.Event) -> OtalkDigestError | None:
        """Carry all letters of a feed; return what kept it from going on, if anything did.

        Every letter that was taken is settled when this returns.
        """
        self._fruitless, self._trouble = 0, None
        self._tries.clear()
        with Supply(feed) as supply:
            self._selector.register(supply.bell, selectors.EVENT_READ)
            try:
                self._until_all_settled(feed, supply, stop)
            finally:
                self._selector.unregister(supply.bell)
        return self._trouble

    def _until_all_settled(self, feed: Feed, supply: Supply, stop: threading.Event) -> None:
        last_moment: float | None = None
        while True:
            if stop.is_set() and last_moment is None:
                last_moment = time.monotonic() + _LAST_WAIT_S
            is_ending = last_moment is not None or self._trouble is not None
            self._waiting += supply.arrived()
            if is_ending:
                self._give_back(feed)
            elif not supply.is_asked and self._is_low():
                supply.ask()
            if not self._waiting and not any(lane.dialogue.is_busy for lane in self._open):
                if not supply.is_asked and (is_ending or supply.is_exhausted):
                    return
                supply.wait()
                continue
            self._staff()
            self._hand_out(feed)
            self._turn(feed)
            if last_moment is not None and time.monotonic() > last_moment:
                for lane in tuple(self._open):
                    self._drop(lane, feed, "we were asked to stop and waited long enough")

    def _is_low(self) -> bool:
        """Whether it is time to ask: what is in hand has to last while the books are written."""
        most = LOW + 2 * self._config.connections - len(self._waiting)
        return most >= 0 and sum(lane.dialogue.undecided for lane in self._open) <= most

    def close(self) -> None:
        """Say good-bye on every connection."""
        for lane in self._open:
            self._selector.unregister(lane.socket)
            lane.close()
        self._open = []
        for opening in self._opening:
            # Nobody waits: a relay may greet it only when others are gone, or never.
            opening.add_done_callback(_hang_up)
        self._opening = []

    def _give_back(self, feed: Feed) -> None:
        reason = str(self._trouble) if self._trouble else "the run was asked to stop"
        while self._waiting:
            answer = Answer(kind=OutcomeKind.RELEASED, diagnostic=diagnostic(reason))
            feed.settle(self._waiting.popleft(), answer)

    def _staff(self) -> None:
        """Open as many connections as there is work for; take in those that are open now."""
        for opening in [each for each in self._opening if each.done()]:
            self._opening.remove(opening)
            self._take_in(opening)
        free = self._config.connections - len(self._open) - len(self._opening)
        if not free or self._trouble is not None or time.monotonic() < self._wait_until:
            return
        room = sum(lane.room for lane in self._open) + len(self._opening)
        wanted = math.ceil((len(self._waiting) - room) / _WORTH_A_CONNECTION)
        for _ in range(min(free, wanted)):
            self._opening.append(_begin_to_open(self._config))
            if self._fruitless:
                # One after the other, until a server takes a letter again.
                return

    def _take_in(self, opening: Future[smtplib.SMTP]) -> None:
        try:
            smtp = opening.result()
        except ProviderRefusedError as error:
            self._trouble = error
        except ProviderUnavailableError as error:
            # A relay may allow fewer connections than we would like: those that it has will do.
            if not self._open:
                self._count_fruitless(error)
        else:
            lane = Lane(smtp, self._config)
            self._open.append(lane)
            self._selector.register(lane.socket, selectors.EVENT_READ, lane)

    def _count_fruitless(self, error: ProviderUnavailableError | None = None) -> None:
        self._fruitless += 1
        if self._fruitless >= self._config.attempts:
            self._trouble = error or ProviderUnavailableError(
                f"The SMTP server {self._config.host} loses the connection again and again."
                " Try again later."
            )
            return
        wait_s = self._config.retry_wait_s * 2 ** (self._fruitless - 1)
        if self._open:
            self._wait_until = time.monotonic() + wait_s
        else:
            self._sleep(wait_s)

    def _hand_out(self, feed: Feed) -> None:
        """Serve those that have nothing to do: the others are served when they are heard."""
        if not self._waiting:
            return
        for lane in tuple(self._open):
            if lane.room:
                self._serve(lane, feed)

    def _serve(self, lane: Lane, feed: Feed) -> None:
        """Give a connection what it has room for, and let it speak."""
        while self._waiting and lane.room and self._trouble is None and self._may_give():
            letter = self._waiting.popleft()
            answer = lane.give(letter)
            if answer is not None:
                feed.settle(letter, answer)
        if lane.dialogue.wants_to_write:
            self._flush(lane, feed)

    def _may_give(self) -> bool:
        """Whether the limit of messages a minute allows one more now."""
        if self._config.messages_per_minute is None:
            return True
        now = time.monotonic()
        if now < self._next_give:
            return False
        self._next_give = max(now, self._next_give) + 60 / self._config.messages_per_minute
        return True

    def _flush(self, lane: Lane, feed: Feed) -> None:
        try:
            lane.write()
        except OSError as error:
            self._drop(lane, feed, str(error))
            return
        if lane.dialogue.wants_to_write is not lane.is_watched:
            lane.is_watched = not lane.is_watched
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if lane.is_watched else 0)
            self._selector.modify(lane.socket, wanted, lane)

    def _turn(self, feed: Feed) -> None:
        """Wait for the network, then hear what it says."""
        ready = self._selector.select(self._patience_s())
        for key, events in ready:
            lane = key.data
            if lane is None:
                # The supply: whoever asks it next hears what came.
                continue
            if events & selectors.EVENT_READ:
                self._hear(lane, feed)
            elif lane in self._open:
                self._flush(lane, feed)
        if not ready or time.monotonic() >= self._next_look:
            self._drop_the_silent(feed)

    def _drop_the_silent(self, feed: Feed) -> None:
        """Done now and then only: to look at all of them at every word of one costs too much."""
        self._next_look = time.monotonic() + _GLANCE_S
        for lane in tuple(self._open):
            if lane.dialogue.is_busy and lane.patience_s() <= 0:
                self._drop(lane, feed, "timed out")

    def _patience_s(self) -> float:
        if self._opening or self._waiting:
            return _GLANCE_S
        busy = [lane.patience_s() for lane in self._open if lane.dialogue.is_busy]
        return max(0.0, min([_LONGEST_GLANCE_S, *busy]))

    def _hear(self, lane: Lane, feed: Feed) -> None:
        try:
            decided = lane.read()
        except OSError as error:
            self._drop(lane, feed, str(error))
            return
        for letter, answer in decided:
            self._settle(letter, answer, feed)
        dialogue = lane.dialogue
        if dialogue.refused_us is not None and self._trouble is None:
            self._trouble = refusal(self._config, dialogue.refused_us)
        if dialogue.is_over is not None:
            self._drop(lane, feed, dialogue.is_over)
        elif lane.is_worn:
            self._part_with(lane)
            lane.close()
        else:
            self._serve(lane, feed)

    def _settle(self, letter: Letter, answer: Answer, feed: Feed) -> None:
        """Note what became of a letter, or try it on another connection."""
        if answer.is_worth_another and self._trouble is None:
            self._tries[letter.delivery_id] += 1
            if self._tries[letter.delivery_id] < _TRIES:
                self._waiting.appendleft(letter)
                return
        if answer.kind is not OutcomeKind.IN_DOUBT and not answer.is_worth_another:
            self._fruitless = 0
        feed.settle(letter, answer)

    def _drop(self, lane: Lane, feed: Feed, reason: str) -> None:
        self._part_with(lane)
        lost = lane.lose(reason)
        for letter, answer in lost:
            self._settle(letter, answer, feed)
        if lost and not lane.is_fruitful:
            self._count_fruitless()

    def _part_with(self, lane: Lane) -> None:
        self._selector.unregister(lane.socket)
        self._open.remove(lane)


def _begin_to_open(config: SmtpConfig) -> Future[smtplib.SMTP]:
    """Open a session in a thread that keeps no process from ending, unlike an executor's."""
    opening: Future[smtplib.SMTP] = Future()

    def open_it() -> None:
        try:
            opening.set_result(open_session(config))
        except Exception as error:  # noqa: BLE001 - raised again by whoever takes the session in
            opening.set_exception(error)

    threading.Thread(target=open_it, name="smtp-opening", daemon=True).start()
    return opening


def _hang_up(opened: Future[smtplib.SMTP]) -> None:
    if opened.exception() is None:
        close_session(opened.result())
