"""The words that a season is told in: chats, posts about them, and the news that follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from tests.editors import Act
from tests.feeds import SourcePost

#: The first look; the others follow from week to week.
FIRST = datetime(2025, 9, 15, 9, tzinfo=UTC)


class Mode(StrEnum):
    """How a blog is read."""

    RSS = "rss"
    ATOM = "atom"
    REST = "rest"
    SUMMARY_RSS = "summary-rss"
    SUMMARY_ATOM = "summary-atom"


#: What is put right after the wrap-up stands below the 55 words that a summary shows (F4).
IN_FULL = frozenset({Mode.RSS, Mode.ATOM, Mode.REST})
CUT_SHORT = frozenset(Mode) - IN_FULL
#: A 304 can hide a change from these (T31); REST has no ETag (F34).
BY_FEED = frozenset({Mode.RSS, Mode.ATOM})
BY_REST = frozenset({Mode.REST})

Changes = Mapping[str, tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A chat as its post gives it."""

    #: The number of the post that it is kept by.
    post: int
    topic: str
    #: UTC, "2025-09-16 19:00".
    starts_at: str
    hosts: tuple[str, ...]
    #: What a maintainer should look at.
    flags: tuple[str, ...] = ()
    slug: str | None = None

    def but(self, **fields: Any) -> "Talk":  # noqa: ANN401 - any field
        """Return the same chat after an edit."""
        return replace(self, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A piece of news, as far as it matters."""

    kind: str
    post: int
    topic: str
    #: None for a notice.
    starts_at: str | None = None
    hosts: tuple[str, ...] = ()
    tweets: int | None = None
    transcript: str | None = None
    #: (field, old, new)
    changes: frozenset[tuple[str, str | None, str | None]] = frozenset()
    flags: tuple[str, ...] = ()
    #: The end of its link.
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One look at the blog, and what came before it."""

    number: int
    #: The traps that are laid → what is done, in this order.
    acts: Mapping[str, Act] = field(default_factory=dict)
    news: tuple[Expected, ...] = ()
    #: News that only some modes can see.
    partial: tuple[tuple[frozenset[Mode], Expected], ...] = ()
    #: The warnings, by some words of each.
    warnings: tuple[str, ...] = ()
    status: int = 0

    @property
    def at(self) -> datetime:
        return FIRST + timedelta(weeks=self.number - 1)

    def told_in(self, mode: Mode) -> tuple[Expected, ...]:
        return (*self.news, *(news for modes, news in self.partial if mode in modes))


# Posts

_TALK = (
    "<p>We begin with a kettle and one small question, and we see where it takes us: what do "
    "people do when nobody has asked them to, who joins in after a while, and what makes them "
    "stay until the light goes? Bring a story from a kitchen, a quay or a garden. Bring doubts "
    "too, since they are often the better part of what we know.</p>\n"
    "<p>Questions:</p>\n<ol>\n<li>What do you notice first?</li>\n<li>Who is missing?</li>\n</ol>\n"
)
HEADING = "<p><strong>POST CHAT</strong></p>\n"
PROMISE = "<p>The transcript will be here at least 24 hours after the chat.</p>\n"


def hosted_by(who: str) -> str:
    return f"<p>This week&#8217;s #OTalk will be hosted by {who}.</p>\n"


def chat(
    number: int, published: str, title: str, *, host: str = "", top: str = "", end: str = ""
) -> SourcePost:
    """A chat's post, with more on top of its text or at its end; without a host it names nobody."""
    return SourcePost(
        id=number,
        slug=f"otalk-{number}",
        title=title,
        author="Orla Wick",
        published_at=_moment(published),
        html=top + (hosted_by(host) if host else "") + _TALK + end,
    )


def notice(number: int, published: str, title: str) -> SourcePost:
    return SourcePost(
        id=number,
        slug=f"otalk-{number}",
        title=title,
        author="Orla Wick",
        published_at=_moment(published),
        html="<p>We are glad of every hand. Write to the team if you would like to help.</p>\n",
    )


def transcript(number: int) -> str:
    link = f'<a href="https://transcripts.example/{number}">#OTalk Healthcare Transcript</a>'
    return f"<p><strong>Online Transcript</strong></p>\n<p>{link}</p>\n"


def figures(tweets: int) -> str:
    return (
        f"<p><strong>The Numbers</strong></p>\n<p>212.480K Impressions<br />{tweets} Tweets<br />"
        "27 Participants<br />Avg Tweets/Participant</p>\n"
    )


def block(number: int, tweets: int) -> str:
    return HEADING + transcript(number) + figures(tweets)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# News


def announced(talk: Talk) -> Expected:
    return _told("announcement", talk)


def changed(talk: Talk, changes: Changes) -> Expected:
    return _told("change", talk, changes)


def called_off(talk: Talk) -> Expected:
    return _told("cancellation", talk)


def wrapped_up(
    talk: Talk, *, tweets: int | None = None, has_transcript: bool = True, slug: str | None = None
) -> Expected:
    news = _told("wrap-up", talk.but(slug=slug or talk.slug))
    return _with_results(news, tweets=tweets, has_transcript=has_transcript)


def corrected(talk: Talk, changes: Changes, *, tweets: int | None = None) -> Expected:
    return _with_results(_told("correction", talk, changes), tweets=tweets)


def noticed(post: int, title: str) -> Expected:
    return Expected(kind="notice", post=post, topic=title, slug=f"otalk-{post}")


def _told(kind: str, talk: Talk, changes: Changes | None = None) -> Expected:
    return Expected(
        kind=kind,
        post=talk.post,
        topic=talk.topic,
        starts_at=talk.starts_at,
        hosts=talk.hosts,
        changes=frozenset((name, old, new) for name, (old, new) in (changes or {}).items()),
        flags=talk.flags,
        slug=talk.slug or f"otalk-{talk.post}",
    )


def _with_results(news: Expected, *, tweets: int | None, has_transcript: bool = True) -> Expected:
    address = f"https://transcripts.example/{news.post}" if has_transcript else None
    return replace(news, tweets=tweets, transcript=address)
