"""Whether an edition is ready to leave: one list, for the preview and for the command line. Pure.

What stops it is stopped by the gate before a send; the rest is for a maintainer to look at.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from otalk_digest.digest.agenda import read_calendar
from otalk_digest.model.edition import Edition, Variant
from otalk_digest.model.finding import Finding, Level
from otalk_digest.pipeline.comparing import addresses_of

if TYPE_CHECKING:
    from otalk_digest.pipeline.checking import Findings
    from otalk_digest.pipeline.proposing import Proposal

_KB: Final = 1000


class Verdict(StrEnum):
    """Whether a condition holds."""

    MET = "met"
    #: A maintainer should look at it; nothing stops for it.
    OPEN = "open"
    #: It stops the edition.
    UNMET = "unmet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of what is looked at before an edition leaves."""

    about: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of an edition."""

    edition: Edition
    findings: Sequence[Finding]
    #: Segment → how many get it, or got it.
    readers: Mapping[str, int]
    #: UTC.
    now: datetime
    #: Where moments are told.
    zone: str
    #: All of it was sent: what was to be seen to before is no question any more.
    has_left: bool = False


def conditions(
    known: Evidence, link_states: Mapping[str, bool] | None = None
) -> tuple[Condition, ...]:
    """Return the list. `link_states` says of an address whether it answered when it was asked."""
    first = (_rules(known.findings), _size(known.edition.variants))
    if known.has_left:
        return (*first, _readers(known.readers), _frozen(known))
    states = {url: (link_states or {}).get(url) for url in public_addresses(known.edition)}
    return (*first, _links(states), _readers(known.readers), _time(known))


def public_addresses(edition: Edition) -> tuple[str, ...]:
    """Return the addresses that anybody can ask; a reader's own are theirs alone."""
    found = (url for variant in edition.variants for url in addresses_of(variant))
    return tuple(dict.fromkeys(url for url in found if url.startswith(("https://", "http://"))))


def _rules(findings: Sequence[Finding]) -> Condition:
    musts = [finding.rule for finding in findings if finding.level is Level.MUST]
    broken = f" ({', '.join(dict.fromkeys(musts))})" if musts else ""
    return Condition(
        about="Rules",
        verdict=Verdict.UNMET if musts else Verdict.MET,
        detail=f"{len(musts)} must{broken}, {len(findings) - len(musts)} should",
    )


def _size(variants: Sequence[Variant]) -> Condition:
    from otalk_digest.check.structure import HTML_MOST  # noqa: PLC0415 - slow to import

    largest = max((len(each.html.encode()) for each in variants), default=0)
    return Condition(
        about="Size",
        verdict=Verdict.MET if largest < HTML_MOST else Verdict.UNMET,
        detail=f"{largest / _KB:.1f} of {HTML_MOST // _KB} KB of HTML",
    )


def _links(states: Mapping[str, bool | None]) -> Condition:
    failed = sum(state is False for state in states.values())
    unasked = sum(state is None for state in states.values())
    if failed:
        detail = f"{failed} of {len(states)} did not answer when they were asked"
    elif unasked:
        detail = f"{unasked} of {len(states)} not checked yet"
    elif len(states) == 1:
        detail = "the only one answered"
    else:
        detail = f"all {len(states)} answered" if states else "there is none to check"
    return Condition(
        about="Links", verdict=Verdict.OPEN if failed or unasked else Verdict.MET, detail=detail
    )


def weigh_up(
    proposal: "Proposal", findings: "Findings", *, zone: str, now: datetime
) -> tuple[Condition, ...]:
    """Return the list for an edition that is about to be frozen."""
    return conditions(
        Evidence(
            edition=proposal.edition,
            findings=[finding for found in findings.values() for finding in found],
            readers=proposal.counts,
            now=now,
            zone=zone,
        )
    )


def _readers(told: Mapping[str, int]) -> Condition:
    detail = ", ".join(f"{segment} {count:,}" for segment, count in told.items())
    verdict = Verdict.MET if any(told.values()) else Verdict.UNMET
    return Condition(about="Readers", verdict=verdict, detail=detail or "nobody")


def _time(known: Evidence) -> Condition:
    """Say when the next chat begins; one that has begun should not be announced."""
    starts = sorted(_starts(known.edition.variants))
    if not starts:
        return Condition(about="Time", verdict=Verdict.MET, detail="no chat is ahead")
    local = starts[0].astimezone(ZoneInfo(known.zone))
    first = f"{local:%A} {local.day} {local:%B, %H:%M %Z}"
    if starts[0] <= known.now:
        return Condition(
            about="Time", verdict=Verdict.OPEN, detail=f"the chat of {first} has begun"
        )
    ahead = _roughly(starts[0] - known.now)
    return Condition(
        about="Time", verdict=Verdict.MET, detail=f"the next chat is in {ahead}: {first}"
    )


def _frozen(known: Evidence) -> Condition:
    detail = f"frozen {in_words(known.edition.frozen_at, known.zone)}"
    return Condition(about="Time", verdict=Verdict.MET, detail=detail)


def _starts(variants: Iterable[Variant]) -> Iterator[datetime]:
    for variant in variants:
        for event in read_calendar(variant.calendar) if variant.calendar else ():
            is_on = event.status != "CANCELLED"
            if is_on and isinstance(event.starts_at, datetime) and event.starts_at.tzinfo:
                yield event.starts_at


def in_words(moment: datetime, zone: str) -> str:
    """Return a moment as it is told where the chats are."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y, %H:%M %Z}"


def _roughly(span: timedelta) -> str:
    if span >= timedelta(days=2):
        return f"{span.days} days"
    hours = int(span / timedelta(hours=1))
    return f"{hours} hours" if hours > 1 else "less than two hours"
