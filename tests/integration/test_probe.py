"""Asking an address whether it answers, against a real server that misbehaves."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.http_server import Answer, Site, answer, endless, hangs, redirects, resets, running_site

from otalk_digest.collect.fetch import FetchLimits
from otalk_digest.collect.probe import probe
from otalk_digest.pipeline.asking import ask, is_asked

LIMITS = FetchLimits(timeout_s=30.0, max_redirects=3, allow_private_addresses=True)
BRIEF = replace(LIMITS, timeout_s=0.3)


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


def test_head_is_enough_where_it_is_answered(site: Site) -> None:
    found = probe(site.on("/page", answer(200, b"")), limits=LIMITS)

    assert (found.is_ok, found.said) == (True, "ok")
    assert [request.method for request in site.requests] == ["HEAD"]


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_who_refuses_head_is_asked_with_get(site: Site, status: int) -> None:
    address = site.on("/page", answer(status, b""), answer(200, b"Hello"))

    assert probe(address, limits=LIMITS).is_ok
    assert [request.method for request in site.requests] == ["HEAD", "GET"]


def test_a_body_is_not_read(site: Site) -> None:
    address = site.on("/page", answer(405, b""), endless(b"kettle"))

    assert probe(address, limits=LIMITS).is_ok


@pytest.mark.parametrize(
    ("status", "is_ok", "said"),
    [
        (404, False, "answers 404"),
        (410, False, "answers 410"),
        (500, False, "answers 500"),
        (429, True, "answers, but not to programs (429)"),
        (401, True, "answers, but not to programs (401)"),
    ],
)
def test_what_it_answers_is_said(site: Site, status: int, is_ok: bool, said: str) -> None:  # noqa: FBT001 - a table of cases
    found = probe(site.on("/page", answer(status, b"")), limits=LIMITS)

    assert (found.is_ok, found.said) == (is_ok, said)


def test_a_redirect_is_followed_and_said(site: Site) -> None:
    there = site.on("/there", answer(200, b""))
    found = probe(site.on("/here", redirects(there)), limits=LIMITS)

    assert (found.is_ok, found.said) == (True, "ok, after a redirect")


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "javascript:alert(1)", "ftp://a.example/"]
)
def test_a_redirect_leads_to_web_addresses_only(site: Site, target: str) -> None:
    found = probe(site.on("/here", redirects(target)), limits=LIMITS)

    assert not found.is_ok
    assert found.said in {"leads to something that is no web address", "is not a valid address"}
    assert len(site.requests) == 1


def test_a_circle_comes_to_an_end(site: Site) -> None:
    address = site.url("/round")
    site.on("/round", redirects(address))

    assert probe(address, limits=LIMITS).said == "redirects more than 3 times"
    assert len(site.requests) == 4


@pytest.mark.parametrize("misbehaviour", [hangs(), resets()])
def test_who_does_not_answer_keeps_nobody_waiting(site: Site, misbehaviour: Answer) -> None:
    assert not probe(site.on("/page", misbehaviour), limits=BRIEF).is_ok


@pytest.mark.parametrize("path", ["http://127.0.0.1:{port}/", "http://localhost:{port}/"])
def test_this_machine_and_its_neighbours_are_never_asked(site: Site, path: str) -> None:
    found = probe(path.format(port=site.port), limits=FetchLimits(timeout_s=5.0))

    assert (found.is_ok, found.said) == (False, "no such host on the public internet")
    assert site.requests == []


def test_a_redirect_to_a_neighbour_is_not_followed(site: Site) -> None:
    address = site.on("/here", redirects("http://169.254.169.254/"))

    # The first host is public here; the second is judged anew.
    found = probe(address, limits=BRIEF, is_allowed=lambda number: number == "127.0.0.1")

    assert (found.is_ok, found.said) == (False, "no such host on the public internet")


@pytest.mark.parametrize(
    "address", ["http://", "https://[::1", "http://a b.example/", "http://:80/"]
)
def test_what_is_no_address_is_said(address: str) -> None:
    assert not probe(address, limits=BRIEF).is_ok


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/", True),
        ("mailto:team@a.example", False),
        ("tel:+441", False),
        ("https://digest.example/u/test", False),
    ],
)
def test_mail_telephone_and_a_readers_own_links_are_not_asked(url: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert is_asked(url) is expected


def test_each_address_is_asked_once(site: Site) -> None:
    address = site.on("/page", answer(200, b""))

    answers = ask([address, address, "mailto:a@a.example"], LIMITS)

    assert [found.said for found in answers.values()] == ["ok"]
    assert len(site.requests) == 1
