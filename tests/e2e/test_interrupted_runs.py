"""The job killed at named moments and at random ones, then started again (C1, C7 to C9, C13).

The promise: nobody lost, nobody twice, and what cannot be known is listed as in doubt.

Named moments are reached from outside: a neighbour stops answering, or another program holds
the database's lock, and the process is killed while it waits. Random moments are few, so that
the suite stays quick: `KILLS=500 pytest tests/e2e/test_interrupted_runs.py` has more.
"""

import os
import random
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from email import message_from_bytes
from pathlib import Path

import pytest
from tests.feeds import rss2
from tests.http_server import Site, answer, hangs, running_site
from tests.sendgrid_server import Fault, SendGridServer
from tests.smtp_server import HANG, MailServer, Script, ScriptedServer
from tests.weekly_job import (
    ANNOUNCED,
    Job,
    Running,
    a_job,
    addresses_of,
    by_sendgrid,
    by_smtp,
    many_readers,
    repeated,
)

KILLS = int(os.environ.get("KILLS", "6"))
FEW = many_readers(5)
MANY = many_readers(170)


@pytest.fixture
def feed() -> Iterator[str]:
    with running_site() as site:
        yield serve(site)


def serve(site: Site) -> str:
    return site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))


def kill(run: Running, *, when: Callable[[], object]) -> None:
    """Kill a run as soon as the condition holds; it must not have ended before."""
    run.until(when)
    assert not run.is_over(), run.end()
    run.kill()


def in_doubt(job: Job) -> set[str]:
    return {to for to, status in job.statuses().items() if status == "in_doubt"}


def resume(job: Job, received: Callable[[], list[str]], *, readers: str) -> set[str]:
    """Start the job again; return who is in doubt, once all that can be known is right."""
    ended = job.does("run")
    unknown = in_doubt(job)
    known = set(addresses_of(readers)) - unknown
    # Nobody twice, nobody lost: who is not listed as in doubt has the mail.
    assert not repeated(received())
    assert known <= set(received())
    assert job.counts().get("accepted", 0) == len(known)
    assert len(job.statuses()) == len(known) + len(unknown)
    assert ended.status == (4 if unknown else 0), ended
    assert job.is_complete() is not bool(unknown)
    return unknown


# --- during the fetch, and after it ------------------------------------------------------------


def test_a_run_killed_while_the_blog_answers_keeps_nothing_and_the_next_one_asks_again(
    tmp_path: Path,
) -> None:
    with running_site() as site:
        job = a_job(tmp_path / "job", feed=site.on("/feed/", hangs()), readers=FEW)
        before = job.dump()
        with job.started("run") as run:
            kill(run, when=lambda: site.requests)
        assert job.dump() == before

        serve(site)
        assert job.does("run").status == 0

    assert job.counts() == {"accepted": 5}


# --- SendGrid ----------------------------------------------------------------------------------


class Api:
    """Takes one request of SendGrid's API, as far as it is told."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    @contextmanager
    def accepted(self) -> Iterator[socket.socket]:
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(30)
            yield connection


@pytest.fixture
def api() -> Iterator[Api]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield Api(listener)


def read(connection: socket.socket, *, until: Callable[[bytes], bool]) -> None:
    data = b""
    while not until(data) and (received := connection.recv(1024)):
        data += received


def is_whole(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return length is not None and len(body) == int(length[1])


@contextmanager
def before_the_request_is_read(api: Api, _: Job) -> Iterator[None]:
    with api.accepted():
        yield


@contextmanager
def in_the_middle_of_the_request(api: Api, _: Job) -> Iterator[None]:
    with api.accepted() as connection:
        read(connection, until=lambda data: len(data) > 3_000)
        yield


@contextmanager
def before_the_answer(api: Api, _: Job) -> Iterator[None]:
    with api.accepted() as connection:
        read(connection, until=is_whole)
        yield


@contextmanager
def between_the_answer_and_the_books(api: Api, job: Job) -> Iterator[None]:
    with api.accepted() as connection:
        read(connection, until=is_whole)
        with job.locked():
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: m\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            # The client hangs up once it has read the answer.
            read(connection, until=lambda _: False)
            yield


@pytest.mark.parametrize(
    "moment",
    [
        before_the_request_is_read,
        in_the_middle_of_the_request,
        before_the_answer,
        between_the_answer_and_the_books,
    ],
)
def test_a_run_killed_while_sendgrid_has_its_request_leaves_it_in_doubt_and_sends_it_no_more(  # noqa: PLR0917 - pytest gives them by name
    tmp_path: Path,
    feed: str,
    url: str | None,
    api: Api,
    moment: Callable[[Api, Job], AbstractContextManager[None]],
) -> None:
    # It takes a request to send mail, and no other.
    delivery = by_sendgrid(api.url, more="suppressions = false")
    job = a_job(tmp_path / "job", feed=feed, delivery=delivery, readers=FEW, url=url)

    with job.started("run") as run, moment(api, job):
        run.kill()

    assert job.counts() == {"sending": 5}
    resumed = job.does("run")
    assert resumed.status == 4
    assert "5 in doubt" in resumed.out
    assert job.counts() == {"in_doubt": 5}
    assert not job.is_complete()


# --- SMTP: C13 and R9 --------------------------------------------------------------------------


@contextmanager
def scripted(
    *scripts: Script, pauses_s: dict[str, float] | None = None, is_parallel: bool = False
) -> Iterator[ScriptedServer]:
    server = ScriptedServer(*scripts, pauses_s=pauses_s, is_parallel=is_parallel)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("script", "arrived"),
    [
        pytest.param({"DATA": ("354 go ahead", "354 go ahead", HANG)}, 2, id="before the dot"),
        pytest.param({"dot": ("250 Ok", "250 Ok", HANG)}, 3, id="after the dot"),
    ],
)
def test_a_run_killed_while_the_mail_server_is_silent_leaves_nobody_mailed_twice_or_unlisted(  # noqa: PLR0917 - pytest gives them by name
    tmp_path: Path, feed: str, url: str | None, script: Script, arrived: int
) -> None:
    with scripted(script, {}) as server:
        job = a_job(
            tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=FEW, url=url
        )
        with job.started("run") as run:
            kill(run, when=lambda: server.connections and len(server.arrived) == arrived)

        unknown = resume(job, lambda: server.arrived, readers=FEW)

        assert unknown >= set(server.arrived)


def test_a_run_killed_between_the_250_and_the_books_sends_nothing_again(
    tmp_path: Path, feed: str, url: str | None
) -> None:
    with scripted(pauses_s={"dot": 0.02}) as server:
        job = a_job(
            tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=FEW, url=url
        )
        with job.started("run") as run:
            run.until(lambda: server.arrived)
            with job.locked():
                kill(run, when=lambda: len(server.accepted) == 5)

        unknown = resume(job, lambda: server.arrived, readers=FEW)

        assert unknown == set(addresses_of(FEW))


# --- what a person decides ---------------------------------------------------------------------


def job_in_doubt(folder: Path, *, feed: str, server: ScriptedServer) -> Job:
    """Three messages arrived whole, and nobody knows what became of the five."""
    job = a_job(folder, feed=feed, delivery=by_smtp(server.port), readers=FEW)
    with job.started("run") as run:
        kill(run, when=lambda: len(server.arrived) == 3)
    assert job.does("run").status == 4
    return job


def test_what_is_in_doubt_is_sent_again_when_a_person_says_so(tmp_path: Path, feed: str) -> None:
    with scripted({"dot": ("250 Ok", "250 Ok", HANG)}, {}) as server:
        job = job_in_doubt(tmp_path / "job", feed=feed, server=server)
        before = len(server.arrived)

        settled = job.does("deliveries", "settle", "--resend")

        assert (settled.status, settled.out[:9]) == (0, "5 settled")
        assert job.counts() == {"planned": 5}
        assert job.does("run").status == 0
        assert sorted(server.arrived[before:]) == sorted(addresses_of(FEW))
    assert job.is_complete()


def test_what_is_in_doubt_is_taken_as_sent_when_a_person_says_so(tmp_path: Path, feed: str) -> None:
    with scripted({"dot": ("250 Ok", "250 Ok", HANG)}, {}) as server:
        job = job_in_doubt(tmp_path / "job", feed=feed, server=server)
        before = list(server.arrived)

        assert job.does("deliveries", "settle", "--assume-sent").status == 0

        assert job.counts() == {"accepted": 5}
        assert job.is_complete()
        assert job.does("run").status == 0
        assert server.arrived == before


# --- a signal: R11 --------------------------------------------------------------------------


def test_a_signal_to_end_lets_the_batch_in_flight_finish_and_leaves_the_rest_for_the_next_run(
    tmp_path: Path, feed: str
) -> None:
    with scripted(pauses_s={"dot": 0.003}) as server:
        job = a_job(tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=MANY)
        with job.started("run") as run:
            run.until(lambda: len(server.arrived) > 10)
            run.ask_to_stop()
            ended = run.end()

        counts = job.counts()
        assert ended.status == 75
        assert counts.keys() == {"accepted", "planned"}
        assert counts["accepted"] == len(server.accepted)
        assert len(ended.err.splitlines()) == 1

        assert resume(job, lambda: server.arrived, readers=MANY) == set()


def test_a_run_ends_though_a_relay_never_greets_some_of_its_connections(
    tmp_path: Path, feed: str
) -> None:
    with scripted({}, {"greeting": HANG}, is_parallel=True) as server:
        job = a_job(tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=MANY)

        # A process: a thread that still waits must not keep it.
        with job.started("run") as run:
            assert run.end().status == 0

        assert server.connections > 1
    assert job.is_complete()


def test_a_second_signal_ends_a_run_that_waits_for_an_answer_and_what_it_waits_for_is_in_doubt(
    tmp_path: Path, feed: str
) -> None:
    with scripted({"dot": HANG}) as server:
        job = a_job(tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=FEW)
        with job.started("run") as run:
            run.until(lambda: server.arrived)
            run.ask_to_stop()
            time.sleep(0.2)
            assert not run.is_over()
            run.ask_to_stop()
            ended = run.end()

    assert ended.status == 130
    assert "Traceback" not in ended.err
    # Nobody else was told anything: they wait for the next run.
    assert job.counts() == {"in_doubt": 1, "planned": 4}


def test_a_signal_to_end_is_heard_while_the_provider_asks_for_patience(
    tmp_path: Path, feed: str
) -> None:
    with SendGridServer() as server:
        # Until the year 2100.
        server.always(Fault(status=429, headers={"X-RateLimit-Reset": "4102444800"}))
        job = a_job(tmp_path / "job", feed=feed, delivery=by_sendgrid(server.url), readers=FEW)
        with job.started("run") as run:
            run.until(lambda: server.requests)
            run.ask_to_stop()
            ended = run.end()

    assert ended.status == 75
    assert job.counts() == {"planned": 5}


# --- random moments ----------------------------------------------------------------------------


def a_moment(number: int) -> random.Random:
    return random.Random(number)  # noqa: S311 - chance, not a secret


@pytest.mark.parametrize("number", range(0, KILLS, 2))
def test_a_run_to_a_mail_server_killed_at_any_message_loses_and_doubles_nobody(
    tmp_path: Path, feed: str, url: str | None, number: int
) -> None:
    arrivals = a_moment(number).randrange(len(addresses_of(MANY)))
    with mail_server() as server:
        job = a_job(
            tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=MANY, url=url
        )
        with job.started("run") as run:
            run.until(lambda: len(server.received) >= arrivals and server.sessions)
            run.kill()

        unknown = resume(job, lambda: [mail.recipient for mail in server.received], readers=MANY)

    # Never more than one group of the books, and one letter on each connection.
    assert len(unknown) <= 50 + 4


@pytest.mark.parametrize("number", range(1, KILLS, 2))
def test_a_run_into_a_folder_killed_at_any_time_loses_and_doubles_nobody_and_doubts_nothing(
    tmp_path: Path, feed: str, url: str | None, number: int
) -> None:
    job = a_job(tmp_path / "job", feed=feed, readers=MANY, url=url)
    with job.started("run") as run:
        time.sleep(a_moment(number).uniform(0.2, 1.6))
        run.kill()

    unknown = resume(job, lambda: recipients(job), readers=MANY)

    assert unknown == set()


def recipients(job: Job) -> list[str]:
    messages = (message_from_bytes(path.read_bytes()) for path in job.files())
    return [message["To"].strip("<>") for message in messages]
