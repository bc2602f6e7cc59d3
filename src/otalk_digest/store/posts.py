"""Posts, each version of them, and the chats that they are about."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from otalk_digest.model.chat import Chat, Reading
from otalk_digest.model.feed import Post
from otalk_digest.store.records import from_json, to_json
from otalk_digest.store.schema import chats, posts, revisions


def fingerprints(connection: Connection) -> dict[str, str]:
    """Return guid → fingerprint of the newest version of every post."""
    query = select(posts.c.guid, posts.c.fingerprint)
    return {row[0]: row[1] for row in connection.execute(query)}


def save_post(connection: Connection, post: Post, reading: Reading, *, now: datetime) -> None:
    """Keep a new version of a post beside the older ones."""
    values = {"link": post.link, "fingerprint": post.fingerprint, "last_seen_at": now}
    changed = connection.execute(update(posts).where(posts.c.guid == post.guid).values(values))
    if changed.rowcount == 0:
        connection.execute(insert(posts).values(guid=post.guid, first_seen_at=now, **values))
    connection.execute(
        insert(revisions).values(
            guid=post.guid, seen_at=now, post=to_json(post), reading=to_json(reading)
        )
    )


def mark_seen(connection: Connection, guids: Sequence[str], *, now: datetime) -> None:
    """Note that these posts still stand in the feed."""
    connection.execute(update(posts).where(posts.c.guid.in_(guids)).values(last_seen_at=now))


def all_chats(connection: Connection) -> Sequence[Chat]:
    """Return every chat that we know, by the time it starts."""
    records = connection.scalars(select(chats.c.chat).order_by(chats.c.starts_at, chats.c.guid))
    return [from_json(record, Chat) for record in records]


def save_chat(connection: Connection, chat: Chat, *, post_guid: str, now: datetime) -> None:
    """Keep a chat's newest state, and that this post is about it."""
    connection.execute(delete(chats).where(chats.c.guid == chat.guid))
    connection.execute(
        insert(chats).values(
            guid=chat.guid,
            phase=chat.phase,
            starts_at=chat.reading.starts_at,
            updated_at=now,
            chat=to_json(chat),
        )
    )
    connection.execute(update(posts).where(posts.c.guid == post_guid).values(chat_guid=chat.guid))
