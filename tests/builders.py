"""Invented nouns, each with defaults for what a claim is not about."""
# ruff: noqa: ANN401  builders take any field of the noun that they fill in

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from otalk_digest.audience.identity import normalise_address
from otalk_digest.model.audience import AllOf, Facet, Has, Listed, Segment, Subscriber
from otalk_digest.model.chat import Chat, Figure, Numbers, Phase, Reading
from otalk_digest.model.edition import Edition, Field, Placeholder, Variant
from otalk_digest.model.news import KnownNews, News, NewsKind

T = TypeVar("T")

#: A Wednesday morning.
NOW: Final = datetime(2026, 11, 18, 9, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
#: The hour of the next chat.
TUESDAY: Final = datetime(2026, 11, 24, 20, tzinfo=UTC)
GUID: Final = "https://blog.otalk.example/?p=7"
EVERYBODY: Final = AllOf(())
TOLD_BY_DEFAULT: Final = frozenset(NewsKind) - {NewsKind.CORRECTION}


def a_reading(**fields: Any) -> Reading:
    """What the post of a chat next Tuesday says."""
    defaults: dict[str, Any] = {
        "is_chat": True,
        "title": "Kettles, stairs and other small tests",
        "topic": "Kettles, stairs and other small tests",
        "starts_at": TUESDAY,
    }
    return Reading(**(defaults | fields))


def some_numbers(tweets: int) -> Numbers:
    """The figures of a chat with this many tweets."""
    return Numbers(tweets=Figure(value=tweets, printed=str(tweets)))


def a_chat(guid: str = GUID, phase: Phase = Phase.ANNOUNCED, **fields: Any) -> Chat:
    """A chat that we know; the fields are those of its reading."""
    return Chat(
        guid=guid, url=guid, phase=phase, reading=a_reading(**fields), first_seen_at=NOW - DAY
    )


def some_news(
    number: int = 1, kind: NewsKind = NewsKind.ANNOUNCEMENT, *, guid: str = GUID, **fields: Any
) -> KnownNews:
    """A piece of news; fields that news has not are those of its reading."""
    happened_at = fields.pop("happened_at", NOW - HOUR)
    changes = fields.pop("changes", ())
    return KnownNews(
        id=number,
        news=News(
            kind=kind,
            guid=guid,
            url=guid,
            reading=a_reading(**fields),
            happened_at=happened_at,
            changes=changes,
        ),
    )


def a_subscriber(address: str = "ann@example.org", **fields: Any) -> Subscriber:
    """A confirmed reader who asked for everything."""
    as_written, identity = normalise_address(address)
    return Subscriber(
        **({"address": as_written, "identity": identity, "source": "sign-up form"} | fields)
    )


def each_of(rows: Iterable[Listed | T]) -> Iterator[Subscriber | T]:
    """Yield the subscribers of a list one by one, and between them whatever else there is."""
    for row in rows:
        if isinstance(row, Listed):
            for address, identity, name, said in zip(*row, strict=True):
                yield said._replace(address=address, identity=identity, name=name or None)
        else:
            yield row


def a_segment(name: str = "everyone", **fields: Any) -> Segment:
    """A segment that takes everybody and is told everything but corrections."""
    defaults: dict[str, Any] = {
        "title": name.title(),
        "rule": EVERYBODY,
        "kinds": TOLD_BY_DEFAULT,
        "theme": "classic",
        "why": "You asked for it.",
    }
    return Segment(name=name, **(defaults | fields))


def tagged(tag: str) -> Segment:
    """A segment of those with this tag, called like it."""
    return a_segment(tag, rule=Has(Facet.TAG, tag))


def a_variant(segment: str = "everyone", **fields: Any) -> Variant:
    """The shortest variant that has a greeting and a way to leave."""
    defaults: dict[str, Any] = {
        "subject": "Kettles and stairs",
        "preheader": "On Tuesday",
        "html": "<p>TOKGREET</p><p>TOKTIME</p><p>TOKLEAVE</p>",
        "text": "TOKGREETT\nTOKLEAVET\n",
        "calendar": None,
        "placeholders": (
            Placeholder(token="TOKGREET", field=Field.GREETING, is_html=True),  # noqa: S106 - a mark
            Placeholder(token="TOKGREETT", field=Field.GREETING, is_html=False),  # noqa: S106 - a mark
            Placeholder(token="TOKTIME", field=Field.LOCAL_TIME, is_html=True),  # noqa: S106 - a mark
            Placeholder(token="TOKLEAVE", field=Field.UNSUBSCRIBE_URL, is_html=True),  # noqa: S106 - a mark
            Placeholder(token="TOKLEAVET", field=Field.UNSUBSCRIBE_URL, is_html=False),  # noqa: S106 - a mark
        ),
        "zone_values": {"Asia/Kolkata": {"TOKTIME": "01:30 on Wednesday for you"}},
        "greeting_named": "Hello {name},",
        "greeting_unnamed": "Hello,",
        "news_ids": (1,),
    }
    return Variant(segment=segment, **(defaults | fields))


def an_edition(number: int = 1, *variants: Variant) -> Edition:
    """A frozen edition; without variants it has one for everyone."""
    chosen = variants or (a_variant(),)
    content_hash = hashlib.sha256(repr(chosen).encode()).hexdigest()
    return Edition(number=number, frozen_at=NOW, variants=chosen, content_hash=content_hash)
