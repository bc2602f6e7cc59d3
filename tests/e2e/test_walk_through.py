"""A reader's way, from the form to the last mail: the issue's own walk, in real processes.

Real HTTP to `otalk-digest serve`, real mail through an SMTP server, and the commands that a
maintainer types. README's "A reader's way" tells the same.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import pytest
from icalendar import Calendar, Event
from tests.feeds import rss2
from tests.http_server import Site, answer, running_site
from tests.serving import PUBLIC, Pages, link_in, mails_to, next_mail, serving, text_of
from tests.smtp_server import MailServer, running
from tests.weekly_job import ANNOUNCED, WEEK_1, WEEK_2, WRAPPED_UP, Job, a_job, by_smtp

FERN: Final = "fern@example.org"
#: Who was there before, and stays.
ASH: Final = "ash@example.org"
SIGN_UP_DAY: Final = "2026-06-01T09:00Z"
#: Of the chat: 20:00 in London, which is 15:00 in New York.
STARTS_AT: Final = datetime(2026, 6, 9, 19, tzinfo=UTC)
LAST_YEARS_LIST: Final = f"""email,name,consent
{FERN},Fern Hollis,confirmed
{ASH},Ash Weir,confirmed
"""


@pytest.fixture
def blog() -> Iterator[Site]:
    with running_site() as site:
        yield site


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    with running(server):
        yield server


def publish(blog: Site, feed: bytes) -> str:
    return blog.on("/feed/", answer(200, feed, {"Content-Type": "text/xml"}))


def test_a_reader_signs_up_chooses_reads_leaves_and_is_left_alone(
    tmp_path: Path, blog: Site, mail_server: MailServer, url: str | None
) -> None:
    feed = publish(blog, rss2([ANNOUNCED]))
    delivery = by_smtp(mail_server.port)
    readers = f"{ASH},Ash,,GB,,,confirmed"
    job = a_job(tmp_path / "job", feed=feed, delivery=delivery, readers=readers, url=url)

    with serving(job, now=SIGN_UP_DAY) as pages:
        sign_up(pages)
        confirm(pages, next_mail(mail_server, FERN, after=0), job)
        move_to_new_york(pages, next_mail(mail_server, FERN, after=1))
    with serving(job, now=WEEK_1) as pages:
        run = job.does("run", now=WEEK_1)
        assert (run.status, run.err) == (0, "")
        digest = next_mail(mail_server, FERN, after=2)
        is_in_new_yorks_time(digest)
        is_in_londons_time(next_mail(mail_server, ASH, after=0))
        add_to_the_calendar(pages, digest)
        leave_in_one_click(pages, digest, job)
    import_last_years_list(job)
    publish(blog, rss2([WRAPPED_UP]))
    run = job.does("run", now=WEEK_2)

    assert (run.status, run.err) == (0, "")
    assert job.statuses(2) == {ASH: "accepted", FERN: "skipped"}
    assert len(mails_to(mail_server, ASH)) == 2
    # The confirmation, the welcome and one digest; nothing after the click.
    assert len(mails_to(mail_server, FERN)) == 3


def sign_up(pages: Pages) -> None:
    form = pages.get("/subscribe")
    assert 'action="/subscribe"' in form.text
    asked = pages.post("/subscribe", {"email": FERN, "zone": "Europe/London"})
    assert asked.status_code == 200


def confirm(pages: Pages, mail: EmailMessage, job: Job) -> None:
    link = link_in(mail, "confirm")
    # A scanner follows it first.
    for _ in range(2):
        assert "Yes, send me #OTalk digest</button>" in pages.get(link).text
    assert consent_of(job, FERN) == "pending"
    assert pages.post(link, {}).status_code == 200
    assert consent_of(job, FERN) == "confirmed"


def move_to_new_york(pages: Pages, welcome: EmailMessage) -> None:
    own = link_in(welcome, "p")
    page = pages.get(own).text
    assert '<option value="Europe/London" selected' in page
    wants: list[str] = re.findall(r'name="wants" value="([\w-]+)" checked', page)
    assert wants
    pages.post(own, {"wants": wants, "zone": "America/New_York"}).raise_for_status()
    assert '<option value="America/New_York" selected' in pages.get(own).text


def is_in_new_yorks_time(digest: EmailMessage) -> None:
    assert "Tuesday 9 June 2026, 8pm to 9pm BST" in text_of(digest)
    assert "Your time: 3pm to 4pm EDT (New York)" in text_of(digest)


def is_in_londons_time(digest: EmailMessage) -> None:
    assert "Tuesday 9 June 2026, 8pm to 9pm BST" in text_of(digest)
    assert "EDT" not in text_of(digest)


def add_to_the_calendar(pages: Pages, digest: EmailMessage) -> None:
    """Follow the mail's link: the same appointment as in the file that the mail brings along."""
    found = pages.get(link_in(digest, "calendar"))
    assert found.headers["content-type"].startswith("text/calendar")
    (attached,) = [part for part in digest.walk() if part.get_filename("").endswith(".ics")]
    (appointment,) = events_of(found.content)
    (enclosed,) = events_of(attached.get_payload(decode=True))
    assert appointment["UID"] == enclosed["UID"]
    assert appointment.DTSTART == enclosed.DTSTART
    assert appointment.DTSTART.astimezone(UTC) == STARTS_AT


def leave_in_one_click(pages: Pages, digest: EmailMessage, job: Job) -> None:
    """RFC 8058 §3.1: what a mail program does with the headers, and nothing else."""
    (link,) = re.findall(rf"<({PUBLIC}/[^>]+)>", digest["List-Unsubscribe"])
    field, _, value = digest["List-Unsubscribe-Post"].partition("=")
    assert pages.get(link).status_code == 200
    assert consent_of(job, FERN) == "confirmed"
    assert pages.post(link, {field: value}).status_code == 200
    assert consent_of(job, FERN) == "withdrawn"


def import_last_years_list(job: Job) -> None:
    (job.folder / "last-year.csv").write_text(LAST_YEARS_LIST, encoding="utf-8")
    ended = job.does("subscribers", "import", "last-year.csv", now=WEEK_2)
    assert ended.status == 0
    assert "0 added, 1 updated, 1 kept out because they left" in ended.out
    assert consent_of(job, FERN) == "withdrawn"


def consent_of(job: Job, address: str) -> str:
    ((consent,),) = job.asks("SELECT consent FROM subscribers WHERE address = ?", address)
    return str(consent)


def events_of(content: object) -> list[Event]:
    assert isinstance(content, bytes)
    return Calendar.from_ical(content).events
