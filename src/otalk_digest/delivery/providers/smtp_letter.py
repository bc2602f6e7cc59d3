"""One message to one reader, and what a relay says to it. Pure."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.model.delivery import OutcomeKind

_LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\n]*)|\r*)\n")
#: RFC 5321 §4.5.3.1.5 allows 512 octets a line; nobody has this much to say.
_LONGEST: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message to one reader, ready for the wire."""

    delivery_id: int
    sender: str
    recipient: str
    #: Lines in CRLF, none beginning with a dot.
    content: bytes
    #: RFC 6531 §3.4: the address has no ASCII form.
    is_utf8: bool = False

    def envelope(self) -> tuple[bytes, bytes, bytes]:
        """Return the commands that come before the content: MAIL, RCPT, DATA."""
        options = " SMTPUTF8 BODY=8BITMIME" if self.is_utf8 else ""
        mail = f"MAIL FROM:<{self.sender}>{options}\r\n".encode()
        return mail, f"RCPT TO:<{self.recipient}>\r\n".encode(), b"DATA\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one message."""

    kind: OutcomeKind
    diagnostic: str | None = None
    provider_message_id: str | None = None
    #: The connection failed, not the message: another connection may take it.
    is_worth_another: bool = False
    #: The server put this message off, as greylisting does: a later run may be luckier.
    is_put_off: bool = False


class Reply(NamedTuple):
    """One whole reply: RFC 5321 §4.2. Four to each message, so it has to cost little."""

    code: int
    #: As the server wrote it, so it may hold addresses: for `said` alone.
    text: str

    @property
    def said(self) -> str:
        """Code and text on one line, without any address."""
        return diagnostic(f"{self.code} {self.text}")

    @property
    def kind(self) -> int:
        """Its first digit: 2 done, 3 go on, 4 not now, 5 never (RFC 5321 §4.2.1)."""
        return self.code // 100


class ReplyReader:
    """Octets in, whole replies out; a reply may come in pieces, or several at once."""

    def __init__(self) -> None:
        self._rest = b""
        #: How much of it is read.
        self._read = 0
        self._lines: list[str] = []
        self._length = 0

    def take(self, received: bytes) -> Reply | None:
        """Add what came in; return the next whole reply. Raises ValueError for what is none."""
        if received:
            self._rest = self._rest[self._read :] + received
            self._read = 0
        elif self._read == len(self._rest):
            # Most often: one reply came, and it is read.
            return None
        while (found := _LINE.match(self._rest, self._read)) is not None:
            self._read = found.end()
            self._lines.append((found[3] or b"").decode("utf-8", "replace"))
            self._length += found.end() - found.start()
            if found[2] != b"-":
                code, text = int(found[1]), " ".join(self._lines)
                self._lines, self._length = [], 0
                return Reply(code, text)
        line, end, _ = self._rest[self._read :].partition(b"\n")
        if end:
            said = line[:80].decode("utf-8", "replace")
            raise ValueError(f"the server does not speak SMTP: {said}")
        if self._length + len(line) > _LONGEST:
            raise ValueError("the server's reply has no end")
        return None
