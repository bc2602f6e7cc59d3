"""The life of a chat: each snapshot of a feed gives its news once."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.post_corpus import PROFILE

from otalk_digest.collect.extract import read_post
from otalk_digest.collect.follow import Followed, find_chat, follow
from otalk_digest.model.chat import Chat, Flag, Phase
from otalk_digest.model.feed import Post
from otalk_digest.model.news import Change, News, NewsKind

PUBLISHED = datetime(2019, 3, 5, 9, tzinfo=UTC)
BEFORE = datetime(2019, 3, 7, 9, tzinfo=UTC)
STARTS = datetime(2019, 3, 12, 20, tzinfo=UTC)
AFTER = datetime(2019, 3, 14, 9, tzinfo=UTC)
TITLE = "#OTalk 12th March 2019 – Beehives and Sundays"
HOST = "This week’s #OTalk will be hosted by Tam Ostler (@tam_ot)."
ASKED = "Questions:\n1. What is a hive for?\n2. Who lifts the lid?"
BLOCK = "POST CHAT\nHost: @tam_ot\nThe Numbers\n417.905KImpressions\n93Tweets\n23Participants"


def a_post(
    title: str = TITLE,
    *parts: str,
    guid: str = "https://blog.example/?p=7",
    link: str | None = "https://blog.example/2019/03/05/beehives/",
    published_at: datetime | None = PUBLISHED,
    author: str | None = "ottoline",
) -> Post:
    return Post(
        guid=guid,
        link=link,
        title=title,
        author=author,
        published_at=published_at,
        html="",
        text="\n".join(parts or (HOST, ASKED)),
        fingerprint="",
    )


ANNOUNCED = a_post()
WRAPPED = a_post(TITLE, HOST, ASKED, BLOCK)


@dataclass
class Blog:
    """What we know of a blog while its snapshots come in."""

    chats: list[Chat] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    news: list[News] = field(default_factory=list)

    def see(self, *posts: Post, now: datetime, is_first_run: bool = False) -> list[News]:
        return [news for post in posts for news in self._see(post, now, is_first_run=is_first_run)]

    def _see(self, post: Post, now: datetime, *, is_first_run: bool) -> tuple[News, ...]:
        reading = read_post(post, PROFILE)
        known = find_chat(post, reading, self.chats)
        followed = follow(
            post,
            reading,
            known=known,
            is_new_post=post.guid not in self.seen,
            is_first_run=is_first_run,
            now=now,
        )
        self._keep(post, followed, known)
        return followed.news

    def _keep(self, post: Post, followed: Followed, known: Chat | None) -> None:
        self.seen.add(post.guid)
        self.news.extend(followed.news)
        if known:
            self.chats.remove(known)
        if followed.chat:
            self.chats.append(followed.chat)


def kinds(news: list[News]) -> list[NewsKind]:
    return [item.kind for item in news]


def a_blog_that_knows(*posts: Post, now: datetime = BEFORE) -> Blog:
    blog = Blog()
    blog.see(*posts, now=now)
    return blog


def test_a_chat_is_announced_once() -> None:
    blog = Blog()

    first = blog.see(ANNOUNCED, now=BEFORE)
    second = blog.see(ANNOUNCED, now=BEFORE)

    assert kinds(first) == [NewsKind.ANNOUNCEMENT]
    assert first[0].happened_at == BEFORE
    assert second == []


def test_the_wrap_up_appended_to_the_same_post_is_told_once() -> None:
    blog = a_blog_that_knows(ANNOUNCED)

    first = blog.see(WRAPPED, now=AFTER)
    second = blog.see(WRAPPED, now=AFTER + timedelta(days=1))

    assert kinds(first) == [NewsKind.WRAP_UP]
    assert second == []
    assert blog.chats[0].phase is Phase.WRAPPED_UP


def test_a_post_first_seen_with_its_block_is_one_wrap_up_and_no_announcement() -> None:
    assert kinds(Blog().see(WRAPPED, now=AFTER)) == [NewsKind.WRAP_UP]


def test_a_block_filled_in_before_the_hour_is_no_wrap_up() -> None:
    blog = a_blog_that_knows(ANNOUNCED)

    assert blog.see(WRAPPED, now=BEFORE) == []
    assert kinds(blog.see(WRAPPED, now=AFTER)) == [NewsKind.WRAP_UP]


@pytest.mark.parametrize(
    ("block", "changes"),
    [
        (BLOCK.replace("93Tweets", "95Tweets"), (Change(field="tweets", old="93", new="95"),)),
        (BLOCK.replace("23Part", "Part"), (Change(field="participants", old="23", new=None),)),
        (
            BLOCK.replace("Host: @tam_ot", "Host: @tam_ostler_x"),
            (Change(field="hosts", old="@tam_ot", new="@tam_ostler_x"),),
        ),
        (
            BLOCK + "\nOnline Transcript\nhttps://files.example/t",
            (Change(field="transcript_url", old=None, new="https://files.example/t"),),
        ),
    ],
)
def test_a_correction_after_the_wrap_up_says_what_changed(
    block: str, changes: tuple[Change, ...]
) -> None:
    blog = a_blog_that_knows(WRAPPED, now=AFTER)
    corrected = a_post(TITLE, HOST, ASKED, block)

    news = blog.see(corrected, now=AFTER)

    assert kinds(news) == [NewsKind.CORRECTION]
    assert news[0].changes == changes
    assert blog.see(corrected, now=AFTER) == []


def test_a_block_that_vanishes_and_returns_is_no_news() -> None:
    blog = a_blog_that_knows(WRAPPED, now=AFTER)

    assert blog.see(ANNOUNCED, WRAPPED, now=AFTER) == []


@pytest.mark.parametrize(
    ("post", "changes"),
    [
        (
            a_post("#OTalk 19th March 2019 – Beehives and Sundays"),
            [("starts_at", "2019-03-12T20:00:00+00:00", "2019-03-19T20:00:00+00:00")],
        ),
        (
            a_post("#OTalk 12th March 2019 7pm – Beehives and Sundays"),
            [("starts_at", "2019-03-12T20:00:00+00:00", "2019-03-12T19:00:00+00:00")],
        ),
        (
            a_post("#OTalk 12th March 2019 – Tin roofs in the rain"),
            [("topic", "Beehives and Sundays", "Tin roofs in the rain")],
        ),
        (
            a_post(TITLE, "Hosted by @tam_ot and @QuillOT.", ASKED),
            [("hosts", "@tam_ot", "@tam_ot, @QuillOT")],
        ),
    ],
    ids=["date", "hour", "topic", "host"],
)
def test_a_change_before_the_chat_is_told_once_from_old_to_new(
    post: Post, changes: list[tuple[str, str, str]]
) -> None:
    blog = a_blog_that_knows(ANNOUNCED)

    news = blog.see(post, now=BEFORE)

    assert kinds(news) == [NewsKind.CHANGE]
    assert [(c.field, c.old, c.new) for c in news[0].changes] == changes
    assert blog.see(post, now=BEFORE) == []


@pytest.mark.parametrize(
    "post",
    [
        a_post("#OTALK 12th March 2019 – beehives, and Sundays!"),
        a_post("#OTalk 12th March 2019 – Behives and Sundays"),
        a_post(TITLE, HOST.replace("@tam_ot", "@Tam_OT"), ASKED),
        a_post(TITLE, HOST, ASKED.replace("for?", "good for?")),
        a_post(TITLE, HOST, "A paragraph more.", ASKED),
    ],
    ids=["punctuation", "typo", "case of a handle", "question", "text"],
)
def test_an_edit_that_matters_to_nobody_updates_the_record_silently(post: Post) -> None:
    blog = a_blog_that_knows(ANNOUNCED)

    assert blog.see(post, now=BEFORE) == []
    assert blog.chats[0].reading == read_post(post, PROFILE)


def test_after_the_chat_began_a_new_topic_is_no_change() -> None:
    blog = a_blog_that_knows(ANNOUNCED)

    news = blog.see(a_post("#OTalk 12th March 2019 – Tin roofs in the rain"), now=STARTS)

    assert news == []
    assert blog.chats[0].reading.topic == "Tin roofs in the rain"


def test_a_new_date_ahead_is_told_even_after_the_old_hour() -> None:
    blog = a_blog_that_knows(ANNOUNCED)

    news = blog.see(a_post("#OTalk 19th March 2019 – Beehives and Sundays"), now=AFTER)

    assert kinds(news) == [NewsKind.CHANGE]


@pytest.mark.parametrize(
    ("post", "phase"),
    [
        (a_post(f"CANCELLED – {TITLE}"), Phase.CANCELLED),
        (a_post("CANCELLED – Beehives and Sundays"), Phase.CANCELLED),
        (a_post(TITLE, "This week’s chat has been cancelled.", HOST), Phase.CANCELLED),
        (a_post(f"{TITLE} – POSTPONED"), Phase.POSTPONED),
        (a_post("Postponed: Beehives and Sundays"), Phase.POSTPONED),
    ],
    ids=["before the title", "date taken out", "in the text", "after the title", "put off"],
)
def test_a_chat_called_off_is_told_once_with_its_date(post: Post, phase: Phase) -> None:
    blog = a_blog_that_knows(ANNOUNCED)

    news = blog.see(post, now=BEFORE)

    assert kinds(news) == [NewsKind.CANCELLATION]
    assert news[0].reading.starts_at == STARTS
    assert blog.chats[0].phase is phase
    assert blog.see(post, now=BEFORE) == []


def test_calling_off_a_chat_that_is_over_is_no_news() -> None:
    blog = a_blog_that_knows(ANNOUNCED)

    assert blog.see(a_post(f"CANCELLED – {TITLE}"), now=AFTER) == []


def test_a_chat_first_seen_as_cancelled_is_never_announced() -> None:
    assert kinds(Blog().see(a_post(f"CANCELLED – {TITLE}"), now=BEFORE)) == [NewsKind.CANCELLATION]


def test_a_cancelled_chat_that_is_on_again_is_a_change() -> None:
    blog = a_blog_that_knows(ANNOUNCED, a_post(f"CANCELLED – {TITLE}"))

    news = blog.see(ANNOUNCED, now=BEFORE)

    assert kinds(news) == [NewsKind.CHANGE]
    assert news[0].changes == (Change(field="phase", old="cancelled", new="announced"),)
    assert blog.see(ANNOUNCED, now=BEFORE) == []


def test_a_postponed_chat_with_a_new_date_is_a_change_even_if_the_word_stays() -> None:
    blog = a_blog_that_knows(ANNOUNCED, a_post(f"Postponed: {TITLE}"))
    moved = a_post("Postponed: #OTalk 26th March 2019 – Beehives and Sundays")

    news = blog.see(moved, now=BEFORE)

    assert kinds(news) == [NewsKind.CHANGE]
    assert [change.field for change in news[0].changes] == ["phase", "starts_at"]
    assert blog.see(moved, now=BEFORE) == []
    assert blog.chats[0].phase is Phase.ANNOUNCED


def test_a_chat_postponed_to_a_day_in_one_edit_is_a_change() -> None:
    blog = a_blog_that_knows(ANNOUNCED)
    moved = a_post(TITLE, "This chat has been postponed to Tuesday 26th March 2019.", HOST)

    news = blog.see(moved, now=BEFORE)

    assert kinds(news) == [NewsKind.CHANGE]
    assert news[0].changes[0].new == "2019-03-26T20:00:00+00:00"
    assert blog.see(moved, now=BEFORE) == []


NOTICE = a_post("Helpers Wanted – kettle keepers", "We look for two people.", guid="n1", link=None)


def test_a_post_about_no_chat_is_a_notice_once_whatever_is_edited() -> None:
    blog = Blog()

    first = blog.see(NOTICE, now=BEFORE)
    second = blog.see(replace(NOTICE, text="We look for three people."), now=BEFORE)

    assert kinds(first) == [NewsKind.NOTICE]
    assert first[0].reading.starts_at is None
    assert second == []
    assert blog.chats == []


def test_a_post_that_only_now_says_it_is_a_chat_is_announced() -> None:
    blog = a_blog_that_knows(replace(ANNOUNCED, title="Beehives and Sundays"))

    assert kinds(blog.see(ANNOUNCED, now=BEFORE)) == [NewsKind.ANNOUNCEMENT]


def test_a_known_chat_whose_title_lost_its_date_stays_known() -> None:
    blog = a_blog_that_knows(ANNOUNCED)

    assert blog.see(replace(ANNOUNCED, title="Beehives and Sundays"), now=BEFORE) == []
    assert blog.chats[0].reading.starts_at == STARTS


def test_a_protected_post_is_no_news_and_unlocking_it_announces_the_chat() -> None:
    blog = Blog()
    locked = replace(ANNOUNCED, title=f"Protected: {TITLE}", is_protected=True)

    assert blog.see(locked, now=BEFORE) == []
    assert kinds(blog.see(ANNOUNCED, now=BEFORE)) == [NewsKind.ANNOUNCEMENT]
    assert blog.see(locked, now=BEFORE) == []
    assert blog.chats[0].reading.hosts == ("@tam_ot",)


def test_a_summary_erases_nothing_that_the_whole_post_said() -> None:
    blog = a_blog_that_knows(WRAPPED, now=AFTER)
    summary = replace(a_post(TITLE, "Bees were kept in […]"), is_summary=True)

    assert blog.see(summary, now=AFTER) == []
    reading = blog.chats[0].reading
    assert reading.numbers.tweets is not None
    assert reading.hosts == ("@tam_ot",)
    assert len(reading.questions) == 2


TWO_HOSTS = a_post(TITLE, f"{HOST[:-1]} and Quill Fern (@quill_ot).", ASKED, BLOCK)


def cut_short(post: Post, text: str = f"{HOST} Bees were kept in […]") -> Post:
    return replace(post, text=text, is_summary=True)


@pytest.mark.parametrize(
    "summary",
    [
        cut_short(TWO_HOSTS, f"{HOST[:-1]} and Quill Fern (@quill_ot). Bees […]"),
        cut_short(
            TWO_HOSTS, "Quill Fern (@bees_and_co) will host. On Tuesday 19th March at 9pm […]"
        ),
        cut_short(TWO_HOSTS, "Bees […]"),
    ],
    ids=["a host more", "other words", "nothing"],
)
def test_switching_to_summaries_and_back_corrects_nothing(summary: Post) -> None:
    """F4, T24: the text names two hosts, the block at its end one of them."""
    blog = a_blog_that_knows(TWO_HOSTS, now=AFTER)
    before = blog.chats[0].reading

    assert blog.see(summary, summary, TWO_HOSTS, summary, TWO_HOSTS, now=AFTER) == []
    assert blog.chats[0].reading == before


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("#OTalk 19th March 2019 – Beehives and Sundays", "starts_at"),
        ("#OTalk 12th March 2019 – Tin roofs in the rain", "topic"),
    ],
)
def test_a_new_title_above_an_excerpt_is_a_change(title: str, field: str) -> None:
    """T16: a title comes whole, whatever the feed cuts."""
    blog = a_blog_that_knows(ANNOUNCED)

    (news,) = blog.see(cut_short(a_post(title)), now=BEFORE)

    assert [change.field for change in news.changes] == [field]
    assert len(blog.chats[0].reading.questions) == 2


@pytest.mark.parametrize(
    "post",
    [a_post(f"CANCELLED – {TITLE}"), a_post(TITLE)],
    ids=["in the title", "in the first words"],
)
def test_an_excerpt_can_call_a_chat_off(post: Post) -> None:
    blog = a_blog_that_knows(ANNOUNCED)
    text = "CANCELLED" if post.title == TITLE else HOST

    assert kinds(blog.see(cut_short(post, text), now=BEFORE)) == [NewsKind.CANCELLATION]


def test_of_excerpts_alone_the_newest_counts() -> None:
    blog = a_blog_that_knows(cut_short(ANNOUNCED))

    news = blog.see(cut_short(ANNOUNCED, "Hosted by @QuillOT. Bees […]"), now=BEFORE)

    assert [change.field for change in news[0].changes] == ["hosts"]


TRANSCRIPT = a_post(
    "Transcript: Beehives and Sundays – #Occhat (12 March 2019)",
    "The chat created 118,402 Impressions196 Tweets17 Participants",
    "Transcript https://files.example/t",
    guid="https://blog.example/?p=9",
    link="https://blog.example/2019/03/14/transcript/",
    published_at=AFTER,
)


@pytest.mark.parametrize("order", [(ANNOUNCED, TRANSCRIPT), (TRANSCRIPT, ANNOUNCED)])
def test_a_transcript_post_joins_its_chat_whichever_is_seen_first(order: tuple[Post, Post]) -> None:
    blog = Blog()

    blog.see(order[0], now=AFTER)
    blog.see(order[1], now=AFTER)

    assert len(blog.chats) == 1
    reading = blog.chats[0].reading
    assert reading.hosts == ("@tam_ot",)
    assert len(reading.questions) == 2
    assert reading.transcript_url == "https://files.example/t"
    assert reading.numbers.tweets is not None
    told = [kind for kind in kinds(blog.news) if kind is not NewsKind.CORRECTION]
    assert told[-1] is NewsKind.WRAP_UP
    assert told.count(NewsKind.WRAP_UP) == 1


def test_announcement_and_transcript_post_seen_again_and_again_are_no_news() -> None:
    blog = a_blog_that_knows(ANNOUNCED, TRANSCRIPT, now=AFTER)

    assert blog.see(TRANSCRIPT, ANNOUNCED, TRANSCRIPT, ANNOUNCED, now=AFTER) == []


@pytest.mark.parametrize(
    "again",
    [
        replace(ANNOUNCED, link="https://new.example/2019/03/05/beehives/"),
        replace(ANNOUNCED, published_at=PUBLISHED + timedelta(days=1)),
        replace(ANNOUNCED, guid="https://blog.example/?p=8"),
        replace(ANNOUNCED, guid="https://blog.example/?p=8", link="https://blog.example/b-2/"),
    ],
    ids=["domain moved", "re-dated", "made again, same link", "made again, new link"],
)
def test_the_same_post_in_another_place_is_not_announced_again(again: Post) -> None:
    blog = a_blog_that_knows(ANNOUNCED)

    assert blog.see(again, now=BEFORE) == []
    assert len(blog.chats) == 1


def test_a_post_made_again_gets_its_wrap_up() -> None:
    blog = a_blog_that_knows(ANNOUNCED)
    again = replace(WRAPPED, guid="https://blog.example/?p=8", link="https://blog.example/b-2/")

    assert kinds(blog.see(again, now=AFTER)) == [NewsKind.WRAP_UP]
    assert blog.see(again, now=AFTER) == []


def test_of_two_chats_of_one_day_a_post_is_about_the_same_one_at_each_look() -> None:
    blog = Blog()
    again = replace(ANNOUNCED, guid="https://blog.example/?p=8")
    for post in (again, TRANSCRIPT, a_post("#OTalk 19th March 2019 – Beehives and Sundays")):
        blog.see(post, now=PUBLISHED)
    blog.see(TRANSCRIPT, again, now=PUBLISHED)
    cancelled = a_post(f"CANCELLED – {TITLE}")
    assert len(blog.chats) == 2

    assert kinds(blog.see(cancelled, now=PUBLISHED)) == [NewsKind.CANCELLATION]
    assert blog.see(cancelled, now=PUBLISHED) == []


def test_another_topic_on_the_same_day_is_another_chat() -> None:
    blog = a_blog_that_knows(ANNOUNCED)
    other = a_post("#OTalk 12th March 2019 – Tin roofs in the rain", guid="o", link=None)

    assert kinds(blog.see(other, now=BEFORE)) == [NewsKind.ANNOUNCEMENT]
    assert len(blog.chats) == 2


def test_a_new_guid_with_an_old_date_is_news() -> None:
    old = a_post("#OTalk 5th February 2019 – Ropes", guid="old", link=None, published_at=None)

    assert kinds(a_blog_that_knows(ANNOUNCED).see(old, now=BEFORE)) == [NewsKind.ANNOUNCEMENT]


def test_on_a_first_run_news_carries_the_day_it_was_true() -> None:
    blog = Blog()
    late = AFTER + timedelta(days=400)

    news = blog.see(WRAPPED, NOTICE, now=late, is_first_run=True)

    assert kinds(news) == [NewsKind.WRAP_UP, NewsKind.NOTICE]
    assert news[0].happened_at == STARTS + timedelta(hours=1)
    assert news[1].happened_at == PUBLISHED


def test_a_host_that_was_only_the_author_is_not_shown_as_the_old_host() -> None:
    blog = a_blog_that_knows(a_post(TITLE, "Bees and what they ask of a week."))
    assert Flag.FALLBACK_HOST in blog.chats[0].reading.flags

    news = blog.see(ANNOUNCED, now=BEFORE)

    assert news[0].changes == (Change(field="hosts", old=None, new="@tam_ot"),)


VERSIONS = (
    ANNOUNCED,
    WRAPPED,
    TRANSCRIPT,
    NOTICE,
    a_post(f"CANCELLED – {TITLE}"),
    a_post(f"Postponed: {TITLE}"),
    a_post("#OTalk 19th March 2019 – Beehives and Sundays"),
    a_post(TITLE, "Hosted by @QuillOT."),
    replace(a_post(TITLE, "Bees were kept in […]"), is_summary=True),
    replace(ANNOUNCED, is_protected=True),
    a_post(TITLE, HOST, ASKED, BLOCK.replace("93", "95")),
    replace(ANNOUNCED, guid="https://blog.example/?p=8"),
)
snapshots = st.lists(
    st.tuples(st.sampled_from(VERSIONS), st.integers(min_value=0, max_value=20)), max_size=12
)


@settings(deadline=None)
@given(snapshots)
def test_a_snapshot_repeated_gives_no_second_news(seen: list[tuple[Post, int]]) -> None:
    blog = Blog()
    for post, days in seen:
        now = PUBLISHED + timedelta(days=days)
        blog.see(post, now=now)
        assert blog.see(post, now=now) == []


@settings(deadline=None)
@given(snapshots)
def test_the_same_snapshots_always_give_the_same_news(seen: list[tuple[Post, int]]) -> None:
    blogs = Blog(), Blog()
    for blog in blogs:
        for post, days in seen:
            blog.see(post, now=PUBLISHED + timedelta(days=days))

    assert blogs[0].news == blogs[1].news
    assert blogs[0].chats == blogs[1].chats


@settings(deadline=None)
@given(snapshots)
def test_a_chat_is_announced_and_wrapped_up_once_at_most(seen: list[tuple[Post, int]]) -> None:
    blog = Blog()
    for post, days in sorted(seen, key=lambda pair: pair[1]):
        blog.see(post, now=PUBLISHED + timedelta(days=days))

    for kind in (NewsKind.ANNOUNCEMENT, NewsKind.WRAP_UP):
        told = [news.guid for news in blog.news if news.kind is kind]
        assert len(told) == len(set(told))
