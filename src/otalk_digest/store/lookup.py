"""Find people and their places in an edition, for a maintainer who asks. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true

from otalk_digest.model.audience import Consent, Subscriber
from otalk_digest.store.schema import deliveries, subscribers
from otalk_digest.store.subscribers import subscriber_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A subscriber with the number that stands for them, so that no address has to."""

    id: int
    person: Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one subscriber stands in an edition."""

    subscriber_id: int | None
    address: str | None
    segment: str | None
    status: str
    reason: str | None


def reader_of(connection: Connection, subscriber_id: int) -> Reader | None:
    """Return the subscriber of this number, or None."""
    person = subscriber_at(connection, subscriber_id)
    return None if person is None else Reader(id=subscriber_id, person=person)


def first_readers(connection: Connection, limit: int) -> Sequence[Reader]:
    """Return the confirmed subscribers who joined first."""
    columns = subscribers.c
    query = (
        select(columns.id)
        .where(columns.consent == Consent.CONFIRMED)
        .order_by(columns.id)
        .limit(limit)
    )
    found = [reader_of(connection, id_) for id_ in connection.scalars(query)]
    return [reader for reader in found if reader is not None]


def place_of(connection: Connection, edition: int, identity_hash: str) -> Place | None:
    """Return where the subscriber whose identity has this hash stands in an edition, or None."""
    row = connection.execute(
        select(deliveries, subscribers.c.address)
        .join_from(deliveries, subscribers, deliveries.c.subscriber_id == subscribers.c.id)
        .where(deliveries.c.edition == edition, subscribers.c.identity_hash == identity_hash)
    ).one_or_none()
    return None if row is None else _place(row)


def places_in(
    connection: Connection, edition: int, words: str, *, limit: int, may_see_people: bool
) -> tuple[Sequence[Place], int]:
    """Return who fits every word, and how many there are in all.

    A word fits segment, status or reason, and an address that is written out; with
    `may_see_people`, any piece of an address or a name too.
    """
    fits = and_(true(), *(_fits(word, may_see_people=may_see_people) for word in words.split()))
    columns = deliveries.c
    joined = deliveries.outerjoin(subscribers, columns.subscriber_id == subscribers.c.id)
    mine = and_(columns.edition == edition, fits)
    total = connection.scalar(select(func.count()).select_from(joined).where(mine)) or 0
    query = (
        select(deliveries, subscribers.c.address)
        .select_from(joined)
        .where(mine)
        .order_by(columns.id)
        .limit(limit)
    )
    places = [_place(row) for row in connection.execute(query)]
    return places, total


def _place(row: Row[Any]) -> Place:
    return Place(
        subscriber_id=row.subscriber_id,
        address=row.address,
        segment=row.segment,
        status=row.status,
        reason=row.reason,
    )


def _fits(word: str, *, may_see_people: bool) -> ColumnElement[bool]:
    columns = deliveries.c
    said = [
        column.icontains(word, autoescape=True)
        for column in (columns.segment, columns.status, columns.reason)
    ]
    exact = func.lower(subscribers.c.address) == word.lower()
    if not may_see_people:
        return or_(exact, *said)
    people = [
        column.icontains(word, autoescape=True)
        for column in (subscribers.c.address, subscribers.c.name)
    ]
    return or_(*people, *said)
