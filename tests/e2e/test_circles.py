"""What a run handles for each reader is gone with them: nothing waits for Python to find it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import pytest
from tests.feeds import rss2
from tests.http_server import answer, running_site
from tests.sendgrid_server import SendGridServer
from tests.smtp_server import MailServer, running
from tests.weekly_job import (
    ANNOUNCED,
    WEEK_1,
    a_job,
    bare_environment,
    by_sendgrid,
    by_smtp,
    many_readers,
)

#: More than one request, and many groups of letters.
READERS: Final = 1_100


@contextmanager
def a_relay() -> Iterator[str]:
    with running(server := MailServer()):
        yield by_smtp(server.port)


@contextmanager
def a_sendgrid() -> Iterator[str]:
    with SendGridServer() as server:
        yield by_sendgrid(server.url)


@pytest.mark.parametrize("provider", [a_relay, a_sendgrid])
def test_no_reader_of_many_leaves_a_circle_behind(
    tmp_path: Path, provider: Callable[[], AbstractContextManager[str]]
) -> None:
    out = tmp_path / "circles.json"
    program = [sys.executable, str(Path(__file__).with_name("circling.py")), str(out)]
    with running_site() as site, provider() as delivery:
        feed = site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))
        job = a_job(tmp_path / "job", feed=feed, delivery=delivery, readers=many_readers(READERS))
        done = subprocess.run(
            [*program, "--now", WEEK_1, "run"],
            cwd=job.folder,
            env=bare_environment(),
            capture_output=True,
            check=False,
            timeout=240,
        )

    assert done.returncode == 0, done.stderr
    assert job.counts() == {"accepted": READERS}
    assert json.loads(out.read_text(encoding="utf-8")) == [[]]
