"""The pages killed between a commit and what the world hears of it: C14, C15."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx
import pytest
from tests.archive_site import SendGrid, event
from tests.crash.killing import KILLED, Moment, killed_at
from tests.feeds import rss2
from tests.http_server import answer, running_site
from tests.sendgrid_server import SendGridServer
from tests.serving import Pages, link_in, mails_to, next_mail, serving
from tests.smtp_server import MailServer, running
from tests.weekly_job import ANNOUNCED, WEEK_1, Job, a_job, by_sendgrid, by_smtp, wait_until

from otalk_digest.store.database import Store

FERN: Final = "fern@example.org"
READERS: Final = """ash@example.org,Ash Weir,,GB,,,confirmed
bay@example.org,Bay Holt,,GB,,,confirmed"""
#: All that a page wrote is durable, and nobody has been told.
STORED: Final = Moment(when="after", name="commit Writer._write")


@pytest.fixture
def feed() -> Iterator[str]:
    with running_site() as site:
        yield site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    with running(server):
        yield server


@pytest.fixture
def job(tmp_path: Path, feed: str, mail_server: MailServer, url: str | None) -> Job:
    delivery = by_smtp(mail_server.port)
    return a_job(tmp_path / "job", feed=feed, delivery=delivery, readers=READERS, url=url)


def press_in_vain(job: Job, link: str, fields: dict[str, str | list[str]]) -> None:
    """Press a button of pages that are killed when they have kept it, before they answer."""
    with serving(job, command=killed_at(job, STORED)) as pages:
        with pytest.raises(httpx.TransportError):
            pages.post(link, fields)
        assert pages.has_died() == KILLED


def consents_of(job: Job, address: str) -> list[str]:
    query = (
        "SELECT c.consent FROM consents c JOIN subscribers s USING (identity_hash)"
        " WHERE s.address = ? ORDER BY c.id"
    )
    return [str(consent) for (consent,) in job.asks(query, address)]


def test_what_a_reader_did_holds_though_its_page_never_came(
    job: Job, mail_server: MailServer
) -> None:
    """C15: after the commit, before the page, at each step of a reader's way."""
    press_in_vain(job, "/subscribe", {"email": FERN})
    assert mail_server.received == []
    with serving(job):
        asked = next_mail(mail_server, FERN, after=0)

    press_in_vain(job, link_in(asked, "confirm"), {})
    assert consents_of(job, FERN) == ["confirmed"]
    with serving(job) as pages:
        assert "confirmed already" in pages.post(link_in(asked, "confirm"), {}).text
        welcome = next_mail(mail_server, FERN, after=1)

    leave = link_in(welcome, "u")
    press_in_vain(job, leave, {"List-Unsubscribe": "One-Click"})
    assert consents_of(job, FERN) == ["confirmed", "withdrawn"]
    with serving(job) as pages:
        assert pages.post(leave, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert consents_of(job, FERN) == ["confirmed", "withdrawn"]
    # Each press was lost or repeated; each mail was sent once.
    assert len(mails_to(mail_server, FERN)) == 2


@pytest.mark.parametrize("next_one", ["serve", "run"])
def test_a_confirmation_that_had_not_left_leaves_with_whatever_starts_next(
    job: Job, mail_server: MailServer, next_one: str
) -> None:
    """C15: after the page, before the confirmation mail, which waits for a run at work."""
    with serving(job) as pages, closing(Store(job.url or job.database)) as other, other.lease():
        assert pages.post("/subscribe", {"email": FERN}).status_code == 200
        pages.process.kill()
        assert pages.has_died() == KILLED
    assert mail_server.received == []

    if next_one == "run":
        assert job.does("run").status == 0
        # A confirmation; who has not confirmed gets no digest.
        assert len(mails_to(mail_server, FERN)) == 1
    with serving(job) as pages:
        link = link_in(next_mail(mail_server, FERN, after=0), "confirm")
        assert pages.post(link, {}).status_code == 200

    assert consents_of(job, FERN) == ["confirmed"]


def test_events_that_were_stored_but_not_answered_are_counted_once(
    tmp_path: Path, feed: str, url: str | None
) -> None:
    """C14: after the commit, before the 200, so that SendGrid posts the same again."""
    sendgrid = SendGrid()
    with SendGridServer() as server:
        more = f'suppressions = false\nwebhook_key = "{sendgrid.public}"'
        delivery = by_sendgrid(server.url, more=more)
        job = a_job(tmp_path / "job", feed=feed, delivery=delivery, readers=READERS, url=url)
        assert job.does("run").status == 0
        one, other = (mail.custom_args["otd_delivery"] for mail in server.mails)
        happened = [event(one, sg_event_id="a"), event(other, "bounce", sg_event_id="b")]

        with serving(job, command=killed_at(job, STORED)) as pages:
            with pytest.raises(httpx.TransportError):
                post(pages, sendgrid, happened)
            assert pages.has_died() == KILLED
        kept = job.asks("SELECT * FROM events")
        with serving(job) as pages:
            for _ in range(2):
                assert post(pages, sendgrid, happened).status_code == 200
            wait_until(lambda: sorted(job.statuses().values()) == ["bounced", "delivered"])

    assert len(kept) == 2
    assert len(job.asks("SELECT * FROM events")) == 2
    assert len(job.asks("SELECT * FROM suppressions")) == 1


def post(pages: Pages, sendgrid: SendGrid, happened: Sequence[object]) -> httpx.Response:
    body = json.dumps(happened).encode()
    headers = sendgrid.signed(body, at=datetime.fromisoformat(WEEK_1))
    return pages.web.post("/hooks/sendgrid", content=body, headers=headers)
