"""Who reads, and what they asked for. Pure."""

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


Rule = Has | AllOf | AnyOf | NoneOf


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
