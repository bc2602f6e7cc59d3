"""Days on which a neighbour says no, or not now, or says nothing to anyone (R4, R8, R9)."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import connect

import pytest
from tests.feeds import rss2
from tests.http_server import answer, running_site
from tests.sendgrid_server import BAD_KEY, Fault, SendGridServer
from tests.smtp_server import DROP, Script, ScriptedServer
from tests.weekly_job import (
    ANNOUNCED,
    Job,
    a_job,
    addresses_of,
    by_sendgrid,
    by_smtp,
    many_readers,
)

FEW = many_readers(5)
GREYLISTED = "451 4.7.1 Greylisted, come back later"
UNKNOWN_READER = "550 5.1.1 No such user"
FINE = "250 2.1.5 Ok"


@pytest.fixture
def feed() -> Iterator[str]:
    with running_site() as site:
        yield site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))


@contextmanager
def mail_server(*scripts: Script) -> Iterator[ScriptedServer]:
    server = ScriptedServer(*scripts)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_a_greylisted_reader_stays_planned_and_the_next_run_delivers(
    tmp_path: Path, feed: str
) -> None:
    with mail_server({"RCPT": (FINE, GREYLISTED, FINE)}, {}) as server:
        job = a_job(tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=FEW)

        first = job.does("run")

        assert first.status == 75
        assert len(first.err.splitlines()) == 1
        assert job.counts() == {"accepted": 4, "planned": 1}
        assert job.does("run").status == 0
        assert sorted(server.accepted) == sorted(addresses_of(FEW))
    assert job.is_complete()


def test_a_refused_reader_is_listed_and_the_others_get_their_mail(
    tmp_path: Path, feed: str
) -> None:
    with mail_server({"RCPT": (FINE, UNKNOWN_READER, FINE)}) as server:
        job = a_job(tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=FEW)

        ended = job.does("run")

        assert ended.status == 3
        assert "550 5.1.1 No such user" in ended.out
        assert job.counts() == {"accepted": 4, "rejected": 1}
        assert len(server.accepted) == 4
    assert job.is_complete()
    listed = job.does("deliveries", "--status", "rejected", "--addresses").out
    assert "reader1@example.org" in listed


def test_a_run_that_is_not_finished_says_so_whoever_was_refused(tmp_path: Path, feed: str) -> None:
    with mail_server({"RCPT": (FINE, UNKNOWN_READER, GREYLISTED, FINE)}, {}) as server:
        job = a_job(tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=FEW)

        assert job.does("run").status == 75
        # Finished now, and the refused one is still to be looked at.
        assert job.does("run").status == 3


def test_who_leaves_between_two_tries_is_not_mailed(tmp_path: Path, feed: str) -> None:
    with mail_server({"RCPT": (FINE, GREYLISTED, FINE)}, {}) as server:
        job = a_job(tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=FEW)
        job.does("run")

        job.does("suppressions", "add", "reader1@example.org")
        ended = job.does("run")

        assert ended.status == 0
        assert "reader1@example.org" not in server.accepted
    assert job.statuses()["reader1@example.org"] == "skipped"
    assert job.is_complete()


def test_a_lost_connection_after_the_dot_puts_one_reader_in_doubt_and_no_other(
    tmp_path: Path, feed: str
) -> None:
    with mail_server({"dot": (FINE, DROP)}, {}) as server:
        job = a_job(tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=FEW)

        ended = job.does("run")

        assert ended.status == 4
        assert "1 in doubt" in ended.out
        assert job.statuses()["reader1@example.org"] == "in_doubt"
        assert job.counts() == {"accepted": 4, "in_doubt": 1}
        assert sorted(server.arrived) == sorted(addresses_of(FEW))


def test_a_provider_that_refuses_us_refuses_no_reader(tmp_path: Path, feed: str) -> None:
    with SendGridServer() as server:
        job = a_job(tmp_path / "job", feed=feed, delivery=by_sendgrid(server.url), readers=FEW)
        server.next(BAD_KEY)

        ended = job.does("run")

        assert ended.status == 6
        assert len(ended.err.splitlines()) == 1
        assert job.counts() == {"planned": 5}
        assert job.does("run").status == 0
        assert sorted(mail.address for mail in server.mails) == sorted(addresses_of(FEW))
    assert job.is_complete()


def test_an_answer_that_never_comes_is_in_doubt_and_not_asked_for_again(
    tmp_path: Path, feed: str
) -> None:
    with SendGridServer() as server:
        delivery = by_sendgrid(server.url, timeout_s=0.3)
        job = a_job(tmp_path / "job", feed=feed, delivery=delivery, readers=FEW)
        server.next(Fault(accepts=True, hangs=True))

        assert job.does("run").status == 4
        assert job.does("run").status == 4

        assert len(server.mails) == 5
    assert job.counts() == {"in_doubt": 5}


# --- the books ---------------------------------------------------------------------------------


def test_an_edition_that_nobody_is_to_get_is_complete_and_its_books_are_shown(
    tmp_path: Path, feed: str
) -> None:
    job = a_job(tmp_path / "job", feed=feed, readers="teo@example.org,,,,,wrap-up,confirmed")

    ended = job.does("run")

    assert ended.status == 0
    assert "Edition 1: 0 readers = 0 accepted" in ended.out
    assert job.is_complete()


def test_a_run_killed_before_it_closed_the_books_has_them_closed_by_the_next(
    tmp_path: Path, feed: str
) -> None:
    job = a_job(tmp_path / "job", feed=feed, readers=FEW)
    job.does("run")
    # What such a kill leaves behind: everything accepted, the edition still open.
    with closing(connect(job.database)) as database, database:
        database.execute("UPDATE editions SET completed_at = NULL")
    assert not job.is_complete()

    assert job.does("run").status == 0

    assert job.is_complete()


def job_half_sent(folder: Path, *, feed: str, server: ScriptedServer) -> Job:
    job = a_job(folder, feed=feed, delivery=by_smtp(server.port), readers=FEW)
    assert job.does("run").status == 75
    return job


def test_a_dry_send_counts_only_who_is_still_waiting_and_changes_nothing(
    tmp_path: Path, feed: str
) -> None:
    with mail_server({"RCPT": (FINE, GREYLISTED, FINE)}) as server:
        job = job_half_sent(tmp_path / "job", feed=feed, server=server)
        before, connections = job.dump(), server.connections

        ended = job.does("send", "--dry-run")

        assert ended.status == 0
        assert "Edition 1 would go to 1 of 5 subscribers." in ended.out
        assert job.dump() == before
        assert server.connections == connections


def test_an_edition_that_does_not_exist_is_an_error_in_one_line(tmp_path: Path, feed: str) -> None:
    job = a_job(tmp_path / "job", feed=feed, readers=FEW)

    ended = job.does("send", "--edition", "7", "--dry-run")

    assert (ended.status, ended.out) == (2, "")
    assert ended.err == "otalk-digest: There is no edition 7. See: otalk-digest editions.\n"
