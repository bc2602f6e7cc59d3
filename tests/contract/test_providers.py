"""What `delivery.provider.Provider` promises, for every provider against a real receiver."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from tests.messages import (
    CALENDAR,
    SENDER,
    TOKENS,
    VARIANT,
    a_batch,
    a_recipient,
    a_variant,
    content,
    filled,
    parsed,
    values,
)
from tests.sendgrid_server import KEY, SendGridServer
from tests.smtp_server import PASSWORD, USERNAME, MailServer, running

from otalk_digest.delivery.provider import Provider
from otalk_digest.delivery.providers.files import FilesProvider
from otalk_digest.delivery.providers.sendgrid import SendGridConfig, SendGridProvider
from otalk_digest.delivery.providers.smtp import SmtpConfig, SmtpProvider
from otalk_digest.errors import ProviderUnavailableError
from otalk_digest.model.delivery import OutcomeKind
from otalk_digest.model.message import Batch

ACCEPTED, REJECTED = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One mail as its receiver has it, whichever way it came."""

    address: str
    name: str
    subject: str
    text: str
    html: str
    #: Names in lower case.
    headers: Mapping[str, str]
    calendar: bytes | None
    #: What is the same on every attempt: a Message-ID, or the id that SendGrid gives back.
    identity: str


class Receiver(Protocol):
    """A provider and what stands at its other end."""

    provider: Provider

    def arrived(self) -> list[Arrived]: ...


def from_mime(raw: bytes) -> Arrived:
    message = parsed(raw)
    assert not any(part.defects for part in message.walk())
    (to,) = message["To"].addresses
    calendars = [part.get_payload(decode=True) for part in message.iter_attachments()]
    return Arrived(
        address=to.addr_spec,
        name=to.display_name,
        subject=message["Subject"],
        text=content(message, "plain"),
        html=content(message, "html"),
        headers={name.lower(): value for name, value in message.items()},
        calendar=calendars[0] if calendars else None,  # type: ignore[arg-type]  # it is no multipart
        identity=message["Message-ID"],
    )


class Files:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.provider: Provider = FilesProvider(folder)

    def arrived(self) -> list[Arrived]:
        found = sorted(self._folder.rglob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [from_mime(path.read_bytes()) for path in found]


class Smtp:
    def __init__(self, server: MailServer) -> None:
        self._server = server
        config = SmtpConfig(
            host="localhost",
            port=server.port,
            security="none",
            username=USERNAME,
            password=PASSWORD,
            hostname="sender.example",
        )
        self.provider: Provider = SmtpProvider(config)

    def arrived(self) -> list[Arrived]:
        found = [from_mime(received.content) for received in self._server.received]
        assert [each.address for each in found] == [r.recipient for r in self._server.received]
        return found


class SendGrid:
    def __init__(self, server: SendGridServer) -> None:
        self._server = server
        self.provider: Provider = SendGridProvider(SendGridConfig(api_key=KEY, host=server.url))

    def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                address=mail.address,
                name=mail.name or "",
                subject=mail.subject,
                text=mail.text,
                html=mail.html,
                headers={name.lower(): value for name, value in mail.headers.items()},
                calendar=next(iter(mail.attachments.values()), None),
                identity=mail.custom_args["otd_delivery"],
            )
            for mail in self._server.mails
        ]


@contextmanager
def files(folder: Path) -> Iterator[Receiver]:
    yield Files(folder)


@contextmanager
def smtp(_: Path) -> Iterator[Receiver]:
    server = MailServer(wants_login=True, has_open_login=True)
    with running(server):
        receiver = Smtp(server)
        yield receiver
        receiver.provider.close()


@contextmanager
def sendgrid(_: Path) -> Iterator[Receiver]:
    with SendGridServer() as server:
        yield SendGrid(server)


# The server warns of logins without TLS; they do not leave this machine.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture(params=[files, smtp, sendgrid], ids=lambda make: make.__name__)
def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Receiver]:
    with request.param(tmp_path) as made:
        yield made


def test_every_recipient_gets_an_outcome_in_the_order_given(receiver: Receiver) -> None:
    numbers = [3, 1, 2, 9, 5]

    outcomes = receiver.provider.send(a_batch(*map(a_recipient, numbers)))

    assert [outcome.delivery_id for outcome in outcomes] == numbers
    assert {outcome.kind for outcome in outcomes} == {ACCEPTED}
    # They may arrive in any order: there may be several connections.
    assert sorted(mail.address for mail in receiver.arrived()) == sorted(
        f"reader{number}@reader.example" for number in numbers
    )


def test_who_is_accepted_has_it_and_who_is_not_has_not(receiver: Receiver) -> None:
    bad = a_recipient(2, address="no address at all")
    batch = a_batch(a_recipient(1), bad, a_recipient(3))

    outcomes = receiver.provider.send(batch)

    assert [outcome.kind for outcome in outcomes] == [ACCEPTED, REJECTED, ACCEPTED]
    assert addresses_accepted(batch, [outcome.kind for outcome in outcomes]) == [
        mail.address for mail in receiver.arrived()
    ]


def addresses_accepted(batch: Batch, kinds: Sequence[OutcomeKind]) -> list[str]:
    pairs = zip(batch.recipients, kinds, strict=True)
    return [recipient.address for recipient, kind in pairs if kind is ACCEPTED]


@pytest.mark.parametrize("how_many", [0, 1, 60])
def test_a_batch_of_any_size_up_to_its_limit_is_taken(receiver: Receiver, how_many: int) -> None:
    size = min(how_many, receiver.provider.batch_size)

    outcomes = receiver.provider.send(a_batch(*map(a_recipient, range(size))))

    assert len(outcomes) == len(receiver.arrived()) == size


@pytest.mark.parametrize(
    "greeting",
    [
        "Hello Zoë 👩🏽‍⚕️,",
        ".Hello\n.\n..",
        "Hello <script>alert(1)</script> & {{7*7}},",
        "Hello " + "é=" * 120,
        "Hello " + "x" * 1200,
        "",
    ],
)
def test_every_mark_is_replaced_and_hostile_values_arrive_as_they_are(
    receiver: Receiver, greeting: str
) -> None:
    reader = a_recipient(values=values(greeting, "https://digest.otalk.example/" + "a=b&.c" * 60))

    receiver.provider.send(a_batch(reader))

    (mail,) = receiver.arrived()
    assert mail.text == filled(VARIANT.text, reader)
    assert mail.html == filled(VARIANT.html, reader)
    assert not any(token in mail.text + mail.html + mail.subject for token in TOKENS)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Zoë Åström", "Zoë Åström"),
        ('Ann "Nan" O\'Neill', 'Ann "Nan" O\'Neill'),
        ("Eve\r\nBcc: all@reader.example", "Eve Bcc: all@reader.example"),
        (None, ""),
    ],
)
def test_a_name_is_only_ever_a_name(receiver: Receiver, name: str | None, shown: str) -> None:
    receiver.provider.send(a_batch(a_recipient(name=name)))

    (mail,) = receiver.arrived()
    assert mail.name == shown
    assert mail.address == "reader1@reader.example"
    assert "bcc" not in mail.headers


def test_a_domain_outside_ascii_travels_in_its_wire_form(receiver: Receiver) -> None:
    receiver.provider.send(a_batch(a_recipient(address="ann@gärten.example")))

    assert [mail.address for mail in receiver.arrived()] == ["ann@xn--grten-gra.example"]


def test_a_mail_says_that_it_is_of_a_list_and_how_to_leave_it(receiver: Receiver) -> None:
    reader = a_recipient()

    receiver.provider.send(a_batch(reader))

    (mail,) = receiver.arrived()
    assert f"<{SENDER.list_id}>" in mail.headers["list-id"]
    assert mail.headers["list-unsubscribe"] == reader.list_unsubscribe
    assert mail.headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert mail.headers["precedence"] == "list"
    assert mail.headers["feedback-id"].count(":") == 3
    assert "reader" not in mail.headers["feedback-id"]


def test_one_click_is_promised_only_to_readers_for_whom_it_works(receiver: Receiver) -> None:
    receiver.provider.send(a_batch(a_recipient(is_one_click=False)))

    (mail,) = receiver.arrived()
    assert "list-unsubscribe" in mail.headers
    assert "list-unsubscribe-post" not in mail.headers


def test_the_calendar_is_attached_as_it_was_written(receiver: Receiver) -> None:
    receiver.provider.send(a_batch(a_recipient(), variant=a_variant(calendar=CALENDAR)))
    receiver.provider.send(a_batch(a_recipient(2)))

    assert [mail.calendar for mail in receiver.arrived()] == [CALENDAR.encode(), None]


def test_another_attempt_carries_the_same_identity(receiver: Receiver) -> None:
    seen = []
    for attempt_key in ("try-1", "try-2"):
        receiver.provider.send(a_batch(a_recipient(), attempt_key=attempt_key))
        seen.append(receiver.arrived()[-1].identity)

    assert seen[0] == seen[1]
    assert "key-1" in seen[0]


def test_only_an_idempotent_provider_may_be_asked_twice(receiver: Receiver) -> None:
    for _ in range(2):
        receiver.provider.send(a_batch(a_recipient()))

    assert (len(receiver.arrived()) == 1) is receiver.provider.is_idempotent


def test_a_value_that_is_missing_is_our_bug_and_never_a_mail_with_a_hole(
    receiver: Receiver,
) -> None:
    with pytest.raises((IndexError, ValueError)):
        receiver.provider.send(a_batch(a_recipient(values=())))

    assert receiver.arrived() == []


def test_a_check_of_a_good_receiver_finds_nothing_and_sends_nothing(receiver: Receiver) -> None:
    assert list(receiver.provider.check()) == []
    assert receiver.arrived() == []


def test_nothing_that_is_logged_or_answered_names_a_reader_or_a_secret(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    ours = (
        "smtplib",
        "sendgrid",
        "python_http_client",
        "python_http_client.client",
        "otalk_digest",
    )
    for name in ours:
        caplog.set_level(logging.DEBUG, logger=name)

    outcomes = receiver.provider.send(a_batch(a_recipient(1), a_recipient(2, address="x y@z")))
    receiver.provider.check()

    # The receivers are ours too, and log whom they hear of.
    logged = [r.getMessage() for r in caplog.records if r.name.split(".")[0] in ours]
    said = "\n".join([*logged, *capfd.readouterr(), repr(outcomes), repr(receiver.provider)])
    for secret in ("reader1", "x y@z", KEY, PASSWORD):
        assert secret not in said


def test_closing_twice_is_safe_and_a_closed_provider_opens_again(receiver: Receiver) -> None:
    receiver.provider.close()
    receiver.provider.send(a_batch(a_recipient()))
    receiver.provider.close()
    receiver.provider.close()

    assert len(receiver.arrived()) == 1


def nowhere_files(folder: Path) -> Provider:
    blocked = folder / "a-file"
    blocked.write_text("in the way")
    return FilesProvider(blocked)


def nowhere_smtp(_: Path) -> Provider:
    config = SmtpConfig(host="127.0.0.1", port=1, security="none", retry_wait_s=0)
    return SmtpProvider(config)


def nowhere_sendgrid(_: Path) -> Provider:
    config = SendGridConfig(api_key=KEY, host="http://127.0.0.1:1")
    return SendGridProvider(config, sleep=lambda _: None)


@pytest.mark.parametrize("nowhere", [nowhere_files, nowhere_smtp, nowhere_sendgrid])
def test_a_receiver_that_is_not_there_is_unavailable_and_a_check_says_so(
    nowhere: Callable[[Path], Provider], tmp_path: Path
) -> None:
    provider = nowhere(tmp_path)

    with pytest.raises(ProviderUnavailableError):
        provider.send(a_batch(a_recipient()))

    (fault,) = provider.check()
    assert fault.endswith(".")
