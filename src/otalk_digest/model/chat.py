"""The hour that posts are about. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    """Where a chat stands in its life."""

    ANNOUNCED = "announced"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    WRAPPED_UP = "wrapped_up"


class Flag(StrEnum):
    """What a maintainer should know about a reading."""

    #: The date could not be settled; never presented as certain.
    CHECK_DATE = "check-date"
    #: The hour is the profile's, not the post's.
    DEFAULT_TIME = "default-time"
    #: Nobody is named as host; this is the post's author.
    FALLBACK_HOST = "fallback-host"
    #: Only an excerpt was read.
    SUMMARY_ONLY = "summary-only"
    #: The date in the post was overruled by a better one.
    DATE_CORRECTED = "date-corrected"
    #: A maintainer set at least one field by hand.
    OVERRULED = "overruled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatProfile:
    """What is constant about a community's chats. The supplied one is #OTalk's."""

    #: Without "#"; the current one first; compared whole and without case.
    tags: tuple[str, ...]
    #: 0 is Monday, as in `datetime.date.weekday`.
    weekday: int
    start_hour: int
    start_minute: int
    duration_minutes: int
    #: IANA name.
    zone: str
    series: tuple[str, ...]
    #: The chat's own account on its platform, without "@": never a person.
    account: str
    platform: str
    #: Where to join, if there is one address for it.
    join_url: str | None
    who_can_join: str
    #: Slashed dates read day first.
    is_day_first: bool = True
    #: Days to wait before a wrap-up counts as missing.
    wait_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number and the way it was printed: 270128 and "270.128K"."""

    value: int
    printed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The five figures of a wrap-up; None where the post has none."""

    impressions: Figure | None = None
    tweets: Figure | None = None
    participants: Figure | None = None
    tweets_per_hour: Figure | None = None
    tweets_per_participant: Figure | None = None

    @property
    def is_empty(self) -> bool:
        """No figure at all."""
        return all(getattr(self, name) is None for name in NUMBER_NAMES)


NUMBER_NAMES = (
    "impressions",
    "tweets",
    "participants",
    "tweets_per_hour",
    "tweets_per_participant",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The words of the post that a field was read from."""

    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one version of a post says. Unknown is None or empty, never invented."""

    #: False for a notice: a post that is about no chat.
    is_chat: bool
    title: str
    topic: str
    #: UTC.
    starts_at: datetime | None = None
    #: UTC.
    ends_at: datetime | None = None
    #: As written: "@handle" or a name.
    hosts: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    #: A few sentences of plain text.
    introduction: str | None = None
    questions: tuple[str, ...] = ()
    transcript_url: str | None = None
    numbers: Numbers = Numbers()
    #: The post has its post-chat block.
    is_wrapped_up: bool = False
    #: The post is a transcript of a chat that was announced in another post.
    is_transcript_post: bool = False
    is_cancelled: bool = False
    is_postponed: bool = False
    #: "Evidence your CPD" lines, where the post has them.
    cpd: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    evidence: tuple[Evidence, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat that we know, kept by the guid of the post that announced it."""

    guid: str
    url: str | None
    phase: Phase
    reading: Reading
    #: UTC. When we first saw it.
    first_seen_at: datetime
