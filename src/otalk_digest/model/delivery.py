"""One edition to one subscriber, and the one table of what may become of it. Pure.

Empty cells under an action are bugs of ours and raise; under an event they mean that the
world is late or repeats itself, and nothing changes.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Status(StrEnum):
    """Where a delivery stands."""

    PLANNED = "planned"
    #: Left out, with a reason; never sent.
    SKIPPED = "skipped"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Action(StrEnum):
    """What we do to a delivery."""

    CLAIM = "claim"
    #: It is certain that nothing was accepted.
    RELEASE = "release"
    #: It may or may not have been accepted.
    LOSE_TRACK = "lose_track"
    #: The reader left between plan and claim, or what would be sent is of no use any more.
    SKIP = "skip"


class EventKind(StrEnum):
    """What the world tells us about a delivery."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


_S, _A, _E = Status, Action, EventKind
_AFTER_SENDING = {
    _E.ACCEPTED: _S.ACCEPTED,
    _E.DEFERRED: _S.DEFERRED,
    _E.DELIVERED: _S.DELIVERED,
    _E.REJECTED: _S.REJECTED,
    _E.BOUNCED: _S.BOUNCED,
    _E.COMPLAINED: _S.COMPLAINED,
}
_AFTER_ACCEPTED = {k: v for k, v in _AFTER_SENDING.items() if k is not _E.ACCEPTED}
_AFTER_DEFERRED = {k: v for k, v in _AFTER_ACCEPTED.items() if k is not _E.DEFERRED}
_AFTER_DELIVERED = {_E.BOUNCED: _S.BOUNCED, _E.COMPLAINED: _S.COMPLAINED}


def _rows() -> dict[tuple[Status, Action | EventKind], Status]:
    table: dict[tuple[Status, Action | EventKind], Status] = {
        (_S.PLANNED, _A.CLAIM): _S.SENDING,
        (_S.PLANNED, _A.SKIP): _S.SKIPPED,
        (_S.SENDING, _A.RELEASE): _S.PLANNED,
        (_S.SENDING, _A.LOSE_TRACK): _S.IN_DOUBT,
        (_S.IN_DOUBT, _A.RELEASE): _S.PLANNED,
    }
    for status, after in (
        (_S.SENDING, _AFTER_SENDING),
        (_S.IN_DOUBT, _AFTER_SENDING),
        (_S.ACCEPTED, _AFTER_ACCEPTED),
        (_S.DEFERRED, _AFTER_DEFERRED),
        (_S.DELIVERED, _AFTER_DELIVERED),
    ):
        table.update({(status, event): new for event, new in after.items()})
    return table


TRANSITIONS: Mapping[tuple[Status, Action | EventKind], Status] = MappingProxyType(_rows())


def after_action(status: Status, action: Action) -> Status:
    """Return the new status. Raises KeyError when the move is illegal: that is our bug."""
    return TRANSITIONS[status, action]


def after_event(status: Status, event: EventKind) -> Status:
    """Return the new status; the same one when the event is late or repeated."""
    return TRANSITIONS.get((status, event), status)


#: By weight, not by time: the clocks of mailbox providers differ, and seconds are coarse.
_LIGHT_TO_HEAVY = (_E.ACCEPTED, _E.DEFERRED, _E.DELIVERED, _E.COMPLAINED, _E.BOUNCED, _E.REJECTED)


def after_all_events(status: Status, events: Collection[EventKind]) -> Status:
    """Return where a delivery stands when all of these have happened, in whatever order."""
    if not events or status in {Status.PLANNED, Status.SKIPPED}:
        return status
    # Whoever tells of it has taken it, whatever we knew before.
    status = Status.ACCEPTED
    for event in _LIGHT_TO_HEAVY:
        if event in events:
            status = after_event(status, event)
    return status


def sources(cause: Action | EventKind) -> tuple[Status, ...]:
    """Return the statuses that this cause moves."""
    return tuple(status for status, moved_by in TRANSITIONS if moved_by == cause)


class SkipReason(StrEnum):
    """Why someone is left out of an edition."""

    UNCONFIRMED = "unconfirmed"
    WITHDRAWN = "withdrawn"
    SUPPRESSED = "suppressed"
    NO_SEGMENT = "no_segment"
    #: They are told once a week or month, and nothing that is new cannot wait.
    NOT_DUE = "not_due"
    #: They asked for nothing until a day that is still to come.
    PAUSED = "paused"
    NOTHING_FOR_SEGMENT = "nothing_for_segment"
    #: Nothing in the variant is of a kind that this reader asked for.
    NOT_WANTED = "not_wanted"
    ALREADY_TOLD = "already_told"
    #: The chat began before it could be sent.
    TOO_LATE = "too_late"
    #: It says of a chat what is not so any more.
    OUTDATED = "outdated"


class OutcomeKind(StrEnum):
    """What became of one recipient in one attempt."""

    ACCEPTED = "accepted"
    #: Refused for good: this recipient, not the batch.
    REJECTED = "rejected"
    #: Certainly not accepted, may be tried again.
    RELEASED = "released"
    IN_DOUBT = "in_doubt"


class Outcome(NamedTuple):
    """One recipient's answer. `diagnostic` holds no address."""

    delivery_id: int
    kind: OutcomeKind
    diagnostic: str | None = None
    provider_message_id: str | None = None
    #: Released because of this reader: a server put them off (SMTP 4xx).
    is_put_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The books of one edition. They balance, or something is lost."""

    candidates: int
    skipped: int
    planned: int
    accepted: int
    rejected: int
    in_doubt: int
    sending: int

    @property
    def is_balanced(self) -> bool:
        """Every candidate is in exactly one place."""
        parts = self.skipped + self.planned + self.accepted + self.rejected
        return self.candidates == parts + self.in_doubt + self.sending

    @property
    def is_complete(self) -> bool:
        """Nothing is left to do and nothing is unknown."""
        return self.is_balanced and not (self.planned or self.sending or self.in_doubt)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """One line of the books."""

    id: int
    edition: int
    segment: str | None
    status: Status
    reason: str | None
    #: UTC.
    updated_at: datetime
    address: str | None
