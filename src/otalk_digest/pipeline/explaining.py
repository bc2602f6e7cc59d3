"""Why one subscriber gets what they get: rule by rule, and whether the next edition is theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from otalk_digest.audience.matching import Line, matches, spell_out
from otalk_digest.digest.pace import end_of
from otalk_digest.model.audience import Cadence, Segment, Subscriber, pace_of
from otalk_digest.pipeline.freezing import Press, compose_all, freeze, render_edition
from otalk_digest.store import lookup, subscribers
from otalk_digest.store.database import Store
from otalk_digest.store.lookup import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """One segment against one subscriber."""

    segment: Segment
    holds: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """The next edition as it would be now, and where the subscriber stands in it."""

    number: int
    place: Place
    #: None for who is left out.
    subject: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that decides what a subscriber gets."""

    person: Subscriber
    is_suppressed: bool
    rulings: tuple[Ruling, ...]
    #: The first that matches; None when none does.
    segment: Segment | None
    #: The slower one of the segment's schedule and the reader's wish.
    pace: Cadence
    #: UTC. When the next week or month of that pace begins.
    turns_at: datetime
    #: None when there is nothing to say to anybody.
    upcoming: Upcoming | None


def explain(
    store: Store,
    press: Press,
    segments: Sequence[Segment],
    person: Subscriber,
    *,
    identity_hash: str,
    now: datetime,
) -> Explanation:
    """Say why; the next edition is made and planned, and nothing of it kept.

    Raises TemplateError when it cannot be rendered.
    """
    rulings = tuple(_ruling(segment, person) for segment in segments)
    chosen = next((ruling.segment for ruling in rulings if ruling.holds), None)
    pace = person.cadence if chosen is None else pace_of(chosen.schedule, person.cadence)
    with store.rehearse() as connection:
        return Explanation(
            person=person,
            is_suppressed=subscribers.is_suppressed(connection, identity_hash),
            rulings=rulings,
            segment=chosen,
            pace=pace,
            turns_at=end_of(pace, now, press.profile.zone),
            upcoming=_upcoming(connection, press, segments, identity_hash, now=now),
        )


def _ruling(segment: Segment, person: Subscriber) -> Ruling:
    return Ruling(
        segment=segment,
        holds=matches(segment.rule, person),
        lines=tuple(spell_out(segment.rule, person, zone=segment.zone)),
    )


def _upcoming(
    connection: Connection,
    press: Press,
    segments: Sequence[Segment],
    identity_hash: str,
    *,
    now: datetime,
) -> Upcoming | None:
    digests = compose_all(connection, segments, now=now)
    edition = render_edition(connection, digests, press, now=now)
    if edition is None:
        return None
    freeze(connection, edition, digests, segments=segments, now=now)
    place = lookup.place_of(connection, edition.number, identity_hash)
    if place is None:
        return None
    subjects = {variant.segment: variant.subject for variant in edition.variants}
    subject = None if place.reason is not None else subjects.get(place.segment or "")
    return Upcoming(number=edition.number, place=place, subject=subject)
