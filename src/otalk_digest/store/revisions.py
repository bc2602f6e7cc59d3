"""Every version of every post that we saw, and what it said then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from otalk_digest.model.chat import Reading
from otalk_digest.model.feed import Post
from otalk_digest.store.records import from_json
from otalk_digest.store.schema import posts, revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of a post, with what was read out of it before anybody overruled it."""

    #: UTC.
    seen_at: datetime
    post: Post
    reading: Reading


def revisions_of_chat(connection: Connection, chat_guid: str) -> Sequence[Revision]:
    """Return every version of every post about a chat, in the order in which we saw them."""
    query = (
        select(revisions)
        .join(posts, posts.c.guid == revisions.c.guid)
        .where(posts.c.chat_guid == chat_guid)
        .order_by(revisions.c.id)
    )
    return [_revision(row) for row in connection.execute(query)]


def all_revisions(connection: Connection) -> Sequence[Revision]:
    """Return every version of every post, in the order in which we saw them."""
    query = select(revisions).order_by(revisions.c.seen_at, revisions.c.id)
    return [_revision(row) for row in connection.execute(query)]


def _revision(row: Row[Any]) -> Revision:
    return Revision(
        seen_at=row.seen_at,
        post=from_json(row.post, Post),
        reading=from_json(row.reading, Reading),
    )
