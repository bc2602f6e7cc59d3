"""Let a maintainer approve or hold an edition.

The next edition is composed anew until it leaves. An approval binds to what readers would see
and to who they are: when that changes, it is asked for again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from otalk_digest.errors import CheckFailedError, InputError
from otalk_digest.logs import log_event
from otalk_digest.model.audience import Segment
from otalk_digest.model.edition import Edition, Variant
from otalk_digest.model.finding import Finding, Level
from otalk_digest.pipeline.comparing import LineDifference, PartDifference, differences
from otalk_digest.pipeline.delivering import Clock
from otalk_digest.pipeline.freezing import Press
from otalk_digest.pipeline.proposing import Proposal, Standing, State, propose, standing
from otalk_digest.store import decisions, editions
from otalk_digest.store.database import Store
from otalk_digest.store.decisions import ApprovedContent, Decision, What

# With what the preview needs beside it, so that it has one place to ask.
__all__ = [
    "Approval",
    "Check",
    "Decision",
    "LineDifference",
    "PartDifference",
    "Proposal",
    "Standing",
    "State",
    "What",
    "approve",
    "approved_variants",
    "differences",
    "hold",
    "propose",
    "standing",
]

#: What a message that leaves has to stand: returns what it breaks.
Check = Callable[[Edition], Sequence[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What was approved; no edition where a hold was lifted and nothing else."""

    decision: Decision
    edition: Edition | None


def approve(
    store: Store,
    press: Press,
    segments: Sequence[Segment],
    number: int,
    *,
    by: str,
    clock: Clock,
    check: Check | None = None,
    seen: str | None = None,
) -> Approval:
    """Let the next edition leave as it is now, or let go of a frozen one that is held.

    `segments` are all segments. `seen` is the hash of what the maintainer looked at, where
    that may be older than now.

    Raises:
        InputError: it is not that edition's turn, or it is not what was looked at.
        CheckFailedError: it breaks a rule that it must keep.
        TemplateError: it cannot be rendered.
    """
    with store.begin() as connection:
        now = clock()
        is_held = decisions.is_held(connection, number)
        release = Decision(edition=number, what=What.RELEASED, at=now, by=by)
        if is_held and editions.is_frozen(connection, number):
            return _decide(connection, Approval(decision=release, edition=None))
        _require_next(connection, number)
        proposal = propose(connection, press, segments, now=now)
        if proposal is None and is_held:
            return _decide(connection, Approval(decision=release, edition=None))
        if proposal is None:
            raise InputError(
                "There is nothing to approve: no news that was not told before. "
                "Look for some with: otalk-digest collect."
            )
        if seen is not None and seen != proposal.material_hash:
            raise InputError(
                f"Edition {number} is not what you looked at any more. Look again, then approve it."
            )
        _require_no_must(number, check(proposal.edition) if check else ())
        return _decide(connection, _approval_of(proposal, by=by, now=now), proposal)


def hold(store: Store, number: int, *, by: str, reason: str | None, clock: Clock) -> Decision:
    """Let nothing of this edition leave until it is approved; what is in flight still arrives.

    Raises InputError when it has left, or is not the next one.
    """
    with store.begin() as connection:
        if editions.is_frozen(connection, number):
            if number not in editions.unfinished(connection):
                raise InputError(f"Edition {number} has left: nothing of it can be held.")
        else:
            _require_next(connection, number)
        decision = Decision(
            edition=number, what=What.HELD, at=clock(), by=by, reason=_one_line(reason)
        )
        return _decide(connection, Approval(decision=decision, edition=None)).decision


def approved_variants(connection: Connection, number: int) -> tuple[Variant, ...]:
    """Return what was approved last for an edition; empty when nothing ever was."""
    content = decisions.approved_content(connection, number)
    return () if content is None else content.variants


def _approval_of(proposal: Proposal, *, by: str, now: datetime) -> Approval:
    decision = Decision(
        edition=proposal.edition.number,
        what=What.APPROVED,
        at=now,
        by=by,
        material_hash=proposal.material_hash,
        counts=proposal.counts,
    )
    return Approval(decision=decision, edition=proposal.edition)


def _decide(
    connection: Connection, approval: Approval, proposal: Proposal | None = None
) -> Approval:
    content = None
    if proposal is not None:
        content = ApprovedContent(variants=proposal.edition.variants, segments=proposal.segments)
    decisions.save_decision(connection, approval.decision, content)
    log_event(f"edition_{approval.decision.what}", edition=approval.decision.edition)
    return approval


def _require_next(connection: Connection, number: int) -> None:
    next_number = editions.next_number(connection)
    if number == next_number:
        return
    if number < next_number and editions.is_frozen(connection, number):
        raise InputError(
            f"Edition {number} is frozen and not held. The next edition is {next_number}."
        )
    raise InputError(f"There is no edition {number}. The next edition is {next_number}.")


def _require_no_must(number: int, findings: Sequence[Finding]) -> None:
    musts = [finding for finding in findings if finding.level is Level.MUST]
    if musts:
        rules = ", ".join(dict.fromkeys(finding.rule for finding in musts))
        raise CheckFailedError(
            f"Edition {number} is not approved: it breaks what it must keep ({rules}). "
            "See: otalk-digest check."
        )


def _one_line(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None
