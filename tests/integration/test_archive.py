"""Past editions on the web and as files, asked for over real HTTP."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from tests.archive_site import Site, a_site
from tests.maintainer import Folder, environment
from tests.preview_site import WEEK_2, gloves, hats, kettles

from otalk_digest.digest.agenda import Appointment, read_calendar

WEEK_3: Final = "2026-11-12T09:00Z"
_ATOM: Final = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with a_site(tmp_path_factory.mktemp("archive")) as site:
        yield site


def test_a_reader_sees_the_mail_as_it_came_and_nobody_keeps_it(site: Site) -> None:
    token = site.token("cleo@example.org")

    answer = site.web.get(f"/e/2/{token}")

    assert answer.status_code == 200
    assert "Cleo Marsh" in answer.text
    assert f"{site.address}/u/{token}" in answer.text
    assert "OTD" not in re.sub("otd-", "", answer.text)
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/e/2/1",
        "/e/2/1.forged",
        "/e/3/{token}",
        "/e/99999999999999999999999/{token}",
        # Never confirmed, so the edition never left for them.
        "/e/2/{pending}",
        "/archive/3",
        "/archive/99999999999999999999999",
        "/archive?page=2",
        "/archive?page=0",
        "/archive?page=x",
        "/calendar/00000000-0000-0000-0000-000000000000.ics",
        "/calendar/..%2f..%2fotalk-digest.toml.ics",
    ],
)
def test_what_is_not_there_for_you_is_not_found(site: Site, path: str) -> None:
    tokens = {
        "token": site.token("cleo@example.org"),
        "pending": site.token("finn@example.org"),
    }

    assert site.web.get(path.format(**tokens)).status_code == 404


def test_the_archive_lists_what_left_newest_first(site: Site) -> None:
    page = site.web.get("/archive").text

    assert re.findall(r'href="(/archive/\d+)"', page) == ["/archive/2", "/archive/1"]
    assert f'<link rel="canonical" href="{site.address}/archive">' in page


def test_a_public_edition_holds_nothing_of_any_reader(site: Site) -> None:
    answer = site.web.get("/archive/2")

    assert answer.status_code == 200
    assert f'<link rel="canonical" href="{site.address}/archive/2">' in answer.text
    assert 'href="/archive/1"' in answer.text
    assert "Hats indoors." in answer.text
    assert not re.search(r"OTD[0-9A-F]|/u/|/p/|/e/2|example\.org|Cleo|Ada", answer.text)


def test_the_feed_is_one_and_need_not_be_sent_twice(site: Site) -> None:
    answer = site.web.get("/archive/feed.xml")
    feed = ET.fromstring(answer.content)

    assert answer.headers["content-type"].startswith("application/atom+xml")
    entries = feed.findall(f"{_ATOM}entry")
    assert [entry.findtext(f"{_ATOM}title") for entry in entries] == [
        "Hats indoors. (Tue 17 Nov)",
        "Kettles on wheels. (Tue 10 Nov)",
    ]
    assert feed.findtext(f"{_ATOM}updated") == "2026-11-11T09:00:00Z"
    assert {link.get("href") for link in feed.iter(f"{_ATOM}link")} == {
        f"{site.address}/archive{rest}" for rest in ("", "/feed.xml", "/1", "/2")
    }
    for headers in (
        {"If-None-Match": answer.headers["etag"]},
        {"If-None-Match": f'"x", W/{answer.headers["etag"]}'},
        {"If-Modified-Since": answer.headers["last-modified"]},
    ):
        again = site.web.get("/archive/feed.xml", headers=headers)
        assert (again.status_code, again.content) == (304, b"")
    for headers in (
        {"If-None-Match": '"x"', "If-Modified-Since": answer.headers["last-modified"]},
        {"If-Modified-Since": "yesterday"},
    ):
        assert site.web.get("/archive/feed.xml", headers=headers).status_code == 200


def test_robots_are_kept_from_readers_own_pages(site: Site) -> None:
    robots = site.web.get("/robots.txt").text

    assert "Disallow: /e/\n" in robots
    assert "Disallow: /archive" not in robots


def test_the_front_page_leads_to_sign_up_and_archive(site: Site) -> None:
    page = site.web.get("/").text

    assert 'href="/subscribe"' in page
    assert 'href="/archive"' in page
    assert f'href="webcal://{site.address.removeprefix("https://")}/calendar.ics"' in page


def test_every_link_to_a_calendar_in_a_mail_opens_that_chat_alone(site: Site) -> None:
    mail = site.web.get(f"/e/2/{site.token('cleo@example.org')}").text
    links = set(re.findall(rf'href="{site.address}(/calendar/[^"]+)"', mail))

    assert len(links) == 2
    for link in links:
        answer = site.web.get(link)
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert len(read_calendar(answer.text)) == 1


def appointments(text: str) -> dict[str, Appointment]:
    return {each.summary.rpartition(": ")[2]: each for each in read_calendar(text)}


def test_a_chat_called_off_stays_in_calendars_as_cancelled_under_a_higher_number(
    tmp_path: Path,
) -> None:
    with a_site(tmp_path / "m") as site:
        before = appointments(site.web.get("/calendar.ics").text)
        off = hats()
        site.folder.publish([gloves(), _cancelled(off), kettles()])
        assert site.folder.does("collect", now=WEEK_3).status == 0

        answer = site.web.get("/calendar.ics")
        again = site.web.get("/calendar.ics", headers={"If-None-Match": answer.headers["etag"]})

    after = appointments(answer.text)
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT6H" in answer.text
    assert "BEGIN:VTIMEZONE" in answer.text
    assert before["Hats indoors."].status == "CONFIRMED"
    assert after["Hats indoors."].status == "CANCELLED"
    assert after["Hats indoors."].sequence > before["Hats indoors."].sequence
    assert after["Gloves in pairs."] == before["Gloves in pairs."]
    assert again.status_code == 304


def _cancelled(post: object) -> object:
    from dataclasses import replace

    return replace(post, title=f"CANCELLED: {post.title}")
