"""From a blog's address to its news, against a WordPress on the loopback."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.feeds import BLOG, NEXT_PAGE, SourcePost, rss2
from tests.http_server import answer, redirects, running_site
from tests.wordpress import WordPress

from otalk_digest.collect.fetch import FetchLimits
from otalk_digest.errors import FeedError
from otalk_digest.model.chat import Phase
from otalk_digest.model.feed import FeedKind
from otalk_digest.model.news import NewsKind
from otalk_digest.pipeline.collecting import Collected, Source, collect
from otalk_digest.settings_tables import ChatSettings
from otalk_digest.store import posts
from otalk_digest.store.database import Store, open_store

#: A Tuesday in summer: the chat is at 19:00 UTC.
CHAT_DAY = datetime(2026, 6, 16, tzinfo=UTC)
BEFORE = CHAT_DAY - timedelta(days=4)
AFTER = CHAT_DAY + timedelta(days=3)
WEEK = timedelta(days=7)
BLOCK = (
    "<p><strong>POST CHAT</strong></p><p>Host: @maple_ot</p><p><strong>The Numbers</strong></p>"
    "<p>538.417K Impressions<br />311 Tweets<br />67 Participants</p>"
)


@pytest.fixture
def blog() -> Iterator[WordPress]:
    with running_site() as site:
        yield WordPress(site=site)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


def a_chat(number: int = 1, *, day: datetime = CHAT_DAY, extra: str = "") -> SourcePost:
    words = "We will look at what helps, what gets in the way, and what we could try. " * 4
    return SourcePost(
        id=number,
        slug=f"chat-{number}",
        title=f"#OTalk {day:%-d %B %Y} – Lanterns, part {number}",
        html=f"<p>Hosted by Maple Reed (@maple_ot).</p><p>{words}</p>{extra}",
        published_at=day - timedelta(days=6),
    )


def edited(post: SourcePost, *, html: str | None = None, at: datetime = AFTER) -> SourcePost:
    return replace(post, html=post.html + BLOCK if html is None else html, updated_at=at)


def later_posts(count: int, *, after: datetime = CHAT_DAY) -> list[SourcePost]:
    return [
        SourcePost(
            id=900 + number,
            slug=f"report-{number}",
            title=f"Conference report {number}",
            html=f"<p>What was said in room {number}.</p>",
            published_at=after + timedelta(hours=number),
        )
        for number in range(count)
    ]


def source_of(address: str, kind: FeedKind | None = None) -> Source:
    return Source(
        address=address,
        limits=FetchLimits(timeout_s=30.0, pause_s=0.001, allow_private_addresses=True),
        profile=ChatSettings().profile(),
        kind=kind,
        pause_s=0.0,
    )


def look(store: Store, address: str, *, now: datetime, kind: FeedKind | None = None) -> Collected:
    return collect(store, source_of(address, kind), now=now)


def kinds(collected: Collected) -> list[NewsKind]:
    return [item.kind for item in collected.news]


# Finding out how a blog is read


@pytest.mark.parametrize(
    ("settings", "wanted", "kind", "path"),
    [
        ({}, None, FeedKind.REST, "/wp-json/wp/v2/posts"),
        ({"has_permalinks": False}, None, FeedKind.REST, "/?rest_route=/wp/v2/posts"),
        ({"has_rest": False}, None, FeedKind.ATOM, "/feed/atom/"),
        ({"has_rest": False, "has_atom": False}, None, FeedKind.RSS2, "/feed/"),
        ({"has_links": False}, None, FeedKind.ATOM, "/feed/atom/"),
        ({}, FeedKind.RSS2, FeedKind.RSS2, "/feed/"),
        ({}, FeedKind.ATOM, FeedKind.ATOM, "/feed/atom/"),
    ],
    ids=["REST", "REST without permalinks", "Atom", "RSS alone", "no links", "pin RSS", "pin Atom"],
)
def test_the_best_way_is_found_from_the_blogs_address(
    blog: WordPress,
    store: Store,
    *,
    settings: dict[str, bool],
    wanted: FeedKind | None,
    kind: FeedKind,
    path: str,
) -> None:
    for name, value in settings.items():
        setattr(blog, name, value)
    blog.posts = [a_chat()]

    collected = look(store, blog.address, now=BEFORE, kind=wanted)

    assert collected.new_route is not None
    assert collected.new_route.kind is kind
    assert collected.new_route.address == blog.site.url(path)
    assert kinds(collected) == [NewsKind.ANNOUNCEMENT]


def test_rest_that_is_named_and_closed_is_passed_over(blog: WordPress, store: Store) -> None:
    blog.posts = [a_chat()]
    blog.site.on("/closed/wp/v2/posts", answer(401))
    page = (
        f'<html><head><link rel="https://api.w.org/" href="{blog.site.url("/closed/")}">'
        '<link rel="alternate" type="application/rss+xml" href="/feed/"></head></html>'
    )
    blog.site.on("/", answer(200, page.encode(), {"Content-Type": "text/html"}))

    collected = look(store, blog.address, now=BEFORE)

    assert collected.new_route is not None
    assert collected.new_route.kind is FeedKind.ATOM


def test_a_feeds_own_address_stays_that_feed_and_costs_one_request(
    blog: WordPress, store: Store
) -> None:
    blog.posts = [a_chat()]

    collected = look(store, blog.site.url("/feed/"), now=BEFORE)

    assert collected.new_route is not None
    assert collected.new_route.kind is FeedKind.RSS2
    assert blog.paths == ["/feed/"]


@pytest.mark.parametrize("kind", [FeedKind.RSS2, FeedKind.ATOM, FeedKind.REST])
def test_a_usual_week_costs_one_request(blog: WordPress, store: Store, kind: FeedKind) -> None:
    blog.posts = [a_chat()]
    look(store, blog.address, now=BEFORE, kind=kind)
    blog.forget_requests()

    collected = look(store, blog.address, now=BEFORE + timedelta(days=1), kind=kind)

    assert collected.is_unchanged
    assert len(blog.paths) == 1


def test_a_pin_finds_the_other_feed_of_the_same_blog(blog: WordPress, store: Store) -> None:
    blog.posts = [a_chat()]

    collected = look(store, blog.site.url("/feed/"), now=BEFORE, kind=FeedKind.REST)

    assert collected.new_route is not None
    assert collected.new_route.address == blog.site.url("/wp-json/wp/v2/posts")


def test_a_pin_that_the_blog_does_not_offer_is_told(blog: WordPress, store: Store) -> None:
    blog.has_rest = False
    blog.posts = [a_chat()]

    with pytest.raises(FeedError, match="offers no rest"):
        look(store, blog.address, now=BEFORE, kind=FeedKind.REST)


def test_a_way_that_stops_working_is_found_anew_and_tells_nothing_twice(
    blog: WordPress, store: Store
) -> None:
    blog.posts = [a_chat()]
    look(store, blog.address, now=BEFORE)
    blog.has_rest = False

    collected = look(store, blog.address, now=BEFORE + timedelta(days=1))

    assert collected.new_route is not None
    assert collected.new_route.kind is FeedKind.ATOM
    assert collected.news == ()
    assert collected.has_overlap


def test_a_way_that_is_down_for_now_is_kept(blog: WordPress, store: Store) -> None:
    blog.posts = [a_chat()]
    look(store, blog.address, now=BEFORE)
    down = answer(503)
    blog.site.otherwise = down

    with pytest.raises(FeedError, match="out of service"):
        look(store, blog.address, now=BEFORE + WEEK)
    asked = {path.partition("?")[0] for path in blog.paths[-3:]}

    assert asked == {"/wp-json/wp/v2/posts"}


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (b"", "empty answer"),
        (b"<html><body>Hello</body></html>", "is a web page, not a feed"),
        (b"<html><title>Just a moment...</title></html>", "checks for robots"),
        (b"<html><body>Briefly unavailable for maintenance</body></html>", "maintenance page"),
        (b'{"name": "kites"}', "no list of posts"),
    ],
    ids=["empty", "no blog", "robots", "maintenance", "JSON"],
)
def test_an_address_without_a_blog_says_what_it_is(
    blog: WordPress, store: Store, page: bytes, words: str
) -> None:
    blog.site.otherwise = answer(404)
    blog.site.on("/", answer(200, page))

    with pytest.raises(FeedError, match=words):
        look(store, blog.address, now=BEFORE)


def test_the_feed_of_comments_is_refused(blog: WordPress, store: Store) -> None:
    """T32, F30."""
    comment = replace(a_chat(), title="Comment on Lanterns by Bracken", has_permalink_guid=True)
    blog.site.on("/comments/feed/", answer(200, rss2([comment])))

    with pytest.raises(FeedError, match="comments, not of posts"):
        look(store, blog.site.url("/comments/feed/"), now=BEFORE)


def test_a_mistyped_feed_address_is_refused(blog: WordPress, store: Store) -> None:
    """T32, F29: answered with 200 and an empty feed."""
    body = rss2([], title="Comments on: ")
    blog.site.on("/nowhere/feed/", answer(200, body))

    with pytest.raises(FeedError, match="mistyped"):
        look(store, blog.site.url("/nowhere/feed/"), now=BEFORE)


@pytest.mark.parametrize("list_name", ["comments", "tags", "pages"])
def test_another_list_of_rest_is_refused(blog: WordPress, store: Store, list_name: str) -> None:
    """T32."""
    item = {"id": 3, "link": f"{BLOG}/3/", "content": {"rendered": "<p>Yes.</p>"}}
    known = {"comments": {"type": "comment"}, "tags": {"taxonomy": "post_tag"}}
    item |= known.get(list_name, {"type": "page", "title": {"rendered": "About"}})
    blog.site.otherwise = answer(200, json.dumps([item]).encode())

    with pytest.raises(FeedError, match="not of posts"):
        look(store, blog.site.url(f"/wp-json/wp/v2/{list_name}"), now=BEFORE)


OLD_RSS = (
    b'<rss version="0.92"><channel><title>K</title><item><title>A</title></item></channel></rss>'
)


def test_a_blog_of_old_rss_alone_is_refused_with_the_right_address(
    blog: WordPress, store: Store
) -> None:
    """T33: it has neither guids nor dates."""
    blog.site.otherwise = answer(404)
    blog.site.on("/?feed=rss", answer(200, OLD_RSS))

    with pytest.raises(FeedError, match=r"RSS 0\.9.*/\?feed=rss2 instead"):
        look(store, blog.site.url("/?feed=rss"), now=BEFORE)


def test_old_rss_of_a_blog_with_better_feeds_leads_to_them(blog: WordPress, store: Store) -> None:
    """T33."""
    blog.posts = [a_chat()]
    blog.site.on("/?feed=rss", answer(200, OLD_RSS))

    collected = look(store, blog.site.url("/?feed=rss"), now=BEFORE)

    assert collected.new_route is not None
    assert collected.new_route.kind is FeedKind.ATOM


def test_a_blog_that_moved_for_good_is_read_and_told(blog: WordPress, store: Store) -> None:
    blog.posts = [a_chat()]
    blog.site.on("/old/feed/", redirects(blog.site.url("/feed/")))

    moves = [
        look(store, blog.site.url("/old/feed/"), now=BEFORE + timedelta(days=day)).moved_to
        for day in range(2)
    ]

    assert moves == [blog.site.url("/feed/")] * 2


def test_a_password_is_neither_stored_nor_shown_nor_sent_elsewhere(
    blog: WordPress, store: Store, tmp_path: Path
) -> None:
    blog.posts = [a_chat()]
    address = blog.address.replace("://", "://wren:hush@")
    with running_site() as elsewhere:
        other = WordPress(site=elsewhere, posts=[a_chat()])
        page = f'<html><link rel="https://api.w.org/" href="{other.site.url("/wp-json/")}"></html>'
        blog.site.on("/", answer(200, page.encode()))

        collected = look(store, address, now=BEFORE)

    assert collected.address == blog.address
    assert "authorization" in blog.site.requests[0].headers
    assert "authorization" not in other.site.requests[0].headers
    store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"hush" not in kept


# Wrap-ups that the feed does not show


@pytest.fixture(params=[FeedKind.RSS2, FeedKind.ATOM, FeedKind.REST])
def kind(request: pytest.FixtureRequest) -> FeedKind:
    chosen: FeedKind = request.param
    return chosen


def announced(blog: WordPress, store: Store, kind: FeedKind) -> None:
    blog.posts = [a_chat()]
    look(store, blog.address, now=BEFORE, kind=kind)
    blog.forget_requests()


def wrapped_up(store: Store) -> list[int]:
    with store.read() as connection:
        chats = posts.all_chats(connection)
    return [
        chat.reading.numbers.tweets.value
        for chat in chats
        if chat.phase is Phase.WRAPPED_UP and chat.reading.numbers.tweets is not None
    ]


def test_the_wrap_up_of_a_post_that_slid_off_the_page_is_found(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    """T25."""
    announced(blog, store, kind)
    blog.posts = [edited(a_chat()), *later_posts(25)]

    collected = look(store, blog.address, now=AFTER, kind=kind)

    assert NewsKind.WRAP_UP in kinds(collected)
    assert wrapped_up(store) == [311]
    assert len(blog.paths) <= 3


def test_it_is_read_from_its_page_where_there_is_no_rest(blog: WordPress, store: Store) -> None:
    """T25, and F39: the page's furniture is no part of the post."""
    blog.has_rest = False
    announced(blog, store, FeedKind.RSS2)
    blog.posts = [edited(a_chat()), *later_posts(12)]

    collected = look(store, blog.address, now=AFTER, kind=FeedKind.RSS2)

    assert NewsKind.WRAP_UP in kinds(collected)
    assert wrapped_up(store) == [311]


@pytest.mark.parametrize("has_rest", [True, False], ids=["by REST", "by its page"])
@pytest.mark.parametrize("feed", [FeedKind.RSS2, FeedKind.ATOM])
def test_a_wrap_up_that_a_summary_hides_is_found(
    blog: WordPress,
    store: Store,
    *,
    feed: FeedKind,
    has_rest: bool,
) -> None:
    """T26, F4."""
    blog.has_rest, blog.is_summary_only = has_rest, True
    announced(blog, store, feed)
    blog.posts = [edited(a_chat())]

    collected = look(store, blog.address, now=AFTER, kind=feed)

    assert kinds(collected) == [NewsKind.WRAP_UP]


@pytest.mark.parametrize("feed", [FeedKind.RSS2, FeedKind.ATOM])
def test_a_feed_switched_to_summaries_and_back_tells_nothing(
    blog: WordPress, store: Store, feed: FeedKind
) -> None:
    """F4, T24: the text names two hosts, its block one of them."""
    both = a_chat().html.replace("(@maple_ot)", "(@maple_ot) and Ash Lake (@ash_ot)")
    blog.posts = [edited(a_chat(), html=both + BLOCK)]
    look(store, blog.address, now=AFTER, kind=feed)
    told: list[NewsKind] = []

    for week, is_summary_only in enumerate((True, False, True, False), start=1):
        blog.is_summary_only = is_summary_only
        now = AFTER + timedelta(days=8 * week)
        told += kinds(look(store, blog.address, now=now, kind=feed))

    assert told == []
    assert wrapped_up(store) == [311]


@pytest.mark.parametrize("has_rest", [True, False], ids=["by REST", "by its page"])
@pytest.mark.parametrize("feed", [FeedKind.RSS2, FeedKind.ATOM])
def test_a_wrap_up_behind_the_next_page_is_found(
    blog: WordPress,
    store: Store,
    *,
    feed: FeedKind,
    has_rest: bool,
) -> None:
    """T26, F27: feeds carry the first page only."""
    blog.has_rest = has_rest
    announced(blog, store, feed)
    blog.posts = [edited(a_chat(), html=a_chat().html + NEXT_PAGE + BLOCK)]

    collected = look(store, blog.address, now=AFTER, kind=feed)

    assert kinds(collected) == [NewsKind.WRAP_UP]
    assert wrapped_up(store) == [311]


def test_a_wrap_up_from_beyond_the_feed_is_told_once(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    """T17: the feed's own version comes again and changes nothing."""
    announced(blog, store, kind)
    blog.posts = [edited(a_chat(), html=a_chat().html + NEXT_PAGE + BLOCK)]
    look(store, blog.address, now=AFTER, kind=kind)
    blog.posts += later_posts(1, after=AFTER)

    collected = look(store, blog.address, now=AFTER + timedelta(days=9), kind=kind)

    assert kinds(collected) == [NewsKind.NOTICE]
    assert wrapped_up(store) == [311]


def test_nobody_is_asked_before_the_hour_nor_after_the_time_of_waiting(
    blog: WordPress, store: Store
) -> None:
    announced(blog, store, FeedKind.RSS2)
    blog.posts = [a_chat(), *later_posts(12)]
    for now in (CHAT_DAY, CHAT_DAY + timedelta(days=30)):
        look(store, blog.address, now=now, kind=FeedKind.RSS2)

    assert set(blog.paths) == {"/feed/"}


def test_a_wrap_up_that_stands_in_the_feed_costs_no_more_than_the_feed(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    announced(blog, store, kind)
    blog.posts = [edited(a_chat())]

    collected = look(store, blog.address, now=AFTER, kind=kind)

    assert kinds(collected) == [NewsKind.WRAP_UP]
    assert len(blog.paths) == 1


def test_edits_anywhere_are_asked_for_once_a_week(blog: WordPress, store: Store) -> None:
    """F33: by REST's `modified_after`, in site time, with a day's overlap."""
    blog.posts = [edited(a_chat(), at=CHAT_DAY + timedelta(days=1)), *later_posts(25)]
    first = CHAT_DAY + timedelta(days=30)
    look(store, blog.address, now=first)
    blog.posts[0] = edited(a_chat(), html=a_chat().html + BLOCK.replace("311", "313"), at=first)
    blog.forget_requests()

    look(store, blog.address, now=first + timedelta(days=7))
    is_asked_early = any("modified_after" in path for path in blog.paths)
    look(store, blog.address, now=first + timedelta(days=9))

    assert not is_asked_early
    assert f"modified_after={first - timedelta(days=1):%Y-%m-%dT%H:%M:%S}" in blog.paths[-1]
    assert wrapped_up(store) == [313]


# Posts that go, and gaps


def test_a_post_that_vanished_between_two_others_is_told_once_and_not_mailed(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    """T29, F19."""
    blog.posts = [a_chat(number, day=CHAT_DAY + WEEK * number) for number in range(3)]
    now = CHAT_DAY - timedelta(days=1)
    look(store, blog.address, now=now, kind=kind)
    blog.trashed = {1}

    first = look(store, blog.address, now=now + timedelta(hours=1), kind=kind)
    blog.posts += later_posts(1, after=CHAT_DAY + WEEK * 4)
    second = look(store, blog.address, now=now + timedelta(hours=2), kind=kind)

    assert len(first.gone) == 1
    assert "part 1" in first.gone[0]
    assert first.news == ()
    assert second.gone == ()


def test_a_post_that_is_back_is_the_same_post(blog: WordPress, store: Store) -> None:
    """T29."""
    blog.posts = [a_chat(number, day=CHAT_DAY + WEEK * number) for number in range(3)]
    now = CHAT_DAY - timedelta(days=1)
    for trashed in (set[int](), {1}):
        blog.trashed = trashed
        look(store, blog.address, now=now, kind=FeedKind.RSS2)
    blog.trashed = set()

    collected = look(store, blog.address, now=now + timedelta(hours=1), kind=FeedKind.RSS2)

    assert not collected.is_unchanged
    assert collected.news == ()
    assert collected.gone == ()


def test_a_chats_post_that_answers_404_is_told(blog: WordPress, store: Store) -> None:
    """T29: its wrap-up was looked for, and the post was not there."""
    blog.has_rest = False
    announced(blog, store, FeedKind.RSS2)
    blog.posts += later_posts(2)
    blog.trashed = {1}

    collected = look(store, blog.address, now=AFTER, kind=FeedKind.RSS2)

    assert len(collected.gone) == 1
    assert set(kinds(collected)) == {NewsKind.NOTICE}


def test_a_post_behind_a_password_is_skipped_quietly(blog: WordPress, store: Store) -> None:
    """T30, F17."""
    blog.posts = [a_chat(), replace(a_chat(2, day=CHAT_DAY + WEEK), is_protected=True)]

    collected = look(store, blog.address, now=BEFORE, kind=FeedKind.REST)

    assert [item.guid for item in collected.news] == [a_chat().guid]
    assert collected.faults == ()


def test_a_feed_that_no_longer_overlaps_is_told(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    announced(blog, store, kind)
    blog.posts = later_posts(25)

    collected = look(store, blog.address, now=AFTER, kind=kind)

    assert not collected.has_overlap


def test_scheduled_posts_are_seen_although_nobody_edited_them(
    blog: WordPress, store: Store
) -> None:
    """F15, F16: a scheduled post's last edit lies before the last look."""
    announced(blog, store, FeedKind.REST)
    scheduled = a_chat(2, day=CHAT_DAY + WEEK)
    blog.posts.append(replace(scheduled, updated_at=BEFORE - WEEK))

    collected = look(store, blog.address, now=AFTER, kind=FeedKind.REST)

    assert kinds(collected) == [NewsKind.ANNOUNCEMENT]


# What a page or an excerpt alone does not say


def test_a_page_keeps_the_day_and_the_author_that_the_feed_gave(
    blog: WordPress, store: Store
) -> None:
    blog.has_rest = False
    # T1: without its publish date the day has no year; T8: without its author no host.
    html = "<p>We begin with a kettle and see where it takes us.</p>"
    chat = replace(a_chat(), title="#OTalk 16th June – Lanterns", html=html, author="Orla Wick")
    blog.posts = [chat]
    look(store, blog.address, now=BEFORE, kind=FeedKind.RSS2)
    # F27: the feed carries the first page only.
    blog.posts = [edited(chat, html=html + NEXT_PAGE + BLOCK.replace("Host: @maple_ot", ""))]

    (news,) = look(store, blog.address, now=AFTER, kind=FeedKind.RSS2).news

    assert news.kind is NewsKind.WRAP_UP
    assert news.reading.starts_at == CHAT_DAY.replace(hour=19)
    assert news.reading.hosts == ("Orla Wick",)


@pytest.mark.parametrize("has_rest", [False, True])
def test_of_half_a_wrap_up_in_an_excerpt_the_whole_is_told_once(
    blog: WordPress, store: Store, *, has_rest: bool
) -> None:
    blog.has_rest, blog.is_summary_only = has_rest, True
    blog.posts = [a_chat()]
    look(store, blog.address, now=BEFORE, kind=FeedKind.RSS2)
    # T19: of the header the excerpt shows the words, not their link.
    top = (
        "<p>Date: 16/06/2026 Host: @maple_ot</p>\n<p>Blog Post – "
        '<a href="https://transcripts.example/1">Transcript</a></p>\n'
    )
    blog.posts = [edited(a_chat(), html=top + a_chat().html)]

    (news,) = look(store, blog.address, now=AFTER, kind=FeedKind.RSS2).news

    assert news.kind is NewsKind.WRAP_UP
    assert news.reading.transcript_url == "https://transcripts.example/1"
