"""Chats for a calendar: when they are, and when readers' calendars last had to learn of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from otalk_digest.model.chat import Chat
from otalk_digest.model.news import News, NewsKind
from otalk_digest.store.records import from_json
from otalk_digest.store.schema import chats, news

_TURNS: Final = (NewsKind.CHANGE, NewsKind.CANCELLATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedChat:
    """A chat with what its place in a calendar needs."""

    chat: Chat
    #: UTC. When anything of it was written last.
    updated_at: datetime
    #: UTC. When a change or a cancellation of it happened last; None when none did.
    changed_at: datetime | None


def dated_chats(connection: Connection, *, since: datetime | None = None) -> Sequence[DatedChat]:
    """Return the chats that have a date, from `since` on, by the time they start."""
    query = select(chats.c.chat, chats.c.updated_at).where(chats.c.starts_at.is_not(None))
    if since is not None:
        query = query.where(chats.c.starts_at >= since)
    rows = connection.execute(query.order_by(chats.c.starts_at, chats.c.guid)).all()
    found = [(from_json(row.chat, Chat), row.updated_at) for row in rows]
    turns = _turns(connection, [chat.guid for chat, _ in found])
    return [
        DatedChat(chat=chat, updated_at=updated_at, changed_at=turns.get(chat.guid))
        for chat, updated_at in found
    ]


def _turns(connection: Connection, guids: Sequence[str]) -> dict[str, datetime]:
    query = select(news.c.news).where(news.c.kind.in_(_TURNS), news.c.guid.in_(guids))
    turns: dict[str, datetime] = {}
    for record in connection.scalars(query.order_by(news.c.id)):
        told = from_json(record, News)
        turns[told.guid] = max(told.happened_at, turns.get(told.guid, told.happened_at))
    return turns
