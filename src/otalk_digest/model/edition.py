"""A digest, and its frozen form. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from otalk_digest.model.chat import Numbers
from otalk_digest.model.news import KnownNews, News


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One earlier chat, for the bars."""

    starts_at: datetime
    topic: str
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """News that a segment will not receive, and why."""

    news_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Content for one segment, in the order in which it is read."""

    segment: str
    #: UTC. The moment it was composed for.
    now: datetime
    #: Cancellations and changes of chats that readers were told about.
    alerts: tuple[KnownNews, ...] = ()
    #: The nearest chat ahead.
    headline: KnownNews | None = None
    coming_up: tuple[KnownNews, ...] = ()
    wrap_ups: tuple[KnownNews, ...] = ()
    notices: tuple[KnownNews, ...] = ()
    #: The nearest chat ahead, where readers were told of it before and nothing here is nearer.
    reminder: News | None = None
    #: Some chat is ahead, whether or not this digest tells of it.
    is_any_ahead: bool = False
    #: Chats up to and including the newest wrap-up, oldest first.
    trend: tuple[TrendPoint, ...] = ()
    drops: tuple[Drop, ...] = field(default=())
    #: A maintainer's words before everything else, as Markdown.
    note: str | None = None

    @property
    def items(self) -> tuple[KnownNews, ...]:
        """All that it carries."""
        headline = () if self.headline is None else (self.headline,)
        return (*self.alerts, *headline, *self.coming_up, *self.wrap_ups, *self.notices)

    @property
    def is_empty(self) -> bool:
        """Nothing to say: no mail."""
        return not self.items


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Who publishes the digest: what the footer and the headings say."""

    #: E.g. "#OTalk weekly digest".
    name: str
    blog_url: str
    #: Replies and questions reach people here.
    contact_address: str
    #: PECR regulation 23, CAN-SPAM: one line each.
    postal_address: str
    #: BCP 47: the language that the e-mails say they are in.
    language: str
    #: The public web address, no slash at its end; without one, preferences, the calendar's
    #: link and "view in browser" are left out.
    web_url: str | None
    #: Other addresses of the community, as label and URL.
    links: tuple[tuple[str, str], ...] = ()

    @property
    def has_web(self) -> bool:
        """Whether there is a public web address."""
        return self.web_url is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What a maintainer did by hand to an edition before it left."""

    #: Markdown; stands before everything else.
    note: str | None = None
    #: News that no segment gets.
    hidden: frozenset[int] = frozenset()
    #: News in the order in which its part shows it, each in a place that one of them had
    #: before; what is not named stays where it was composed.
    order: tuple[int, ...] = ()


#: Nothing was done by hand.
UNEDITED: Final = Edits()


class Field(StrEnum):
    """The closed set of what differs from reader to reader."""

    GREETING = "greeting"
    #: A chat's hour in the reader's own zone; empty where it is the same.
    LOCAL_TIME = "local_time"
    UNSUBSCRIBE_URL = "unsubscribe_url"
    PREFERENCES_URL = "preferences_url"
    BROWSER_URL = "browser_url"
    #: Of a confirmation alone: new for each mail, and known to that mail alone.
    CONFIRM_URL = "confirm_url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """A mark in frozen content that is filled in per reader.

    Two marks stand for one field, because the same value is written differently in HTML
    and in text. A mark holds a part that is random per edition, so no post can contain it;
    it is ASCII letters and digits only, so neither inlining nor encoding touches it.
    """

    token: str
    field: Field
    is_html: bool
    #: Which chat of the digest, for `Field.LOCAL_TIME`.
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What one segment gets: final but for its placeholders."""

    segment: str
    subject: str
    preheader: str
    #: Inlined HTML, with tokens.
    html: str
    #: Written plain text, with tokens; lines end in LF.
    text: str
    #: RFC 5545, lines end in CRLF; None when no chat is ahead.
    calendar: str | None
    placeholders: tuple[Placeholder, ...]
    #: IANA zone → token → value, for the placeholders that depend on the reader's zone;
    #: frozen with the rest. A token or zone that is missing here stands for "".
    zone_values: dict[str, dict[str, str]]
    #: The greeting with "{name}" in it, and the one for readers who gave no name.
    greeting_named: str
    greeting_unnamed: str
    news_ids: tuple[int, ...]


class EditionKind(StrEnum):
    """What an edition is for."""

    #: What is new, for every segment that asked for it.
    DIGEST = "digest"
    #: What was told wrong, for those who hold the wrong version.
    CORRECTION = "correction"
    #: On the day of a chat, for those who asked for it.
    REMINDER = "reminder"
    #: To one reader about their own subscription: confirmation, welcome.
    LETTER = "letter"


class LetterKind(StrEnum):
    """What a letter is about; its edition's `about`, and its one variant's segment."""

    #: Asks whoever signed up whether it was them.
    CONFIRMATION = "confirmation"
    #: To who has just confirmed.
    WELCOME = "welcome"
    #: To a reader whose address was typed into the form again.
    ALREADY = "already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A numbered, frozen digest: one variant per segment."""

    number: int
    #: UTC. The Date line of its messages.
    frozen_at: datetime
    variants: tuple[Variant, ...]
    #: SHA-256 over all variants.
    content_hash: str
    kind: EditionKind = EditionKind.DIGEST
    #: What a reminder, correction or letter is about, such as a chat's guid.
    about: str | None = None
