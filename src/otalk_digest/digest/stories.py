"""What the templates tell: each piece of news as words that are ready to print. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from otalk_digest.digest.note import Block
from otalk_digest.digest.trend import Trend
from otalk_digest.model.chat import Flag, Reading

#: The kinds of a chat that will take place.
ON: Final = frozenset({"announcement", "change"})

#: What a change means to someone who is planning to come.
Turn = Literal["new_date", "new_time", "back_on", "new_host", "change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The hour of a chat, in the chat's own zone."""

    #: UTC.
    starts_at: datetime
    #: UTC.
    ends_at: datetime | None
    #: "Tuesday 25 November 2025, 8pm to 9pm GMT"
    moment: str
    #: "Tuesday 25 November 2025"
    date: str
    #: "25 November"
    day: str
    #: "Tue 25 Nov"
    short: str
    is_sure: bool
    #: The hour is the usual one, not one that the post gives.
    is_usual_hour: bool
    is_corrected: bool
    #: Which local-time mark is its own; None for a chat that is over, off or not settled.
    place: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWords:
    """One field of a chat, before and after."""

    label: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureWords:
    """A number as its author printed it, and what it counts."""

    number: str
    label: str

    @property
    def said(self) -> str:
        """Both, as in a sentence."""
        return f"{self.number} {self.label}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One piece of news."""

    #: announcement, change, postponed, cancellation, wrap_up or notice.
    kind: str
    guid: str
    topic: str
    url: str | None
    #: Where the link goes, in words that no other link of the digest has.
    link: str
    transcript_link: str
    #: The chat's own calendar file on the web; None for a chat that is over, off or unsettled.
    calendar_url: str | None
    calendar_link: str
    #: In the length in which it is shown.
    reading: Reading
    #: The post has so many more questions.
    questions_left: int = 0
    when: When | None
    #: Of a change only.
    turn: Turn | None = None
    #: When the chat was planned before.
    moved_from: str | None = None
    #: Other fields that changed.
    changes: tuple[ChangeWords, ...] = ()
    figures: tuple[FigureWords, ...] = ()
    trend: Trend | None = None
    #: It stands in the calendar that comes with the digest.
    in_calendar: bool
    #: UTC. For the calendar's versions.
    happened_at: datetime

    @property
    def is_on(self) -> bool:
        """A chat that will take place."""
        return self.kind in ON

    @property
    def is_fallback_host(self) -> bool:
        """Nobody is named as host, so the name is the post's author."""
        return Flag.FALLBACK_HOST in self.reading.flags

    @property
    def thanks_hosts(self) -> tuple[str, ...]:
        """Hosts whom the post names."""
        return () if self.is_fallback_host else self.reading.hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    """A digest in words, in the order in which it is read."""

    alerts: tuple[Story, ...]
    headline: Story | None
    coming_up: tuple[Story, ...]
    wrap_ups: tuple[Story, ...]
    notices: tuple[Story, ...]
    #: A chat that readers know already, and that comes before all the others.
    reminder: Story | None = None
    #: Some chat is ahead, whether or not it is told of here.
    is_any_ahead: bool = False
    #: A maintainer's words, before everything else.
    note: tuple[Block, ...] = ()
    #: Pieces of news that one mail has no room for.
    left_out: int = 0
    #: It reminds, on the day of the chat that is its headline.
    is_reminder: bool = False

    @property
    def ahead(self) -> tuple[Story, ...]:
        """Chats that are news: alerts first, because they know best."""
        headline = () if self.headline is None else (self.headline,)
        return (*self.alerts, *headline, *self.coming_up)

    @property
    def dated(self) -> tuple[Story, ...]:
        """What has a place in a calendar."""
        return self.ahead if self.reminder is None else (*self.ahead, self.reminder)

    @property
    def whens(self) -> tuple[When, ...]:
        """The hours that carry a local-time mark."""
        return tuple(s.when for s in self.dated if s.when is not None and s.when.place is not None)

    @property
    def lead(self) -> str:
        """The part that comes first, so its heading is the one h1."""
        names = ("alerts", "headline", "coming_up", "wrap_ups", "notices")
        return next((name for name in names if getattr(self, name)), "quiet")

    @property
    def first(self) -> Story | None:
        """The story that subject and preheader are about."""
        return next(iter((*self.ahead, *self.wrap_ups, *self.notices)), None)

    @property
    def also(self) -> Story | None:
        """What the preheader names beside the first: another alert, else another part."""
        headline = () if self.headline is None else (self.headline,)
        parts = (self.alerts, headline, self.wrap_ups, self.notices, self.coming_up)
        others = (s for part in parts for s in part if s is not self.first)
        return next(others, None)

    @property
    def primary(self) -> Story | None:
        """The chat that the one button is about."""
        headline = () if self.headline is None else (self.headline,)
        reminder = () if self.reminder is None else (self.reminder,)
        chats = (*headline, *self.alerts, *self.coming_up, *reminder)
        return next((story for story in chats if story.is_on), None)

    @property
    def is_quiet(self) -> bool:
        """No chat is ahead of the reader."""
        return self.primary is None and not self.is_any_ahead
