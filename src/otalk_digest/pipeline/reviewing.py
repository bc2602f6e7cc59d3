"""Who would get an edition and who not, where it stands, and whether it is ready to leave.

The next edition is planned in a transaction that is rolled back: nothing of it is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from otalk_digest.model.delivery import Status
from otalk_digest.model.edition import Edition
from otalk_digest.model.finding import Finding
from otalk_digest.pipeline.checking import check_edition
from otalk_digest.pipeline.freezing import compose_all, freeze, render_edition
from otalk_digest.pipeline.personas import key_of, masked
from otalk_digest.pipeline.previewing import FIXTURE, Choice, Desk, number_of
from otalk_digest.pipeline.proofing import past_edition
from otalk_digest.pipeline.proposing import Proposal, Standing, standing, weigh
from otalk_digest.pipeline.readiness import Evidence
from otalk_digest.store import books, editions, lookup
from otalk_digest.store.lookup import Place

#: How many of those who fit are shown.
_SHOWN: Final = 50


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
    #: Whether it is ready is weighed by this; None when there is nothing to say, or all of it
    #: is invented.
    evidence: Evidence | None = None

    @property
    def total(self) -> int:
        """Everybody: each is in one count."""
        return sum(count for *_, count in self.counts)

    @property
    def is_waiting(self) -> bool:
        """Somebody is still going to get it."""
        return any(status == Status.PLANNED for _, status, *_ in self.counts)


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
        counts = tuple(
            (segment or "", str(status), reason or "", count)
            for segment, status, reason, count in books.count_by_reason(connection, number)
        )
        return Review(
            counts=counts if edition else (),
            standing=place,
            proposal=proposal,
            evidence=None if edition is None else _evidence(desk, choice, edition, counts),
        )


def _told(counts: Iterable[tuple[str, str, str, int]]) -> dict[str, int]:
    told: dict[str, int] = {}
    for segment, status, _, count in counts:
        if status != Status.SKIPPED:
            told[segment] = told.get(segment, 0) + count
    return told


def _evidence(
    desk: Desk, choice: Choice, edition: Edition, counts: Sequence[tuple[str, str, str, int]]
) -> Evidence:
    is_planned = any(status == Status.PLANNED for _, status, *_ in counts)
    return Evidence(
        edition=edition,
        findings=findings_of(desk, edition),
        readers=_told(counts),
        now=choice.as_of or desk.clock(),
        zone=desk.press.profile.zone,
        has_left=number_of(choice) is not None and not is_planned,
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
