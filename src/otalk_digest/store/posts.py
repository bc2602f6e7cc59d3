"""Posts, each version of them, and the chats that they are about."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from otalk_digest.model.chat import Chat, Phase, Reading
from otalk_digest.model.feed import Post
from otalk_digest.store.records import from_json, to_json
from otalk_digest.store.schema import chats, posts, revisions


def fingerprints(connection: Connection) -> dict[str, str]:
    """Return guid → fingerprint of the newest version of every post."""
    query = select(posts.c.guid, posts.c.fingerprint)
    return {row[0]: row[1] for row in connection.execute(query)}


def fingerprint(connection: Connection, guid: str) -> str | None:
    """Return the fingerprint of a post's newest version; None for a post never seen."""
    found: str | None = connection.scalar(select(posts.c.fingerprint).where(posts.c.guid == guid))
    return found


def places(
    connection: Connection, guids: Sequence[str]
) -> dict[str, tuple[str | None, str | None]]:
    """Return guid → link and chat's guid, of those posts among these that we know."""
    query = select(posts.c.guid, posts.c.link, posts.c.chat_guid).where(posts.c.guid.in_(guids))
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}


def standing_guid(connection: Connection, chat: Chat) -> str:
    """Return the guid of the post at a chat's address: another one when it was made again."""
    query = (
        select(posts.c.guid)
        .where(posts.c.chat_guid == chat.guid, posts.c.link == chat.url)
        .order_by(posts.c.guid != chat.guid, posts.c.gone_at.is_not(None))
    )
    return connection.scalar(query) or chat.guid


def save_places(connection: Connection, seen: Sequence[Post]) -> None:
    """Keep the link and the date that these posts have now; their text is that of before."""
    now = {post.guid: post for post in seen}
    newest = select(func.max(revisions.c.id)).where(revisions.c.guid.in_(now))
    query = select(revisions.c.id, revisions.c.post).where(
        revisions.c.id.in_(newest.group_by(revisions.c.guid))
    )
    for number, record in connection.execute(query).all():
        known = from_json(record, Post)
        post = now[known.guid]
        placed = replace(
            known,
            link=post.link or known.link,
            published_at=post.published_at or known.published_at,
        )
        if placed != known:
            connection.execute(
                update(revisions).where(revisions.c.id == number).values(post=to_json(placed))
            )
            connection.execute(
                update(posts).where(posts.c.guid == known.guid).values(link=placed.link)
            )


def save_posts(
    connection: Connection, versions: Sequence[tuple[Post, Reading]], *, now: datetime
) -> None:
    """Keep new versions of posts beside the older ones; of two of one post, the later counts."""
    if not versions:
        return
    known = fingerprints(connection)
    newest = {
        post.guid: {
            "link": post.link,
            "fingerprint": post.fingerprint,
            "last_seen_at": now,
            "gone_at": None,
        }
        for post, _ in versions
    }
    if new := [
        {"guid": guid, "first_seen_at": now, **values}
        for guid, values in newest.items()
        if guid not in known
    ]:
        connection.execute(insert(posts), new)
    if changed := [
        {"known_guid": guid, **values} for guid, values in newest.items() if guid in known
    ]:
        connection.execute(update(posts).where(posts.c.guid == bindparam("known_guid")), changed)
    connection.execute(
        insert(revisions),
        [
            {"guid": post.guid, "seen_at": now, "post": to_json(post), "reading": to_json(reading)}
            for post, reading in versions
        ],
    )


def mark_seen(connection: Connection, guids: Sequence[str], *, now: datetime) -> None:
    """Note that these posts still stand in the feed."""
    seen = {"last_seen_at": now, "gone_at": None}
    connection.execute(update(posts).where(posts.c.guid.in_(guids)).values(seen))


def keep_fingerprints(connection: Connection, known: Mapping[str, str]) -> None:
    """Put the fingerprints back that posts had, guid by guid."""
    for guid, fingerprint in known.items():
        connection.execute(
            update(posts).where(posts.c.guid == guid).values(fingerprint=fingerprint)
        )


def newest_version(connection: Connection, guid: str) -> datetime | None:
    """Return when we saw a post's newest version first; None for a post never seen."""
    query = select(func.max(revisions.c.seen_at)).where(revisions.c.guid == guid)
    seen_at: datetime | None = connection.scalar(query)
    return seen_at


def newest_post(connection: Connection, guid: str) -> Post | None:
    """Return the newest version of a post; None for a post never seen."""
    return next(iter(_posts_of(connection, _newest_posts().where(posts.c.guid == guid))), None)


def last_seen(connection: Connection) -> Sequence[Post]:
    """Return the posts that stood in the feed when it was read last, and are not gone."""
    latest = select(func.max(posts.c.last_seen_at)).scalar_subquery()
    query = _newest_posts().where(posts.c.last_seen_at == latest, posts.c.gone_at.is_(None))
    return _posts_of(connection, query)


def mark_gone(connection: Connection, guids: Sequence[str], *, now: datetime) -> list[Post]:
    """Note that these posts were taken down; return those that were not noted before."""
    is_news = posts.c.guid.in_(guids) & posts.c.gone_at.is_(None)
    gone = _posts_of(connection, _newest_posts().where(is_news))
    connection.execute(update(posts).where(is_news).values(gone_at=now))
    return gone


def is_gone(connection: Connection, guid: str) -> bool:
    """Return whether the post of this chat was taken down (T29)."""
    query = select(posts.c.gone_at).where(posts.c.guid == guid)
    return connection.scalar(query) is not None


def _newest_posts() -> Select[Any]:
    newest = select(func.max(revisions.c.id)).group_by(revisions.c.guid)
    query = select(revisions.c.post).join(posts).where(revisions.c.id.in_(newest))
    return query.order_by(revisions.c.id)


def _posts_of(connection: Connection, query: Select[Any]) -> list[Post]:
    return [from_json(record, Post) for record in connection.scalars(query)]


def awaited_chats(connection: Connection, *, since: datetime, now: datetime) -> Sequence[Chat]:
    """Return the chats whose hour has passed, not before `since`, and that are not wrapped up."""
    query = (
        select(chats.c.chat)
        .where(chats.c.phase == Phase.ANNOUNCED, chats.c.starts_at.between(since, now))
        .order_by(chats.c.starts_at.desc())
    )
    found = (from_json(record, Chat) for record in connection.scalars(query))
    return [chat for chat in found if chat.reading.ends_at is None or chat.reading.ends_at <= now]


def all_chats(connection: Connection) -> Sequence[Chat]:
    """Return every chat that we know, by the time it starts."""
    records = connection.scalars(
        select(chats.c.chat).order_by(chats.c.starts_at.nulls_first(), chats.c.guid)
    )
    return [from_json(record, Chat) for record in records]


def find_chat(connection: Connection, guid: str) -> Chat | None:
    """Return one chat, or None."""
    record = connection.scalar(select(chats.c.chat).where(chats.c.guid == guid))
    return None if record is None else from_json(record, Chat)


def save_chats(connection: Connection, seen: Sequence[tuple[str, Chat]], *, now: datetime) -> None:
    """Keep the newest state of each chat, and which post, by its guid, is about it."""
    if not seen:
        return
    newest = {chat.guid: chat for _, chat in seen}
    connection.execute(
        delete(chats).where(chats.c.guid == bindparam("known_guid")),
        [{"known_guid": guid} for guid in newest],
    )
    connection.execute(
        insert(chats),
        [
            {
                "guid": chat.guid,
                "phase": chat.phase,
                "starts_at": chat.reading.starts_at,
                "updated_at": now,
                "chat": to_json(chat),
            }
            for chat in newest.values()
        ],
    )
    connection.execute(
        update(posts).where(posts.c.guid == bindparam("post_guid")),
        [{"post_guid": post_guid, "chat_guid": chat.guid} for post_guid, chat in seen],
    )
