"""What happened, in numbers. Pure. No address and no name of a reader is in it."""

from dataclasses import dataclass
from datetime import datetime

from otalk_digest.model.delivery import Tally
from otalk_digest.model.edition import EditionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFigures:
    """The books of one edition, and how they came about."""

    number: int
    #: UTC.
    frozen_at: datetime
    #: Absent while something is left to do or unknown.
    completed_at: datetime | None
    tally: Tally
    #: Status → deliveries; the sum is the candidates.
    by_status: tuple[tuple[str, int], ...]
    #: Reason → subscribers; the sum is those left out.
    left_out: tuple[tuple[str, int], ...]
    attempts: int
    kind: EditionKind = EditionKind.DIGEST

    @property
    def readers(self) -> int:
        """Return how many the edition was for."""
        return self.tally.candidates - self.tally.skipped

    @property
    def waiting(self) -> int:
        """Return how many it has not been sent to yet."""
        return self.tally.planned + self.tally.sending


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFigures:
    """What a wrap-up counted."""

    #: UTC.
    starts_at: datetime
    topic: str
    posts: int | None
    people: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Editions and chats, oldest first."""

    editions: tuple[EditionFigures, ...]
    chats: tuple[ChatFigures, ...]
