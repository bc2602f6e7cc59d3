import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.certificates import Certificate, a_certificate
from tests.messages import a_batch, a_recipient, parsed
from tests.smtp_server import (
    DROP,
    HANG,
    PASSWORD,
    USERNAME,
    MailServer,
    ScriptedServer,
    running,
)

from otalk_digest.delivery.providers.smtp import SmtpConfig, SmtpProvider
from otalk_digest.errors import ProviderRefusedError, ProviderUnavailableError, SettingsError
from otalk_digest.model.delivery import Outcome, OutcomeKind

ACCEPTED, REJECTED = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED
RELEASED, IN_DOUBT = OutcomeKind.RELEASED, OutcomeKind.IN_DOUBT


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return a_certificate(tmp_path_factory.mktemp("trusted"))


def provider(port: int, **changes: object) -> SmtpProvider:
    given = {"host": "localhost", "port": port, "security": "none", "hostname": "sender.example"}
    patience = {"timeout_s": 30.0, "dot_timeout_s": 30.0, "retry_wait_s": 0.0, "connections": 1}
    config = SmtpConfig(**{**given, **patience, **changes})  # type: ignore[arg-type]  # any field
    return SmtpProvider(config)


def send(port: int, readers: int = 1, **changes: object) -> list[Outcome]:
    smtp = provider(port, **changes)
    try:
        return list(smtp.send(a_batch(*map(a_recipient, range(1, readers + 1)))))
    finally:
        smtp.close()


def kinds(outcomes: Sequence[Outcome]) -> list[OutcomeKind]:
    return [outcome.kind for outcome in outcomes]


# The server counts only STARTTLS as TLS, and warns of a login inside the other kind.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_out_over_tls_after_a_login(certificate: Certificate, security: str) -> None:
    context = {security: certificate.server}
    login = {"username": USERNAME, "password": PASSWORD, "ca_file": certificate.ca_file}
    server = MailServer(wants_login=True, **context)  # type: ignore[arg-type]

    with running(server):
        smtp = provider(server.port, security=security, **login)
        outcomes = smtp.send(a_batch(a_recipient(1), a_recipient(2)))
        smtp.close()

    assert kinds(outcomes) == [ACCEPTED, ACCEPTED]
    assert [outcome.provider_message_id for outcome in outcomes] == ["N1", "N2"]
    assert len(server.sessions) == 1


def test_a_connection_is_kept_from_batch_to_batch() -> None:
    server = MailServer()
    with running(server):
        smtp = provider(server.port)
        for number in (1, 2, 3):
            smtp.send(a_batch(a_recipient(number)))
        smtp.close()
        smtp.close()

    assert len(server.received) == 3
    assert len(server.sessions) == 1


def test_a_connection_that_went_stale_between_batches_is_opened_again() -> None:
    server = ScriptedServer({"RSET": DROP, "MAIL": ("250 ok", DROP)}, {})
    with running(server):
        smtp = provider(server.port)
        first = smtp.send(a_batch(a_recipient(1)))
        second = smtp.send(a_batch(a_recipient(2)))
        smtp.close()

    assert kinds([*first, *second]) == [ACCEPTED, ACCEPTED]
    assert server.accepted == ["reader1@reader.example", "reader2@reader.example"]


@pytest.mark.parametrize(
    ("stage", "reply", "kind"),
    [
        ("MAIL", "451 4.3.0 later", RELEASED),
        ("RCPT", "450 4.2.0 <reader1@reader.example> greylisted", RELEASED),
        ("RCPT", "452 4.2.2 mailbox full", RELEASED),
        ("RCPT", "550 5.1.1 <reader1@reader.example>: user unknown", REJECTED),
        ("RCPT", "550-5.1.1 The account\n550 5.1.1 of reader1@reader.example is gone", REJECTED),
        ("DATA", "451 4.3.0 later", RELEASED),
        ("DATA", "554 5.5.1 no", REJECTED),
        ("dot", "451 4.7.1 later", RELEASED),
        ("dot", "452 4.3.1 no room", RELEASED),
        ("dot", "421 4.7.0 later, and good-bye", RELEASED),
        ("dot", "552 5.3.4 too big", REJECTED),
        ("dot", "550 5.7.1 reader1@reader.example wants none of this", REJECTED),
    ],
)
def test_a_refusal_is_about_one_reader_and_the_next_one_is_sent(
    stage: str, reply: str, kind: OutcomeKind
) -> None:
    replies = ("354 go ahead",) if stage == "DATA" else ("250 2.0.0 Ok",)
    server = ScriptedServer({stage: (reply, *replies)}, {})

    with running(server):
        refused, accepted = send(server.port, 2)

    assert (refused.kind, accepted.kind) == (kind, ACCEPTED)
    assert server.accepted == ["reader2@reader.example"]
    assert refused.diagnostic is not None
    assert refused.diagnostic.startswith(reply[:3])
    assert "@" not in refused.diagnostic


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", [DROP, "421 4.3.2 shutting down", "no number at all"])
def test_a_connection_lost_before_the_dot_is_opened_again_and_nobody_is_lost(
    stage: str, reply: str
) -> None:
    server = ScriptedServer({stage: reply}, {})

    with running(server):
        outcomes = send(server.port, 2)

    assert kinds(outcomes) == [ACCEPTED, ACCEPTED]
    assert server.arrived == server.accepted == ["reader1@reader.example", "reader2@reader.example"]


@pytest.mark.parametrize(
    "reply", [DROP, HANG, "354 what?", "no number at all", "250-and then\nnothing"]
)
def test_without_a_whole_answer_after_the_dot_the_reader_is_in_doubt(reply: str) -> None:
    server = ScriptedServer({"dot": reply}, {})

    with running(server):
        outcomes = send(server.port, 2, dot_timeout_s=0.3)

    assert kinds(outcomes) == [IN_DOUBT, ACCEPTED]
    assert server.arrived.count("reader1@reader.example") == 1


def test_the_wait_after_the_dot_is_longer_than_any_other() -> None:
    server = ScriptedServer(pauses_s={"dot": 0.6})

    with running(server):
        outcomes = send(server.port, timeout_s=0.3, dot_timeout_s=10.0)

    assert kinds(outcomes) == [ACCEPTED]
    assert SmtpConfig(host="relay.example").dot_timeout_s == 600


def test_a_server_that_loses_every_answer_leaves_few_in_doubt_and_releases_the_rest() -> None:
    server = ScriptedServer({"dot": DROP})

    with running(server):
        outcomes = send(server.port, 6, attempts=2)

    assert kinds(outcomes) == [IN_DOUBT, IN_DOUBT, RELEASED, RELEASED, RELEASED, RELEASED]
    assert len(server.arrived) == 2


def test_a_limit_of_messages_for_a_connection_does_not_stop_the_batch() -> None:
    server = ScriptedServer({"MAIL": ("250 ok", "421 4.7.0 enough for one connection")})

    with running(server):
        outcomes = send(server.port, 7, attempts=2)

    assert kinds(outcomes) == [ACCEPTED] * 7
    assert server.connections == 7
    assert len(set(server.accepted)) == len(server.accepted) == 7


def test_a_message_that_breaks_every_connection_does_not_stop_the_others() -> None:
    server = ScriptedServer({"RCPT": DROP}, {"RCPT": DROP}, {})

    with running(server):
        outcomes = send(server.port, 3)

    assert kinds(outcomes) == [RELEASED, ACCEPTED, ACCEPTED]


def test_a_server_that_always_hangs_up_is_unavailable() -> None:
    server = ScriptedServer({"MAIL": DROP})

    with running(server), pytest.raises(ProviderUnavailableError, match="again and again"):
        send(server.port, 5)

    assert server.arrived == []


def test_a_server_that_goes_away_releases_those_whom_it_did_not_reach() -> None:
    server = ScriptedServer({"MAIL": ("250 ok", "421 bye")}, {"greeting": "421 not now"})

    with running(server):
        outcomes = send(server.port, 3)

    assert kinds(outcomes) == [ACCEPTED, RELEASED, RELEASED]


def test_nobody_listening_is_unavailable_and_the_text_says_where() -> None:
    server = ScriptedServer()
    with running(server):
        port = server.port

    with pytest.raises(ProviderUnavailableError, match=rf"localhost:{port} cannot be reached"):
        send(port)


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        ({"greeting": "421 too busy"}, ProviderUnavailableError, "too busy"),
        ({"greeting": "554-no\n554 service"}, ProviderRefusedError, "service"),
        ({"greeting": DROP}, ProviderUnavailableError, "cannot be reached"),
        ({"greeting": HANG}, ProviderUnavailableError, "timed out"),
        ({"MAIL": "550 5.7.1 your digest@otalk.example is unknown"}, ProviderRefusedError, "550"),
        ({"MAIL": "530 5.7.0 log in first"}, ProviderRefusedError, "login first"),
        ({"RCPT": "530 5.7.0 log in first"}, ProviderRefusedError, "login first"),
    ],
)
def test_a_refusal_of_us_is_an_error_and_nobody_is_marked(
    script: dict[str, str], error: type[Exception], said: str
) -> None:
    server = ScriptedServer(script)

    with running(server), pytest.raises(error, match=said) as caught:
        send(server.port, 2, timeout_s=0.5, attempts=2)

    assert "@" not in str(caught.value)


def test_a_sender_refused_halfway_releases_the_rest() -> None:
    server = ScriptedServer({"MAIL": ("250 ok", "550 5.4.5 daily quota used up")})

    with running(server):
        outcomes = send(server.port, 3)

    assert kinds(outcomes) == [ACCEPTED, RELEASED, RELEASED]
    assert "quota" in (outcomes[2].diagnostic or "")


def test_a_greeting_of_many_lines_is_read_to_its_end() -> None:
    server = ScriptedServer({"greeting": "220-hello\n220-this is\n220 relay.example"})

    with running(server):
        assert kinds(send(server.port)) == [ACCEPTED]


def test_a_server_without_ehlo_is_greeted_with_helo() -> None:
    server = ScriptedServer({"EHLO": "502 what?", "HELO": "250 relay.example"})

    with running(server):
        assert kinds(send(server.port)) == [ACCEPTED]


def test_starttls_is_never_done_without() -> None:
    server = MailServer()

    with running(server), pytest.raises(ProviderRefusedError, match="does not offer STARTTLS"):
        send(server.port, security="starttls")

    assert server.received == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_never_accepted(
    certificate: Certificate, security: str
) -> None:
    context = {security: certificate.server}
    server = MailServer(**context)  # type: ignore[arg-type]

    with running(server), pytest.raises(ProviderUnavailableError, match="certificate"):
        send(server.port, security=security)

    assert server.received == []


def test_a_certificate_for_another_host_is_never_accepted(tmp_path: Path) -> None:
    other = a_certificate(tmp_path, host="other.example")
    server = MailServer(tls=other.server)

    with running(server), pytest.raises(ProviderUnavailableError, match="certificate"):
        send(server.port, security="tls", ca_file=other.ca_file)


def test_tls_to_a_port_that_speaks_plain_says_so() -> None:
    server = ScriptedServer()

    with running(server), pytest.raises(ProviderUnavailableError, match="speaks no TLS"):
        send(server.port, security="tls")


def test_a_wrong_password_is_refused_and_never_shown(certificate: Certificate) -> None:
    server = MailServer(wants_login=True, starttls=certificate.server)
    login = {"username": USERNAME, "password": "the-wrong-one", "ca_file": certificate.ca_file}
    smtp = provider(server.port, security="starttls", **login)

    with running(server), pytest.raises(ProviderRefusedError, match="535") as caught:
        smtp.send(a_batch(a_recipient()))

    assert "the-wrong-one" not in str(caught.value)
    assert server.received == []


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ("250 relay.example", "does not offer a login"),
        ("250-relay\n250 AUTH X", "no kind of login"),
    ],
)
def test_a_login_that_the_server_does_not_take_is_a_wrong_setting(offer: str, said: str) -> None:
    server = ScriptedServer({"EHLO": offer})

    with running(server), pytest.raises(ProviderRefusedError, match=said):
        send(server.port, username=USERNAME, password=PASSWORD)


@pytest.mark.parametrize(
    "given",
    [
        {"username": USERNAME},
        {"username": USERNAME, "password": "pässword"},
        {"username": USERNAME, "password": PASSWORD, "security": "none"},
    ],
)
def test_a_password_that_could_leak_is_refused_at_once(
    given: dict[str, Any],
) -> None:
    with pytest.raises(SettingsError):
        SmtpConfig(host="relay.example", **given)


def test_the_password_is_in_no_printed_form() -> None:
    config = SmtpConfig(host="relay.example", username=USERNAME, password=PASSWORD)

    assert PASSWORD not in repr(config)


@pytest.mark.parametrize(("knows_utf8", "kind"), [(True, ACCEPTED), (False, REJECTED)])
def test_an_address_outside_ascii_needs_a_server_that_knows_it(
    knows_utf8: bool,  # noqa: FBT001  a column of the table
    kind: OutcomeKind,
) -> None:
    server = MailServer(knows_utf8=knows_utf8)
    reader = a_recipient(address="zoë@gärten.example")

    with running(server):
        smtp = provider(server.port)
        outcomes = smtp.send(a_batch(reader, a_recipient(2)))
        smtp.close()

    assert kinds(outcomes) == [kind, ACCEPTED]
    found = [received.recipient for received in server.received]
    assert ("zoë@xn--grten-gra.example" in found) is knows_utf8


def test_nothing_is_printed_about_whom_it_goes_to(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, logger="smtplib")
    server = ScriptedServer({"RCPT": ("550 <reader1@reader.example> unknown", "250 ok")})
    with running(server):
        send(server.port, 2)

    assert "reader" not in caplog.text + "".join(capfd.readouterr())


def test_a_check_logs_in_and_sends_nothing(certificate: Certificate) -> None:
    server = MailServer(wants_login=True, starttls=certificate.server)
    good = {"username": USERNAME, "password": PASSWORD, "ca_file": certificate.ca_file}

    with running(server):
        assert provider(server.port, security="starttls", **good).check() == ()
        bad = {**good, "password": "wrong"}
        (fault,) = provider(server.port, security="starttls", **bad).check()

    assert "535" in fault
    assert server.received == []


def test_the_message_arrives_byte_for_byte() -> None:
    server = MailServer()
    with running(server):
        send(server.port)

    (received,) = server.received
    assert received.sender == "digest@otalk.example"
    assert parsed(received.content)["To"].addresses[0].addr_spec == received.recipient


def test_what_signs_is_not_loaded_where_the_relay_does() -> None:
    module = "otalk_digest.delivery.providers.smtp"
    code = f"import sys, {module}; print('cryptography' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
