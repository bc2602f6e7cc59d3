"""Past editions on the web and as files, asked for over real HTTP."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from lxml import etree
from tests.archive_site import Site, a_site
from tests.builders import NOW
from tests.maintainer import Folder, environment
from tests.preview_site import WEEK_2, gloves, hats, kettles

from otalk_digest.digest.agenda import Appointment, read_calendar
from otalk_digest.store.decisions import Decision, What, save_decision

WEEK_3: Final = "2026-11-12T09:00Z"
_ATOM: Final = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def site(after_two_editions: Folder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = after_two_editions.copied(tmp_path_factory.mktemp("archive") / "mine")
    with a_site(folder) as site:
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
    feed = etree.fromstring(answer.content)

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


def test_the_same_archive_lies_in_a_folder(site: Site, tmp_path: Path) -> None:
    built = site.folder.does("archive", "build", "--out", str(tmp_path / "a"), now=WEEK_2)
    again = site.folder.does("archive", "build", "--out", str(tmp_path / "a"), now=WEEK_2)

    assert built.status == 0, built.err
    assert "9 files written, 0 unchanged, 0 removed" in built.out
    assert "0 files written, 9 unchanged, 0 removed" in again.out
    page = (tmp_path / "a" / "2.html").read_text(encoding="utf-8")
    assert "Hats indoors." in page
    assert not re.search(r"OTD[0-9A-F]|/u/|/p/|/e/2|example\.org|Cleo|Ada", page)
    served = etree.fromstring(site.web.get("/archive/feed.xml").content)
    lying = etree.parse(tmp_path / "a" / "feed.xml").getroot()
    assert [each.text for each in lying.iter(f"{_ATOM}id")] == [
        each.text for each in served.iter(f"{_ATOM}id")
    ]
    for file in (tmp_path / "a").glob("*.html"):
        links = re.findall(r'href="((?!https:|mailto:|webcal:)[^"#]+)"', file.read_text("utf-8"))
        assert links
        assert [link for link in links if not (file.parent / link).is_file()] == []


def test_an_archive_that_was_killed_is_mended_by_the_next_one(site: Site, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert site.folder.does("archive", "build", "--out", str(whole), now=WEEK_2).status == 0
    killed.mkdir()
    (killed / "notes.txt").write_text("mine")
    for seconds in (0.9, 1.3, 1.7):
        _kill_after(site.folder, killed, seconds)
        for name, content in _contents(killed).items():
            # Whole or not there: a half has a name that nothing leads to.
            assert name.endswith("-new") or content == _contents(whole).get(name, content)
    (killed / "calendar").mkdir(exist_ok=True)
    (killed / "calendar" / "x.ics.otalk-digest-new").write_text("half")

    assert site.folder.does("archive", "build", "--out", str(killed), now=WEEK_2).status == 0

    assert _contents(killed) == _contents(whole) | {"notes.txt": b"mine"}


def test_a_file_of_somebody_else_stays_as_it_is(site: Site, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")

    ended = site.folder.does("archive", "build", "--out", str(tmp_path), now=WEEK_2)

    assert ended.status == 2
    assert "index.html is there already" in ended.err
    assert _contents(tmp_path) == {"index.html": b"mine"}


def test_an_edition_on_hold_is_taken_back(site: Site, tmp_path: Path) -> None:
    out = str(tmp_path / "a")
    assert site.folder.does("archive", "build", "--out", out, now=WEEK_2).status == 0
    with site.desk.store.begin() as connection:
        save_decision(connection, Decision(edition=1, what=What.HELD, at=NOW, by="Orla"))
    try:
        ended = site.folder.does("archive", "build", "--out", out, now=WEEK_2)
        assert "1.html removed" in ended.out
        assert not (tmp_path / "a" / "1.html").exists()
        assert site.web.get("/archive/1").status_code == 404
    finally:
        with site.desk.store.begin() as connection:
            save_decision(connection, Decision(edition=1, what=What.APPROVED, at=NOW, by="Orla"))


def _kill_after(folder: Folder, out: Path, seconds: float) -> None:
    words = ["--now", WEEK_2, "archive", "build", "--out", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-m", "otalk_digest", *words],
        cwd=folder.path,
        env=environment(),
        stdout=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    process.kill()
    process.wait()


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_chat_called_off_stays_in_calendars_as_cancelled_under_a_higher_number(
    own_site: Site,
) -> None:
    before = appointments(own_site.web.get("/calendar.ics").text)
    off = replace(hats(), title=f"CANCELLED: {hats().title}")
    own_site.folder.publish([gloves(), off, kettles()])
    assert own_site.folder.does("collect", now=WEEK_3).status == 0

    answer = own_site.web.get("/calendar.ics")
    again = own_site.web.get("/calendar.ics", headers={"If-None-Match": answer.headers["etag"]})

    after = appointments(answer.text)
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT6H" in answer.text
    assert "BEGIN:VTIMEZONE" in answer.text
    assert before["Hats indoors."].status == "CONFIRMED"
    assert after["Hats indoors."].status == "CANCELLED"
    assert after["Hats indoors."].sequence > before["Hats indoors."].sequence
    assert after["Gloves in pairs."] == before["Gloves in pairs."]
    assert again.status_code == 304
