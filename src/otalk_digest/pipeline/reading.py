"""Read a feed that changed: parse, clean, extract, follow, store. Imported only then."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.credentials import bare
from otalk_digest.collect.extract import read_post
from otalk_digest.collect.follow import find_chat, follow
from otalk_digest.collect.overrule import overrule
from otalk_digest.collect.places import Place, is_made_again, new_addresses, taken_down
from otalk_digest.model.chat import Chat, ChatProfile, Reading
from otalk_digest.model.feed import Entry, Fault, Feed, FeedKind, Post
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
    #: All of the row, by guid.
    shown: Mapping[str, Post]
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
    gone = [*answer.gone, *_taken_down(connection, answer.feed, known)]
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
        gone=_mark_gone(connection, gone, now=now),
    )


def _taken_down(connection: Connection, feed: Feed | None, known: Iterable[str]) -> list[str]:
    if feed is None or feed.is_partial:
        # What is missing of a feed that broke off may still be there.
        return []
    return taken_down(posts.last_seen(connection), feed.entries, known=known)


def _mark_gone(connection: Connection, guids: Sequence[str], *, now: datetime) -> tuple[str, ...]:
    """Note what was taken down, and name what a maintainer should hear of (T29).

    The post of a chat that stands at another address now was made again (T28).
    """
    gone = posts.mark_gone(connection, guids, now=now)
    if not gone:
        return ()
    urls = {chat.guid: chat.url for chat in posts.all_chats(connection)}
    return tuple(
        f"{post.title} ({post.link})" if post.link else post.title
        for post in gone
        if urls.get(post.guid, post.link) == post.link
    )


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
    items = tuple(items)
    shown = {post.guid: post for post in items}
    chats = {chat.guid: chat for chat in posts.all_chats(connection)}
    taken = Taken(
        is_first_run=is_past or not fingerprints,
        shown=shown,
        rulings=overrides.all_overrides(connection),
    )
    _move_chats(connection, chats, taken, [guid for guid in shown if guid in fingerprints])
    unchanged: list[Post] = []
    for post in items:
        before = fingerprints.get(post.guid)
        fingerprints[post.guid] = post.fingerprint
        if before == post.fingerprint:
            unchanged.append(post)
            continue
        taken.new_posts += before is None
        taken.changed_posts += before is not None
        _take_in(post, chats, taken, is_new_post=before is None, profile=profile, now=now)
    posts.save_posts(connection, taken.versions, now=now)
    posts.save_chats(connection, taken.seen, now=now)
    if taken.is_first_run:
        taken.news = [item for item in taken.news if _is_fresh(item, now)]
    posts.mark_seen(connection, [post.guid for post in unchanged], now=now)
    posts.save_places(connection, unchanged)
    news.save_news(connection, taken.news, now=now)
    return taken


def _move_chats(
    connection: Connection, chats: dict[str, Chat], taken: Taken, known_guids: Sequence[str]
) -> None:
    """Give each chat the address at which it stands now; that alone is no news (T28)."""
    known = {
        guid: Place(link=link, chat_guid=chat_guid)
        for guid, (link, chat_guid) in posts.places(connection, known_guids).items()
    }
    for guid, url in new_addresses(chats, taken.shown, known).items():
        chats[guid] = replace(chats[guid], url=url)
        taken.seen.append((guid, chats[guid]))


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
    may_replace = known is not None and is_new_post and not taken.is_first_run
    if known and may_replace and is_made_again(post, reading, known=known, shown=taken.shown):
        known = replace(known, url=post.link)
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
