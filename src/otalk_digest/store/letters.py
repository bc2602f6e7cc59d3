"""Letters: editions to one reader at a time, in the same books as every other.

One content is frozen once, and each reader who gets it is one more delivery. Who gets the same
words again gets them with another edition, for an edition reaches nobody twice. Letters are
numbered downwards from -1: digests keep their numbers, which maintainers approve and edit by.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, exists, func, insert, select, update

from otalk_digest.model.delivery import Status
from otalk_digest.model.edition import Edition, EditionKind, LetterKind
from otalk_digest.store import counts
from otalk_digest.store.editions import save_edition
from otalk_digest.store.schema import deliveries, editions, variants
from otalk_digest.store.standing import stands_at


def plan_letter(
    connection: Connection,
    kind: LetterKind,
    subscriber_id: int,
    *,
    content_hash: str,
    freeze: Callable[[int], Edition],
    now: datetime,
) -> int:
    """Plan one more delivery of this content; return its edition, frozen where there is none."""
    number = _free_for(connection, subscriber_id, kind, content_hash)
    if number is None:
        number = _next_number(connection)
        edition = freeze(number)
        save_edition(connection, edition, variant_hashes={str(kind): content_hash})
    row = {
        "edition": number,
        "subscriber_id": subscriber_id,
        "segment": str(kind),
        "status": Status.PLANNED,
        "updated_at": now,
    }
    counts.forget(connection, [number])
    connection.execute(insert(deliveries).values(row))
    connection.execute(
        update(editions)
        .where(editions.c.number == number)
        # R8 of an edition that grows: one more candidate, and its books are open again.
        .values(candidates=editions.c.candidates + 1, completed_at=None)
    )
    return number


def waiting_letters(connection: Connection) -> list[int]:
    """Return the letters that still have readers to be sent to, oldest first."""
    is_planned = exists().where(stands_at(editions.c.number, Status.PLANNED))
    query = (
        select(editions.c.number)
        .where(editions.c.kind == EditionKind.LETTER, is_planned)
        .order_by(editions.c.number.desc())
    )
    return list(connection.scalars(query))


def _free_for(
    connection: Connection, subscriber_id: int, kind: LetterKind, content_hash: str
) -> int | None:
    """Return an edition of this very content that this reader has not had."""
    had = exists().where(
        deliveries.c.edition == editions.c.number, deliveries.c.subscriber_id == subscriber_id
    )
    query = (
        select(editions.c.number)
        .join(variants, variants.c.edition == editions.c.number)
        .where(
            editions.c.kind == EditionKind.LETTER,
            editions.c.about == kind,
            variants.c.content_hash == content_hash,
            ~had,
        )
        .order_by(editions.c.number.desc())
        .limit(1)
    )
    return connection.scalar(query)


def _next_number(connection: Connection) -> int:
    return min(connection.scalar(select(func.min(editions.c.number))) or 0, 0) - 1
