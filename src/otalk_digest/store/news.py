"""News, and what became of each piece for each strand of readers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, literal, or_, select

from otalk_digest.model.audience import Memory
from otalk_digest.model.edition import Drop
from otalk_digest.model.news import KnownNews, News, NewsKind
from otalk_digest.store.records import from_json, to_json
from otalk_digest.store.schema import carried, news

_TELLING = (NewsKind.ANNOUNCEMENT, NewsKind.CHANGE)


def save_news(connection: Connection, items: Iterable[News], *, now: datetime) -> None:
    """Keep news in the order in which it became known."""
    rows = [
        {"guid": item.guid, "kind": item.kind, "known_at": now, "news": to_json(item)}
        for item in items
    ]
    if rows:
        connection.execute(insert(news), rows)


def uncarried_news(
    connection: Connection, segment: str, *, until: int | None = None
) -> Sequence[KnownNews]:
    """Return what this strand was neither told nor spared, oldest first.

    With `until`, as it stood after that edition: what it was told later counts as uncarried.
    """
    settled = exists().where(carried.c.news_id == news.c.id, _carried_by(segment, until))
    query = select(news.c.id, news.c.news).where(~settled).order_by(news.c.id)
    return [
        KnownNews(id=number, news=from_json(record, News))
        for number, record in connection.execute(query)
    ]


def told_chats(connection: Connection, segment: str, *, until: int | None = None) -> frozenset[str]:
    """Return the guids of the chats that this strand was told about, up to an edition."""
    query = (
        select(news.c.guid)
        .join(carried, carried.c.news_id == news.c.id)
        .where(
            _carried_by(segment, until),
            carried.c.edition.is_not(None),
            news.c.kind.in_(_TELLING),
        )
    )
    return frozenset(connection.scalars(query))


def remember(connection: Connection, strand: str, memory: Memory) -> None:
    """Begin a strand with what its readers were told in another."""
    known = select(carried.c.news_id, literal(strand), carried.c.edition, carried.c.reason).where(
        _carried_by(memory.strand, memory.edition)
    )
    names = ["news_id", "segment", "edition", "reason"]
    connection.execute(insert(carried).from_select(names, known))


def mark_told(
    connection: Connection, segment: str, news_ids: Sequence[int], *, edition: int
) -> None:
    """Note that an edition tells this news to the segment."""
    if news_ids:
        rows = [{"news_id": id_, "segment": segment, "edition": edition} for id_ in news_ids]
        connection.execute(insert(carried), rows)


def mark_dropped(connection: Connection, segment: str, drops: Sequence[Drop]) -> None:
    """Note that the segment will not be told this news, and why."""
    if drops:
        rows = [
            {"news_id": drop.news_id, "segment": segment, "reason": drop.reason} for drop in drops
        ]
        connection.execute(insert(carried), rows)


def _carried_by(strand: str, until: int | None) -> ColumnElement[bool]:
    """What was dropped was dropped for good: there is no edition to ask for."""
    mine = carried.c.segment == strand
    if until is None:
        return mine
    return and_(mine, or_(carried.c.edition.is_(None), carried.c.edition <= until))
