"""Who reads, and what they asked for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from otalk_digest.model.news import NewsKind


class Consent(StrEnum):
    """Whether we may write to someone."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class Cadence(StrEnum):
    """How often someone wants to be written to."""

    #: With each edition.
    EACH = "each"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Reminder(StrEnum):
    """Whether someone is reminded on the day of a chat, and when."""

    NONE = "none"
    #: In their own morning.
    MORNING = "morning"
    #: An hour before.
    HOUR = "hour"


class Proof(NamedTuple):
    """How someone agreed (UK GDPR art. 7(1)); kept with each change of their consent."""

    #: UTC; None means the moment at which it was written down.
    at: datetime | None = None
    #: In words, such as "double opt-in".
    method: str | None = None
    #: The words that were agreed to, or the name of their version.
    wording: str | None = None


class Subscriber(NamedTuple):
    """Someone who asked for the digest. A tuple: a million are read at a go."""

    #: As written by its owner; printed in the To line.
    address: str
    #: Folded: lower case, IDN in one spelling. One identity is one subscriber.
    identity: str
    name: str | None = None
    #: IANA name; None means the profile's zone.
    zone: str | None = None
    #: ISO 3166-1 alpha-2, upper case.
    country: str | None = None
    #: BCP 47.
    language: str | None = None
    tags: frozenset[str] = frozenset()
    #: The kinds asked for; empty means all of them.
    wants: frozenset[str] = frozenset()
    consent: Consent = Consent.CONFIRMED
    #: UTC.
    joined_at: datetime | None = None
    #: Where the address came from, in words.
    source: str = ""
    cadence: Cadence = Cadence.EACH
    reminder: Reminder = Reminder.NONE
    #: UTC. Nothing is sent before.
    paused_until: datetime | None = None
    #: What a list says about their consent; of a stored one, ask `store.consents`.
    proof: Proof = Proof()


class Listed(NamedTuple):
    """Subscribers of a list side by side, column by column: to make each one costs too much."""

    addresses: list[str]
    identities: list[str]
    #: Empty is absent here.
    names: list[str]
    #: What each one says besides, with no address, identity or name in it. Who says the same has,
    #: as a rule, the very same.
    said: list[Subscriber]

    @classmethod
    def of(cls, people: Sequence[Subscriber]) -> "Listed":
        """Put some side by side."""
        return cls(
            [person.address for person in people],
            [person.identity for person in people],
            [person.name or "" for person in people],
            [person._replace(address="", identity="", name=None) for person in people],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a reader chooses about what they get."""

    name: str | None = None
    #: IANA name; None means the profile's zone.
    zone: str | None = None
    #: BCP 47; None means the publication's.
    language: str | None = None
    #: The kinds asked for; empty means all of them.
    wants: frozenset[str] = frozenset()
    cadence: Cadence = Cadence.EACH
    reminder: Reminder = Reminder.NONE
    #: UTC. Nothing is sent before.
    paused_until: datetime | None = None


class Facet(StrEnum):
    """What a rule can look at."""

    TAG = "tag"
    WANTS = "wants"
    ZONE = "zone"
    COUNTRY = "country"
    LANGUAGE = "language"
    CADENCE = "cadence"


@dataclass(frozen=True, slots=True)
class Has:
    """True when the facet holds this value, or one that begins with it before a `*`."""

    facet: Facet
    value: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every rule is; an empty one is true."""

    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when at least one rule is; an empty one is false."""

    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class NoneOf:
    """True when no rule is; an empty one is true."""

    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class JoinedAfter:
    """True for who joined at this moment (UTC) or later."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class JoinedBefore:
    """True for who joined before this moment (UTC)."""

    moment: datetime


Rule = Has | JoinedAfter | JoinedBefore | AllOf | AnyOf | NoneOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A named rule over subscribers, plus what it receives."""

    name: str
    title: str
    rule: Rule
    kinds: frozenset[NewsKind]
    theme: str
    subject_prefix: str = ""
    #: News older than this is dropped with a reason.
    max_age_days: int = 21
    #: Shown in the footer: why this mail came.
    why: str = ""
    #: BCP 47; None means the publication's own.
    language: str | None = None
    #: How often it gets a mail at most; a reader may wish for fewer, not for more.
    schedule: Cadence = Cadence.EACH
    #: IANA name: where its days, weeks and months begin.
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What readers were told: all that a strand was, up to an edition."""

    strand: str
    edition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Strand(Segment):
    """The readers of a segment who are told together, at one pace; its name is theirs alone.

    The strand of the segment's own schedule has the segment's name. `schedule` is the pace.
    """

    #: The segment's own name.
    segment: str
    #: What has gathered may go; otherwise only what cannot wait.
    is_due: bool = True
    #: For those who changed their pace: what they were told, and the strand they join.
    memory: Memory | None = None
    joins: str | None = None


def pace_of(schedule: Cadence, wish: Cadence) -> Cadence:
    """Return the slower of the two: nobody gets more mails than they wish for."""
    order = list(Cadence)
    return max(schedule, wish, key=order.index)


def strand_name(segment: Segment, pace: Cadence) -> str:
    """Return the name of those who are told at this pace; no segment has one with a _ in it."""
    return segment.name if pace is segment.schedule else f"{segment.name}_{pace}"


def segment_name(strand: str) -> str:
    """Return the name of the segment that a strand belongs to."""
    return strand.partition("_")[0]
