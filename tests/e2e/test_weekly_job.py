"""The weekly job from a feed served over HTTP to each way of sending, mail by mail."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.feeds import SourcePost, atom, rss2
from tests.http_server import Request, Site, answer, running_site
from tests.maintainer import Ended
from tests.sendgrid_server import SendGridServer
from tests.smtp_server import MailServer
from tests.weekly_job import (
    ANNOUNCED,
    FILES,
    WEEK_1,
    WEEK_2,
    WRAPPED_UP,
    Job,
    a_job,
    by_sendgrid,
    by_smtp,
    repeated,
)

if TYPE_CHECKING:
    from tests.postgresql_server import PostgresServer

#: Who gets what: one is not confirmed, one left, and teo asked for wrap-ups only.
TOLD_OF_THE_CHAT = {
    "sage@example.org": "everyone",
    "ines@example.org": "everyone",
    "kiri@example.org": "students",
    "una@example.org": "everyone",
}
TOLD_OF_THE_WRAP_UP = {**TOLD_OF_THE_CHAT, "teo@example.org": "students"}
#: The chat is at 8pm in London; a reader there needs no other hour.
OWN_HOURS = {
    "sage@example.org": None,
    "ines@example.org": "Your time: 4pm to 5pm UTC-3 (Sao Paulo)",
    "kiri@example.org": "Your time: Wednesday 10 June, 7am to 8am NZST (Auckland)",
    "una@example.org": "Your time: Wednesday 10 June, 12:30am to 1:30am IST (Kolkata)",
}
GREETINGS = {
    "sage@example.org": "Hello Sage Hollin,",
    "ines@example.org": "Hello Inês Prado,",
    "una@example.org": "Hello,",
}
TOPIC = "Ladders, lofts and leaving them be."
TRANSCRIPT = "https://transcripts.example/otalk/june-9th-2026"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One received mail, by whatever way it came."""

    to: str
    subject: str
    text: str
    html: str
    unsubscribe: str
    one_click: str
    list_id: str
    #: None where the provider writes its own.
    message_id: str | None
    envelope_sender: str | None = None

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way of sending: what the settings say of it, and what has arrived by it so far."""

    delivery: str
    received: Callable[[Job], list[Mail]]


@contextmanager
def to_files() -> Iterator[Way]:
    yield Way(
        delivery=FILES, received=lambda job: [parsed(path.read_bytes()) for path in job.files()]
    )


@contextmanager
def to_mail_server() -> Iterator[Way]:
    server = MailServer()
    server.start()
    try:
        yield Way(
            delivery=by_smtp(server.port),
            received=lambda _: [
                parsed(mail.content, to=mail.recipient, envelope_sender=mail.sender)
                for mail in server.received
            ],
        )
    finally:
        server.stop()


@contextmanager
def to_sendgrid() -> Iterator[Way]:
    def received(_: Job) -> list[Mail]:
        return [
            Mail(
                to=mail.address,
                subject=mail.subject,
                text=mail.text,
                html=mail.html,
                unsubscribe=mail.headers["List-Unsubscribe"],
                one_click=mail.headers["List-Unsubscribe-Post"],
                list_id=mail.headers["List-Id"],
                message_id=None,
            )
            for mail in server.mails
        ]

    with SendGridServer() as server:
        yield Way(delivery=by_sendgrid(server.url), received=received)


def parsed(content: bytes, *, to: str | None = None, envelope_sender: str | None = None) -> Mail:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    (reader,) = message["To"].addresses
    assert to in {None, reader.addr_spec}
    return Mail(
        to=reader.addr_spec,
        subject=message["Subject"],
        text=_part(message, "plain"),
        html=_part(message, "html"),
        unsubscribe=message["List-Unsubscribe"],
        one_click=message["List-Unsubscribe-Post"],
        list_id=message["List-Id"],
        message_id=message["Message-ID"],
        envelope_sender=envelope_sender,
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


@pytest.fixture
def blog() -> Iterator[Site]:
    with running_site() as site:
        yield site


def publish(
    blog: Site, *posts: SourcePost, writer: Callable[[Sequence[SourcePost]], bytes] = rss2
) -> str:
    """Serve these posts, or 304 to whoever has them already."""
    body = writer(posts)
    etag = f'"{hash(body):x}"'
    whole = answer(200, body, {"Content-Type": "text/xml; charset=UTF-8", "ETag": etag})

    def act(connection: socket.socket, request: Request) -> None:
        is_known = request.headers.get("if-none-match") == etag
        (answer(304, headers={"ETag": etag}) if is_known else whole)(connection, request)

    return blog.on("/feed/", act)


def segments(mails: Sequence[Mail]) -> dict[str, str]:
    """Address → segment, which the students' subject shows."""
    assert not repeated([mail.to for mail in mails])
    return {
        mail.to: "students" if mail.subject.startswith("[Students] ") else "everyone"
        for mail in mails
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """Four runs: the chat is announced; again; the post gains its wrap-up; again."""

    job: Job
    ended: tuple[Ended, ...]
    #: What arrived in each run.
    mails: tuple[list[Mail], ...]
    requests: tuple[Request, ...]


@pytest.fixture(
    scope="module",
    params=[
        (to_files, "sqlite"),
        (to_mail_server, "sqlite"),
        (to_sendgrid, "sqlite"),
        (to_mail_server, "postgresql"),
    ],
    ids=lambda param: f"{param[0].__name__}-{param[1]}",
)
def weeks(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Weeks]:
    way, database = request.param
    folder = tmp_path_factory.mktemp("weeks") / "job"
    if database == "sqlite":
        yield a_fortnight(folder, way(), url=None)
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    with postgres.database() as name:
        yield a_fortnight(folder, way(), url=postgres.url(name))


def a_fortnight(folder: Path, opened: AbstractContextManager[Way], *, url: str | None) -> Weeks:
    ended: list[Ended] = []
    mails: list[list[Mail]] = []
    with running_site() as blog, opened as way:
        job = a_job(folder, feed=blog.url("/feed/"), delivery=way.delivery, url=url)
        before: list[Mail] = []
        for post, now in ((ANNOUNCED, WEEK_1), (ANNOUNCED, WEEK_1), *[(WRAPPED_UP, WEEK_2)] * 2):
            publish(blog, post)
            # As cron starts it.
            with job.started("run", now=now) as run:
                ended.append(run.end())
            received = way.received(job)
            mails.append([mail for mail in received if mail not in before])
            assert len(received) == len(before) + len(mails[-1])
            before = received
        return Weeks(job=job, ended=tuple(ended), mails=tuple(mails), requests=tuple(blog.requests))


def test_every_run_of_a_quiet_fortnight_succeeds_in_silence(weeks: Weeks) -> None:
    assert [(each.status, each.err) for each in weeks.ended] == [(0, "")] * 4


def test_a_chat_is_announced_to_those_who_asked_for_it(weeks: Weeks) -> None:
    announcements = weeks.mails[0]

    assert segments(announcements) == TOLD_OF_THE_CHAT
    assert all(TOPIC in mail.lines and TRANSCRIPT not in mail.text for mail in announcements)


def test_a_second_run_asks_the_blog_what_changed_and_sends_nothing(weeks: Weeks) -> None:
    assert weeks.mails[1] == []
    assert "if-none-match" not in weeks.requests[0].headers
    assert "if-none-match" in weeks.requests[1].headers
    assert "The feed has not changed since the last time." in weeks.ended[1].out


def test_a_post_that_gains_its_wrap_up_brings_the_wrap_up_and_nothing_else(weeks: Weeks) -> None:
    wrap_ups = weeks.mails[2]

    assert segments(wrap_ups) == TOLD_OF_THE_WRAP_UP
    for mail in wrap_ups:
        assert TRANSCRIPT in mail.lines
        assert "The next chat" not in mail.lines
        assert "When do you talk about the loft?" not in mail.text


def test_a_wrap_up_is_told_once(weeks: Weeks) -> None:
    assert weeks.mails[3] == []


def test_the_books_of_both_editions_are_closed_and_agree_with_what_arrived(weeks: Weeks) -> None:
    for number, mails in ((1, weeks.mails[0]), (2, weeks.mails[2])):
        accepted = {to for to, status in weeks.job.statuses(number).items() if status == "accepted"}
        assert accepted == {mail.to for mail in mails}
        assert weeks.job.is_complete(number)


def test_every_reader_is_told_the_hour_on_their_own_clock(weeks: Weeks) -> None:
    mails = {mail.to: mail for mail in weeks.mails[0]}

    hours = {to: [line for line in mail.lines if "Your time" in line] for to, mail in mails.items()}

    assert hours == {to: [hour] if hour else [] for to, hour in OWN_HOURS.items()}


def test_every_reader_is_greeted_by_name_where_they_gave_one(weeks: Weeks) -> None:
    mails = {mail.to: mail for mail in weeks.mails[0]}

    assert all(greeting in mails[to].lines for to, greeting in GREETINGS.items())


def test_every_mail_carries_its_readers_own_way_out(weeks: Weeks) -> None:
    for mails in (weeks.mails[0], weeks.mails[2]):
        for mail in mails:
            (link,) = [line for line in mail.lines if "/u/" in line]
            # The same address in the text, in the HTML and in the header.
            assert f'href="{link}"' in mail.html
            assert mail.unsubscribe.startswith(f"<{link}>, <mailto:team@otalk.example?subject=")
            assert mail.one_click == "List-Unsubscribe=One-Click"
            assert "<digest.otalk.example>" in mail.list_id
        assert len({mail.unsubscribe for mail in mails}) == len(mails)


def test_no_mail_names_another_reader(weeks: Weeks) -> None:
    for mail in weeks.mails[0] + weeks.mails[2]:
        others = TOLD_OF_THE_WRAP_UP.keys() - {mail.to}
        assert not [other for other in others if other in mail.text + mail.html]


def test_every_mail_has_a_message_id_of_our_domain_and_its_own(weeks: Weeks) -> None:
    ids = [mail.message_id for mails in weeks.mails for mail in mails]
    if None in ids:
        pytest.skip("SendGrid writes its own")

    assert not repeated([str(each) for each in ids])
    assert all(str(each).endswith("@otalk.example>") for each in ids)


def test_bounces_go_to_the_sender_address(weeks: Weeks) -> None:
    senders = {mail.envelope_sender for mails in weeks.mails for mail in mails}

    assert senders <= {None, "digest@otalk.example"}


def test_an_edit_in_an_atom_feed_is_the_wrap_up_and_nothing_else(
    tmp_path: Path, blog: Site
) -> None:
    with to_files() as way:
        feed = publish(blog, ANNOUNCED, writer=atom)
        job = a_job(tmp_path / "job", feed=feed, delivery=way.delivery)
        job.does("run", now=WEEK_1)
        announcements = way.received(job)

        publish(blog, WRAPPED_UP, writer=atom)
        job.does("run", now=WEEK_2)

        wrap_ups = [mail for mail in way.received(job) if mail not in announcements]
        assert segments(announcements) == TOLD_OF_THE_CHAT
        assert segments(wrap_ups) == TOLD_OF_THE_WRAP_UP
        assert all(TRANSCRIPT in mail.lines for mail in wrap_ups)


def test_a_chat_that_has_begun_is_not_announced(tmp_path: Path, blog: Site) -> None:
    job = a_job(tmp_path / "job", feed=publish(blog, ANNOUNCED))

    ended = job.does("run", now="2026-06-09T19:00:01Z")

    assert (ended.status, job.files()) == (0, [])


def test_what_is_collected_goes_out_while_the_blog_is_down(tmp_path: Path, blog: Site) -> None:
    job = a_job(tmp_path / "job", feed=publish(blog, ANNOUNCED))
    assert job.does("collect", now=WEEK_1).status == 0
    blog.on("/feed/", answer(404))

    ended = job.does("run", now=WEEK_1)

    assert ended.status == 75
    assert len(ended.err.splitlines()) == 1
    assert len(job.files()) == len(TOLD_OF_THE_CHAT)
    assert job.is_complete()


def test_a_rehearsal_changes_nothing(tmp_path: Path, blog: Site) -> None:
    with to_mail_server() as way:
        job = a_job(tmp_path / "job", feed=publish(blog, ANNOUNCED), delivery=way.delivery)
        before = job.dump()

        rehearsal = job.does("run", "--dry-run", now=WEEK_1)

        assert rehearsal.status == 0
        assert "Edition 1 would go to 4 of 7 subscribers." in rehearsal.out
        assert job.dump() == before
        assert way.received(job) == []


def test_a_test_message_reaches_its_maintainer_and_leaves_no_trace(
    tmp_path: Path, blog: Site
) -> None:
    with to_mail_server() as way:
        job = a_job(tmp_path / "job", feed=publish(blog, ANNOUNCED), delivery=way.delivery)
        job.does("collect", now=WEEK_1)
        before = job.dump()

        ended = job.does("send", "--test-to", "lin@example.net", now=WEEK_1)

        tests = way.received(job)
        assert ended.status == 0
        assert job.dump() == before
        assert [mail.to for mail in tests] == ["lin@example.net"] * 2
        assert all(mail.subject.startswith("[TEST] ") for mail in tests)
        assert all("/u/test>" in mail.unsubscribe for mail in tests)
