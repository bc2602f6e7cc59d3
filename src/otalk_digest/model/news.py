"""What changed in the life of a chat. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from otalk_digest.model.chat import Reading


class NewsKind(StrEnum):
    """The kinds that a segment can ask for."""

    ANNOUNCEMENT = "announcement"
    CHANGE = "change"
    CANCELLATION = "cancellation"
    WRAP_UP = "wrap-up"
    #: Something changed after the wrap-up: the record is put right, no mail.
    CORRECTION = "correction"
    #: A post that is about no chat.
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field of a chat, before and after, as text."""

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One phase of one chat becoming known, or a notice."""

    kind: NewsKind
    guid: str
    url: str | None
    reading: Reading
    #: UTC. The day it happened for readers: when we saw it, or on a first run, when it was so.
    happened_at: datetime
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNews:
    """A piece of news with its number in the store."""

    id: int
    news: News
