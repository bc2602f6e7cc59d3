"""Read a feed that changed: parse, clean, extract, follow, store. Imported only then."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.credentials import bare
from otalk_digest.collect.extract import read_post
from otalk_digest.collect.follow import find_chat, follow
from otalk_digest.collect.overrule import overrule
from otalk_digest.model.chat import Chat, ChatProfile, Reading
from otalk_digest.model.feed import Entry, Fault, FeedKind, Post
from otalk_digest.model.news import News, NewsKind
from otalk_digest.model.override import Override
from otalk_digest.pipeline.collecting import Answer, Collected, Source
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
    #: What is to be stored.
    versions: list[tuple[Post, Reading]] = field(default_factory=list)
    seen: list[tuple[str, Chat]] = field(default_factory=list)


def read_answer(
    connection: Connection, source: Source, answer: Answer, *, now: datetime
) -> Collected:
    """Store every post and chat that is new or changed, and note the posts that are gone."""
    entries = answer.feed.entries if answer.feed else ()
    known = posts.fingerprints(connection)
    faults = [*(answer.feed.faults if answer.feed else ()), *answer.faults]
    gone = [*answer.gone, *_gone_between(connection, entries)]
    # The whole post before its excerpt, which may show half a wrap-up (T26).
    wrapped_up = take_in_wrap_ups(connection, answer, faults, profile=source.profile, now=now)
    taken = take_in_posts(
        connection,
        cleaned((*entries, *answer.edits), faults),
        profile=source.profile,
        now=now,
    )
    return Collected(
        address=bare(source.address),
        is_unchanged=answer.feed is None and not (answer.edits or wrapped_up.news or gone),
        is_first_run=taken.is_first_run,
        entries=len(entries),
        new_posts=taken.new_posts,
        changed_posts=taken.changed_posts + wrapped_up.changed_posts,
        news=(*wrapped_up.news, *taken.news),
        faults=tuple(faults),
        is_empty=answer.feed is not None and not entries,
        is_partial=answer.feed is not None and answer.feed.is_partial,
        has_overlap=not known or not entries or any(entry.guid in known for entry in entries),
        gone=tuple(posts.mark_gone(connection, gone, now=now)),
    )


def _gone_between(connection: Connection, entries: Sequence[Entry]) -> list[str]:
    """Posts that stood among these the last time, and do not any more (F19).

    Below the last one a post only slid off the page; above the first one it may have been
    published again later.
    """
    dates = [entry.published_at for entry in entries if entry.published_at is not None]
    if not dates:
        return []
    present = {entry.guid for entry in entries}
    return [
        post.guid
        for post in posts.last_seen(connection)
        if post.guid not in present
        and post.published_at is not None
        and min(dates) < post.published_at < max(dates)
    ]


def take_in_wrap_ups(
    connection: Connection,
    answer: Answer,
    faults: list[Fault],
    *,
    profile: ChatProfile,
    now: datetime,
) -> Taken:
    """Store what was looked after, as far as it has its wrap-up: a page is no feed."""
    found = [
        post
        for post in cleaned(answer.looked_after, faults)
        if not post.is_protected and read_post(post, profile).is_wrapped_up
    ]
    before = posts.fingerprints(connection)
    taken = take_in_posts(connection, found, profile=profile, now=now)
    if answer.route.kind is not FeedKind.REST:
        # The feed's own version comes again next time, and is then the one that we know.
        posts.keep_fingerprints(
            connection, {p.guid: before[p.guid] for p in found if p.guid in before}
        )
    return taken


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
    connection: Connection,
    items: Iterable[Post],
    *,
    profile: ChatProfile,
    now: datetime,
    is_past: bool = False,
) -> Taken:
    """Follow each post, oldest first, and store what became known.

    Of the past, as of everything on the first look, only what is still ahead or fresh is news.
    """
    fingerprints = posts.fingerprints(connection)
    chats = {chat.guid: chat for chat in posts.all_chats(connection)}
    taken = Taken(
        is_first_run=is_past or not fingerprints, rulings=overrides.all_overrides(connection)
    )
    unchanged = []
    for post in items:
        before = fingerprints.get(post.guid)
        fingerprints[post.guid] = post.fingerprint
        if before == post.fingerprint:
            unchanged.append(post.guid)
            continue
        taken.new_posts += before is None
        taken.changed_posts += before is not None
        _take_in(post, chats, taken, is_new_post=before is None, profile=profile, now=now)
    posts.save_posts(connection, taken.versions, now=now)
    posts.save_chats(connection, taken.seen, now=now)
    if taken.is_first_run:
        taken.news = [item for item in taken.news if _is_fresh(item, now)]
    posts.mark_seen(connection, unchanged, now=now)
    news.save_news(connection, taken.news, now=now)
    return taken


def _take_in(
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
    taken.versions.append((post, reading))
    if followed.chat is not None:
        chats[followed.chat.guid] = followed.chat
        taken.seen.append((post.guid, followed.chat))
    taken.news += followed.news


def _is_fresh(item: News, now: datetime) -> bool:
    """On the first look at a blog everything is new to us, and most of it is old (T33)."""
    starts_at = item.reading.starts_at
    if item.kind is NewsKind.ANNOUNCEMENT and starts_at is not None:
        return starts_at > now
    return item.happened_at > now - FRESH
