"""What is said over one SMTP connection once it is greeted: bytes in, answers out. Pure.

Commands go out in groups where the server offers it (RFC 2920 §3.1): the end of one message
and the envelope of the next are one write, so a message costs one round trip. One recipient
per message, so one answer per reader. The stage of every message is known at every moment,
also when the connection is lost: before the dot nothing can have been accepted, after it
everything can (RFC 1047).
"""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.delivery.providers.smtp_letter import Answer, Letter, Reply, ReplyReader
from otalk_digest.model.delivery import OutcomeKind

#: The first digit of a reply: RFC 5321 §4.2.1.
_DONE: Final = 2
_LATER: Final = 4
_NEVER: Final = 5
_GO_AHEAD: Final = 354
_CLOSING: Final = 421
_LOGIN_NEEDED: Final = 530
_QUEUED_AS: Final = re.compile(r"queued as (\S+)", re.IGNORECASE)
_DOT: Final = b".\r\n"


class _Stage(Enum):
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()
    RESET = auto()


#: What follows the content of a letter, or stands in its place.
_AFTER_CONTENT: Final = (_Stage.DOT, _Stage.RESET)


@dataclass(slots=True, eq=False)
class _Talk:
    """A letter on its way through the stages."""

    letter: Letter
    envelope: tuple[bytes, bytes, bytes]
    #: Why it goes no further, once that is known.
    refusal: Answer | None = None
    is_mail_taken: bool = False
    #: Where in all that is ever written its dot ends; until then nothing was accepted.
    dot_ends: int | None = None


@dataclass(slots=True)
class Dialogue:
    """The conversation over one connection. Give letters, write, feed replies, take answers."""

    is_pipelining: bool
    knows_utf8: bool
    #: Set when the server refuses us, not a reader: the text of its reply.
    refused_us: str | None = None
    #: Set when the conversation is over: why.
    is_over: str | None = None
    #: Letters that were given and have no answer yet.
    undecided: int = 0
    _expected: deque[tuple[_Stage, _Talk]] = field(default_factory=deque)
    _next: deque[_Talk] = field(default_factory=deque)
    _unsent: list[bytes] = field(default_factory=list)
    _replies: ReplyReader = field(default_factory=ReplyReader)
    #: Octets that were ever queued, and that were handed to the network.
    _queued: int = 0
    _written: int = 0

    @property
    def room(self) -> int:
        """How many more letters it can take now."""
        left = (2 if self.is_pipelining else 1) - self.undecided
        return 0 if self.is_over is not None or self.refused_us is not None else left

    @property
    def is_busy(self) -> bool:
        """Whether a reply is awaited."""
        return bool(self._expected)

    @property
    def is_at_the_dot(self) -> bool:
        """Whether the reply that is awaited decides about a whole message."""
        return bool(self._expected) and self._expected[0][0] is _Stage.DOT

    def give(self, letter: Letter) -> Answer | None:
        """Take a letter; return an answer at once where the server can never take it."""
        if letter.is_utf8 and not self.knows_utf8:
            reason = "the server takes no addresses outside ASCII (it does not offer SMTPUTF8)"
            return Answer(kind=OutcomeKind.REJECTED, diagnostic=reason)
        self.undecided += 1
        self._next.append(_Talk(letter=letter, envelope=letter.envelope()))
        if self._may_open():
            self._open_next()
        return None

    @property
    def wants_to_write(self) -> bool:
        """Whether `to_write` has anything."""
        return bool(self._unsent)

    def to_write(self) -> bytes:
        """Return what waits to be written, as one run."""
        if len(self._unsent) > 1:
            self._unsent = [b"".join(self._unsent)]
        return self._unsent[0] if self._unsent else b""

    def wrote(self, octets: int) -> None:
        """Note how much of `to_write` the network has taken."""
        self._written += octets
        if self._written == self._queued:
            self._unsent.clear()
        else:
            self._unsent = [self.to_write()[octets:]]

    def hear(self, received: bytes) -> Sequence[tuple[Letter, Answer]]:
        """Take what came in; return the letters that are decided by it."""
        decided: list[tuple[Letter, Answer]] = []
        try:
            while self.is_over is None and (reply := self._replies.take(received)) is not None:
                received = b""
                if not self._expected:
                    self.is_over = reply.said
                    break
                stage, talk = self._expected.popleft()
                answer = self._decide(stage, talk, reply)
                if answer is not None:
                    self.undecided -= 1
                    decided.append((talk.letter, answer))
        except ValueError as error:
            self.is_over = str(error)
        return decided

    def lose(self, reason: str) -> Sequence[tuple[Letter, Answer]]:
        """Give up the connection; return what became of every letter that was given."""
        self.is_over = self.is_over or reason
        why = diagnostic(self.is_over)
        lost = [(talk.letter, self._lost(talk, why)) for talk in self._letters()]
        self._expected.clear()
        self._next.clear()
        self._unsent.clear()
        return lost

    def _lost(self, talk: _Talk, why: str) -> Answer:
        if talk.refusal is not None:
            return talk.refusal
        if talk.dot_ends is not None and talk.dot_ends <= self._written:
            said = diagnostic(f"no answer after the end of the message: {why}")
            return Answer(kind=OutcomeKind.IN_DOUBT, diagnostic=said)
        return Answer(kind=OutcomeKind.RELEASED, diagnostic=why, is_worth_another=True)

    def _letters(self) -> list[_Talk]:
        """Return the letters that are not decided yet, each once."""
        spoken = (talk for stage, talk in self._expected if stage is not _Stage.RESET)
        return list(dict.fromkeys((*spoken, *self._next)))

    def _may_open(self) -> bool:
        """Whether an envelope may follow: the letter before must not need its content yet."""
        if not self.is_pipelining:
            return not self._expected
        # Those of one letter follow each other, so the last one tells.
        return not self._expected or self._expected[-1][0] in _AFTER_CONTENT

    def _open_next(self) -> None:
        """Write the envelope of the next letter, or its first command."""
        if not self._next:
            return
        talk = self._next.popleft()
        if self.is_pipelining:
            self._queue(b"".join(talk.envelope))
            self._expected += ((stage, talk) for stage in (_Stage.MAIL, _Stage.RCPT, _Stage.DATA))
        else:
            self._queue(talk.envelope[0])
            self._expected.append((_Stage.MAIL, talk))

    def _queue(self, octets: bytes) -> None:
        self._unsent.append(octets)
        self._queued += len(octets)

    def _decide(self, stage: _Stage, talk: _Talk, reply: Reply) -> Answer | None:
        """Return what became of the letter once a reply has settled it."""
        match stage:
            case _Stage.DOT:
                answer = talk.refusal or _after_the_dot(reply)
                if reply.code == _CLOSING or reply.kind not in {_DONE, _LATER, _NEVER}:
                    self.is_over = reply.said
                return answer
            case _Stage.RESET:
                if reply.kind != _DONE:
                    self.is_over = reply.said
                elif self._may_open():
                    self._open_next()
                return None
            case _Stage.DATA:
                return self._decide_data(talk, reply)
            case _:
                self._decide_envelope(stage, talk, reply)
                return self._go_on(stage, talk)

    def _decide_envelope(self, stage: _Stage, talk: _Talk, reply: Reply) -> None:
        if reply.kind == _DONE:
            talk.is_mail_taken = talk.is_mail_taken or stage is _Stage.MAIL
        elif talk.refusal is None:
            if stage is _Stage.MAIL and reply.kind == _NEVER and not talk.letter.is_utf8:
                # Without options MAIL says nothing of the reader: it is us who are refused.
                self.refused_us = f"does not take our sender address: {reply.said}"
            talk.refusal = self._refusal(reply)

    def _go_on(self, stage: _Stage, talk: _Talk) -> Answer | None:
        """Say the next command of a letter where commands go one by one."""
        if self.is_pipelining:
            return None
        if self.is_over is not None:
            # Decided in `lose`, with the others.
            self._next.appendleft(talk)
            return None
        if talk.refusal is not None:
            self._part(talk)
            return talk.refusal
        following = _Stage.RCPT if stage is _Stage.MAIL else _Stage.DATA
        self._queue(talk.envelope[1 if following is _Stage.RCPT else 2])
        self._expected.append((following, talk))
        return None

    def _decide_data(self, talk: _Talk, reply: Reply) -> Answer | None:
        if reply.code == _GO_AHEAD:
            # RFC 2920 §3.1: all recipients refused and DATA taken: an empty message ends it.
            if talk.refusal is None:
                self._queue(talk.letter.content)
            self._queue(_DOT)
            talk.dot_ends = self._queued
            self._expected.append((_Stage.DOT, talk))
            if self.is_pipelining:
                self._open_next()
            return None
        if talk.refusal is None:
            talk.refusal = self._refusal(reply)
        self._part(talk)
        return None if self.is_over is not None else talk.refusal

    def _part(self, talk: _Talk) -> None:
        """End a transaction that came to nothing, and begin the next."""
        if self.is_over is not None:
            self._next.appendleft(talk)
            return
        if talk.is_mail_taken:
            self._queue(b"RSET\r\n")
            self._expected.append((_Stage.RESET, talk))
        if self._may_open():
            self._open_next()

    def _refusal(self, reply: Reply) -> Answer:
        if reply.code == _LOGIN_NEEDED:
            self.refused_us = f"wants a login first: {reply.said}"
        if reply.code == _CLOSING or reply.kind not in {_LATER, _NEVER}:
            self.is_over = reply.said
            return Answer(kind=OutcomeKind.RELEASED, diagnostic=reply.said, is_worth_another=True)
        is_put_off = reply.kind == _LATER
        is_released = is_put_off or self.refused_us is not None
        kind = OutcomeKind.RELEASED if is_released else OutcomeKind.REJECTED
        return Answer(kind=kind, diagnostic=reply.said, is_put_off=is_put_off)


def _after_the_dot(reply: Reply) -> Answer:
    """Only a whole answer decides; anything else may hide an acceptance."""
    match reply.kind:
        case 2:
            found = _QUEUED_AS.search(reply.text)
            return Answer(
                kind=OutcomeKind.ACCEPTED,
                provider_message_id=diagnostic(found[1]) if found else None,
            )
        case 4:
            return Answer(kind=OutcomeKind.RELEASED, diagnostic=reply.said, is_put_off=True)
        case 5:
            return Answer(kind=OutcomeKind.REJECTED, diagnostic=reply.said)
        case _:
            return Answer(kind=OutcomeKind.IN_DOUBT, diagnostic=reply.said)
