"""What is lost behind a fence is called back and sent once more: the real books, in one process."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import select, update
from tests.builders import NOW, a_subscriber, an_edition, some_news
from tests.messages import SENDER, VARIANT
from tests.sendgrid_server import BATCH, KEY, SCHEDULED, Fault, SendGridServer, refusal
from tests.stores import EVERYONE, add_news, add_people

from otalk_digest.delivery.providers.sendgrid import SendGridConfig, SendGridProvider
from otalk_digest.errors import (
    OtalkDigestError,
    ProviderRefusedError,
    ProviderUnavailableError,
    SettingsError,
    TryAgainError,
)
from otalk_digest.model.delivery import EventKind
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.model.message import Fence
from otalk_digest.pipeline.bookkeeping import attempt_of
from otalk_digest.pipeline.delivering import Clock, Post, recover
from otalk_digest.pipeline.fencing import CalledBack, call_back, deliver_fenced, forget_past
from otalk_digest.store import editions, events, news, plan
from otalk_digest.store.database import Store, open_store
from otalk_digest.store.schema import attempts, deliveries

READERS = 20
ADDRESSES = sorted(f"reader{number}@example.org" for number in range(READERS))
LOST = Fault(accepts=True)
HALF_AN_HOUR = 30
POST = Post(sender=SENDER, base_url="https://digest.otalk.example")
POST_CANCEL, GET_CANCEL = f"POST {SCHEDULED}", f"GET {SCHEDULED}"


@dataclass(frozen=True, slots=True)
class Work:
    """What a run delivers with."""

    store: Store
    post: Post = POST
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Clock = lambda: NOW


class Desk:
    """One edition for twenty readers, in batches of ten, one at a time."""

    def __init__(self, path: Path, server: SendGridServer) -> None:
        self.server = server
        (path / "digest.sqlite3").write_bytes(_planned())
        self.work = Work(open_store(path / "digest.sqlite3"))
        self.found = CalledBack()
        self.waits: list[float] = []
        self.provider = self.a_provider(fence_minutes=HALF_AN_HOUR)

    def a_provider(self, *, fence_minutes: int | None) -> SendGridProvider:
        config = SendGridConfig(
            api_key=KEY, host=self.server.url, timeout_s=1.0, requests=1, attempts=2
        )
        fenced = replace(config, fence_minutes=fence_minutes)
        # Our clock is years behind: only SendGrid's may count (R10).
        provider = SendGridProvider(fenced, sleep=self.waits.append, clock=lambda: 1e9)
        provider.batch_size = 10
        return provider

    def delivers(self) -> None:
        deliver_fenced(self.work, 1, self.provider, self.found)

    def fails(self, error: type[OtalkDigestError]) -> str:
        with pytest.raises(error) as caught:
            self.delivers()
        return str(caught.value)

    def calls_back(self) -> None:
        call_back(self.work, self.provider, self.found)

    def counts(self) -> Counter[str]:
        with self.work.store.read() as connection:
            return Counter(connection.scalars(select(deliveries.c.status)).all())

    def fences(self) -> list[tuple[str | None, str | None]]:
        with self.work.store.read() as connection:
            query = select(attempts.c.fence, attempts.c.batch_id).order_by(attempts.c.id)
            return [(row.fence, row.batch_id) for row in connection.execute(query)]

    def received(self) -> list[str]:
        """Who has mail once everything is due, late copies included."""
        self.server.schedule.advance(minutes=HALF_AN_HOUR + 5)
        self.server.schedule.let_late_ones_in()
        return sorted(mail.address for mail in self.server.mails)


@cache
def _planned() -> bytes:
    """A database is made once for all tests."""
    with TemporaryDirectory() as name:
        path = Path(name) / "digest.sqlite3"
        store = open_store(path)
        with store.begin() as connection:
            add_people(connection, *(a_subscriber(address) for address in ADDRESSES))
            add_news(connection, some_news())
            edition = an_edition(1, replace(VARIANT, segment="everyone"))
            editions.save_edition(connection, edition, variant_hashes={"everyone": "h"})
            news.mark_told(connection, "everyone", [1], edition=1)
            plan.plan_edition(connection, 1, EVERYONE, now=NOW)
        store.close()
        return path.read_bytes()


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with SendGridServer() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, server: SendGridServer) -> Iterator[Desk]:
    made = Desk(tmp_path, server)
    yield made
    made.work.store.close()


# --- the good case ------------------------------------------------------------------------------


def test_each_request_has_a_batch_of_its_own_that_is_in_the_books_before_it_is_sent(
    desk: Desk, server: SendGridServer
) -> None:
    known: list[list[tuple[str | None, str | None]]] = []
    server.at = lambda at: known.append(desk.fences()) if at == "before POST mail/send" else None

    desk.delivers()

    batches = [request.body["batch_id"] for request in server.sends]
    assert len(set(batches)) == 2
    assert [fences[-1] for fences in known] == [("raised", batch) for batch in batches]
    assert desk.counts() == {"accepted": READERS}
    assert server.asked("POST", SCHEDULED) == 0
    assert desk.received() == ADDRESSES


@pytest.mark.parametrize(
    ("minute", "due"), [(3, 33), (58, 88), (0, 32), (1, 33), (30, 62), (31, 63)]
)
def test_mail_is_due_so_many_minutes_later_but_not_with_the_crowd(
    desk: Desk, server: SendGridServer, minute: int, due: int
) -> None:
    hour = datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp()
    server.schedule.now = hour + minute * 60

    desk.delivers()

    assert {request.body["send_at"] for request in server.sends} == {hour + due * 60}


def test_without_a_fence_mail_leaves_at_once(desk: Desk, server: SendGridServer) -> None:
    desk.provider = desk.a_provider(fence_minutes=None)

    desk.delivers()

    assert not any({"batch_id", "send_at"} & request.body.keys() for request in server.sends)
    assert sorted(mail.address for mail in server.mails) == ADDRESSES
    assert desk.fences() == [(None, None)] * 2


# --- a lost answer ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(LOST, id="reset after it was taken"),
        pytest.param(Fault(accepts=True, status=500), id="500 after it was taken"),
        pytest.param(Fault(accepts=True, status=502), id="502 after it was taken"),
        pytest.param(Fault(accepts=True, status=202, cut="status"), id="cut in the status"),
        pytest.param(Fault(accepts=True, status=202, cut="body"), id="cut in the body"),
        pytest.param(Fault(accepts=True, hangs=True), id="no answer in time"),
        pytest.param(Fault(), id="reset, never taken"),
        pytest.param(Fault(is_late=True), id="reset, and taken late"),
    ],
)
def test_a_batch_whose_answer_is_lost_is_called_back_and_sent_once_more(
    desk: Desk, server: SendGridServer, fault: Fault
) -> None:
    server.next(fault)

    desk.delivers()

    assert desk.counts() == {"accepted": READERS}
    assert desk.found == CalledBack(released=10)
    assert [state for state, _ in desk.fences()] == ["held", "raised", "raised"]
    assert desk.received() == ADDRESSES


def test_after_three_lost_answers_in_a_row_all_are_called_back_and_none_is_sent_again_now(
    tmp_path: Path, server: SendGridServer
) -> None:
    desk = Desk(tmp_path, server)
    desk.provider.batch_size = 5
    server.next(LOST, LOST, LOST)

    desk.fails(TryAgainError)

    assert desk.counts() == {"planned": READERS}
    desk.delivers()
    assert desk.counts() == {"accepted": READERS}
    assert desk.received() == ADDRESSES
    desk.work.store.close()


def test_what_is_lost_again_and_again_is_left_to_the_next_run(
    desk: Desk, server: SendGridServer
) -> None:
    server.next(*[LOST, Fault(status=202, accepts=True)], LOST, LOST)

    desk.delivers()

    assert desk.counts() == {"accepted": 10, "planned": 10}
    desk.delivers()
    assert desk.received() == ADDRESSES


def test_a_part_that_was_taken_is_called_back_with_the_part_that_is_in_doubt(
    desk: Desk, server: SendGridServer
) -> None:
    # Names nobody, so that the ten are sent by halves, behind one fence.
    server.next(refusal(400, "Bad Request"), Fault(status=202, accepts=True), LOST)

    desk.delivers()

    assert desk.found == CalledBack(released=10)
    assert desk.counts() == {"accepted": READERS}
    assert desk.received() == ADDRESSES


def test_nothing_is_called_back_of_which_a_part_is_known_to_be_taken(
    desk: Desk, server: SendGridServer
) -> None:
    server.scopes.remove("user.scheduled_sends.create")
    server.next(LOST)
    desk.delivers()
    with desk.work.store.begin() as connection:
        # As an event says.
        connection.execute(update(deliveries).where(deliveries.c.id == 3).values(status="accepted"))
    server.scopes.append("user.scheduled_sends.create")

    desk.calls_back()

    assert desk.counts() == {"in_doubt": 9, "accepted": 11}
    assert server.asked("POST", SCHEDULED) == 0 + 1
    assert server.schedule.statuses == {}
    assert desk.received() == ADDRESSES


def test_halves_are_not_sent_any_more_when_they_could_not_be_called_back(
    desk: Desk, server: SendGridServer
) -> None:
    def dawdle(moment: str) -> None:
        if moment == "after POST mail/send":
            server.schedule.advance(minutes=21)

    server.next(refusal(400, "Bad Request"))
    server.at = dawdle

    desk.delivers()

    # Five of the first ten, then all of the other ten.
    assert desk.counts() == {"accepted": 15, "planned": 5}


# --- the call back itself -----------------------------------------------------------------------


@pytest.mark.parametrize("place", [GET_CANCEL, POST_CANCEL])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(), id="reset"),
        pytest.param(Fault(accepts=True), id="reset after it worked"),
        pytest.param(Fault(status=500, accepts=True), id="500 after it worked"),
        pytest.param(Fault(status=503), id="503"),
        pytest.param(Fault(status=429), id="429"),
    ],
)
def test_a_call_back_that_is_itself_in_doubt_is_asked_again_and_read_back(
    desk: Desk, server: SendGridServer, place: str, fault: Fault
) -> None:
    server.fence_faults[place].append(fault)
    server.next(LOST)

    desk.delivers()

    assert desk.counts() == {"accepted": READERS}
    assert desk.received() == ADDRESSES


@pytest.mark.parametrize("place", [GET_CANCEL, POST_CANCEL])
def test_while_nobody_can_be_asked_it_stays_in_doubt_and_is_asked_for_later(
    desk: Desk, server: SendGridServer, place: str
) -> None:
    server.fence_faults[place].extend([Fault(accepts=True)] * 2)
    server.next(LOST)

    desk.delivers()

    assert desk.counts() == {"in_doubt": 10, "accepted": 10}
    assert desk.found.fault is not None
    assert "cannot be used now" in desk.found.fault
    desk.delivers()
    assert desk.counts() == {"accepted": READERS}
    assert desk.received() == ADDRESSES


@pytest.mark.parametrize("honours", [True, False])
@pytest.mark.parametrize(("minutes", "is_in_time"), [(18.9, True), (19.1, False), (20, False)])
def test_only_what_is_called_back_in_good_time_is_sent_again(
    desk: Desk, server: SendGridServer, minutes: float, *, honours: bool, is_in_time: bool
) -> None:
    server.schedule.now = datetime(2026, 11, 24, 9, 5, tzinfo=UTC).timestamp()
    server.schedule.honours_late_ones = honours
    server.next(LOST)
    server.fence_faults[GET_CANCEL].extend([Fault()] * 2)
    desk.delivers()
    server.schedule.advance(minutes=minutes)

    desk.calls_back()

    after = {"planned": 10} if is_in_time else {"in_doubt": 10}
    assert desk.counts() == {"accepted": 10, **after}
    # Too late to promise anything: it is left alone, so that what was taken arrives.
    assert bool(server.schedule.statuses) is is_in_time
    assert Counter(desk.received()).most_common(1)[0][1] == 1


def test_a_cancellation_that_is_seen_too_late_is_not_believed(
    desk: Desk, server: SendGridServer
) -> None:
    def dawdle(moment: str) -> None:
        if moment == f"before {POST_CANCEL}":
            server.schedule.advance(minutes=20.5)

    server.schedule.now = datetime(2026, 11, 24, 9, 5, tzinfo=UTC).timestamp()
    server.at = dawdle
    server.next(LOST)

    desk.delivers()

    assert desk.counts() == {"in_doubt": 10, "accepted": 10}
    assert desk.received() == ADDRESSES


def test_when_the_account_has_no_room_for_a_cancellation_it_stays_in_doubt(
    desk: Desk, server: SendGridServer
) -> None:
    for _ in range(100):
        server.schedule.cancel(server.schedule.new_batch())
    server.next(LOST)

    desk.delivers()

    assert desk.counts() == {"in_doubt": 10, "accepted": 10}
    assert desk.received() == ADDRESSES


def test_when_asked_to_stop_nobody_goes_on_calling_back(desk: Desk, server: SendGridServer) -> None:
    server.next(LOST)
    server.at = lambda at: desk.work.stop.set() if at == f"before {GET_CANCEL}" else None

    desk.delivers()

    assert desk.counts()["in_doubt"] == 10
    assert server.schedule.statuses == {}


def test_an_answer_without_a_date_proves_nothing(desk: Desk, server: SendGridServer) -> None:
    server.next(LOST)
    server.at = lambda moment: setattr(
        server, "has_clock", moment != f"before {GET_CANCEL}" and server.has_clock
    )

    desk.delivers()

    assert desk.counts() == {"in_doubt": 10, "accepted": 10}
    assert server.schedule.statuses == {}


def test_what_was_called_back_is_forgotten_when_nothing_can_come_late_any_more(
    desk: Desk, server: SendGridServer
) -> None:
    server.next(LOST)
    desk.delivers()

    for minutes, cancelled in ((HALF_AN_HOUR, 1), (50, 1), (15, 0)):
        server.schedule.advance(minutes=minutes)
        forget_past(desk.work, desk.provider)
        assert len(server.schedule.statuses) == cancelled

    asked = len(server.requests)
    forget_past(desk.work, desk.provider)
    assert len(server.requests) == asked


# --- no batch id --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(), ProviderUnavailableError),
        (Fault(status=500), ProviderUnavailableError),
        (Fault(status=429), ProviderUnavailableError),
        (Fault(status=503), ProviderUnavailableError),
        (Fault(status=403), ProviderRefusedError),
        (Fault(status=401), ProviderRefusedError),
        (Fault(status=404), SettingsError),
        (Fault(status=302), SettingsError),
        (Fault(status=201, body=b"{}"), SettingsError),
        (Fault(status=201, body=b'{"batch_id": "../scopes"}'), SettingsError),
    ],
)
def test_without_a_batch_id_nothing_is_submitted_and_all_stay_planned(
    desk: Desk, server: SendGridServer, fault: Fault, error: type[OtalkDigestError]
) -> None:
    server.fence_faults[f"POST {BATCH}"].extend([fault] * 2)

    desk.fails(error)

    assert desk.counts() == {"planned": READERS}
    assert server.sends == []
    assert desk.fences() == [("wanted", None)]


def test_a_batch_id_that_is_slow_to_come_is_asked_for_again(
    desk: Desk, server: SendGridServer
) -> None:
    server.fence_faults[f"POST {BATCH}"].append(Fault(status=500, accepts=True))

    desk.delivers()

    assert desk.counts() == {"accepted": READERS}


def test_a_run_that_died_before_its_batch_id_was_noted_has_submitted_nothing(desk: Desk) -> None:
    with desk.work.store.begin() as connection:
        row = {"edition": 1, "segment": "everyone", "provider": "sendgrid", "content_hash": "h"}
        connection.execute(
            attempts.insert(),
            [
                {**row, "recipients": 10, "opened_at": NOW, "fence": "wanted", "batch_id": None},
                {**row, "recipients": 10, "opened_at": NOW, "fence": "raised", "batch_id": "b"},
            ],
        )
        for attempt, chosen in ((1, deliveries.c.id <= 10), (2, deliveries.c.id > 10)):
            values = {"status": "sending", "attempt_id": attempt}
            connection.execute(update(deliveries).where(chosen).values(values))

        recover(connection, desk.provider, now=NOW)

    assert desk.counts() == {"planned": 10, "in_doubt": 10}


# --- events -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [EventKind.ACCEPTED, EventKind.REJECTED])
def test_what_is_told_of_a_batch_that_was_called_back_moves_nothing(
    desk: Desk, server: SendGridServer, kind: EventKind
) -> None:
    server.next(LOST)
    desk.delivers()
    told = [
        DeliveryEvent(
            delivery_key="key-1",
            name=str(kind),
            at=NOW + timedelta(minutes=attempt),
            kind=kind,
            raw="{}",
            delivery_id=delivery,
            attempt_id=attempt_of(f"a{attempt}"),
        )
        # The first was called back; the third carried the same reader once more.
        for attempt, delivery in ((1, 1), (3, 2))
    ]
    with desk.work.store.begin() as connection:
        events.store_events(connection, told, now=NOW)
        events.apply_events(connection, now=NOW)

    moved = {"rejected": 1} if kind is EventKind.REJECTED else {}
    assert desk.counts() == {"accepted": READERS - sum(moved.values()), **moved}


@pytest.mark.parametrize("key", ["", "a", "7", "b7", "a7x", "a-7", "a७", "a" + "9" * 30, "test"])
def test_a_key_that_is_not_ours_names_no_attempt(key: str) -> None:
    assert attempt_of(key) is None


# --- a check ------------------------------------------------------------------------------------


def test_a_check_names_each_scope_that_the_fence_needs_and_the_key_has_not(
    desk: Desk, server: SendGridServer
) -> None:
    server.scopes = ["mail.send", "user.scheduled_sends.read"]

    found = desk.provider.check()

    missing = ("mail.batch.create", "user.scheduled_sends.create", "user.scheduled_sends.delete")
    assert [fault.rpartition("scope ")[2] for fault in found] == [f"{each}." for each in missing]
    assert desk.a_provider(fence_minutes=None).check() == ()


def test_calling_back_twice_is_safe(desk: Desk, server: SendGridServer) -> None:
    batch = server.schedule.new_batch()
    due = datetime.fromtimestamp(server.schedule.now, UTC) + timedelta(minutes=HALF_AN_HOUR)
    fence = Fence(batch_id=batch, send_at=due)

    for _ in range(2):
        assert desk.provider.fences.call_back(fence, stop=desk.work.stop)
    assert server.asked("POST", SCHEDULED) == 1
