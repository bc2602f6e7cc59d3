"""Read a feed that changed: parse, clean, extract, follow, store. Imported only then."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.extract import read_post
from otalk_digest.collect.follow import find_chat, follow
from otalk_digest.collect.overrule import overrule
from otalk_digest.collect.parse import parse_feed
from otalk_digest.model.chat import Chat, ChatProfile
from otalk_digest.model.feed import Entry, Fault, Fetched, Post
from otalk_digest.model.news import News, NewsKind
from otalk_digest.model.override import Override
from otalk_digest.pipeline.collecting import Collected, Source
from otalk_digest.store import news, overrides, posts

#: What is older than this on the first look at a blog becomes known, and is not told.
FRESH = timedelta(days=7)


@dataclass(slots=True)
class Taken:
    """What a row of posts added to what we know."""

    is_first_run: bool
    #: Guid of a chat → what a maintainer set for it.
    rulings: Mapping[str, tuple[Override, ...]]
    new_posts: int = 0
    changed_posts: int = 0
    news: list[News] = field(default_factory=list)


def read_entries(
    connection: Connection, source: Source, fetched: Fetched, *, now: datetime
) -> Collected:
    """Store every post and chat that is new or changed. Raises FeedError."""
    feed = parse_feed(fetched.body or b"", content_type=fetched.content_type, url=fetched.url)
    known = posts.fingerprints(connection)
    has_overlap = any(entry.guid in known for entry in feed.entries)
    faults = list(feed.faults)
    taken = take_in_posts(
        connection, cleaned(feed.entries, faults), profile=source.profile, now=now
    )
    return Collected(
        address=source.address,
        is_first_run=taken.is_first_run,
        entries=len(feed.entries),
        new_posts=taken.new_posts,
        changed_posts=taken.changed_posts,
        news=tuple(taken.news),
        faults=tuple(faults),
        is_partial=feed.is_partial,
        has_overlap=has_overlap or not known or not feed.entries,
        moved_to=fetched.url if fetched.moved_from else None,
    )


def cleaned(entries: Iterable[Entry], faults: list[Fault]) -> Iterator[Post]:
    """Clean each entry, oldest first, so that a transcript finds the chat announced before it.

    What cannot be read is added to `faults`; the others are not touched by it.
    """
    for entry in reversed(tuple(entries)):
        try:
            yield clean_entry(entry)
        except Exception as error:  # noqa: BLE001 - one post never stops the others
            reason = f"could not be read ({type(error).__name__}); the others were"
            faults.append(Fault(place=entry.guid, reason=reason))


def take_in_posts(
    connection: Connection, items: Iterable[Post], *, profile: ChatProfile, now: datetime
) -> Taken:
    """Follow each post, oldest first, and store what became known."""
    fingerprints = posts.fingerprints(connection)
    chats = {chat.guid: chat for chat in posts.all_chats(connection)}
    taken = Taken(is_first_run=not fingerprints, rulings=overrides.all_overrides(connection))
    unchanged = []
    for post in items:
        before = fingerprints.get(post.guid)
        if before == post.fingerprint:
            unchanged.append(post.guid)
            continue
        taken.new_posts += before is None
        taken.changed_posts += before is not None
        _take_in(
            connection, post, chats, taken, is_new_post=before is None, profile=profile, now=now
        )
    if taken.is_first_run:
        taken.news = [item for item in taken.news if _is_fresh(item, now)]
    posts.mark_seen(connection, unchanged, now=now)
    news.save_news(connection, taken.news, now=now)
    return taken


def _take_in(
    connection: Connection,
    post: Post,
    chats: dict[str, Chat],
    taken: Taken,
    *,
    is_new_post: bool,
    profile: ChatProfile,
    now: datetime,
) -> None:
    reading = read_post(post, profile)
    known = find_chat(post, reading, tuple(chats.values()))
    rulings = taken.rulings.get(known.guid if known else post.guid, ())
    followed = follow(
        post,
        overrule(reading, rulings, profile),
        known=known,
        is_new_post=is_new_post,
        is_first_run=taken.is_first_run,
        now=now,
    )
    posts.save_post(connection, post, reading, now=now)
    if followed.chat is not None:
        chats[followed.chat.guid] = followed.chat
        posts.save_chat(connection, followed.chat, post_guid=post.guid, now=now)
    taken.news += followed.news


def _is_fresh(item: News, now: datetime) -> bool:
    """On the first look at a blog everything is new to us, and most of it is old (T33)."""
    starts_at = item.reading.starts_at
    if item.kind is NewsKind.ANNOUNCEMENT and starts_at is not None:
        return starts_at > now
    return item.happened_at > now - FRESH
