"""The archive of a blog: read once, politely, and told to nobody."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.feeds import SourcePost, rest, rss2
from tests.http_server import Request, answer, running_site
from tests.wordpress import WordPress

from otalk_digest.collect.fetch import FetchLimits
from otalk_digest.errors import FeedError, InputError
from otalk_digest.model.chat import Phase
from otalk_digest.model.feed import FeedKind
from otalk_digest.model.news import NewsKind
from otalk_digest.pipeline.backfilling import Step, backfill, backfill_files
from otalk_digest.pipeline.collecting import Source, collect
from otalk_digest.settings_tables import ChatSettings
from otalk_digest.store import posts
from otalk_digest.store.database import Store, open_store

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
FIRST_CHAT = datetime(2026, 6, 16, tzinfo=UTC)
BLOCK = "<p><strong>POST CHAT</strong></p><p>311 Tweets<br />67 Participants</p>"
KINDS = [FeedKind.RSS2, FeedKind.ATOM, FeedKind.REST]


@pytest.fixture
def blog() -> Iterator[WordPress]:
    """One chat ahead, 24 behind."""
    with running_site() as site:
        yield WordPress(site=site, posts=[a_chat(weeks_ago) for weeks_ago in range(25)])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "otalk-digest.sqlite3")
    yield opened
    opened.close()


def a_chat(weeks_ago: int, *, is_wrapped_up: bool = True) -> SourcePost:
    day = FIRST_CHAT - timedelta(weeks=weeks_ago)
    return SourcePost(
        id=500 - weeks_ago,
        slug=f"chat-{weeks_ago}",
        title=f"#OTalk {day:%-d %B %Y} – Lanterns, part {weeks_ago}",
        html="<p>Hosted by Maple Reed (@maple_ot).</p>"
        + (BLOCK if weeks_ago and is_wrapped_up else ""),
        published_at=day - timedelta(days=8),
    )


def source_of(address: str, kind: FeedKind | None = None) -> Source:
    return Source(
        address=address,
        limits=FetchLimits(timeout_s=30.0, pause_s=0.001, allow_private_addresses=True),
        profile=ChatSettings().profile(),
        kind=kind,
        pause_s=0.0,
    )


def read_all(store: Store, source: Source) -> list[Step]:
    return list(backfill(store, source, stop=threading.Event(), now=NOW))


def known(store: Store) -> int:
    with store.read() as connection:
        return len(posts.all_chats(connection))


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_archive_becomes_known_and_nothing_of_it_is_news(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    source = source_of(blog.address, kind)
    first = collect(store, source, now=NOW)

    steps = read_all(store, source)

    assert [item.kind for item in first.news][-1] is NewsKind.ANNOUNCEMENT
    assert [item for step in steps for item in step.news] == []
    assert known(store) == 25
    with store.read() as connection:
        phases = [chat.phase for chat in posts.all_chats(connection)]
    assert phases.count(Phase.WRAPPED_UP) == 24


@pytest.mark.parametrize("kind", KINDS)
def test_it_stops_at_the_end_and_asks_for_no_page_twice(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    """F31: 404 for feeds; F32: as many pages as REST says."""
    source = source_of(blog.address, kind)
    collect(store, source, now=NOW)
    blog.forget_requests()

    read_all(store, source)

    assert len(blog.paths) == len(set(blog.paths)) == (1 if kind is FeedKind.REST else 3)


def test_a_blog_that_gives_its_first_page_for_ever_is_left(blog: WordPress, store: Store) -> None:
    """F31: paging is unverified on other hosts."""
    source = source_of(blog.site.url("/static.xml"))
    feed = answer(200, rss2(blog.posts[:3]), {"Content-Type": "application/rss+xml"})
    for path in ("/static.xml", "/static.xml?paged=2", "/static.xml?paged=3"):
        blog.site.on(path, feed)
    collect(store, source, now=NOW)

    assert len(read_all(store, source)) == 2


@pytest.mark.parametrize("kind", [FeedKind.RSS2, FeedKind.ATOM])
def test_what_broke_off_goes_on_from_there(blog: WordPress, store: Store, kind: FeedKind) -> None:
    source = source_of(blog.address, kind)
    collect(store, source, now=NOW)
    page_three = f"{'/feed/atom/' if kind is FeedKind.ATOM else '/feed/'}?paged=3"
    blog.site.on(page_three, answer(429, headers={"Retry-After": "3600"}))

    with pytest.raises(FeedError, match="asked too often"):
        read_all(store, source)
    known_before = known(store)
    del blog.site.answers[page_three]
    blog.forget_requests()
    read_all(store, source)

    assert known_before == 20
    assert known(store) == 25
    assert blog.paths[0] == page_three


def test_a_command_that_was_killed_goes_on_from_there(blog: WordPress, tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "otalk-digest.toml").write_text(
        f'[feed]\naddress = "{blog.site.url("/feed/")}"\nallow_private_addresses = true\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "otalk_digest", "--now", NOW.isoformat()]
    started: list[subprocess.Popen[str]] = []

    def kill(_: socket.socket, __: Request) -> None:
        os.kill(started[0].pid, signal.SIGKILL)

    blog.site.on("/feed/?paged=3", kill)
    process = subprocess.Popen(
        [*command, "collect", "--backfill"], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    started.append(process)
    process.communicate(timeout=240)
    del blog.site.answers["/feed/?paged=3"]
    blog.forget_requests()

    again = subprocess.run(
        [*command, "collect", "--backfill"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )

    assert process.returncode == -signal.SIGKILL
    assert "5 posts were not known" in again.stdout
    # A pipe is no terminal: nothing but sentences.
    assert again.stderr == ""
    assert blog.paths == ["/feed/", "/feed/?paged=3", "/feed/?paged=4"]


def test_asked_to_stop_it_stops_between_two_pages(blog: WordPress, store: Store) -> None:
    source = source_of(blog.address, FeedKind.RSS2)
    collect(store, source, now=NOW)
    stop = threading.Event()

    for _ in backfill(store, source, stop=stop, now=NOW):
        stop.set()

    assert known(store) == 20


def test_a_chat_that_waits_for_its_wrap_up_is_left_to_collect(
    blog: WordPress, store: Store
) -> None:
    """The wrap-up of a known chat is news, which a backfill never makes."""
    source = source_of(blog.address, FeedKind.REST)
    blog.posts = [a_chat(0), a_chat(1, is_wrapped_up=False)]
    collect(store, source, now=NOW - timedelta(days=3))
    blog.posts = [a_chat(0), a_chat(1)]
    with store.read() as connection:
        before = posts.fingerprints(connection)

    read_all(store, source)
    with store.read() as connection:
        after = posts.fingerprints(connection)
    collected = collect(store, source, now=NOW)

    assert after == before
    assert [item.kind for item in collected.news] == [NewsKind.WRAP_UP]


# Saved feeds


def test_saved_feeds_are_read_whatever_their_format(store: Store, tmp_path: Path) -> None:
    files = {"1.xml": rss2([a_chat(0), a_chat(1)]), "2.json": rest([a_chat(2)]), "3.xml": b"no"}
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    paths = [str(tmp_path / name) for name in files]

    (step,) = backfill_files(store, source_of(""), paths, now=NOW)

    assert step.new_posts == known(store) == 3
    assert [fault.place for fault in step.faults] == [paths[2]]


def test_of_two_saved_versions_the_later_one_counts(store: Store, tmp_path: Path) -> None:
    for name, is_wrapped_up in (("2026-06-01.xml", False), ("2026-06-08.xml", True)):
        (tmp_path / name).write_bytes(rss2([a_chat(1, is_wrapped_up=is_wrapped_up)]))
    paths = sorted(str(path) for path in tmp_path.glob("*.xml"))

    (step,) = backfill_files(store, source_of(""), paths, now=NOW)

    assert step.new_posts == 1
    with store.read() as connection:
        (chat,) = posts.all_chats(connection)
    assert chat.phase is Phase.WRAPPED_UP


def test_files_that_are_no_feeds_are_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "notes.xml"
    path.write_text("Kites", encoding="utf-8")

    with pytest.raises(InputError, match="None of these files is a feed"):
        list(backfill_files(store, source_of(""), [str(path)], now=NOW))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--feed", "a.xml", "--feed", "b.xml"], "with --backfill only"),
        (["--backfill", "--feed", "empty"], "holds no feeds"),
        (
            ["--backfill", "--feed", "empty", "--feed", "https://blog.example/"],
            "one blog at a time",
        ),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "otalk-digest.toml").write_text('[feed]\naddress = "feed.xml"\n', encoding="utf-8")
    (tmp_path / "empty").mkdir()

    ended = subprocess.run(
        [sys.executable, "-m", "otalk_digest", "collect", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert words in ended.stderr
