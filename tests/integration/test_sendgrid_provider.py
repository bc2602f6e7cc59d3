import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from tests.messages import CALENDAR, a_batch, a_recipient, a_variant, values
from tests.sendgrid_server import (
    BAD_KEY,
    KEY,
    MESSAGE_ID,
    NO_CREDITS,
    NO_SCOPE,
    UNKNOWN_SENDER,
    Cut,
    Fault,
    SendGridServer,
    refusal,
)

from otalk_digest.delivery.providers.sendgrid import SendGridConfig, SendGridProvider
from otalk_digest.errors import (
    OtalkDigestError,
    ProviderRefusedError,
    ProviderUnavailableError,
    ProviderUncertainError,
    SettingsError,
)
from otalk_digest.model.delivery import Outcome, OutcomeKind

ACCEPTED, REJECTED = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED
RELEASED, IN_DOUBT = OutcomeKind.RELEASED, OutcomeKind.IN_DOUBT
NOW = 1_900_000_000.0


class Sleeper:
    """Waits for nothing, and remembers how long it was asked to."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def server() -> Iterator[SendGridServer]:
    with SendGridServer() as running:
        yield running


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def provider(server: SendGridServer, sleeper: Sleeper) -> SendGridProvider:
    config = SendGridConfig(api_key=KEY, host=server.url, timeout_s=5.0, attempts=3)
    return SendGridProvider(config, sleep=sleeper, clock=lambda: NOW)


def send(provider: SendGridProvider, readers: int = 3) -> Sequence[Outcome]:
    return provider.send(a_batch(*map(a_recipient, range(1, readers + 1))))


def kinds(outcomes: Sequence[Outcome]) -> list[OutcomeKind]:
    return [outcome.kind for outcome in outcomes]


def addresses(server: SendGridServer) -> list[str]:
    return [mail.address for mail in server.mails]


def test_a_batch_is_one_request_in_the_order_given(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    outcomes = send(provider, 1000)

    assert kinds(outcomes) == [ACCEPTED] * 1000
    assert {outcome.provider_message_id for outcome in outcomes} == {MESSAGE_ID}
    (request,) = server.requests
    assert request.addresses == [f"reader{n}@reader.example" for n in range(1, 1001)]


def test_the_content_is_there_once_and_a_reader_costs_less_than_500_bytes(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    send(provider, 1)
    send(provider, 101)

    small, large = (int(request.headers["content-length"]) for request in server.requests)
    assert (large - small) / 100 < 500


def test_nothing_is_tracked_and_the_way_out_is_ours(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    provider.send(a_batch(a_recipient(), variant=a_variant(calendar=CALENDAR)))

    (mail,) = server.mails
    assert {name: setting["enable"] for name, setting in mail.tracking.items()} == {
        "click_tracking": False,
        "open_tracking": False,
        "subscription_tracking": False,
        "ganalytics": False,
    }
    assert mail.headers["List-Unsubscribe"] == a_recipient().list_unsubscribe
    assert mail.custom_args == {"otd_delivery": "key-1", "otd_attempt": "try-1"}
    assert mail.attachments == {"chat.ics": CALENDAR.encode()}


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (BAD_KEY, ProviderRefusedError, "does not accept the API key"),
        (NO_CREDITS, ProviderRefusedError, "used up its credits"),
        (NO_SCOPE, ProviderRefusedError, "scope mail.send"),
        (UNKNOWN_SENDER, ProviderRefusedError, "sender address"),
        (Fault(status=401), ProviderRefusedError, "does not accept the API key"),
        (Fault(status=200), SettingsError, "200, and nothing was sent"),
        (Fault(status=404), SettingsError, "404"),
        (Fault(status=405), SettingsError, "405"),
        (Fault(status=307), SettingsError, "307"),
        (refusal(400, "Not a valid sender.", "from.email"), SettingsError, "what all readers"),
    ],
)
def test_a_refusal_of_us_stops_everything_and_marks_nobody(
    server: SendGridServer,
    provider: SendGridProvider,
    *,
    fault: Fault,
    error: type[OtalkDigestError],
    said: str,
) -> None:
    server.next(fault)

    with pytest.raises(error, match=said) as caught:
        send(provider)

    assert KEY not in str(caught.value)
    assert len(server.requests) == 1


def test_a_redirect_is_never_followed(server: SendGridServer, provider: SendGridProvider) -> None:
    with SendGridServer() as other:
        server.next(Fault(status=302, headers={"Location": f"{other.url}/v3/mail/send"}))

        with pytest.raises(SettingsError, match="302"):
            send(provider)

        assert other.requests == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_after_its_reset(
    server: SendGridServer, provider: SendGridProvider, sleeper: Sleeper, *, status: int
) -> None:
    server.next(Fault(status=status, headers={"X-RateLimit-Reset": f"{NOW + 40:.0f}"}))

    outcomes = send(provider)

    assert kinds(outcomes) == [ACCEPTED] * 3
    assert len(server.mails) == 3
    (wait,) = sleeper.waits
    assert 40 <= wait < 41


@pytest.mark.parametrize("reset", ["", "soon", "9999999999", "-5"])
def test_no_reset_makes_us_wait_for_ever(
    server: SendGridServer, provider: SendGridProvider, sleeper: Sleeper, *, reset: str
) -> None:
    server.always(Fault(status=429, headers={"X-RateLimit-Reset": reset}))

    with pytest.raises(ProviderUnavailableError, match="429"):
        send(provider)

    assert len(server.requests) == 3
    assert len(sleeper.waits) == 2
    assert all(1 <= wait <= 121 for wait in sleeper.waits)


def test_a_service_that_cannot_be_reached_has_accepted_nothing(sleeper: Sleeper) -> None:
    with SendGridServer() as gone:
        url = gone.url
    config = SendGridConfig(api_key=KEY, host=url, attempts=3)

    with pytest.raises(ProviderUnavailableError, match="refused"):
        send(SendGridProvider(config, sleep=sleeper))

    assert len(sleeper.waits) == 2


@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("status", [500, 502, 504, 408, 599, 201])
def test_an_answer_that_may_hide_an_acceptance_leaves_the_batch_in_doubt(
    server: SendGridServer,
    provider: SendGridProvider,
    *,
    status: int,
    accepts: bool,
) -> None:
    server.next(Fault(status=status, accepts=accepts))

    with pytest.raises(ProviderUncertainError, match=str(status)):
        send(provider)

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(accepts=True),
        Fault(),
        Fault(hangs=True, accepts=True),
        Fault(status=202, cut="status", accepts=True),
        Fault(status=202, cut="body", accepts=True),
    ],
)
def test_a_lost_answer_leaves_the_batch_in_doubt(
    server: SendGridServer, provider: SendGridProvider, fault: Fault
) -> None:
    server.next(fault)

    with pytest.raises(ProviderUncertainError):
        send(provider)

    assert len(server.requests) == 1


def test_a_reset_before_the_request_was_read_doubles_nothing(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    server.next(Fault(is_deaf=True))

    try:
        outcomes = send(provider)
    except ProviderUncertainError:
        # By timing: the reset was seen while waiting for the answer.
        assert server.mails == []
    else:
        assert kinds(outcomes) == [ACCEPTED] * 3
        assert len(server.mails) == 3


def test_an_acceptance_needs_no_message_id(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    server.next(Fault(status=202, cut="headers", accepts=True))

    outcomes = send(provider)

    assert kinds(outcomes) == [ACCEPTED] * 3
    assert outcomes[0].provider_message_id is None


@pytest.mark.parametrize("cut", ["headers", "body"])
def test_a_refusal_that_breaks_off_is_still_a_refusal(
    server: SendGridServer, provider: SendGridProvider, cut: Cut
) -> None:
    server.next(Fault(status=400, cut=cut))

    outcomes = send(provider)

    assert kinds(outcomes) == [ACCEPTED] * 3
    assert addresses(server) == [f"reader{n}@reader.example" for n in (1, 2, 3)]


@pytest.mark.parametrize("status", [400, 413, 415])
def test_the_reader_whom_a_refusal_names_is_rejected_and_the_others_are_sent(
    server: SendGridServer, provider: SendGridProvider, *, status: int
) -> None:
    words = "reader2@reader.example is not an address."
    server.next(refusal(status, words, "personalizations.1.to.0.email"))

    outcomes = send(provider)

    assert kinds(outcomes) == [ACCEPTED, REJECTED, ACCEPTED]
    assert outcomes[1].diagnostic == "(address) is not an address."
    assert addresses(server) == ["reader1@reader.example", "reader3@reader.example"]


def test_readers_whom_the_service_finds_invalid_are_told_apart_in_two_requests(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    bad = [a_recipient(n, address=f"reader{n}@no-dot") for n in (2, 700, 701)]
    readers = {n: a_recipient(n) for n in range(1, 1001)} | {each.delivery_id: each for each in bad}

    outcomes = provider.send(a_batch(*readers.values()))

    assert [o.delivery_id for o in outcomes if o.kind is REJECTED] == [2, 700, 701]
    assert kinds(outcomes).count(ACCEPTED) == len(server.mails) == 997
    assert len(server.requests) == 2


def test_a_refusal_that_names_nobody_is_narrowed_down_by_halves(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    nameless = refusal(400, "Bad Request")
    # 1-8 refused, 1-4 refused, 1-2 refused, 1 refused: reader 1 is the one.
    server.next(nameless, nameless, nameless, nameless)

    outcomes = send(provider, 8)

    assert kinds(outcomes) == [REJECTED] + [ACCEPTED] * 7
    assert outcomes[0].diagnostic == "400 Bad Request"
    assert sorted(addresses(server)) == [f"reader{n}@reader.example" for n in range(2, 9)]


def test_one_refusal_for_everybody_is_the_contents_fault_and_rejects_nobody(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    server.always(refusal(400, "Bad Request"))

    with pytest.raises(SettingsError, match="what all readers share"):
        send(provider, 1000)

    assert len(server.requests) < 40


def test_a_fault_after_a_part_was_accepted_is_told_reader_by_reader(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    halves = refusal(413, "Payload too large")
    server.next(halves, Fault(status=202, cut="headers", accepts=True), Fault(accepts=True))

    outcomes = send(provider, 4)

    assert kinds(outcomes) == [ACCEPTED, ACCEPTED, IN_DOUBT, IN_DOUBT]
    assert len(server.mails) == 4


@pytest.mark.parametrize("fault", [BAD_KEY, Fault(status=404), Fault(status=503)])
def test_a_stop_after_a_part_was_accepted_releases_the_rest(
    server: SendGridServer, provider: SendGridProvider, fault: Fault
) -> None:
    halves = refusal(413, "Payload too large")
    server.next(halves, Fault(status=202, cut="headers", accepts=True))
    server.always(fault)

    outcomes = send(provider, 4)

    assert kinds(outcomes) == [ACCEPTED, ACCEPTED, RELEASED, RELEASED]
    assert str(fault.status) in (outcomes[3].diagnostic or "")
    assert len(server.mails) == 2


def test_doubt_about_a_part_leaves_the_other_part_planned(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    server.next(refusal(413, "Payload too large"), Fault(status=500, accepts=True))

    outcomes = send(provider, 4)

    assert kinds(outcomes) == [IN_DOUBT, IN_DOUBT, RELEASED, RELEASED]


def test_an_address_is_never_twice_in_one_request(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    twin = a_recipient(2, address="READER1@reader.example")

    outcomes = provider.send(a_batch(a_recipient(1), twin, a_recipient(3)))

    assert kinds(outcomes) == [ACCEPTED] * 3
    assert [len(request.addresses) for request in server.requests] == [2, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"address": "zoë@reader.example"},
        {"address": "not an address"},
        {"values": values("x" * 10_001, "https://x.example/")},
    ],
)
def test_a_reader_whom_it_cannot_take_costs_the_others_nothing(
    server: SendGridServer, provider: SendGridProvider, change: dict[str, object]
) -> None:
    outcomes = provider.send(a_batch(a_recipient(1), a_recipient(2, **change)))

    assert kinds(outcomes) == [ACCEPTED, REJECTED]
    assert len(server.requests) == 1
    assert "@" not in (outcomes[1].diagnostic or "")


def test_neither_key_nor_reader_is_logged_even_when_everything_is(
    server: SendGridServer, provider: SendGridProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="python_http_client.client")
    server.next(refusal(400, "reader1@reader.example is odd", "personalizations.0.to.0.email"))

    outcomes = send(provider)
    logging.getLogger("of.this.test").debug("the log is open")

    assert "the log is open" in caplog.text
    assert KEY not in caplog.text + repr(outcomes)
    assert "reader" not in caplog.text
    assert "@" not in repr(outcomes)


@pytest.mark.parametrize(
    "key", ["", "None", "SG.with blank", "SG.with-line-end\n", "SG.wïth-an-accent"]
)
def test_what_cannot_be_a_key_is_refused_before_anything_is_sent(key: str) -> None:
    with pytest.raises(SettingsError, match="key"):
        SendGridConfig(api_key=key)


@pytest.mark.parametrize(
    "host", ["http://api.sendgrid.example", "ftp://127.0.0.1", "api.sendgrid.com", "https://x/v3"]
)
def test_a_host_that_would_show_the_key_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="host"):
        SendGridConfig(api_key=KEY, host=host)


def test_the_key_is_in_no_printed_form() -> None:
    assert KEY not in repr(SendGridConfig(api_key=KEY))


def test_loopback_is_reached_past_the_proxies_of_the_environment(
    provider: SendGridProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert kinds(send(provider)) == [ACCEPTED] * 3


def test_a_check_asks_for_the_scope_and_sends_nothing(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    assert provider.check() == ()

    server.scopes.remove("mail.send")
    (fault,) = provider.check()

    assert "scope mail.send" in fault
    assert {request.path for request in server.requests} == {"/v3/scopes"}
    assert server.mails == []


def test_a_check_with_a_wrong_key_says_so(server: SendGridServer) -> None:
    config = SendGridConfig(api_key="SG.another", host=server.url)

    (fault,) = SendGridProvider(config).check()

    assert "does not accept the API key" in fault
    assert "SG.another" not in fault


def test_a_check_of_a_service_that_is_gone_says_so() -> None:
    with SendGridServer() as gone:
        url = gone.url

    (fault,) = SendGridProvider(SendGridConfig(api_key=KEY, host=url)).check()

    assert "cannot be asked" in fault


def test_the_heavy_package_is_not_loaded_before_it_is_needed() -> None:
    module = "otalk_digest.delivery.providers.sendgrid"
    code = f"import sys, {module}; print('python_http_client' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_what_looks_at_signatures_is_not_loaded_to_send() -> None:
    module = "otalk_digest.delivery.providers.sendgrid_client"
    code = f"import sys, {module}; print('cryptography' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_the_sandbox_judges_a_message_and_sends_nothing(
    server: SendGridServer, provider: SendGridProvider
) -> None:
    assert list(provider.rehearse(a_batch(a_recipient()))) == []

    (request,) = server.sends
    assert request.body["mail_settings"] == {"sandbox_mode": {"enable": True}}
    assert server.mails == server.schedule.waiting == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (UNKNOWN_SENDER, "does not know the sender address"),
        (NO_CREDITS, "used up its credits"),
        (refusal(400, "Bad", "from.email"), "would refuse every message (400 from.email: Bad)"),
        (Fault(status=404), "would refuse every message (404)"),
        (Fault(status=503), "cannot be used now (503)"),
        (Fault(), "cannot be used now"),
        (Fault(status=202), "although it was for its sandbox"),
    ],
)
def test_what_the_sandbox_would_refuse_is_told(
    server: SendGridServer, provider: SendGridProvider, fault: Fault, said: str
) -> None:
    server.always(fault)

    (found,) = provider.rehearse(a_batch(a_recipient()))

    assert said in found
    assert found.endswith(".")
