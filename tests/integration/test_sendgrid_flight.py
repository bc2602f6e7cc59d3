"""Several requests in flight: each reader once, and books that are right whatever happens."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
from tests.messages import a_batch, a_recipient
from tests.sendgrid_server import BAD_KEY, BATCH, KEY, Fault, SendGridServer, refusal
from tests.weekly_job import wait_until

from otalk_digest.delivery.dispatch import dispatch
from otalk_digest.delivery.provider import Attempt
from otalk_digest.delivery.providers.sendgrid import SendGridConfig, SendGridProvider
from otalk_digest.delivery.providers.sendgrid_courier import send_batch
from otalk_digest.delivery.providers.sendgrid_fence import SendGridFences
from otalk_digest.delivery.providers.sendgrid_flight import LAST_WAIT_S, Crew, Flight
from otalk_digest.delivery.providers.sendgrid_post import Pace, Poster
from otalk_digest.errors import (
    OtalkDigestError,
    ProviderRefusedError,
    ProviderUnavailableError,
    SettingsError,
    StoreError,
    TryAgainError,
)
from otalk_digest.model.delivery import Outcome
from otalk_digest.model.message import Batch, Fence, Recipient


@dataclass(frozen=True, slots=True)
class AnAttempt:
    id: int
    batch: Batch


@dataclass(slots=True)
class Pages:
    """Books in memory; only the thread that began may write them."""

    readers: list[Recipient]
    #: Delivery → what became of it.
    status: dict[int, str] = field(default_factory=dict)
    attempts: int = 0
    writer: int = field(default_factory=threading.get_ident)
    is_full: bool = False
    #: Attempt → the fence that was noted before it was submitted.
    fences: dict[int, Fence] = field(default_factory=dict)

    def claim(self, limit: int) -> AnAttempt | None:
        assert threading.get_ident() == self.writer
        taken, self.readers = self.readers[:limit], self.readers[limit:]
        if not taken:
            return None
        self.attempts += 1
        self.status |= {each.delivery_id: "sending" for each in taken}
        return AnAttempt(self.attempts, a_batch(*taken, attempt_key=f"try-{self.attempts}"))

    def fence(self, attempt: Attempt, fence: Fence) -> None:
        assert threading.get_ident() == self.writer
        self.fences[attempt.id] = fence

    def record(self, attempt: Attempt, outcomes: Sequence[Outcome]) -> None:
        assert threading.get_ident() == self.writer
        if self.is_full:
            raise StoreError("the disk is full")
        assert len(outcomes) == len(attempt.batch.recipients)
        self.status |= {each.delivery_id: str(each.kind) for each in outcomes}

    def release(self, attempt: Attempt, reason: str) -> None:
        self._all(attempt, "planned", reason)

    def lose_track(self, attempt: Attempt, reason: str) -> None:
        self._all(attempt, "in_doubt", reason)

    def turn_over(self, outcomes: Sequence[Outcome], limit: int) -> AnAttempt | None:
        raise AssertionError(outcomes, limit)

    def abandon(self, reason: str) -> None:
        raise AssertionError(reason)

    def counts(self) -> Counter[str]:
        return Counter(self.status.values())

    def _all(self, attempt: Attempt, status: str, reason: str) -> None:
        assert reason
        assert threading.get_ident() == self.writer
        self.status |= {each.delivery_id: status for each in attempt.batch.recipients}


class Bench:
    """A provider whose batches are small, so that a test sees many."""

    def __init__(self, server: SendGridServer, *, requests: int = 4, size: int = 10) -> None:
        self.server = server
        self.waits: list[float] = []
        self.stop = threading.Event()
        config = SendGridConfig(
            api_key=KEY, host=server.url, timeout_s=5.0, attempts=3, requests=requests
        )
        self.provider = SendGridProvider(config, sleep=self.waits.append)
        self.provider.batch_size = size

    def carry(self, readers: int) -> Pages:
        pages = Pages([a_recipient(number) for number in range(readers)])
        dispatch(pages, self.provider, stop=self.stop)
        return pages

    def fails(self, readers: int, error: type[OtalkDigestError]) -> Pages:
        pages = Pages([a_recipient(number) for number in range(readers)])
        with pytest.raises(error):
            dispatch(pages, self.provider, stop=self.stop)
        assert "sending" not in pages.counts()
        return pages

    def arrived(self) -> list[str]:
        return sorted(mail.address for mail in self.server.mails)


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with SendGridServer() as running:
        yield running


@pytest.mark.parametrize(("readers", "requests"), [(1, 1), (1000, 1), (1001, 2), (4500, 5)])
def test_there_are_as_many_requests_as_thousands_of_readers(
    server: SendGridServer, readers: int, requests: int
) -> None:
    bench = Bench(server, size=1000)

    pages = bench.carry(readers)

    assert len(server.requests) == pages.attempts == requests
    assert pages.counts() == {"accepted": readers}
    assert len(set(bench.arrived())) == len(bench.arrived()) == readers


def test_as_many_requests_as_are_allowed_are_under_way_at_once(server: SendGridServer) -> None:
    # None of them is answered before all four are there.
    server.meeting = threading.Barrier(4)

    pages = Bench(server).carry(80)

    assert pages.counts() == {"accepted": 80}


def test_one_at_a_time_is_possible_and_keeps_the_order(server: SendGridServer) -> None:
    Bench(server, requests=1).carry(35)

    assert [mail.address for mail in server.mails] == [
        f"reader{number}@reader.example" for number in range(35)
    ]


def test_a_pause_that_one_request_is_told_holds_the_others_too(server: SendGridServer) -> None:
    server.next(Fault(status=429))
    bench = Bench(server, requests=2)

    pages = bench.carry(60)

    assert pages.counts() == {"accepted": 60}
    # Nobody's clock goes on while the waits are only noted, so every later request waits too.
    assert len(bench.waits) > 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (BAD_KEY, ProviderRefusedError),
        (Fault(status=404), SettingsError),
        (Fault(status=503), ProviderUnavailableError),
    ],
)
def test_what_stops_one_request_stops_all_and_nobody_is_lost(
    server: SendGridServer, fault: Fault, error: type[OtalkDigestError]
) -> None:
    server.always(fault)

    pages = Bench(server).fails(200, error)

    assert pages.counts() == {"planned": len(pages.status)}
    assert len(pages.status) <= 40
    assert server.mails == []


def test_after_a_refusal_what_was_accepted_stays_accepted(server: SendGridServer) -> None:
    taken = Fault(status=202, accepts=True)
    server.next(*[taken] * 5)
    server.always(BAD_KEY)

    pages = Bench(server).fails(200, ProviderRefusedError)

    # The stand-in's own list is the truth.
    assert pages.counts()["accepted"] == len(server.mails) == 50
    assert set(pages.counts()) == {"accepted", "planned"}


def test_three_doubts_in_a_row_end_the_run_and_the_others_are_not_claimed(
    server: SendGridServer,
) -> None:
    server.always(Fault(status=500, accepts=True))

    pages = Bench(server).fails(200, TryAgainError)

    # What was under way when the third came is in doubt as well; what was only claimed is not.
    assert pages.counts().keys() <= {"in_doubt", "planned"}
    assert 30 <= pages.counts()["in_doubt"] == len(server.mails) <= 60
    assert len(pages.status) <= 60


def test_one_doubt_among_clear_answers_is_one_batch(server: SendGridServer) -> None:
    server.next(Fault(accepts=True))

    pages = Bench(server).carry(80)

    assert pages.counts() == {"accepted": 70, "in_doubt": 10}
    assert len(server.mails) == 80


def test_a_reader_who_is_refused_costs_the_other_requests_nothing(server: SendGridServer) -> None:
    server.next(refusal(400, "Bad", "personalizations.3.to.0.email"))

    pages = Bench(server).carry(80)

    assert pages.counts() == {"accepted": 79, "rejected": 1}


def test_when_asked_to_stop_what_is_under_way_is_finished_and_no_more_begun(
    server: SendGridServer,
) -> None:
    bench = Bench(server)
    server.meeting = threading.Barrier(4, action=bench.stop.set)

    pages = bench.carry(200)

    assert pages.counts() == {"accepted": 40}
    assert len(server.requests) == 4


def test_when_asked_to_stop_nobody_waits_for_a_busy_service(server: SendGridServer) -> None:
    server.always(Fault(status=429))
    bench = Bench(server)
    server.meeting = threading.Barrier(4, action=bench.stop.set)

    pages = bench.carry(200)

    assert pages.counts() == {"planned": 40}
    assert len(server.requests) == 4


@pytest.mark.parametrize("fence_minutes", [None, 30])
def test_when_asked_to_stop_a_request_that_is_never_answered_is_waited_for_no_longer_than_that(
    server: SendGridServer, fence_minutes: int | None
) -> None:
    server.next(Fault(accepts=True, hangs=True))

    pages = carry_until_stopped(server, lambda: server.sends, fence_minutes=fence_minutes)

    assert pages.counts() == {"in_doubt": 10}


def test_when_asked_to_stop_what_still_waits_for_its_fence_is_certainly_not_sent(
    server: SendGridServer,
) -> None:
    server.fence_faults[f"POST {BATCH}"].append(Fault(hangs=True))

    pages = carry_until_stopped(server, lambda: server.requests, fence_minutes=30)

    assert pages.counts() == {"planned": 10}
    assert server.sends == []


def test_the_last_wait_is_as_long_as_a_machine_waits_that_shuts_down() -> None:
    assert LAST_WAIT_S == 30


def carry_until_stopped(
    server: SendGridServer, reached: Callable[[], object], *, fence_minutes: int | None
) -> Pages:
    """Carry ten readers; ask to stop once it is reached, and wait for an instant only."""
    config = SendGridConfig(api_key=KEY, host=server.url, timeout_s=60, fence_minutes=fence_minutes)
    pages, pace, stop = (
        Pages([a_recipient(n) for n in range(10)]),
        Pace(time.sleep),
        threading.Event(),
    )

    def crew() -> Crew:
        poster = Poster(config, pace, clock=time.time)
        fences = SendGridFences(config, pace)
        return Crew(
            send=partial(send_batch, poster=poster, group=None),
            raise_fence=fences.raise_fence if fences.is_on else None,
        )

    def ask_to_stop() -> None:
        wait_until(reached)
        stop.set()

    flight = Flight(
        pages,
        crew,
        lanes=2,
        size=10,
        halt=pace.halt,
        is_fenced=fence_minutes is not None,
        last_wait_s=0.1,
    )
    asking = threading.Thread(target=ask_to_stop)
    asking.start()
    flight.carry(stop=stop)
    asking.join()
    return pages


def test_a_bug_of_ours_leaves_its_batch_in_doubt_and_is_told(server: SendGridServer) -> None:
    bench = Bench(server)
    pages = Pages([a_recipient(number) for number in range(9)] + [a_recipient(9, values=())])

    with pytest.raises(ValueError, match="shorter"):
        dispatch(pages, bench.provider, stop=bench.stop)

    assert pages.counts() == {"in_doubt": 10}
    assert server.mails == []


def test_when_the_books_cannot_be_written_no_more_is_sent(server: SendGridServer) -> None:
    bench = Bench(server)
    pages = Pages([a_recipient(number) for number in range(200)], is_full=True)

    with pytest.raises(StoreError):
        dispatch(pages, bench.provider, stop=bench.stop)

    # What is claimed stays so: the next run finds it open, and in doubt.
    assert set(pages.counts()) == {"sending"}
    assert len(pages.status) == 40
