"""Letters asked for ahead: the books are written while the connections are busy.

What is asked for is claimed, so it counts among what a kill leaves in doubt; but only one
question is under way at a time, and what was decided before it is recorded by it.
"""

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Protocol, Self

from otalk_digest.delivery.providers.smtp_letter import Answer, Letter

if TYPE_CHECKING:
    from concurrent.futures import Future


class Feed(Protocol):
    """Where letters come from and answers go."""

    def take(self) -> Sequence[Letter]:
        """Return more letters; none when all were given. Called in a thread of its own."""

    def settle(self, letter: Letter, answer: Answer) -> None:
        """Note what became of a letter. Called once for each that was taken, also meanwhile."""


class Supply:
    """Takes from a feed beside whoever carries letters. A context: nothing is asked after it."""

    def __init__(self, feed: Feed) -> None:
        #: Whether the feed has said that it has no more.
        self.is_exhausted = False
        self._feed = feed
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="smtp-supply")
        self._question: Future[Sequence[Letter]] | None = None
        #: Can be read from when letters may have arrived, so a selector wakes up.
        self.bell, self._rope = socket.socketpair()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the question that is under way: two must never write the books at once."""
        self._thread.shutdown()
        self.bell.close()
        self._rope.close()

    @property
    def is_asked(self) -> bool:
        """Whether something may still arrive."""
        return self._question is not None

    def ask(self) -> None:
        """Ask for more, unless that is under way or there is no more."""
        if self._question is None and not self.is_exhausted:
            self._question = self._thread.submit(self._feed.take)
            self._question.add_done_callback(lambda _: self._rope.send(b"!"))

    def arrived(self) -> Sequence[Letter]:
        """Return what came since the last time. Raises what the feed raises."""
        question = self._question
        if question is None or not question.done():
            return ()
        self._question = None
        # Rung once for each question, so no more than this is in it.
        self.bell.recv(1)
        letters = question.result()
        self.is_exhausted = not letters
        return letters

    def wait(self) -> None:
        """Wait for what was asked for: nothing else can happen."""
        if self._question is not None:
            wait((self._question,))
