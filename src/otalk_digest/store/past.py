"""Editions that have left, for whoever may read them again. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from otalk_digest.model.delivery import Status
from otalk_digest.model.edition import EditionKind, Variant
from otalk_digest.store.decisions import What
from otalk_digest.store.records import from_json
from otalk_digest.store.schema import (
    decisions,
    deliveries,
    editions,
    subscribers,
    variants,
)
from otalk_digest.store.standing import HAS_ENDED

#: What everybody may read; a letter and a reminder are for one reader or one day.
_PUBLIC: Final = (EditionKind.DIGEST, EditionKind.CORRECTION)
_WENT: Final = (
    *(Status.ACCEPTED, Status.DEFERRED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED),
)

_N = editions.c.number


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEdition:
    """One line of the archive."""

    number: int
    #: UTC.
    frozen_at: datetime
    content_hash: str
    #: Segment → subject.
    subjects: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersCopy:
    """An edition as it went to one reader."""

    variant: Variant
    name: str | None
    zone: str | None


def past_editions(connection: Connection) -> Sequence[PastEdition]:
    """Return the editions that were sent and are not held back, newest first."""
    subjects: dict[int, dict[str, str]] = {}
    columns = variants.c
    for row in connection.execute(select(columns.edition, columns.segment, columns.subject)):
        subjects.setdefault(row.edition, {})[row.segment] = row.subject
    return [
        PastEdition(
            number=row.number,
            frozen_at=row.frozen_at,
            content_hash=row.content_hash,
            subjects=subjects.get(row.number, {}),
        )
        for row in connection.execute(select(editions).where(_has_left()).order_by(_N.desc()))
    ]


def public_variant(connection: Connection, number: int, segment: str) -> Variant | None:
    """Return what a segment got; None when there is no such edition that has left."""
    query = (
        select(variants.c.content)
        .join_from(variants, editions, variants.c.edition == _N)
        .where(variants.c.edition == number, variants.c.segment == segment, _has_left())
    )
    record = connection.scalar(query)
    return None if record is None else from_json(record, Variant)


def readers_copy(connection: Connection, number: int, subscriber_id: int) -> ReadersCopy | None:
    """Return what this reader got, of any kind of edition; None when it never left for them."""
    query = (
        select(variants.c.content, subscribers.c.name, subscribers.c.zone)
        .join_from(deliveries, subscribers, deliveries.c.subscriber_id == subscribers.c.id)
        .join(
            variants,
            and_(
                variants.c.edition == deliveries.c.edition,
                variants.c.segment == deliveries.c.segment,
            ),
        )
        .where(
            deliveries.c.edition == number,
            deliveries.c.subscriber_id == subscriber_id,
            # In doubt, it may be what they hold.
            deliveries.c.status.in_((*_WENT, Status.IN_DOUBT, Status.SENDING)),
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return ReadersCopy(variant=from_json(row.content, Variant), name=row.name, zone=row.zone)


def _has_left() -> ColumnElement[bool]:
    went = exists().where(deliveries.c.edition == _N, deliveries.c.status.in_(_WENT), HAS_ENDED)
    newest = (
        select(decisions.c.what)
        .where(decisions.c.edition == _N)
        .order_by(decisions.c.id.desc())
        .limit(1)
        .correlate(editions)
        .scalar_subquery()
    )
    return and_(
        editions.c.kind.in_(_PUBLIC),
        or_(editions.c.completed_at.is_not(None), went),
        func.coalesce(newest, "") != What.HELD,
    )
