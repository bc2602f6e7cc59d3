"""Workers on several machines share an edition; killed or stopped, nobody is mailed twice."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.feeds import rss2
from tests.http_server import answer, running_site
from tests.postgresql_server import PostgresServer
from tests.smtp_server import HANG, MailServer, ScriptedServer, running
from tests.weekly_job import ANNOUNCED, Job, a_job, by_smtp, many_readers, repeated

#: Three jobs and a half, of 200 readers each.
READERS = 700
#: What a kill may leave in doubt: one group of readers, and one letter on each connection (C13).
GROUP = 50
CONNECTIONS = 4


@pytest.fixture
def feed() -> Iterator[str]:
    with running_site() as site:
        yield site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    with postgres.database() as name:
        yield postgres.url(name)


def a_job_for_workers(
    folder: Path, feed: str, port: int, *, url: str | None, readers: int, per_minute: int = 60_000
) -> Job:
    job = a_job(folder, feed=feed, delivery=by_smtp(port), readers=many_readers(readers), url=url)
    with (folder / "otalk-digest.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"[delivery.workers]\nenabled = true\nmessages_per_minute = {per_minute}\n")
    return job


@contextmanager
def a_mail_server() -> Iterator[MailServer]:
    server = MailServer()
    with running(server):
        yield server


def opened_by(job: Job) -> dict[int, int]:
    """Worker → how many readers it claimed."""
    return dict(job.asks("SELECT worker, sum(recipients)::int FROM attempts GROUP BY worker"))


def test_of_two_workers_one_is_killed_and_the_other_ends_the_edition(
    tmp_path: Path, feed: str, url: str
) -> None:
    """C17: the killed one leaves at most what it had open in doubt, and nobody gets two."""
    with a_mail_server() as server:
        # Slow enough for both to be at work.
        job = a_job_for_workers(
            tmp_path / "job", feed, server.port, url=url, readers=READERS, per_minute=9_000
        )
        handed_over = job.does("run")
        assert (handed_over.status, handed_over.err, server.received) == (0, "", [])
        assert f"{READERS} not yet sent" in handed_over.out
        assert "Edition 1 is with the workers, in 4 jobs." in handed_over.out

        with job.started("worker") as one, job.started("worker", "--jobs", "2") as two:
            one.until(lambda: min(opened_by(job).values(), default=0) and len(opened_by(job)) == 2)
            one.kill()
            two.until(lambda: not {"planned", "sending"} & job.counts().keys())
            two.ask_to_stop()
            ended = two.end()

        in_doubt = job.counts().get("in_doubt", 0)
        assert in_doubt <= GROUP + CONNECTIONS
        assert job.counts().get("accepted") == READERS - in_doubt
        assert not repeated([mail.recipient for mail in server.received])
        assert len(server.received) >= READERS - in_doubt
        assert (ended.status, ended.err) == (0, "")
        assert sum(opened_by(job).values()) == READERS
        # The one that was stopped has nothing to leave behind.
        assert job.asks("SELECT name FROM leases WHERE left(name, 7) = 'worker '") == []

        last = job.does("run")
        assert last.status == (4 if in_doubt else 0), last
        assert job.is_complete() is not bool(in_doubt)


def test_a_worker_that_is_asked_to_stop_gives_back_what_it_has_not_begun(
    tmp_path: Path, feed: str, url: str
) -> None:
    """R11: in flight to its end, nothing new; and the next worker needs no run to go on."""
    with a_mail_server() as server:
        job = a_job_for_workers(
            tmp_path / "job", feed, server.port, url=url, readers=260, per_minute=3_000
        )
        job.does("run")
        with job.started("worker") as worker:
            worker.until(lambda: server.received)
            worker.ask_to_stop()
            ended = worker.end()

        assert (ended.status, ended.err) == (0, "")
        assert job.counts() == {
            "accepted": len(server.received),
            "planned": 260 - len(server.received),
        }

        with job.started("worker", "--jobs", "2") as worker:
            worker.until(job.is_complete)
            worker.ask_to_stop()
            worker.end()

        assert job.counts() == {"accepted": 260}
        assert not repeated([mail.recipient for mail in server.received])


def test_a_relay_that_refuses_our_login_ends_the_worker_and_everybody_stays_planned(
    tmp_path: Path, feed: str, url: str
) -> None:
    server = ScriptedServer({"MAIL": "530 5.7.0 Authentication required"})
    with running(server):
        job = a_job_for_workers(tmp_path / "job", feed, server.port, url=url, readers=5)
        job.does("run")
        # In a process of its own: a worker runs a loop of events, and a browser's may run in ours.
        with job.started("worker") as worker:
            ended = worker.end()

    assert ended.status == 6, ended
    assert re.fullmatch(r"otalk-digest: [^\n]+\n", ended.err)
    assert job.counts() == {"planned": 5}


def test_on_a_file_neither_a_worker_nor_a_run_for_workers_begins(tmp_path: Path, feed: str) -> None:
    with running(ScriptedServer({"greeting": HANG})) as server:
        job = a_job_for_workers(tmp_path / "job", feed, server.port, url=None, readers=5)
        before = job.dump()
        ended = [job.does(command) for command in ("worker", "run")]

        assert [each.status for each in ended] == [2, 2]
        assert all("Move with: otalk-digest store copy" in each.err for each in ended)
        assert job.dump() == before


def test_who_is_greylisted_is_tried_by_each_run_for_five_days_and_then_refused(
    tmp_path: Path, feed: str
) -> None:
    """RELIABILITY 3.4, RFC 5321 §4.5.4.1."""
    server = ScriptedServer({"RCPT": "450 4.2.0 try again later"})
    with running(server):
        job = a_job(
            tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=many_readers(1)
        )
        days = ["2026-06-03T09:00Z", "2026-06-07T09:00Z", "2026-06-08T09:00Z"]
        ended = [job.does("run", now=day).status for day in days]

    assert ended == [75, 75, 3]
    assert job.asks("SELECT status, reason FROM deliveries") == [
        ("rejected", "450 4.2.0 try again later")
    ]
    assert job.is_complete()
