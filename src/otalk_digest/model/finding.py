"""What the check has to say about a message. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a rule weighs."""

    #: The edition does not leave.
    MUST = "must"
    #: A maintainer is told.
    SHOULD = "should"


class Part(StrEnum):
    """Which part of a message a finding is about."""

    HEADER = "header"
    TEXT = "text"
    HTML = "html"
    CALENDAR = "calendar"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a message something is."""

    part: Part
    #: A short quotation of what stands there, or what is missing.
    excerpt: str
    #: Counted from 1, in the decoded part.
    line: int | None = None
    #: XPath of the element in the HTML part, as libxml2 reads it.
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that a message breaks, at one place."""

    #: Lower case with hyphens, e.g. "link-text-unique".
    rule: str
    level: Level
    place: Place
    #: What it does to a reader, and where that is known from.
    why: str
    #: What a maintainer who is no programmer can do.
    mend: str
