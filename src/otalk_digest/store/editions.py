"""Editions: frozen content and its plan, written in one transaction (R1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Connection,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from otalk_digest.model.delivery import Status
from otalk_digest.model.edition import Edition, EditionKind, Variant
from otalk_digest.store.records import from_json, to_json
from otalk_digest.store.schema import (
    decisions,
    editions,
    edits,
    variants,
)
from otalk_digest.store.standing import stands_at


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRecord:
    """One line of the list of editions."""

    number: int
    frozen_at: datetime
    completed_at: datetime | None
    candidates: int
    #: Segment → subject.
    subjects: dict[str, str]
    kind: EditionKind


def next_number(connection: Connection) -> int:
    """Return the number that the next edition gets; letters are numbered below nought."""
    newest = select(func.max(editions.c.number)).where(editions.c.number > 0)
    return (connection.scalar(newest) or 0) + 1


def is_frozen(connection: Connection, number: int) -> bool:
    """Return whether there is an edition of this number."""
    return bool(connection.scalar(select(exists().where(editions.c.number == number))))


def save_edition(
    connection: Connection, edition: Edition, *, variant_hashes: dict[str, str]
) -> None:
    """Keep the frozen content.

    What maintainers did to the next digest goes with it when another kind takes its number.
    """
    if edition.kind is not EditionKind.DIGEST:
        _pass_on(connection, edition)
    connection.execute(
        insert(editions).values(
            number=edition.number,
            frozen_at=edition.frozen_at,
            content_hash=edition.content_hash,
            candidates=0,
            kind=edition.kind,
            about=edition.about,
        )
    )
    connection.execute(
        insert(variants),
        [
            {
                "edition": edition.number,
                "segment": variant.segment,
                "subject": variant.subject,
                "content": to_json(variant),
                "content_hash": variant_hashes[variant.segment],
            }
            for variant in edition.variants
        ],
    )


def _pass_on(connection: Connection, edition: Edition) -> None:
    """Give edits, and decisions unless they are about a correction, to the number after."""
    tables = (edits,) if edition.kind is EditionKind.CORRECTION else (edits, decisions)
    for table in tables:
        connection.execute(
            update(table)
            .where(table.c.edition == edition.number)
            .values(edition=edition.number + 1)
        )


def load_edition(connection: Connection, number: int) -> Edition | None:
    """Return a frozen edition; None when there is none of that number."""
    row = connection.execute(select(editions).where(editions.c.number == number)).one_or_none()
    if row is None:
        return None
    return Edition(
        number=number,
        frozen_at=row.frozen_at,
        variants=tuple(_load_variants(connection, number)),
        content_hash=row.content_hash,
        kind=EditionKind(row.kind),
        about=row.about,
    )


def _load_variants(connection: Connection, number: int) -> Sequence[Variant]:
    query = (
        select(variants.c.content).where(variants.c.edition == number).order_by(variants.c.segment)
    )
    return [from_json(record, Variant) for record in connection.scalars(query)]


def variant_hash(connection: Connection, number: int, segment: str) -> str:
    """Return the hash of what a segment gets in an edition, which has such a variant."""
    found = connection.execute(
        select(variants.c.content_hash).where(
            variants.c.edition == number, variants.c.segment == segment
        )
    )
    content_hash: str = found.scalar_one()
    return content_hash


def unfinished(connection: Connection, kind: EditionKind | None = None) -> Sequence[int]:
    """Return the editions, of a kind or all, that still have readers to send to, oldest first."""
    waiting = (
        exists().where(stands_at(editions.c.number, status))
        for status in (Status.PLANNED, Status.SENDING)
    )
    query = select(editions.c.number).where(or_(*waiting)).order_by(editions.c.number)
    if kind is not None:
        query = query.where(editions.c.kind == kind)
    return connection.scalars(query).all()


def open_books(connection: Connection) -> Sequence[int]:
    """Return the editions whose books are not closed, oldest first."""
    query = select(editions.c.number).where(editions.c.completed_at.is_(None))
    return connection.scalars(query.order_by(editions.c.number)).all()


def mark_complete(connection: Connection, number: int, *, now: datetime) -> None:
    """Note that the books of an edition are closed; the first time counts."""
    connection.execute(
        update(editions)
        .where(editions.c.number == number, editions.c.completed_at.is_(None))
        .values(completed_at=now)
    )


def list_editions(connection: Connection) -> Sequence[EditionRecord]:
    """Return all editions, newest first."""
    subjects: dict[int, dict[str, str]] = {}
    columns = variants.c
    for row in connection.execute(
        select(columns.edition, columns.segment, columns.subject).order_by(columns.segment)
    ):
        subjects.setdefault(row.edition, {})[row.segment] = row.subject
    return [
        EditionRecord(
            number=row.number,
            frozen_at=row.frozen_at,
            completed_at=row.completed_at,
            candidates=row.candidates,
            subjects=subjects.get(row.number, {}),
            kind=EditionKind(row.kind),
        )
        for row in connection.execute(select(editions).order_by(editions.c.number.desc()))
    ]
