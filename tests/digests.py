"""Invented digests, and what it takes to render them: each builder fills in the rest."""
# ruff: noqa: ANN401  builders take any field of the noun that they fill in

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from otalk_digest.digest.render import render_variant
from otalk_digest.digest.themes import Theme, load_theme
from otalk_digest.model.chat import ChatProfile, Figure, Flag, Numbers, Reading
from otalk_digest.model.edition import Digest, Field, Publication, TrendPoint, Variant
from otalk_digest.model.news import Change, KnownNews, News, NewsKind

THEMES: Final = Path(__file__).parents[1] / "templates"
#: A Monday, in the week of a chat.
NOW: Final = datetime(2025, 11, 24, 7, tzinfo=UTC)
TUESDAY: Final = datetime(2025, 11, 25, 20, tzinfo=UTC)
TOKEN_PREFIX: Final = "OTD7F3A9C21B7"  # noqa: S105 - a mark, not a secret

PROFILE: Final = ChatProfile(
    tags=("OTalk", "Occhat"),
    weekday=1,
    start_hour=20,
    start_minute=0,
    duration_minutes=60,
    zone="Europe/London",
    series=("Research",),
    account="OTalk_",
    platform="X",
    join_url="https://chat.example/tag/otalk",
    who_can_join="Everyone is welcome: practitioners, students and people who use services.",
)
PUBLICATION: Final = Publication(
    name="#OTalk weekly digest",
    blog_url="https://blog.example.org/",
    contact_address="team@example.org",
    postal_address="The Harbour Room, 1 Quay Street, Sandwell SW1 1AA",
    language="en-GB",
    web_url="https://digest.otalk.example",
    links=(("Follow us on Bluesky", "https://bsky.example/otalk"),),
)
FIGURES: Final = Numbers(
    impressions=Figure(value=538417, printed="538.417K"),
    tweets=Figure(value=412, printed="412"),
    participants=Figure(value=67, printed="67"),
    tweets_per_hour=Figure(value=329, printed="329"),
    tweets_per_participant=Figure(value=6, printed="6"),
)

#: What stands for a reader's own values in tests.
VALUES: Final = {
    Field.GREETING: "Hello Wren,",
    Field.UNSUBSCRIBE_URL: "https://lists.example.org/u/abc",
    Field.PREFERENCES_URL: "https://lists.example.org/p/abc",
    Field.BROWSER_URL: "https://lists.example.org/b/abc",
}


#: What a maintainer may write before everything else.
NOTE: Final = """\
# A change of rooms

From **January** we meet on *two* platforms. Tell us what you think in [the short
survey](https://forms.example.org/r/otalk) by Friday, or write to <team@example.org>.

- Bring one example
- Bring a friend
  1. from your team
  2. or from https://www.example.org/friends

Thank you,\\
the team
"""


@cache
def a_theme(name: str = "classic") -> Theme:
    """A bundled theme, compiled once for all tests."""
    return load_theme(name, folders=[THEMES])


def a_reading(**fields: Any) -> Reading:
    """A chat with everything that an announcement can have."""
    topic = fields.pop("topic", "Rest in busy weeks: what helps?")
    defaults: dict[str, Any] = {
        "is_chat": True,
        "title": topic,
        "topic": topic,
        "starts_at": TUESDAY,
        "hosts": ("Marlow Beek (@MarlowBeekOT)",),
        "introduction": "We ask about work long before we ask about rest.\nBring one example.",
        "questions": ("What does rest mean to you?", "Who helps?", "What gets in the way?"),
    }
    filled = defaults | fields
    if filled["starts_at"] is not None and "ends_at" not in filled:
        filled["ends_at"] = filled["starts_at"] + timedelta(hours=1)
    return Reading(**filled)


def news(number: int = 1, kind: NewsKind = NewsKind.ANNOUNCEMENT, **fields: Any) -> KnownNews:
    """A piece of news; fields that news has not are those of its reading."""
    own = {name: fields.pop(name) for name in ("url", "changes", "happened_at") if name in fields}
    piece = News(
        kind=kind,
        guid=f"https://blog.example.org/?p={number}",
        url=f"https://blog.example.org/{number}/",
        reading=a_reading(**fields),
        happened_at=NOW - timedelta(days=2),
    )
    return KnownNews(id=number, news=replace(piece, **own))


def a_wrap_up(number: int = 2, **fields: Any) -> KnownNews:
    """A wrap-up of the week before."""
    defaults: dict[str, Any] = {
        "topic": "Hands after the ward",
        "starts_at": TUESDAY - timedelta(days=7),
        "hosts": ("@harbour_wren",),
        "support": ("@pip_kettle",),
        "transcript_url": "https://transcripts.example/2025-11-18",
        "numbers": FIGURES,
        "is_wrapped_up": True,
        "questions": (),
        "introduction": None,
    }
    return news(number, NewsKind.WRAP_UP, **(defaults | fields))


def a_notice(number: int = 3, **fields: Any) -> KnownNews:
    """A post that is about no chat."""
    defaults: dict[str, Any] = {
        "is_chat": False,
        "topic": "Wanted: a keeper of the tea rota",
        "starts_at": None,
        "hosts": (),
        "questions": (),
        "introduction": "It takes about an hour a week, and you will have company.",
    }
    return news(number, NewsKind.NOTICE, **(defaults | fields))


def a_move(number: int = 4, **fields: Any) -> KnownNews:
    """A chat that moved by a day, with another host."""
    start = datetime(2025, 12, 3, 19, 30, tzinfo=UTC)
    changes = (
        Change(field="starts_at", old="2025-12-02T20:00:00+00:00", new=start.isoformat()),
        Change(field="hosts", old="@harbour_wren", new="Nell Harbury"),
    )
    defaults: dict[str, Any] = {
        "topic": "Kites and shared leisure",
        "starts_at": start,
        "changes": changes,
    }
    return news(number, NewsKind.CHANGE, **(defaults | fields))


def a_cancellation(number: int = 5, **fields: Any) -> KnownNews:
    """A chat that is off."""
    defaults: dict[str, Any] = {"topic": "Gardens in winter", "is_cancelled": True}
    return news(number, NewsKind.CANCELLATION, **(defaults | fields))


def a_trend(*counts: int | None) -> tuple[TrendPoint, ...]:
    """Weekly chats with these counts of posts; the last is the one of `a_wrap_up`."""
    last = TUESDAY - timedelta(days=7)
    return tuple(
        TrendPoint(
            starts_at=last - timedelta(weeks=len(counts) - 1 - place),
            topic="Any",
            numbers=Numbers(
                tweets=None if count is None else Figure(value=count, printed=str(count)),
                tweets_per_hour=Figure(value=9000 + place, printed=str(9000 + place)),
            ),
        )
        for place, count in enumerate(counts)
    )


def a_digest(**parts: Any) -> Digest:
    """A digest with nothing in it but these parts."""
    return Digest(segment="weekly", now=NOW, **parts)


def a_full_week() -> Digest:
    """One of everything but alerts."""
    later = TUESDAY + timedelta(days=7)
    return a_digest(
        headline=news(1),
        coming_up=(
            news(6, topic="Whittling as occupation", starts_at=later),
            news(
                7,
                topic="Journal Club: tide tables",
                starts_at=later + timedelta(days=7),
                flags=(Flag.CHECK_DATE,),
            ),
        ),
        wrap_ups=(a_wrap_up(cpd=("Write down one thing you will change.",)),),
        notices=(a_notice(),),
        trend=a_trend(298, 351, 286, 412),
    )


def ten_items() -> Digest:
    """Six chats ahead, three wrap-ups and a notice."""
    ahead = [
        news(10 + week, topic=f"Topic {week}", starts_at=TUESDAY + timedelta(weeks=week))
        for week in range(6)
    ]
    wrap_ups = tuple(
        a_wrap_up(30 + week, starts_at=TUESDAY - timedelta(weeks=week)) for week in range(1, 4)
    )
    return a_digest(
        headline=ahead[0],
        coming_up=tuple(ahead[1:]),
        wrap_ups=wrap_ups,
        notices=(a_notice(),),
        trend=a_trend(298, 351, 286, 412),
    )


def rendered(digest: Digest, **choices: Any) -> Variant:
    """Render with the bundled theme, unless the choices say otherwise."""
    defaults: dict[str, Any] = {
        "theme": choices.pop("theme", None) or a_theme(),
        "publication": PUBLICATION,
        "profile": PROFILE,
        "why": "You asked for #OTalk news by e-mail.",
        "subject_prefix": "",
        "zones": {"Europe/London", "Australia/Sydney"},
        "token_prefix": TOKEN_PREFIX,
    }
    return render_variant(digest, **(defaults | choices))


def filled(variant: Variant, *, zone: str = "Europe/London") -> tuple[str, str]:
    """HTML and text as one reader gets them."""
    html, text = variant.html, variant.text
    times = variant.zone_values.get(zone, {})
    for mark in variant.placeholders:
        value = VALUES.get(mark.field) or times.get(mark.token, "")
        html = html.replace(mark.token, value)
        text = text.replace(mark.token, value)
    return html, text
