"""Small editions: for some of the subscribers only, and no line in the books for all the others."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
)

from otalk_digest.model.audience import Consent, Reminder, Segment
from otalk_digest.model.delivery import SkipReason, Status
from otalk_digest.model.edition import EditionKind
from otalk_digest.store.plan import write_plan
from otalk_digest.store.rules import segment_of
from otalk_digest.store.schema import deliveries, editions, subscribers, suppressions, variants
from otalk_digest.store.told import tellings

#: Whom a small edition is for: a condition on subscribers.
Circle = ColumnElement[bool]

_S = subscribers.c
#: A chat that is put off by less is still the one of the day, in every zone.
_SAME_DAY: Final = timedelta(hours=12)


def count_readers(
    connection: Connection,
    segments: Sequence[Segment],
    circle: Circle,
    *,
    now: datetime,
) -> dict[str, int]:
    """Return segment → how many of the circle can be written to.

    `segments` are all segments, in the file's order.
    """
    found = (
        select(segment_of(list(segments)).label("segment"), _obstacle(now).label("reason"))
        .where(circle)
        .subquery("found")
    )
    query = (
        select(found.c.segment, func.count())
        .where(found.c.reason.is_(None), found.c.segment.is_not(None))
        .group_by(found.c.segment)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def plan_circle(
    connection: Connection,
    number: int,
    segments: Sequence[Segment],
    *,
    circle: Circle,
    now: datetime,
) -> int:
    """Write one delivery for each of the circle, planned or left out with a reason.

    Returns how many. The edition is already stored.
    """
    found = (
        select(_S.id, segment_of(list(segments)).label("segment"), _obstacle(now).label("reason"))
        .where(circle)
        .subquery("found")
    )
    has_variant = exists().where(
        variants.c.edition == number, variants.c.segment == found.c.segment
    )
    reason = case(
        (found.c.reason.is_not(None), found.c.reason),
        (found.c.segment.is_(None), literal(str(SkipReason.NO_SEGMENT))),
        (~has_variant, literal(str(SkipReason.NOTHING_FOR_SEGMENT))),
        else_=null(),
    )
    decided = select(found.c.id, found.c.segment, cast(reason, String).label("reason")).subquery(
        "decided"
    )
    return write_plan(connection, number, decided, now=now)


def to_remind(
    guid: str,
    starts_at: datetime,
    *,
    zones: Collection[str],
    is_home_due: bool,
    is_hour_due: bool,
) -> Circle:
    """Return the subscribers whose reminder of this chat is due, and not yet made.

    `zones` are those in which it is time for the morning's reminder; without a zone of their
    own, readers are at home. Who was reminded of another day, before it was moved, is reminded
    of this one.
    """
    has_one = exists().where(
        editions.c.kind == EditionKind.REMINDER,
        editions.c.about == guid,
        tellings.c.edition == editions.c.number,
        tellings.c.guid == guid,
        tellings.c.starts_at.between(starts_at - _SAME_DAY, starts_at + _SAME_DAY),
        deliveries.c.edition == editions.c.number,
        deliveries.c.subscriber_id == _S.id,
        deliveries.c.status != Status.SKIPPED,
    )
    in_morning = or_(_S.zone.in_(zones), _S.zone.is_(None) if is_home_due else false())
    is_due = or_(
        and_(_S.reminder == Reminder.MORNING, in_morning),
        _S.reminder == Reminder.HOUR if is_hour_due else false(),
    )
    return and_(is_due, ~has_one)


def is_anyone_to_remind(connection: Connection, *, now: datetime) -> bool:
    """Whether anybody who can be written to wants to be reminded of chats at all."""
    query = select(_S.id).where(_S.reminder != Reminder.NONE, _obstacle(now).is_(None)).limit(1)
    return connection.scalar(query) is not None


def zones_to_remind(connection: Connection) -> frozenset[str]:
    """Return the zones of those who want a reminder in the morning."""
    query = select(_S.zone).distinct().where(_S.reminder == Reminder.MORNING, _S.zone.is_not(None))
    return frozenset(zone for zone in connection.scalars(query) if zone)


def _obstacle(now: datetime) -> ColumnElement[str | None]:
    """Return why somebody cannot be written to, whatever it is about; null when they can."""
    is_suppressed = exists().where(suppressions.c.identity_hash == _S.identity_hash)
    reasons = (
        (is_suppressed, SkipReason.SUPPRESSED),
        (_S.consent == Consent.WITHDRAWN, SkipReason.WITHDRAWN),
        (_S.consent != Consent.CONFIRMED, SkipReason.UNCONFIRMED),
        (_S.paused_until > now, SkipReason.PAUSED),
    )
    return case(*((when, literal(str(reason))) for when, reason in reasons), else_=null())
