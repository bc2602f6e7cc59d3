"""Corrections: what was told of a chat, held against what is so now.

By what editions said, not by the news that made the difference: however often a post is edited,
whoever holds a wrong version is told the right one once, and nobody else is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from otalk_digest.collect.changes import plan_changes
from otalk_digest.digest.compose import HIDDEN, is_ahead
from otalk_digest.model.audience import Segment
from otalk_digest.model.chat import Chat, Phase, Reading
from otalk_digest.model.delivery import SkipReason
from otalk_digest.model.edition import Digest, Edition, EditionKind, Edits
from otalk_digest.model.news import Change, KnownNews, NewsKind
from otalk_digest.store import circles, news, posts
from otalk_digest.store.tellings import Telling, holders, tellings_ahead

#: The field under which a change says that a chat is on again.
_PHASE: Final = "phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A version of a chat that is not right any more, and where it was told."""

    chat: Chat
    told: Telling
    kind: NewsKind
    changes: tuple[Change, ...]
    #: Edition and segment.
    places: tuple[tuple[int, str], ...]


def next_correction(
    connection: Connection, segments: Sequence[Segment], *, now: datetime, edits: Edits
) -> Sequence[tuple[Segment, Digest]]:
    """Return each segment that holds readers of one wrong version, with its correction.

    Empty when nobody holds any. A segment gets it whatever kinds it receives; a maintainer may
    hide it.
    """
    told = tellings_ahead(connection, now=now)
    if not told:
        return ()
    chats = posts.all_chats(connection)
    for wrong in wrong_versions(told, {chat.guid: chat for chat in chats}, now=now):
        newest = news.newest_news(connection, wrong.chat.guid)
        if newest is None or newest.id in edits.hidden:
            continue
        spared = news.dropped_from(connection, newest.id, HIDDEN)
        circle = holders(wrong.chat.guid, wrong.places)
        counts = circles.count_readers(connection, segments, circle, now=now)
        digest = Digest(
            segment="",
            now=now,
            alerts=(_alert(wrong, newest),),
            is_any_ahead=any(is_ahead(chat, now) for chat in chats),
            kind=EditionKind.CORRECTION,
            about=wrong.chat.guid,
            corrects=wrong.places,
        )
        reached = [each for each in segments if counts.get(each.name) and each.name not in spared]
        if reached:
            return [(segment, replace(digest, segment=segment.name)) for segment in reached]
    return ()


def wrong_versions(
    told: Sequence[Telling], chats: Mapping[str, Chat], *, now: datetime
) -> Iterator[Wrong]:
    """Yield each version of each chat that was told and is wrong now. Pure."""
    versions: dict[tuple[object, ...], list[Telling]] = {}
    for telling in told:
        reading = telling.reading
        version = (telling.guid, telling.phase, reading.starts_at, reading.topic, reading.hosts)
        versions.setdefault(version, []).append(telling)
    for same in versions.values():
        chat = chats.get(same[0].guid)
        found = None if chat is None else what_is_wrong(same[0], chat, now=now)
        if chat is not None and found is not None:
            kind, changes = found
            places = tuple(telling.place for telling in same)
            yield Wrong(chat=chat, told=same[0], kind=kind, changes=changes, places=places)


def what_is_wrong(
    told: Telling, chat: Chat, *, now: datetime
) -> tuple[NewsKind, tuple[Change, ...]] | None:
    """Return what somebody who was told so must hear; None when it is right, or over. Pure."""
    old, new = told.reading, chat.reading
    was_on, is_on = told.phase is Phase.ANNOUNCED, chat.phase is Phase.ANNOUNCED
    if chat.phase is Phase.WRAPPED_UP or (not is_on and told.phase is chat.phase):
        return None
    if not is_on:
        return (NewsKind.CANCELLATION, ()) if _is_awaited(old, now) else None
    if not _is_awaited(new, now) and not (was_on and old.starts_at and old.starts_at > now):
        # It has begun: the record is put right, nobody needs to know (T16).
        return None
    changes = plan_changes(old, new, is_ahead=_is_awaited(new, now))
    if not was_on:
        changes = (Change(field=_PHASE, old=told.phase, new=chat.phase), *changes)
    return (NewsKind.CHANGE, changes) if changes else None


def why_useless(
    edition: Edition, said: Telling, chat: Chat | None, *, now: datetime
) -> SkipReason | None:
    """Return why what a correction or a reminder says helps nobody any more. Pure."""
    starts_at = said.reading.starts_at
    if starts_at is not None and edition.frozen_at < starts_at <= now:
        return SkipReason.TOO_LATE
    if chat is None or what_is_wrong(said, chat, now=now) is not None:
        return SkipReason.OUTDATED
    return None


def _is_awaited(reading: Reading, now: datetime) -> bool:
    """Whether someone may still plan to come; an unknown hour counts as ahead."""
    return reading.starts_at is None or reading.starts_at > now


def _alert(wrong: Wrong, newest: KnownNews) -> KnownNews:
    reading = wrong.chat.reading
    if wrong.kind is NewsKind.CANCELLATION and wrong.told.reading.starts_at is not None:
        # What is off is the date that they hold.
        held = wrong.told.reading
        reading = replace(reading, starts_at=held.starts_at, ends_at=held.ends_at)
    if wrong.kind is NewsKind.CANCELLATION:
        # Told as the chat stands, so that it counts as told.
        reading = replace(
            reading,
            is_cancelled=wrong.chat.phase is Phase.CANCELLED,
            is_postponed=wrong.chat.phase is Phase.POSTPONED,
        )
    told = replace(
        newest.news,
        kind=wrong.kind,
        url=wrong.chat.url,
        reading=reading,
        changes=wrong.changes,
    )
    return replace(newest, news=told)
