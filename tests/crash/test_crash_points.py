"""The job killed at each named moment, and started again: C1 to C12 and the rules they prove."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from tests.crash.killing import KILLED, Moment, run_killed
from tests.feeds import rss2
from tests.http_server import answer, running_site
from tests.sendgrid_server import SendGridServer
from tests.weekly_job import ANNOUNCED, a_job, addresses_of, by_sendgrid, many_readers, wait_until

READERS: Final = many_readers(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A moment, what the kill leaves, and what the next run makes of it."""

    moment: Moment
    #: Of the edition's readers, all of them; None while there is no edition.
    left: str | None
    #: How many mails have left when it is killed.
    sent: int = 0
    #: What the next run makes of them.
    becomes: str = "accepted"


def before(name: str, number: int = 1) -> Moment:
    return Moment(when="before", name=name, number=number)


def after(name: str, number: int = 1) -> Moment:
    return Moment(when="after", name=name, number=number)


CLAIM: Final = "commit _StoreLedger.claim"
REQUEST: Final = "send _Client._make_request"
RECORD: Final = "commit _StoreLedger.record"

POINTS: Final = {
    "C1 during the fetch": Point(moment=after("receive _BoundStream.read"), left=None),
    "C2 posts are stored, no edition is made": Point(moment=after("commit collect"), left=None),
    "C3 inside the freeze (R1)": Point(moment=before("commit _walk"), left=None),
    "C4 after the freeze (R1)": Point(moment=after("commit _walk"), left="planned"),
    "C5 before the claim is durable (R3)": Point(moment=before(CLAIM), left="planned"),
    "C6 after the claim, before it connects (R2, R3)": Point(
        moment=after(CLAIM), left="sending", becomes="in_doubt"
    ),
    "C7 in the middle of the request": Point(
        moment=before(REQUEST, 2), left="sending", becomes="in_doubt"
    ),
    "C8 after the last byte, before the answer (R4)": Point(
        moment=after(REQUEST, 2), left="sending", sent=5, becomes="in_doubt"
    ),
    "C9 after the answer, before it is durable (R4)": Point(
        moment=before(RECORD), left="sending", sent=5, becomes="in_doubt"
    ),
    "C10 after the answer is durable": Point(moment=after(RECORD), left="accepted", sent=5),
    "C12 while the edition is marked complete (R8)": Point(
        moment=before("commit close_books"), left="accepted", sent=5
    ),
}


@pytest.fixture
def feed() -> Iterator[str]:
    with running_site() as site:
        yield site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS)
def test_a_kill_leaves_what_the_next_run_can_set_right(
    tmp_path: Path, feed: str, point: Point
) -> None:
    with SendGridServer() as server:
        delivery = by_sendgrid(server.url, more="suppressions = false")
        job = a_job(tmp_path / "job", feed=feed, delivery=delivery, readers=READERS)

        status, _ = run_killed(job, point.moment)

        assert status == KILLED
        assert job.counts() == ({} if point.left is None else {point.left: 5})
        # What has left this machine may be read a moment later.
        wait_until(lambda: len(server.mails) == point.sent)
        resumed = job.does("run")

        assert job.counts() == {point.becomes: 5}
        assert resumed.status == (4 if point.becomes == "in_doubt" else 0)
        received = sorted(mail.address for mail in server.mails)
        wanted = addresses_of(READERS) if point.becomes == "accepted" or point.sent else []
        assert received == sorted(wanted)
        assert job.is_complete() is (point.becomes == "accepted")
