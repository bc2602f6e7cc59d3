"""Posts that move, go, come back or are made again, on a WordPress on the loopback."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.feeds import BLOG, SourcePost, rss2
from tests.http_server import answer, running_site
from tests.wordpress import WordPress

from otalk_digest.collect.fetch import FetchLimits
from otalk_digest.model.chat import Chat, Phase
from otalk_digest.model.feed import FeedKind
from otalk_digest.model.news import NewsKind
from otalk_digest.pipeline.collecting import Collected, Source, collect
from otalk_digest.pipeline.overruling import carry_out, rule
from otalk_digest.settings_tables import ChatSettings
from otalk_digest.store import posts
from otalk_digest.store.database import Store, open_store

#: A Tuesday in summer: the chat is at 19:00 UTC.
CHAT_DAY = datetime(2026, 6, 16, tzinfo=UTC)
BEFORE = CHAT_DAY - timedelta(days=4)
AFTER = CHAT_DAY + timedelta(days=3)
DAY = timedelta(days=1)
PROFILE = ChatSettings().profile()
BLOCK = (
    "<p><strong>POST CHAT</strong></p><p>Host: @maple_ot</p><p><strong>The Numbers</strong></p>"
    "<p>538.417K Impressions<br />311 Tweets<br />67 Participants</p>"
)
#: Older than the chat's post, and always there.
OLDER = tuple(
    SourcePost(
        id=number,
        slug=f"report-{number}",
        title=f"Conference report {number}",
        html=f"<p>What was said in room {number}.</p>",
        published_at=CHAT_DAY - timedelta(days=30 - number),
    )
    for number in range(1, 4)
)
CHAT = SourcePost(
    id=119,
    slug="lanterns",
    title=f"#OTalk {CHAT_DAY:%-d %B %Y} – Lanterns",
    html="<p>Hosted by Maple Reed (@maple_ot).</p><p>We look at what a lantern is for.</p>",
    published_at=CHAT_DAY - timedelta(days=6),
)
AGAIN = replace(CHAT, id=121, slug="lanterns-2", published_at=CHAT.published_at + DAY)
NEWER = tuple(
    replace(post, id=post.id + 900, slug=f"later-{post.id}", published_at=CHAT_DAY + DAY / 24 * n)
    for n, post in enumerate(OLDER * 4)
)


@pytest.fixture
def blog() -> Iterator[WordPress]:
    with running_site() as site:
        yield WordPress(site=site, posts=[*OLDER, CHAT])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store.sqlite3")
    yield opened
    opened.close()


@pytest.fixture(params=[FeedKind.RSS2, FeedKind.ATOM, FeedKind.REST])
def kind(request: pytest.FixtureRequest) -> FeedKind:
    chosen: FeedKind = request.param
    return chosen


def look(blog: WordPress, store: Store, kind: FeedKind, *, now: datetime) -> Collected:
    source = Source(
        address=blog.address,
        limits=FetchLimits(timeout_s=30.0, pause_s=0.001, allow_private_addresses=True),
        profile=PROFILE,
        kind=kind,
        pause_s=0.0,
    )
    return collect(store, source, now=now)


def the_chat(store: Store) -> Chat:
    with store.read() as connection:
        (chat,) = posts.all_chats(connection)
    return chat


def stands_at(blog: WordPress, post: SourcePost) -> str:
    return post.link.replace(BLOG, blog.site.url(""))


# Taken down


def test_the_newest_post_that_was_taken_down_is_told_once(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    """T29: what is younger than the oldest post that remains must be in the feed."""
    look(blog, store, kind, now=BEFORE)
    blog.trashed = {CHAT.id}

    first = look(blog, store, kind, now=BEFORE + DAY)
    blog.posts.append(NEWER[0])
    second = look(blog, store, kind, now=BEFORE + 2 * DAY)

    assert [gone.partition(" (")[0] for gone in first.gone] == [CHAT.title]
    assert first.news == ()
    assert second.gone == ()


def test_a_post_that_slid_off_the_page_was_not_taken_down(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    """F3, F19."""
    look(blog, store, kind, now=BEFORE)
    blog.posts += [*NEWER, *(replace(each, id=each.id + 50 * n) for n, each in enumerate(NEWER))]

    assert look(blog, store, kind, now=BEFORE + DAY).gone == ()


def test_a_feed_that_breaks_off_takes_nothing_down(blog: WordPress, store: Store) -> None:
    look(blog, store, FeedKind.RSS2, now=BEFORE)
    items = rss2([CHAT, *reversed(OLDER)]).split(b"</item>")
    # The second one has no end.
    blog.site.on("/feed/", answer(200, b"</item>".join(items[:2]) + b"</item>".join(items[2:])))

    collected = look(blog, store, FeedKind.RSS2, now=BEFORE + 9 * DAY)

    assert collected.is_partial
    assert collected.gone == ()


# Moved


@pytest.mark.parametrize(
    "moved",
    [
        replace(CHAT, slug="paper-lanterns"),
        replace(CHAT, published_at=CHAT.published_at - DAY),
        replace(CHAT, published_at=CHAT.published_at + DAY, slug="paper-lanterns"),
    ],
    ids=["another slug", "re-dated", "both"],
)
def test_a_link_that_changed_alone_is_kept_and_no_news(
    blog: WordPress, store: Store, *, kind: FeedKind, moved: SourcePost
) -> None:
    """T28, F14: same guid, same text."""
    look(blog, store, kind, now=BEFORE)
    blog.posts = [*OLDER, replace(moved, updated_at=BEFORE)]

    collected = look(blog, store, kind, now=BEFORE + DAY)

    assert collected.news == ()
    assert collected.changed_posts == 0
    assert the_chat(store).url == stands_at(blog, moved)
    with store.read() as connection:
        kept = {post.guid: post for post in posts.last_seen(connection)}[CHAT.guid]
    assert kept.link == stands_at(blog, moved)
    assert kept.published_at == moved.published_at


# Made again


@pytest.mark.parametrize("is_seen_gone", [True, False], ids=["seen gone", "not seen gone"])
def test_a_chat_made_again_stands_at_its_new_address(
    blog: WordPress, store: Store, *, kind: FeedKind, is_seen_gone: bool
) -> None:
    """T28: deleted, and published again the next day under a new guid."""
    look(blog, store, kind, now=BEFORE)
    blog.posts = list(OLDER)
    if is_seen_gone:
        assert len(look(blog, store, kind, now=BEFORE + DAY).gone) == 1
    blog.posts.append(replace(AGAIN, html=AGAIN.html.replace("@maple_ot", "@ash_ot")))

    collected = look(blog, store, kind, now=BEFORE + 2 * DAY)

    assert [item.kind for item in collected.news] == [NewsKind.CHANGE]
    assert collected.gone == ()
    chat = the_chat(store)
    assert chat.guid == CHAT.guid
    assert chat.url == stands_at(blog, AGAIN)
    assert chat.reading.hosts == ("@ash_ot",)


@pytest.mark.parametrize("has_rest", [True, False], ids=["by REST", "by its page"])
def test_its_wrap_up_off_the_page_is_found(
    blog: WordPress, store: Store, *, kind: FeedKind, has_rest: bool
) -> None:
    """T28, T25: the question is after the post that stands."""
    blog.has_rest = has_rest or kind is FeedKind.REST
    look(blog, store, kind, now=BEFORE)
    blog.posts = [*OLDER, AGAIN]
    look(blog, store, kind, now=BEFORE + DAY)
    wrapped_up = replace(AGAIN, html=AGAIN.html + BLOCK, updated_at=AFTER)
    more = [replace(each, id=each.id + 50, slug=f"{each.slug}-b") for each in NEWER]
    blog.posts = [*OLDER, wrapped_up, *NEWER, *more]

    first = look(blog, store, kind, now=AFTER)
    second = look(blog, store, kind, now=AFTER + 8 * DAY)

    assert NewsKind.WRAP_UP in [item.kind for item in first.news]
    assert (first.gone, second.gone, second.news) == ((), (), ())
    assert the_chat(store).phase is Phase.WRAPPED_UP
    assert the_chat(store).url == stands_at(blog, AGAIN)


def test_a_copy_that_outlives_the_first_post_lends_it_its_address(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    """T28: published again before the first was deleted; then back again (T29)."""
    look(blog, store, kind, now=BEFORE)
    blog.posts.append(AGAIN)
    look(blog, store, kind, now=BEFORE + DAY)
    both = the_chat(store).url
    blog.trashed = {CHAT.id}
    without_first = look(blog, store, kind, now=BEFORE + 2 * DAY)
    copied = the_chat(store).url
    blog.trashed = {AGAIN.id}
    look(blog, store, kind, now=BEFORE + 3 * DAY)

    assert both == stands_at(blog, CHAT)
    assert copied == stands_at(blog, AGAIN)
    assert (without_first.gone, without_first.news) == ((), ())
    assert the_chat(store).url == both


def test_a_maintainers_word_on_a_chat_made_again_keeps_what_its_post_says(
    blog: WordPress, store: Store, kind: FeedKind
) -> None:
    look(blog, store, kind, now=BEFORE)
    blog.posts = [*OLDER, replace(AGAIN, html=AGAIN.html.replace("@maple_ot", "@ash_ot"))]
    look(blog, store, kind, now=BEFORE + DAY)

    with store.begin() as connection:
        word = rule(CHAT.guid, {"topic": "Paper lanterns"}, PROFILE, by=None, now=BEFORE + 2 * DAY)
        followed = carry_out(connection, word, PROFILE)

    (news,) = followed.news
    assert [change.field for change in news.changes] == ["topic"]
    assert news.url == stands_at(blog, AGAIN)
    assert the_chat(store).reading.hosts == ("@ash_ot",)
