"""One SMTP connection that never makes the others wait: a dialogue and its socket."""

import smtplib
import ssl
import time
from collections.abc import Sequence
from typing import Final

from otalk_digest.delivery.providers.smtp_config import SmtpConfig
from otalk_digest.delivery.providers.smtp_dialogue import Dialogue
from otalk_digest.delivery.providers.smtp_letter import Answer, Letter
from otalk_digest.delivery.providers.smtp_session import close_session

_READ: Final = 65_536


class Lane:
    """A connection to which letters are given and from which answers come."""

    def __init__(self, smtp: smtplib.SMTP, config: SmtpConfig) -> None:
        """Take over an open session."""
        if smtp.sock is None:
            raise ValueError("the session is closed")
        self.socket = smtp.sock
        self.socket.settimeout(0)
        self.dialogue = Dialogue(
            is_pipelining=smtp.has_extn("pipelining"), knows_utf8=smtp.has_extn("smtputf8")
        )
        #: How many letters it was given, and whether the server decided about one.
        self.given = 0
        self.is_fruitful = False
        #: Whether we wait for the network to take more of what it is to write.
        self.is_watched = False
        self._smtp = smtp
        self._config = config
        self._moved_at = time.monotonic()

    @property
    def room(self) -> int:
        """How many more letters it takes now."""
        room, most = self.dialogue.room, self._config.messages_per_connection
        return room if most is None else max(0, min(room, most - self.given))

    @property
    def is_worn(self) -> bool:
        """Whether it has carried all that one connection may, and can be closed."""
        most = self._config.messages_per_connection
        return most is not None and self.given >= most and not self.dialogue.is_busy

    def patience_s(self) -> float:
        """Return how long it may stay silent from now: RFC 5321 §4.5.3.2, RFC 1047."""
        config = self._config
        limit = config.dot_timeout_s if self.dialogue.is_at_the_dot else config.timeout_s
        return self._moved_at + limit - time.monotonic()

    def give(self, letter: Letter) -> Answer | None:
        """Hand over a letter; return an answer at once where it can never be taken."""
        if not self.dialogue.is_busy:
            self._moved_at = time.monotonic()
        self.given += 1
        return self.dialogue.give(letter)

    def write(self) -> None:
        """Write what the network takes. Raises OSError when the connection is gone."""
        while waiting := self.dialogue.to_write():
            try:
                sent = self.socket.send(waiting)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return
            self.dialogue.wrote(sent)
            self._moved_at = time.monotonic()

    def read(self) -> Sequence[tuple[Letter, Answer]]:
        """Read what has come. Raises OSError when the connection is gone."""
        try:
            received = self.socket.recv(_READ)
            # What TLS has decrypted already wakes no selector.
            while isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
                received += self.socket.recv(_READ)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return ()
        if not received:
            raise ConnectionResetError("Connection unexpectedly closed")
        self._moved_at = time.monotonic()
        decided = self.dialogue.hear(received)
        if decided and not self.is_fruitful:
            self.is_fruitful = any(not answer.is_worth_another for _, answer in decided)
        return decided

    def lose(self, reason: str) -> Sequence[tuple[Letter, Answer]]:
        """Hang up; return what became of the letters in it."""
        self._smtp.close()
        return self.dialogue.lose(reason)

    def close(self) -> None:
        """Say good-bye."""
        close_session(self._smtp)
