"""How many readers each segment has, how many it shares, and how many no segment takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Integer, and_, cast, false, func, literal, select

from otalk_digest.model.audience import Cadence, Consent, Rule, Segment
from otalk_digest.store.rules import clause, segment_of
from otalk_digest.store.schema import subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Confirmed readers of one segment, or of none, who wish the same."""

    segment: str | None
    wish: Cadence
    is_paused: bool
    readers: int


def count_readers(
    connection: Connection, segments: Sequence[Segment], *, now: datetime
) -> Sequence[Count]:
    """Return confirmed readers by segment, wish and pause; each reader is in one count."""
    columns = (
        segment_of(list(segments)),
        subscribers.c.cadence,
        func.coalesce(subscribers.c.paused_until > now, false()),
    )
    query = (
        select(*columns, func.count())
        .where(subscribers.c.consent == Consent.CONFIRMED)
        .group_by(*columns)
    )
    return [
        Count(segment=row[0], wish=Cadence(row[1]), is_paused=bool(row[2]), readers=row[3])
        for row in connection.execute(query)
    ]


def count_shared(connection: Connection, segments: Sequence[Segment]) -> Sequence[Sequence[int]]:
    """Return how many confirmed readers match two rules each; a segment with itself, all of it."""
    flags = select(
        *(
            cast(clause(segment.rule), Integer).label(f"m{place}")
            for place, segment in enumerate(segments)
        )
    ).where(subscribers.c.consent == Consent.CONFIRMED)
    held = flags.subquery("held").c
    places = range(len(segments))
    sums = [
        func.coalesce(func.sum(held[f"m{one}"] * held[f"m{other}"]), 0)
        for one in places
        for other in places
    ]
    row = connection.execute(select(*sums)).one()
    return [[int(row[one * len(segments) + other]) for other in places] for one in places]


def count_missing(
    connection: Connection, segments: Sequence[Segment], rules: Sequence[Rule]
) -> Sequence[int]:
    """Return for each rule how many confirmed readers without a segment it does not hold for."""
    lost = and_(subscribers.c.consent == Consent.CONFIRMED, segment_of(list(segments)).is_(None))
    sums = [func.coalesce(func.sum(1 - cast(clause(rule), Integer)), 0) for rule in rules]
    row = connection.execute(select(literal(0), *sums).select_from(subscribers).where(lost)).one()
    return [int(number) for number in row[1:]]
