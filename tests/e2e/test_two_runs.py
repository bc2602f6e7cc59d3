"""Two runs at once: one works, the other ends at once; and whoever dies blocks nobody (R6, C17)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.feeds import rss2
from tests.http_server import answer, running_site
from tests.smtp_server import HANG, Script, ScriptedServer
from tests.weekly_job import ANNOUNCED, a_job, addresses_of, by_smtp, many_readers

FEW = many_readers(5)


@pytest.fixture
def feed() -> Iterator[str]:
    with running_site() as site:
        yield site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))


@contextmanager
def mail_server(*scripts: Script) -> Iterator[ScriptedServer]:
    server = ScriptedServer(*scripts, pauses_s={"dot": 0.3})
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_while_a_run_is_at_work_any_other_ends_at_once_and_changes_nothing(
    tmp_path: Path, feed: str, url: str | None
) -> None:
    others = (
        ("run",),
        ("run", "--dry-run"),
        ("send",),
        ("collect",),
        ("deliveries", "settle", "--assume-sent"),
    )
    with mail_server({"dot": HANG}) as server:
        job = a_job(
            tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=FEW, url=url
        )
        with job.started("run") as run:
            run.until(lambda: server.arrived)
            before = job.dump()

            ended = [job.does(*words) for words in others]

            assert not run.is_over()
            assert job.dump() == before
    for other in ended:
        assert (other.status, other.out) == (75, "")
        assert len(other.err.splitlines()) == 1
        assert "Another run is at work" in other.err


def test_of_two_runs_at_once_one_delivers_everything(
    tmp_path: Path, feed: str, url: str | None
) -> None:
    with mail_server() as server:
        job = a_job(
            tmp_path / "job", feed=feed, delivery=by_smtp(server.port), readers=FEW, url=url
        )

        with job.started("run") as one, job.started("run") as other:
            statuses = sorted(run.end().status for run in (one, other))

        assert statuses == [0, 75]
        assert sorted(server.arrived) == sorted(addresses_of(FEW))
    assert job.is_complete()
