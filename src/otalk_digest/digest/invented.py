"""What invented digests are made of: chats, wrap-ups and notices that nobody held. Pure."""
# ruff: noqa: ANN401  builders take any field of the reading that they fill in

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from otalk_digest.model.chat import Figure, Numbers, Reading
from otalk_digest.model.edition import Digest, TrendPoint
from otalk_digest.model.news import Change, KnownNews, News, NewsKind

_BLOG: Final = "https://blog.example.org/"
_ZONE: Final = ZoneInfo("Europe/London")
_TUESDAY: Final = 1
_EIGHT: Final = time(20)
#: From this hour of a Tuesday on the next chat is that of the week after.
_TOO_LATE: Final = time(18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventor:
    """Invents news around one moment (UTC), with chats on Tuesdays at 8pm in the UK."""

    now: datetime

    def tuesday(self, weeks: int = 0, *, at: time = _EIGHT) -> datetime:
        """Return the start of a chat: 0 is the next one, -1 the last one. UTC."""
        here = self.now.astimezone(_ZONE)
        day = here.date() + timedelta(days=(_TUESDAY - here.weekday()) % 7)
        if weeks >= 0 and day == here.date() and here.time() >= _TOO_LATE:
            day += timedelta(weeks=1)
        start = datetime.combine(day + timedelta(weeks=weeks), at, tzinfo=_ZONE)
        return start.astimezone(UTC)

    def digest(self, **parts: Any) -> Digest:
        """Return a digest with these parts and no others."""
        return Digest(segment="sample", now=self.now, **parts)

    def chat(self, number: int = 1, *, weeks: int = 0, **fields: Any) -> KnownNews:
        """Return the announcement of a chat with everything that one can have."""
        defaults: dict[str, Any] = {"topic": "Rest that is not sleep"}
        filled = defaults | fields
        return self._news(number, NewsKind.ANNOUNCEMENT, self._ahead(weeks, **filled))

    def change(self, number: int, *changes: Change, weeks: int = 0, **fields: Any) -> KnownNews:
        """Return a chat that is not as it was announced."""
        reading = self._ahead(weeks, **fields)
        return self._news(number, NewsKind.CHANGE, reading, changes=changes)

    def cancellation(self, number: int, *, weeks: int = 0, **fields: Any) -> KnownNews:
        """Return a chat that will not take place when it was to."""
        return self._news(number, NewsKind.CANCELLATION, self._ahead(weeks, **fields))

    def wrap_up(self, number: int = 50, *, weeks: int = -1, **fields: Any) -> KnownNews:
        """Return what came out of a chat, with everything that a wrap-up can have."""
        start = self.tuesday(weeks)
        defaults: dict[str, Any] = {
            "topic": "Mending as meaningful work",
            "questions": (),
            "support": ("@pip_kettle",),
            "transcript_url": f"https://transcripts.example/{start:%Y-%m-%d}",
            "numbers": numbers(412),
            "is_wrapped_up": True,
            "cpd": (
                "Write down one thing that you will do differently.",
                "Talk it over with a colleague, and keep what you both said.",
            ),
        }
        filled = defaults | fields
        return self._news(number, NewsKind.WRAP_UP, self._ahead(weeks, **filled))

    def notice(self, number: int = 80, **fields: Any) -> KnownNews:
        """Return a post that is about no chat."""
        defaults: dict[str, Any] = {
            "topic": "Wanted: a keeper of the tea rota",
            "introduction": "It takes about an hour a week, and you will have company.",
        }
        filled = defaults | fields
        reading = Reading(is_chat=False, **({"title": filled["topic"]} | filled))
        return self._news(number, NewsKind.NOTICE, reading)

    def trend(self, *counts: int) -> tuple[TrendPoint, ...]:
        """Return weekly chats with so many posts; the last is that of `wrap_up`."""
        return tuple(
            TrendPoint(
                starts_at=self.tuesday(-len(counts) + place),
                topic=f"An earlier chat, number {place + 1}",
                numbers=numbers(count),
            )
            for place, count in enumerate(counts)
        )

    def _ahead(self, weeks: int, **fields: Any) -> Reading:
        start = fields.get("starts_at", self.tuesday(weeks))
        defaults: dict[str, Any] = {
            "is_chat": True,
            "title": f"#OTalk: {fields['topic']}",
            "starts_at": start,
            "ends_at": None if start is None else start + timedelta(hours=1),
            "hosts": ("Marlow Beek (@MarlowBeekOT)",),
            "introduction": (
                "We ask people about their work long before we ask about their rest. "
                "What would change if we turned that round?\n"
                "Bring one example from where you work or study; small ones are welcome."
            ),
            "questions": (
                "What does rest mean to the people you work with?",
                "What gets in the way of it, at home and on a ward?",
                "What could you try next week?",
            ),
        }
        return Reading(**(defaults | fields))

    def _news(
        self, number: int, kind: NewsKind, reading: Reading, *, changes: Sequence[Change] = ()
    ) -> KnownNews:
        news = News(
            kind=kind,
            guid=f"{_BLOG}?p={number}",
            url=f"{_BLOG}{number}/",
            reading=reading,
            happened_at=self.now - timedelta(days=2),
            changes=tuple(changes),
        )
        return KnownNews(id=number, news=news)


def numbers(tweets: int) -> Numbers:
    """Return all five figures of a chat with so many posts."""
    return Numbers(
        impressions=Figure(value=270_500, printed="270.500K"),
        tweets=Figure(value=tweets, printed=str(tweets)),
        participants=Figure(value=67, printed="67"),
        tweets_per_hour=Figure(value=329, printed="329"),
        tweets_per_participant=Figure(value=6, printed="6"),
    )


def with_url(item: KnownNews, url: str | None) -> KnownNews:
    """Return the same news from another address."""
    return replace(item, news=replace(item.news, url=url))
