"""News, and what became of each piece for each segment."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, insert, select

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


def uncarried_news(connection: Connection, segment: str) -> Sequence[KnownNews]:
    """Return what this segment was neither told nor spared, oldest first."""
    settled = exists().where(carried.c.news_id == news.c.id, carried.c.segment == segment)
    query = select(news.c.id, news.c.news).where(~settled).order_by(news.c.id)
    return [
        KnownNews(id=number, news=from_json(record, News))
        for number, record in connection.execute(query)
    ]


def told_chats(connection: Connection, segment: str) -> frozenset[str]:
    """Return the guids of the chats that this segment was told about in an edition."""
    query = (
        select(news.c.guid)
        .join(carried, carried.c.news_id == news.c.id)
        .where(
            carried.c.segment == segment,
            carried.c.edition.is_not(None),
            news.c.kind.in_(_TELLING),
        )
    )
    return frozenset(connection.scalars(query))


def newest_news(connection: Connection, guid: str) -> KnownNews | None:
    """Return the newest piece that says when a chat is, or that it is off."""
    kinds = (*_TELLING, NewsKind.CANCELLATION)
    query = (
        select(news.c.id, news.c.news)
        .where(news.c.guid == guid, news.c.kind.in_(kinds))
        .order_by(news.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else KnownNews(id=row.id, news=from_json(row.news, News))


def dropped_from(connection: Connection, news_id: int, reason: str) -> frozenset[str]:
    """Return the segments that were spared this news for this reason."""
    columns = carried.c
    query = select(columns.segment).where(columns.news_id == news_id, columns.reason == reason)
    return frozenset(connection.scalars(query))


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
