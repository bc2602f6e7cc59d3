"""A conversation with a relay that refuses, stalls and hangs up as chance has it."""

from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otalk_digest.delivery.providers.smtp_dialogue import Dialogue
from otalk_digest.delivery.providers.smtp_letter import Answer, Letter
from otalk_digest.model.delivery import OutcomeKind

ACCEPTED, REJECTED = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED
RELEASED, IN_DOUBT = OutcomeKind.RELEASED, OutcomeKind.IN_DOUBT


def a_letter(number: int) -> Letter:
    return Letter(
        delivery_id=number,
        sender="digest@otalk.example",
        recipient=f"reader{number}@reader.example",
        content=f"Subject: {number}\r\n\r\nDATA\r\nRCPT TO:<nobody@reader.example>\r\n".encode(),
    )


@dataclass(slots=True)
class Relay:
    """A server as RFC 5321 has it, whose replies are drawn; it keeps what it accepts."""

    #: The next replies to MAIL, RCPT, DATA and the dot; "" is a good one.
    replies: deque[str]
    accepted: list[str] = field(default_factory=list)
    recipient: str | None = None
    has_mail: bool = False
    is_in_data: bool = False
    is_closed: bool = False
    lines: list[bytes] = field(default_factory=list)
    rest: bytes = b""

    def hear(self, octets: bytes) -> bytes:
        """Return what it says to these octets."""
        said = b""
        self.rest += octets
        while not self.is_closed and b"\r\n" in self.rest:
            line, _, self.rest = self.rest.partition(b"\r\n")
            said += self._react(line)
        return said

    def _react(self, line: bytes) -> bytes:
        if self.is_in_data:
            return self._take_line(line)
        verb = line[:4]
        if verb == b"RSET":
            self.has_mail, self.recipient = False, None
            return b"250 reset\r\n"
        drawn = self._draw()
        if drawn:
            return drawn
        if verb == b"DATA":
            self.is_in_data = self.has_mail and self.recipient is not None
            return b"354 go ahead\r\n" if self.is_in_data else b"554 no valid recipients\r\n"
        # RFC 5321 §3.3: a transaction that is open must be ended first.
        if self.has_mail is (verb == b"MAIL"):
            return b"503 out of order\r\n"
        self.has_mail = True
        if verb == b"RCPT":
            self.recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        return b"250 ok\r\n"

    def _take_line(self, line: bytes) -> bytes:
        if line != b".":
            return b""
        self.is_in_data = self.has_mail = False
        recipient, self.recipient = self.recipient, None
        drawn = self._draw()
        if drawn:
            return drawn
        self.accepted.append(str(recipient))
        return b"250 2.0.0 Ok: queued as Q1\r\n"

    def _draw(self) -> bytes:
        drawn = self.replies.popleft() if self.replies else ""
        self.is_closed = drawn.startswith("421")
        return f"{drawn}\r\n".encode() if drawn else b""


def converse(
    dialogue: Dialogue, relay: Relay, letters: int, *, step: int, cut_after: int | None
) -> dict[int, list[Answer]]:
    """Carry letters; the line takes and gives `step` octets at a time, and breaks after some."""
    waiting = deque(map(a_letter, range(letters)))
    answers: dict[int, list[Answer]] = {number: [] for number in range(letters)}
    inbound, carried = b"", 0
    while dialogue.is_over is None and dialogue.refused_us is None:
        while waiting and dialogue.room:
            letter = waiting.popleft()
            if (at_once := dialogue.give(letter)) is not None:
                answers[letter.delivery_id].append(at_once)
        outbound = dialogue.to_write()[:step]
        if not outbound and not inbound:
            break
        carried += len(outbound)
        if cut_after is not None and carried > cut_after:
            break
        dialogue.wrote(len(outbound))
        inbound += relay.hear(outbound)
        for letter, answer in dialogue.hear(inbound[:step]):
            answers[letter.delivery_id].append(answer)
        inbound = inbound[step:]
    for letter, answer in dialogue.lose("the line broke"):
        answers[letter.delivery_id].append(answer)
    for letter in waiting:
        answers[letter.delivery_id].append(Answer(kind=RELEASED))
    return answers


DRAWN = st.sampled_from(
    ["", "", "", "", "450 greylisted", "550 unknown", "421 closing", "451-so\r\n451 long"]
)


@settings(max_examples=400)
@given(
    drawn=st.lists(DRAWN, max_size=16),
    letters=st.integers(1, 6),
    is_pipelining=st.booleans(),
    step=st.sampled_from([1, 7, 60, 5000]),
    cut_after=st.none() | st.integers(0, 900),
)
def test_each_letter_gets_one_answer_and_no_answer_lies(
    drawn: list[str], letters: int, *, is_pipelining: bool, step: int, cut_after: int | None
) -> None:
    relay = Relay(deque(drawn))
    dialogue = Dialogue(is_pipelining=is_pipelining, knows_utf8=False)

    answers = converse(dialogue, relay, letters, step=step, cut_after=cut_after)

    kinds = {number: [each.kind for each in given] for number, given in answers.items()}
    assert all(len(each) == 1 for each in kinds.values())
    has_it = {int(address[6:].partition("@")[0]) for address in relay.accepted}
    assert {number for number, (kind,) in kinds.items() if kind is ACCEPTED} <= has_it
    # Who has it is never said to be without it, or the next attempt would double it.
    assert all(kinds[number][0] in {ACCEPTED, IN_DOUBT} for number in has_it)
    assert len(relay.accepted) == len(has_it)


@pytest.mark.parametrize("is_pipelining", [False, True])
def test_a_good_relay_takes_all_in_order(*, is_pipelining: bool) -> None:
    relay = Relay(deque())
    dialogue = Dialogue(is_pipelining=is_pipelining, knows_utf8=False)

    answers = converse(dialogue, relay, 5, step=10_000, cut_after=None)

    assert relay.accepted == [a_letter(number).recipient for number in range(5)]
    assert [each.kind for (each,) in answers.values()] == [ACCEPTED] * 5


def test_with_pipelining_the_end_of_a_letter_and_the_next_envelope_are_one_write() -> None:
    dialogue = Dialogue(is_pipelining=True, knows_utf8=False)
    first, second = a_letter(1), a_letter(2)
    dialogue.give(first)
    dialogue.give(second)
    dialogue.wrote(len(dialogue.to_write()))

    dialogue.hear(b"250 ok\r\n250 ok\r\n354 go\r\n")

    assert dialogue.to_write() == first.content + b".\r\n" + b"".join(second.envelope())


def test_without_it_nothing_is_said_before_the_answer_to_what_was_said() -> None:
    dialogue = Dialogue(is_pipelining=False, knows_utf8=False)
    dialogue.give(a_letter(1))

    said = []
    for reply in (b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        said.append(dialogue.to_write().split()[0])
        dialogue.wrote(len(dialogue.to_write()))
        dialogue.hear(reply)

    assert said == [b"MAIL", b"RCPT", b"DATA"]
    assert dialogue.is_at_the_dot


def test_a_reader_refused_after_data_was_granted_gets_an_empty_message() -> None:
    # RFC 2920 §3.1: the server may grant DATA although it took no recipient.
    dialogue = Dialogue(is_pipelining=True, knows_utf8=False)
    dialogue.give(a_letter(1))
    dialogue.wrote(len(dialogue.to_write()))

    dialogue.hear(b"250 ok\r\n550 5.1.1 unknown\r\n354 go\r\n")

    assert dialogue.to_write() == b".\r\n"
    dialogue.wrote(3)
    ((_, answer),) = dialogue.hear(b"554 no valid recipients\r\n")
    assert (answer.kind, answer.diagnostic) == (REJECTED, "550 5.1.1 unknown")


@pytest.mark.parametrize(("missing", "kind"), [(0, IN_DOUBT), (1, RELEASED), (40, RELEASED)])
def test_a_letter_is_in_doubt_from_the_last_octet_of_its_dot(
    missing: int, kind: OutcomeKind
) -> None:
    dialogue = Dialogue(is_pipelining=True, knows_utf8=False)
    dialogue.give(a_letter(1))
    dialogue.wrote(len(dialogue.to_write()))
    dialogue.hear(b"250 ok\r\n250 ok\r\n354 go\r\n")
    dialogue.wrote(len(dialogue.to_write()) - missing)

    ((_, answer),) = dialogue.lose("reset by peer")

    assert answer.kind is kind
    assert answer.is_worth_another is (kind is RELEASED)


@pytest.mark.parametrize(
    "noise", [b"hello\r\n", b"25\r\n", b"999 what\r\n", b"250-" + b"x" * 70_000]
)
def test_what_is_no_reply_ends_the_conversation(noise: bytes) -> None:
    dialogue = Dialogue(is_pipelining=True, knows_utf8=False)
    dialogue.give(a_letter(1))

    dialogue.hear(noise)

    assert dialogue.is_over is not None


def test_a_reply_nobody_asked_for_ends_it_and_nobody_is_harmed() -> None:
    dialogue = Dialogue(is_pipelining=True, knows_utf8=False)

    decided = dialogue.hear(b"421 4.4.2 idle for too long\r\n")

    assert (list(decided), dialogue.is_over) == ([], "421 4.4.2 idle for too long")
    assert dialogue.room == 0
