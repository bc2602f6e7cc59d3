"""What editions said of chats, so that whoever holds a wrong version of one can be found."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
)

from otalk_digest.model.chat import Phase, Reading
from otalk_digest.store.plan import TOLD
from otalk_digest.store.records import from_json, to_json
from otalk_digest.store.schema import chats, deliveries, subscribers
from otalk_digest.store.told import tellings


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a segment was told of a chat in an edition."""

    edition: int
    segment: str
    guid: str
    phase: Phase
    reading: Reading

    @property
    def place(self) -> tuple[int, str]:
        """Where it was said."""
        return self.edition, self.segment


def save_tellings(connection: Connection, said: Sequence[Telling]) -> None:
    """Keep what an edition says: what one must know to come, not the whole post."""
    rows = [
        {
            "edition": each.edition,
            "segment": each.segment,
            "guid": each.guid,
            "phase": each.phase,
            "starts_at": each.reading.starts_at,
            "reading": to_json(_in_short(each.reading)),
        }
        for each in said
    ]
    if rows:
        connection.execute(insert(tellings), rows)


def tellings_ahead(connection: Connection, *, now: datetime) -> Sequence[Telling]:
    """Return what was said of every chat that is ahead, or was said to be, oldest first."""
    query = (
        select(tellings)
        .join_from(tellings, chats, chats.c.guid == tellings.c.guid)
        .where(
            chats.c.phase != Phase.WRAPPED_UP,
            or_(
                chats.c.starts_at > now,
                tellings.c.starts_at > now,
                and_(chats.c.starts_at.is_(None), tellings.c.starts_at.is_(None)),
            ),
        )
        .order_by(tellings.c.edition, tellings.c.segment, tellings.c.guid)
    )
    return _read(connection, query)


def tellings_of(connection: Connection, edition: int) -> Sequence[Telling]:
    """Return what an edition says."""
    return _read(connection, select(tellings).where(tellings.c.edition == edition))


def holders(guid: str, places: Collection[tuple[int, str]]) -> ColumnElement[bool]:
    """Return the condition for subscribers who were told of the chat in one of these places last.

    Told is who has the edition, may have it, or is still going to get it.
    """
    columns = deliveries.c
    is_told = and_(tellings.c.edition == columns.edition, tellings.c.segment == columns.segment)
    last = (
        select(columns.subscriber_id, func.max(columns.edition).label("edition"))
        .join_from(deliveries, tellings, is_told)
        .where(tellings.c.guid == guid, columns.status.in_(TOLD))
        .group_by(columns.subscriber_id)
        .subquery("last")
    )
    is_last = and_(last.c.subscriber_id == columns.subscriber_id, last.c.edition == columns.edition)
    is_there = or_(
        *(and_(columns.edition == edition, columns.segment == name) for edition, name in places)
    )
    held = select(columns.subscriber_id).join_from(deliveries, last, is_last).where(is_there)
    return subscribers.c.id.in_(held)


def _read(connection: Connection, query: Select[Any]) -> Sequence[Telling]:
    return [
        Telling(
            edition=row.edition,
            segment=row.segment,
            guid=row.guid,
            phase=Phase(row.phase),
            reading=from_json(row.reading, Reading),
        )
        for row in connection.execute(query)
    ]


def _in_short(reading: Reading) -> Reading:
    return replace(reading, evidence=(), introduction=None, questions=(), cpd=(), support=())
