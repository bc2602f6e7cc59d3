"""Which strands have readers, when they were told last, and who came from another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, FromClause, Subquery, exists, func, insert, or_, select

from otalk_digest.model.audience import (
    Cadence,
    Consent,
    Memory,
    Segment,
    pace_of,
    segment_name,
)
from otalk_digest.model.delivery import SkipReason, Status
from otalk_digest.model.edition import EditionKind
from otalk_digest.store.rules import segment_of, strand_of
from otalk_digest.store.schema import deliveries, editions, meta, subscribers, variants

#: What was told longer ago than this is too old to be told again.
_REMEMBERED: Final = timedelta(days=100)
#: It was theirs, but for what they wanted at that time.
_FORGONE: Final = (
    SkipReason.PAUSED,
    SkipReason.NOT_WANTED,
    SkipReason.WITHDRAWN,
    SkipReason.SUPPRESSED,
    SkipReason.UNCONFIRMED,
)
_KEY: Final = "wishes"
_NOTED: Final = select(exists().where(meta.c.key == _KEY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Readers of a strand, and where they were when they were told last."""

    strand: str
    memory: Memory


def wishes_in_use(connection: Connection) -> frozenset[Cadence]:
    """Return how often any subscriber wishes to be told, but for those who said nothing."""
    wish = subscribers.c.cadence
    query = select(wish).distinct().where(wish != Cadence.EACH)
    return frozenset(map(Cadence, connection.scalars(query)))


def note_wishes(connection: Connection) -> None:
    """Note for good that an edition was planned while someone had a wish. Safe to repeat."""
    if not connection.scalar(_NOTED):
        connection.execute(insert(meta).values(key=_KEY, value="noted"))


def paces_in_use(
    connection: Connection, segments: Sequence[Segment], wishes: frozenset[Cadence]
) -> frozenset[tuple[str, Cadence]]:
    """Return segment and pace of all strands that have a confirmed reader, the slower ones only."""
    if not wishes:
        return frozenset()
    name = segment_of(list(segments))
    query = (
        select(name, subscribers.c.cadence)
        .where(subscribers.c.consent == Consent.CONFIRMED, subscribers.c.cadence != Cadence.EACH)
        .distinct()
    )
    schedules = {segment.name: segment.schedule for segment in segments}
    return frozenset(
        (row[0], pace_of(schedules[row[0]], Cadence(row[1])))
        for row in connection.execute(query)
        if row[0] is not None
    )


def last_told_at(connection: Connection, segment: str) -> datetime | None:
    """Return when the newest digest with a part for this segment was frozen."""
    mine = or_(
        variants.c.segment == segment,
        variants.c.segment.startswith(f"{segment}_", autoescape=True),
    )
    query = (
        select(editions.c.frozen_at)
        .join_from(editions, variants, variants.c.edition == editions.c.number)
        .where(editions.c.kind == EditionKind.DIGEST, mine)
        .order_by(editions.c.number.desc())
        .limit(1)
    )
    return connection.scalar(query)


def moves(
    connection: Connection,
    segments: Sequence[Segment],
    wishes: frozenset[Cadence],
    *,
    now: datetime,
) -> Sequence[Move]:
    """Return who was not told with their strand last: they were in another one.

    Of the same segment: who changed their wish. Empty as long as nobody ever had one.
    """
    if not (wishes or connection.scalar(_NOTED)):
        # Asking everybody where they were last takes long.
        return ()
    last = last_parts(now)
    strand = strand_of(segments, wishes)
    query = (
        select(strand.label("strand"), last.c.segment, last.c.edition)
        .select_from(joined_to(last))
        .where(subscribers.c.consent == Consent.CONFIRMED, last.c.segment.is_not(None))
        .distinct()
    )
    newest = _newest_parts(connection)
    found = [
        Move(strand=row[0], memory=Memory(strand=row[1], edition=row[2]))
        for row in connection.execute(query)
        if row[0] is not None
        and segment_name(row[0]) == segment_name(row[1])
        # Who went away and came back missed what was told meanwhile.
        and (row[0] != row[1] or row[2] < newest.get(row[0], 0))
    ]
    return sorted(found, key=lambda move: (move.strand, move.memory.edition, move.memory.strand))


def _newest_parts(connection: Connection) -> dict[str, int]:
    """Return strand → the newest digest in which it had a part."""
    query = (
        select(variants.c.segment, func.max(variants.c.edition))
        .join_from(variants, editions, variants.c.edition == editions.c.number)
        .where(editions.c.kind == EditionKind.DIGEST)
        .group_by(variants.c.segment)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def last_parts(now: datetime) -> Subquery:
    """Return where each subscriber had a part last: they were told, or could have been.

    Who was left out because their strand had nothing to say holds what they held before.
    """
    had_part = or_(deliveries.c.status != Status.SKIPPED, deliveries.c.reason.in_(_FORGONE))
    newest = (
        select(deliveries.c.subscriber_id, func.max(deliveries.c.edition).label("edition"))
        .join_from(deliveries, editions, deliveries.c.edition == editions.c.number)
        .where(
            had_part,
            deliveries.c.segment.is_not(None),
            editions.c.kind == EditionKind.DIGEST,
            editions.c.frozen_at > now - _REMEMBERED,
        )
        .group_by(deliveries.c.subscriber_id)
        .subquery("newest")
    )
    return (
        select(deliveries.c.subscriber_id, deliveries.c.segment, deliveries.c.edition)
        .join_from(
            newest,
            deliveries,
            (deliveries.c.subscriber_id == newest.c.subscriber_id)
            & (deliveries.c.edition == newest.c.edition),
        )
        .subquery("last_parts")
    )


def joined_to(last: Subquery) -> FromClause:
    """Return the subscribers with their last parts, where they had any."""
    return subscribers.outerjoin(last, last.c.subscriber_id == subscribers.c.id)
