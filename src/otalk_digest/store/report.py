"""What happened, counted by the database. Reads only."""

from collections import Counter
from typing import Any

from sqlalchemy import Connection, Row, func, select

from otalk_digest.model.chat import Chat, Figure
from otalk_digest.model.delivery import Status
from otalk_digest.model.edition import EditionKind
from otalk_digest.model.report import ChatFigures, EditionFigures, Report
from otalk_digest.store.books import count_by_reason, tally_of
from otalk_digest.store.posts import all_chats
from otalk_digest.store.schema import attempts, editions


def make_report(connection: Connection, edition: int | None = None) -> Report:
    """Count everything, or one edition and all chats."""
    return Report(editions=_editions(connection, edition), chats=_chats(connection))


def _editions(connection: Connection, edition: int | None) -> tuple[EditionFigures, ...]:
    query = select(editions).order_by(editions.c.number)
    if edition is not None:
        query = query.where(editions.c.number == edition)
    return tuple(_figures(connection, row) for row in connection.execute(query).all())


def _figures(connection: Connection, row: Row[Any]) -> EditionFigures:
    by_status: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for _, status, reason, many in count_by_reason(connection, row.number):
        by_status[status] += many
        if status == Status.SKIPPED:
            left_out[reason or "unknown"] += many
    count_attempts = select(func.count()).where(attempts.c.edition == row.number)
    return EditionFigures(
        number=row.number,
        frozen_at=row.frozen_at,
        completed_at=row.completed_at,
        tally=tally_of(row.candidates, by_status),
        by_status=tuple((str(s), by_status[s]) for s in Status if s in by_status),
        left_out=tuple(sorted(left_out.items(), key=lambda pair: (-pair[1], pair[0]))),
        attempts=connection.scalar(count_attempts) or 0,
        kind=EditionKind(row.kind),
    )


def _chats(connection: Connection) -> tuple[ChatFigures, ...]:
    found = [figures for chat in all_chats(connection) if (figures := _chat(chat)) is not None]
    return tuple(sorted(found, key=lambda figures: figures.starts_at))


def _chat(chat: Chat) -> ChatFigures | None:
    """Return the figures of a chat that was counted."""
    reading, numbers = chat.reading, chat.reading.numbers
    posts, people = _whole(numbers.tweets), _whole(numbers.participants)
    if reading.starts_at is None or (posts is None and people is None):
        return None
    return ChatFigures(
        starts_at=reading.starts_at,
        topic=reading.topic or reading.title or "",
        posts=posts,
        people=people,
    )


def _whole(figure: Figure | None) -> int | None:
    return None if figure is None else round(figure.value)
