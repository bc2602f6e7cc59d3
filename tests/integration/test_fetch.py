"""Fetching, against a real server on the loopback that misbehaves."""

import base64
import gzip
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from tests.http_server import (
    Answer,
    Site,
    answer,
    drips,
    endless,
    gzip_bomb,
    hangs,
    head,
    redirects,
    resets,
    running_site,
    sends,
)

from otalk_digest.collect.addresses import is_public
from otalk_digest.collect.download import download
from otalk_digest.collect.fetch import FetchLimits, fetch
from otalk_digest.errors import FeedError, InputError
from otalk_digest.model.feed import Validators

FEED = b"<rss version='2.0'><channel><title>Kites</title></channel></rss>"
LIMITS = FetchLimits(timeout_s=30.0, pause_s=0.001, allow_private_addresses=True)
BRIEF = replace(LIMITS, timeout_s=0.3)


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


def refusal(address: str, limits: FetchLimits = LIMITS) -> str:
    with pytest.raises(FeedError) as caught:
        fetch(address, validators=None, limits=limits)
    return str(caught.value)


def test_a_body_arrives_with_what_is_needed_to_ask_again(site: Site) -> None:
    headers = {"ETag": '"abc"', "Last-Modified": "yesterday", "Content-Type": "text/xml"}
    address = site.on("/feed/", answer(200, FEED, headers))

    fetched = fetch(address, validators=None, limits=LIMITS)

    assert fetched.body == FEED
    assert fetched.url == address
    assert fetched.content_type == "text/xml"
    assert fetched.validators == Validators(etag='"abc"', last_modified="yesterday")
    assert fetched.moved_from is None


def test_validators_are_sent_back_exactly_and_304_means_no_body(site: Site) -> None:
    address = site.on("/feed/", answer(304))
    validators = Validators(etag='W/"odd', last_modified="Thu,  7 Mar 2024")

    fetched = fetch(address, validators=validators, limits=LIMITS)

    assert fetched.body is None
    sent = site.requests[0].headers
    assert sent["if-none-match"] == 'W/"odd'
    assert sent["if-modified-since"] == "Thu,  7 Mar 2024"


def test_a_304_that_nobody_asked_for_is_refused(site: Site) -> None:
    assert "nothing changed" in refusal(site.on("/feed/", answer(304)))


def test_a_gzip_body_is_unpacked(site: Site) -> None:
    address = site.on("/", answer(200, gzip.compress(FEED), {"Content-Encoding": "gzip"}))

    assert fetch(address, validators=None, limits=LIMITS).body == FEED


def test_a_permanent_move_is_reported_and_validators_stay_behind(site: Site) -> None:
    address = site.on("/old", redirects("/older", 301))
    site.on("/older", redirects(site.url("/feed/"), 308))
    site.on("/feed/", answer(200, FEED))

    fetched = fetch(address, validators=Validators(etag='"1"'), limits=LIMITS)

    assert fetched.moved_from == address
    assert fetched.url == site.url("/feed/")
    assert ["if-none-match" in each.headers for each in site.requests] == [True, False, False]


def test_a_move_with_one_temporary_step_is_not_reported(site: Site) -> None:
    address = site.on("/old", redirects("/middle", 301))
    site.on("/middle", redirects("/feed/", 302))
    site.on("/feed/", answer(200, FEED))

    assert fetch(address, validators=None, limits=LIMITS).moved_from is None


def test_ten_redirects_are_followed_and_eleven_are_not(site: Site) -> None:
    for hop in range(11):
        site.on(f"/{hop}", redirects(f"/{hop + 1}", 302))
    site.on("/11", answer(200, FEED))

    assert fetch(site.url("/1"), validators=None, limits=LIMITS).body == FEED
    assert "more than 10 times" in refusal(site.url("/0"))


def test_a_redirect_loop_ends(site: Site) -> None:
    assert "redirects more than" in refusal(site.on("/loop", redirects("/loop")))


@pytest.mark.parametrize(
    "target", ["file:///etc/hostname", "ftp://feeds.example/", "gopher://feeds.example/"]
)
def test_a_redirect_out_of_the_web_is_refused(site: Site, target: str) -> None:
    assert "redirects to" in refusal(site.on("/feed/", redirects(target)))
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    "host",
    # The name that means every interface reaches this machine too.
    ["127.0.0.1", "localhost", "2130706433", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_this_machine_is_not_asked_unless_settings_say_so(site: Site, host: str) -> None:
    site.on("/feed/", answer(200, FEED))
    limits = replace(LIMITS, allow_private_addresses=False)

    assert "inside this machine" in refusal(f"http://{host}:{site.port}/feed/", limits)
    assert site.requests == []


@pytest.mark.parametrize("target", ["169.254.169.254", "10.0.0.1", "[::1]", "127.0.0.2", "0x7f.2"])
def test_each_hop_of_a_redirect_is_judged_by_its_resolved_address(site: Site, target: str) -> None:
    address = site.on("/feed/", redirects(f"http://{target}:{site.port}/feed/"))

    with pytest.raises(FeedError, match="inside this machine"):
        download(
            address,
            validators=None,
            limits=LIMITS,
            is_allowed=lambda found: found == "127.0.0.1" or is_public(found),
        )

    assert len(site.requests) == 1


def test_credentials_go_to_the_host_they_were_given_for_and_no_other(site: Site) -> None:
    site.on("/feed/", redirects("/here"))
    site.on("/here", redirects(f"http://localhost:{site.port}/there"))
    site.on("/there", answer(200, FEED))
    address = f"http://wren:se%20cret@127.0.0.1:{site.port}/feed/"

    fetched = fetch(address, validators=None, limits=LIMITS)

    token = base64.b64encode(b"wren:se cret").decode()
    sent = [each.headers.get("authorization") for each in site.requests]
    assert sent == [f"Basic {token}", f"Basic {token}", None]
    assert fetched.moved_from == site.url("/feed/")


@pytest.mark.parametrize("act", [answer(401), answer(500), resets(), hangs(), sends(b"?")])
def test_no_error_shows_a_password(site: Site, act: Answer) -> None:
    site.on("/feed/", act)

    message = refusal(f"http://wren:secret@127.0.0.1:{site.port}/feed/?key=hush", BRIEF)

    assert "secret" not in message
    assert "wren" not in message
    assert "hush" not in message


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "name and a password"),
        (403, "refuses to give the feed"),
        (404, "does not exist"),
        (410, "gone for good"),
        (429, "too often"),
        (500, "failed at its own end"),
        (503, "out of service"),
        (418, "status 418"),
        (204, "status 204"),
    ],
)
def test_each_status_has_a_sentence_of_its_own(site: Site, status: int, words: str) -> None:
    assert words in refusal(site.on("/feed/", answer(status)))


@pytest.mark.parametrize("fault", [answer(503), answer(500), resets(), sends(b"")])
def test_a_failure_that_passes_is_not_noticed(site: Site, fault: Answer) -> None:
    address = site.on("/feed/", fault, fault, answer(200, FEED))

    assert fetch(address, validators=None, limits=LIMITS).body == FEED
    assert len(site.requests) == 3


@pytest.mark.parametrize(("status", "asked"), [(500, 3), (404, 1), (429, 1)])
def test_only_failures_at_the_other_end_are_tried_again(
    site: Site, status: int, asked: int
) -> None:
    refusal(site.on("/feed/", answer(status)))

    assert len(site.requests) == asked


def test_a_wait_that_fits_the_deadline_is_honoured(site: Site) -> None:
    address = site.on("/feed/", answer(429, headers={"Retry-After": "0"}), answer(200, FEED))

    assert fetch(address, validators=None, limits=LIMITS).body == FEED


@pytest.mark.parametrize("is_date", [False, True], ids=["seconds", "a date"])
def test_a_wait_beyond_the_deadline_is_told_instead(site: Site, *, is_date: bool) -> None:
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    retry_after = format_datetime(in_an_hour) if is_date else "3600"
    address = site.on("/feed/", answer(503, headers={"Retry-After": retry_after}))

    assert "It asks to wait 3" in refusal(address)
    assert len(site.requests) == 1


@pytest.mark.parametrize("nonsense", ["soon", "-5", "99999999999999999999", "\u00b2"])
def test_a_senseless_wait_does_no_harm(site: Site, nonsense: str) -> None:
    headers = {"Retry-After": nonsense.encode().decode("latin-1")}

    assert "out of service" in refusal(site.on("/feed/", answer(503, headers=headers)))


SLOW: dict[str, Answer] = {
    "nothing comes": hangs(),
    "the head drips": drips(b"HTTP/1.1 200 OK\r\n"),
    "headers drip": drips(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 100_000),
    "the body drips": drips(head(200, {"Content-Length": "90000"}) + b"x" * 90_000, pause_s=0.002),
}


@pytest.mark.parametrize("act", SLOW.values(), ids=SLOW.keys())
def test_a_slow_server_meets_the_deadline(site: Site, act: Answer) -> None:
    assert "within 0.3 s" in refusal(site.on("/feed/", act), BRIEF)


BROKEN: dict[str, tuple[Answer, str]] = {
    "reset": (resets(), "broke the connection"),
    "reset in the body": (resets(head(200, {"Content-Length": "99"}) + b"x"), "broke"),
    "closed at once": (sends(b""), "broke off"),
    "cut short": (sends(head(200, {"Content-Length": "99"}) + b"<rss"), "broke off"),
    "not HTTP": (sends(b"220 mail.example ESMTP\r\n\r\n"), "does not answer in HTTP"),
    "two lengths": (
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        "",
    ),
    "a bad length": (sends(head(200, {"Content-Length": "-1"})), "does not answer in HTTP"),
    "a huge header": (sends(head(200, {"X-A": "b" * 500_000})), "head that is too large"),
    "many headers": (sends(head(200, {f"X-{n}": "b" for n in range(30_000)})), "too large"),
    "broken chunks": (sends(head(200, {"Transfer-Encoding": "chunked"}) + b"zz\r\n"), "HTTP"),
    "not gzip": (answer(200, FEED, {"Content-Encoding": "gzip"}), "damaged gzip"),
    "half of a gzip": (
        answer(200, gzip.compress(FEED)[:-9], {"Content-Encoding": "gzip"}),
        "breaks off",
    ),
    "another encoding": (answer(200, FEED, {"Content-Encoding": "br"}), "'br'"),
    "a redirect to nowhere": (answer(302), "without saying where"),
    "a redirect to nonsense": (redirects("http://[::/"), "no address"),
}


@pytest.mark.parametrize(("act", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_is_told_in_a_sentence(site: Site, act: Answer, words: str) -> None:
    assert words in refusal(site.on("/feed/", act))


@pytest.mark.parametrize(
    "act",
    [
        endless(b"x" * 60_000),
        answer(200, b"x" * 1_000_001),
        sends(head(200, {"Content-Length": "99999999999999999999999"})),
        gzip_bomb(200),
    ],
    ids=["endless", "just too large", "declared", "gzip bomb"],
)
def test_a_body_beyond_the_limit_stops_there_in_little_memory(site: Site, act: Answer) -> None:
    address = site.on("/feed/", act)
    refusal(address, replace(LIMITS, max_bytes=1))  # what is imported once is not counted
    tracemalloc.start()
    try:
        message = refusal(address, replace(LIMITS, max_bytes=1_000_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert "larger than 1,000,000 bytes" in message or "HTTP" in message
    assert peak < 16_000_000


def test_a_body_of_exactly_the_limit_is_taken(site: Site) -> None:
    address = site.on("/feed/", answer(200, b"x" * 1_000))

    fetched = fetch(address, validators=None, limits=replace(LIMITS, max_bytes=1_000))

    assert fetched.body == b"x" * 1_000


def test_a_closed_port_is_told_in_a_sentence() -> None:
    with running_site() as other:
        closed = other.url("/feed/")

    assert "refuses the connection" in refusal(closed)


@pytest.mark.parametrize(
    "address",
    ["http://", "https:///feed", "http://[::1", "http://a b/", "http://x:99999/", "http://\x00/"],
)
def test_an_address_that_is_none_is_told_in_a_sentence(address: str) -> None:
    assert "address" in refusal(address)


def test_a_plain_port_does_not_speak_tls(site: Site) -> None:
    assert "TLS" in refusal(f"https://127.0.0.1:{site.port}/feed/")


def test_a_file_is_read_without_an_http_client(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(FEED)
    program = (
        "import sys; from otalk_digest.collect.fetch import fetch, FetchLimits; "
        "found = fetch(sys.argv[1], validators=None, limits=FetchLimits()); "
        "assert found.url == sys.argv[1]; assert 'httpx' not in sys.modules; "
        "sys.stdout.buffer.write(found.body)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, check=True
    )

    assert done.stdout == FEED


def test_the_http_client_comes_without_its_command_line() -> None:
    program = (
        "import sys; import otalk_digest.collect.download; "
        "print(sorted({'httpx', 'rich', 'pygments'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stdout.decode().strip() == "['httpx']"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.xml cannot be read: No such file"):
        fetch(str(tmp_path / "nothing.xml"), validators=None, limits=LIMITS)


@pytest.mark.parametrize("address", ["ftp://feeds.example/", "file:///feed.xml", "\x00"])
def test_what_is_neither_web_nor_file_is_a_mistake_of_the_settings(address: str) -> None:
    with pytest.raises(InputError):
        fetch(address, validators=None, limits=LIMITS)


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(b"x" * 11)

    with pytest.raises(InputError, match="larger than 10 bytes"):
        fetch(str(path), validators=None, limits=replace(LIMITS, max_bytes=10))
