"""What the next edition would be now, and where an edition stands with its maintainers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from otalk_digest.model.audience import Segment
from otalk_digest.model.delivery import Status
from otalk_digest.model.edition import Edition
from otalk_digest.pipeline.comparing import (
    PartDifference,
    ReaderShift,
    define,
    differences,
    material_hash,
    reader_shifts,
)
from otalk_digest.pipeline.freezing import Press, compose_all, freeze, render_edition
from otalk_digest.store import books, decisions, editions
from otalk_digest.store.decisions import ApprovedContent, Decision, What


class State(StrEnum):
    """Where an edition stands."""

    NOTHING_ASKED = "nothing asked"
    WAITING = "waiting"
    APPROVED = "approved"
    HELD = "held"
    CHANGED = "changed since approval"
    #: Frozen and not held: it leaves, or has left.
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The next edition as it would leave now, and how many would get it."""

    edition: Edition
    #: Segment → readers.
    counts: dict[str, int]
    #: Name and definition of all segments.
    segments: tuple[tuple[str, str], ...]
    material_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an edition stands, who decided it, and what has changed since."""

    number: int
    state: State
    #: The newest one.
    decision: Decision | None
    #: Of a change since approval only.
    parts: tuple[PartDifference, ...] = ()
    #: Segments that are defined otherwise, are new or are gone, by name.
    segments: tuple[str, ...] = ()
    readers: tuple[ReaderShift, ...] = ()

    @property
    def may_leave(self) -> bool:
        """Whether a run sends it."""
        return self.state not in {State.WAITING, State.HELD, State.CHANGED}


def propose(
    connection: Connection, press: Press, segments: Sequence[Segment], *, now: datetime
) -> Proposal | None:
    """Return the next edition with its readers; None when there is nothing to say.

    Keeps nothing, but needs a connection that may write. Raises TemplateError.
    """
    digests = compose_all(connection, segments, now=now)
    edition = render_edition(connection, digests, press, now=now)
    if edition is None:
        return None
    with connection.begin_nested() as trial:
        freeze(connection, edition, digests, segments=segments, now=now)
        proposal = weigh(connection, edition, segments)
        trial.rollback()
    return proposal


def weigh(connection: Connection, edition: Edition, segments: Sequence[Segment]) -> Proposal:
    """Return an edition with its readers, who are planned already."""
    counts = dict.fromkeys((variant.segment for variant in edition.variants), 0)
    for segment, status, _, count in books.count_by_reason(connection, edition.number):
        if status == Status.PLANNED and segment is not None:
            counts[segment] = count
    defined = define(segments)
    return Proposal(
        edition=edition,
        counts=counts,
        segments=defined,
        material_hash=material_hash(edition.variants, defined),
    )


def standing(
    connection: Connection, number: int, *, is_required: bool, proposal: Proposal | None = None
) -> Standing:
    """Return where an edition stands; `proposal` is what the next one would be now.

    Without it an approval is taken as it is: nothing is composed to compare it with.
    """
    decision = decisions.newest_decision(connection, number)
    what = None if decision is None else decision.what
    if what is What.HELD:
        return Standing(number=number, state=State.HELD, decision=decision)
    if proposal is None and editions.is_frozen(connection, number):
        return Standing(number=number, state=State.SENT, decision=decision)
    if not is_required:
        return Standing(number=number, state=State.NOTHING_ASKED, decision=decision)
    if decision is None or what is not What.APPROVED:
        return Standing(number=number, state=State.WAITING, decision=decision)
    if proposal is None:
        return Standing(number=number, state=State.APPROVED, decision=decision)
    return _compared(connection, decision, proposal)


def _compared(connection: Connection, decision: Decision, proposal: Proposal) -> Standing:
    shifts = reader_shifts(decision.counts, proposal.counts)
    number = decision.edition
    if decision.material_hash == proposal.material_hash and not shifts:
        return Standing(number=number, state=State.APPROVED, decision=decision)
    approved = decisions.approved_content(connection, number)
    before = approved or ApprovedContent(variants=(), segments=())
    return Standing(
        number=number,
        state=State.CHANGED,
        decision=decision,
        parts=differences(before.variants, proposal.edition.variants),
        segments=_redefined(before.segments, proposal.segments),
        readers=shifts,
    )


def _redefined(
    before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    """Return the segments that are not what they were, or do not stand where they stood."""
    old, new = dict(before), dict(after)
    changed = tuple(name for name in {**new, **old} if old.get(name) != new.get(name))
    return changed or (tuple(new) if list(old) != list(new) else ())
