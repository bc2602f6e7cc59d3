"""The job with a fence around its requests to SendGrid, killed at every step of it (C6 to C11).

The promise: whatever was taken and not recorded is called back in time and sent once more, so
that each reader gets one copy and nobody stays in doubt, without a person.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.crash.killing import KILLED, Moment, run_killed
from tests.feeds import rss2
from tests.http_server import answer, running_site
from tests.sendgrid_server import SCHEDULED, Fault, SendGridServer
from tests.weekly_job import ANNOUNCED, Job, a_job, addresses_of, by_sendgrid, many_readers

FEW = many_readers(5)
EVERYONE = sorted(addresses_of(FEW))
ACCEPTED = {"accepted": 5}
#: Longer than any fence here stands.
LONG = 60.0
#: SendGrid has it, and the run does not know.
SENT = "after POST mail/send"


@cache
def frozen() -> bytes:
    """An edition is made once for all tests: planned, and nothing of it sent."""
    with TemporaryDirectory() as name, running_site() as site, SendGridServer() as server:
        server.scopes.clear()
        feed = site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))
        delivery = by_sendgrid(server.url, more="suppressions = false")
        job = a_job(Path(name) / "job", feed=feed, delivery=delivery, readers=FEW)
        assert job.does("run").status == 6
        assert job.counts() == {"planned": 5}
        return job.database.read_bytes()


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with SendGridServer() as running:
        yield running


@dataclass(slots=True)
class Gate:
    """Holds the first request that comes to a moment, until it is opened."""

    moment: str | Moment
    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def __call__(self, moment: str) -> None:
        if moment == self.moment:
            self.reached.set()
            self.opened.wait(60)


def killed(job: Job, server: SendGridServer, moment: str | Moment) -> None:
    """Start a run and kill it there: at a step of its own, or at a moment of SendGrid's.

    What SendGrid was about to do it does nevertheless, after the run is dead.
    """
    if isinstance(moment, Moment):
        assert run_killed(job, moment, command="send")[0] == KILLED
        return
    server.at = gate = Gate(moment)
    with job.started("send") as run:
        run.until(gate.reached.is_set)
        assert not run.is_over(), run.end()
        run.kill()
        gate.opened.set()
    server.at = lambda _: None


def fenced_job(tmp_path: Path, server: SendGridServer, *, url: str | None = None) -> Job:
    delivery = by_sendgrid(server.url, more="suppressions = false\nfence = true")
    return a_job(
        tmp_path / "job",
        feed="none.xml",
        delivery=delivery,
        readers=FEW,
        url=url,
        database=frozen(),
    )


def received(server: SendGridServer) -> list[str]:
    """Who has got mail once all that waits is due."""
    server.schedule.advance(minutes=LONG)
    server.schedule.let_late_ones_in()
    return sorted(mail.address for mail in server.mails)


def finishes(job: Job, server: SendGridServer) -> None:
    """One run more, and each reader has one copy; nobody is in doubt."""
    ended = job.does("send")

    assert ended.status == 0, ended
    assert job.counts() == ACCEPTED
    assert job.is_complete()
    assert server.mails == []
    assert received(server) == EVERYONE


@pytest.mark.parametrize(
    "moment",
    [
        Moment(when="after", name="commit StoreLedger.claim"),
        "before POST mail/batch",
        Moment(when="before", name="commit StoreLedger.fence"),
        Moment(when="after", name="commit StoreLedger.fence"),
        "before POST mail/send",
        SENT,
        Moment(when="before", name="commit StoreLedger.record"),
        Moment(when="after", name="commit StoreLedger.record"),
    ],
    ids=str,
)
def test_a_run_killed_anywhere_around_a_request_leaves_one_copy_each_and_no_doubt(
    tmp_path: Path, server: SendGridServer, *, url: str | None, moment: str | Moment
) -> None:
    job = fenced_job(tmp_path, server, url=url)

    killed(job, server, moment)

    finishes(job, server)


@pytest.mark.parametrize(
    "moment",
    [
        Moment(when="after", name="commit pick_up"),
        f"before POST {SCHEDULED}",
        f"after POST {SCHEDULED}",
        Moment(when="before", name="commit call_back"),
        Moment(when="after", name="commit call_back"),
        SENT,
    ],
    ids=str,
)
def test_a_second_run_killed_while_it_calls_back_leaves_one_copy_each_and_no_doubt(
    tmp_path: Path, server: SendGridServer, moment: str | Moment
) -> None:
    job = fenced_job(tmp_path, server)
    killed(job, server, SENT)

    killed(job, server, moment)

    finishes(job, server)


def test_a_lost_answer_is_called_back_and_sent_once_more_in_the_same_run(
    tmp_path: Path, server: SendGridServer
) -> None:
    server.next(Fault(accepts=True))
    job = fenced_job(tmp_path, server)

    ended = job.does("send")

    assert ended.status == 0, ended
    assert "5 that were in doubt were called back" in ended.out
    assert job.counts() == ACCEPTED
    assert received(server) == EVERYONE


def test_what_it_is_too_late_for_is_not_touched_and_stays_in_doubt(
    tmp_path: Path, server: SendGridServer
) -> None:
    job = fenced_job(tmp_path, server)
    killed(job, server, SENT)
    # Of thirty minutes, less than ten are left.
    server.schedule.advance(minutes=23)

    ended = job.does("send")

    assert ended.status == 4
    assert job.counts() == {"in_doubt": 5}
    assert server.asked("POST", SCHEDULED) == 0
    assert received(server) == EVERYONE
    assert job.does("send").status == 4
    assert len(server.sends) == 1


def test_a_cancellation_is_forgotten_once_nothing_can_come_late_and_not_before(
    tmp_path: Path, server: SendGridServer
) -> None:
    server.next(Fault(accepts=True))
    job = fenced_job(tmp_path, server)
    assert job.does("send").status == 0

    # By our clock years have passed; SendGrid's is the one that counts.
    assert job.does("send", now="2029-01-01T09:00Z").status == 0
    assert len(server.schedule.statuses) == 1
    server.schedule.advance(minutes=30 + 65)
    assert job.does("send").status == 0

    assert server.schedule.statuses == {}
    assert received(server) == EVERYONE


def test_without_the_scope_to_cancel_nothing_is_lost_and_a_person_is_told(
    tmp_path: Path, server: SendGridServer
) -> None:
    server.scopes.remove("user.scheduled_sends.create")
    server.next(Fault(accepts=True))
    job = fenced_job(tmp_path, server)

    ended = job.does("send")

    assert ended.status == 4
    assert "give it the scope user.scheduled_sends.create" in ended.out
    assert job.counts() == {"in_doubt": 5}
    assert received(server) == EVERYONE
    asked = job.does("doctor")
    assert "may not use the fence: give it the scope user.scheduled_sends.create" in asked.out
