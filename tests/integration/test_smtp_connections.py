"""Several connections to one relay: nobody lost, nobody twice, whatever becomes of each."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.messages import a_batch, a_recipient
from tests.smtp_server import DROP, PIPELINING, MailServer, Script, ScriptedServer, running

from otalk_digest.delivery.dkim import Signer
from otalk_digest.delivery.provider import Attempt
from otalk_digest.delivery.providers.smtp import SmtpConfig, SmtpProvider
from otalk_digest.delivery.providers.smtp_lanes import LOW
from otalk_digest.errors import ProviderUnavailableError, StoreError
from otalk_digest.model.delivery import Outcome, OutcomeKind
from otalk_digest.model.message import Batch, Fence

ACCEPTED, IN_DOUBT, RELEASED = OutcomeKind.ACCEPTED, OutcomeKind.IN_DOUBT, OutcomeKind.RELEASED


@dataclass(frozen=True, slots=True)
class AnAttempt:
    id: int
    batch: Batch


@dataclass(slots=True)
class Books:
    """Readers 1 to so many, and what was written down of each."""

    readers: int
    outcomes: list[Outcome] = field(default_factory=list)
    claimed: int = 0
    most_open: int = 0
    #: Of those that were claimed, the most that were without an answer when more were asked for.
    most_in_hand: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    stop_after: int | None = None
    #: Asked before anything is written down.
    before: Callable[[], None] = lambda: None

    def turn_over(self, outcomes: Sequence[Outcome], limit: int) -> AnAttempt | None:
        self.before()
        self.outcomes += outcomes
        self.most_in_hand = max(self.most_in_hand, self.claimed - len(self.outcomes))
        if self.stop_after is not None and len(self.outcomes) >= self.stop_after:
            self.stop.set()
        numbers = range(self.claimed + 1, min(self.claimed + limit, self.readers) + 1)
        self.claimed += len(numbers)
        self.most_open = max(self.most_open, self.claimed - len(self.outcomes))
        if not numbers:
            return None
        return AnAttempt(self.claimed, a_batch(*map(a_recipient, numbers)))

    def claim(self, limit: int) -> AnAttempt | None:
        raise AssertionError(limit)

    def record(self, attempt: Attempt, outcomes: Sequence[Outcome]) -> None:
        raise AssertionError(attempt, outcomes)

    def release(self, attempt: Attempt, reason: str) -> None:
        raise AssertionError(attempt, reason)

    def fence(self, attempt: Attempt, fence: Fence) -> None:
        raise AssertionError(attempt, fence)

    def lose_track(self, attempt: Attempt, reason: str) -> None:
        raise AssertionError(attempt, reason)

    def abandon(self, reason: str) -> None:
        raise AssertionError(reason)

    def of_kind(self, kind: OutcomeKind) -> set[int]:
        return {each.delivery_id for each in self.outcomes if each.kind is kind}


def deliver(books: Books, port: int, **changes: object) -> int:
    given = {"host": "127.0.0.1", "port": port, "security": "none", "hostname": "sender.example"}
    patience = {"timeout_s": 20.0, "dot_timeout_s": 20.0, "retry_wait_s": 0.0, "connections": 4}
    config = SmtpConfig(**{**given, **patience, **changes})  # type: ignore[arg-type]  # any field
    provider = SmtpProvider(config)
    try:
        return provider.deliver(books, stop=books.stop)
    finally:
        provider.close()


def numbers(addresses: Sequence[str]) -> Counter[int]:
    return Counter(int(address.removeprefix("reader").partition("@")[0]) for address in addresses)


@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelined"])
def test_each_reader_gets_it_once_over_all_connections(offer: Script) -> None:
    books = Books(readers=200)
    server = ScriptedServer(offer, is_parallel=True)

    with running(server):
        handed_over = deliver(books, server.port)

    assert handed_over == 200
    assert books.of_kind(ACCEPTED) == set(range(1, 201))
    assert numbers(server.accepted) == Counter(range(1, 201))
    assert 1 < server.connections <= 4


def test_a_real_server_gets_each_message_whole() -> None:
    books = Books(readers=60)
    server = MailServer()

    with running(server):
        deliver(books, server.port)

    assert numbers([each.recipient for each in server.received]) == Counter(range(1, 61))
    assert all(each.content.endswith(b"_alternative--\r\n") for each in server.received)


@pytest.mark.parametrize("connections", [1, 4, 20])
@pytest.mark.parametrize("offer", [{}, PIPELINING], ids=["one by one", "pipelined"])
def test_never_more_are_open_in_the_books_than_a_group_and_the_connections(
    connections: int, offer: Script
) -> None:
    books = Books(readers=400)
    server = ScriptedServer(offer, is_parallel=True)

    with running(server):
        deliver(books, server.port, connections=connections)

    # All of them would be in doubt after a kill.
    assert books.most_open <= 50 + connections


def test_a_relay_that_takes_one_at_a_time_waits_for_the_books_no_longer_than_another() -> None:
    books = Books(readers=400)
    server = ScriptedServer({}, is_parallel=True)

    with running(server):
        deliver(books, server.port, connections=4)

    # What would be under way twice on each connection waits in front of it.
    assert LOW + 4 < books.most_in_hand <= LOW + 2 * 4


def test_the_connections_go_on_while_the_books_are_written() -> None:
    books = Books(readers=200)
    server = ScriptedServer(PIPELINING, is_parallel=True)

    def until_all_have_arrived() -> None:
        last_moment = time.monotonic() + 60
        while len(server.arrived) < books.claimed:
            assert time.monotonic() < last_moment, "letters wait for the books"
            time.sleep(0.001)

    books.before = until_all_have_arrived
    with running(server):
        deliver(books, server.port)

    assert books.of_kind(ACCEPTED) == set(range(1, 201))


def test_a_fault_of_the_store_ends_the_run_and_what_it_kept_from_us_stays_open() -> None:
    books = Books(readers=200)
    server = ScriptedServer(PIPELINING, is_parallel=True)

    def fail_later() -> None:
        if books.claimed:
            raise StoreError("The disk is full.")

    books.before = fail_later
    with running(server), pytest.raises(StoreError, match="full"):
        deliver(books, server.port)

    assert books.outcomes == []
    assert 0 < books.claimed <= 54


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_connections_do_the_books_and_the_server_agree(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    scripts = [_bad_script(chance) for _ in range(12)]
    books = Books(readers=150)
    server = ScriptedServer(*scripts, PIPELINING, is_parallel=True)

    with running(server):
        try:
            deliver(books, server.port, attempts=50)
        except ProviderUnavailableError:
            assert books.of_kind(RELEASED)

    decided = Counter(each.delivery_id for each in books.outcomes)
    assert decided == Counter(range(1, books.claimed + 1))
    arrived = numbers(server.arrived)
    assert set(arrived.values()) <= {1}
    # Who was told 250 is accepted, unless the answer was lost; and nobody else is.
    assert books.of_kind(ACCEPTED) <= set(numbers(server.accepted))
    assert set(numbers(server.accepted)) <= books.of_kind(ACCEPTED) | books.of_kind(IN_DOUBT)


def _bad_script(chance: random.Random) -> Script:
    stage = chance.choice(["MAIL", "RCPT", "DATA", "dot"])
    fault = chance.choice([DROP, "421 4.3.2 closing", "450 4.2.0 later", "551 5.1.1 gone"])
    good = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go", "dot": "250 ok"}[stage]
    fault = fault if stage != "MAIL" or not fault.startswith("5") else DROP
    before = chance.randrange(12)
    return {**PIPELINING, stage: (*[good] * before, fault, good)}


def test_a_limit_of_messages_for_a_connection_is_kept_before_the_server_says_so() -> None:
    books = Books(readers=40)
    server = ScriptedServer(PIPELINING, is_parallel=True)

    with running(server):
        deliver(books, server.port, connections=2, messages_per_connection=10)

    assert books.of_kind(ACCEPTED) == set(range(1, 41))
    assert server.connections >= 4


def test_a_server_that_allows_fewer_connections_than_we_want_gets_those() -> None:
    books = Books(readers=120)
    full: Script = {"greeting": "421 4.7.0 too many connections from you"}
    server = ScriptedServer(PIPELINING, full, is_parallel=True)

    with running(server):
        deliver(books, server.port)

    assert books.of_kind(ACCEPTED) == set(range(1, 121))


def test_asked_to_stop_it_finishes_what_is_in_flight_and_gives_the_rest_back() -> None:
    books = Books(readers=500, stop_after=60)
    server = ScriptedServer(PIPELINING, is_parallel=True)

    with running(server):
        deliver(books, server.port)

    assert books.of_kind(ACCEPTED) == set(numbers(server.accepted))
    assert books.of_kind(IN_DOUBT) == set()
    assert books.of_kind(RELEASED)
    assert books.claimed < 500
    assert len(books.outcomes) == books.claimed


def test_a_bounce_says_whom_it_is_about_and_a_signature_covers_the_way_out() -> None:
    key = Ed25519PrivateKey.generate()
    signer = Signer(domain="otalk.example", selector="digest", key=key)
    books = Books(readers=3)
    server = MailServer()

    with running(server):
        deliver(books, server.port, signer=signer, return_path="bounces@otalk.example")

    senders = {each.recipient: each.sender for each in server.received}
    assert senders == {
        f"reader{n}@reader.example": f"bounces+key-{n}@otalk.example" for n in (1, 2, 3)
    }
    for each in server.received:
        signature = each.content.partition(b"\r\n\r\n")[0].partition(b"h=")[2].partition(b";")[0]
        assert each.content.startswith(b"DKIM-Signature: ")
        assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= set(signature.split(b":"))
