"""Who would get an edition and who not, where it stands, and whether it is ready to leave.

The next edition is planned in a transaction that is rolled back: nothing of it is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from otalk_digest.model.delivery import Status
from otalk_digest.model.edition import Edition
from otalk_digest.model.finding import Finding, Level
from otalk_digest.pipeline.checking import check_edition
from otalk_digest.pipeline.dissecting import HTML_LIMIT
from otalk_digest.pipeline.freezing import compose_all, freeze, render_edition
from otalk_digest.pipeline.personas import key_of, masked
from otalk_digest.pipeline.previewing import FIXTURE, Choice, Desk, number_of
from otalk_digest.pipeline.proofing import past_edition
from otalk_digest.pipeline.proposing import Proposal, Standing, standing, weigh
from otalk_digest.store import books, editions, lookup
from otalk_digest.store.lookup import Place

#: How many of those who fit are shown.
_SHOWN: Final = 50
_KIB: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One subscriber of a plan."""

    #: A masked address, or a number.
    label: str
    segment: str
    standing: str
    #: The persona to see the mail as; None where that is not allowed.
    key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An edition with its plan, counted, and what its messages break."""

    #: Segment, status, reason, how many.
    counts: tuple[tuple[str, str, str, int], ...] = ()
    #: None for an invented edition.
    standing: Standing | None = None
    #: Of the next edition, when there is something to say.
    proposal: Proposal | None = None
    #: Of every variant.
    findings: tuple[Finding, ...] = ()
    #: Segment → bytes of its HTML.
    sizes: Mapping[str, int] | None = None

    @property
    def total(self) -> int:
        """Everybody: each is in one count."""
        return sum(count for *_, count in self.counts)

    @property
    def readers(self) -> dict[str, int]:
        """Segment → how many of it get the mail or got it."""
        told: dict[str, int] = {}
        for segment, status, _, count in self.counts:
            if status != Status.SKIPPED:
                told[segment] = told.get(segment, 0) + count
        return told

    @property
    def is_waiting(self) -> bool:
        """Somebody is still going to get it."""
        return any(status == Status.PLANNED for _, status, *_ in self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of what has to hold before an edition leaves."""

    about: str
    holds: bool
    detail: str


def review(desk: Desk, choice: Choice) -> Review:
    """Plan and check the whole edition. Raises TemplateError, or InputError for no edition."""
    if choice.edition.startswith(FIXTURE):
        return Review()
    with _planned(desk, choice) as (connection, edition):
        number = edition.number if edition else editions.next_number(connection)
        proposal = None
        if edition is not None and number_of(choice) is None:
            proposal = weigh(connection, edition, desk.segments)
        # A frozen edition has left or is held, whatever is asked for.
        place = standing(
            connection, number, is_required=desk.is_approval_required, proposal=proposal
        )
        counts = books.count_by_reason(connection, number) if edition else ()
        return Review(
            counts=tuple(
                (segment or "", status, reason or "", count)
                for segment, status, reason, count in counts
            ),
            standing=place,
            proposal=proposal,
            findings=() if edition is None else findings_of(desk, edition),
            sizes={each.segment: len(each.html.encode()) for each in edition.variants}
            if edition
            else {},
        )


def find_readers(
    desk: Desk, choice: Choice, words: str, *, may_be_real: bool
) -> tuple[tuple[Found, ...], int]:
    """Return who fits the words in the plan, at most fifty, and how many more do."""
    if choice.edition.startswith(FIXTURE):
        return (), 0
    with _planned(desk, choice) as (connection, edition):
        if edition is None:
            return (), 0
        places, total = lookup.places_in(
            connection, edition.number, words, limit=_SHOWN, may_see_people=may_be_real
        )
    return tuple(_found(place, may_be_real=may_be_real) for place in places), total - len(places)


def findings_of(desk: Desk, edition: Edition) -> tuple[Finding, ...]:
    """Return what the messages of an edition break, as the gate before a send would find it."""
    found = check_edition(desk.store, edition, desk.post, expected=desk.expected)
    return tuple(finding for findings in found.values() for finding in findings)


def conditions(reviewed: Review, link_states: Mapping[str, bool | None]) -> tuple[Condition, ...]:
    """Return whether it is ready to leave, condition by condition.

    `link_states` has every address of the mail: whether it answered, or None before it was
    asked.
    """
    return (
        _rules(reviewed.findings),
        _size(reviewed.sizes or {}),
        _links(link_states),
        _readers(reviewed.readers),
    )


def _rules(findings: Sequence[Finding]) -> Condition:
    musts = [finding.rule for finding in findings if finding.level is Level.MUST]
    shoulds = len(findings) - len(musts)
    broken = f" ({', '.join(dict.fromkeys(musts))})" if musts else ""
    return Condition(
        about="Rules", holds=not musts, detail=f"{len(musts)} must{broken}, {shoulds} should"
    )


def _size(sizes: Mapping[str, int]) -> Condition:
    largest = max(sizes.values(), default=0)
    detail = f"{largest / _KIB:.1f} of {HTML_LIMIT // _KIB} KB of HTML"
    return Condition(about="Size", holds=largest <= HTML_LIMIT, detail=detail)


def _links(states: Mapping[str, bool | None]) -> Condition:
    failed = sum(state is False for state in states.values())
    unasked = sum(state is None for state in states.values())
    if failed:
        detail = f"{failed} of {len(states)} do not answer"
    elif unasked:
        detail = f"{unasked} of {len(states)} not checked yet"
    else:
        detail = f"all {len(states)} answer" if states else "there is none to check"
    return Condition(about="Links", holds=not failed and not unasked, detail=detail)


def _readers(told: Mapping[str, int]) -> Condition:
    detail = ", ".join(f"{segment} {count:,}" for segment, count in told.items())
    return Condition(about="Readers", holds=any(told.values()), detail=detail or "nobody")


@contextmanager
def _planned(desk: Desk, choice: Choice) -> Iterator[tuple[Connection, Edition | None]]:
    """Give a state in which the edition has its plan."""
    number = number_of(choice)
    if number is not None:
        with desk.store.read() as connection:
            yield connection, past_edition(desk.store, number)
        return
    with desk.store.rehearse() as connection:
        now = choice.as_of or desk.clock()
        digests = compose_all(connection, desk.segments, now=now)
        edition = render_edition(connection, digests, desk.press, now=now)
        freeze(connection, edition, digests, segments=desk.segments, now=now)
        yield connection, edition


def _found(place: Place, *, may_be_real: bool) -> Found:
    if place.subscriber_id is None:
        label = "somebody who is forgotten"
    elif may_be_real and place.address is not None:
        label = masked(place.address)
    else:
        label = f"Reader {place.subscriber_id}"
    key = key_of(place.subscriber_id) if may_be_real and place.subscriber_id else None
    stands = place.status if place.reason is None else f"{place.status}: {place.reason}"
    return Found(label=label, segment=place.segment or "", standing=stands, key=key)
