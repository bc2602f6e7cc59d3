"""The life of a chat: what a version of a post changes in what we know. Pure.

Replayable: a snapshot seen twice gives news once. News is what changed in the life of a chat,
never "an entry with a new date".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from otalk_digest.collect.changes import corrections, plan_changes
from otalk_digest.collect.fold import squash
from otalk_digest.collect.merge import merge_readings
from otalk_digest.model.chat import Chat, Flag, Phase, Reading
from otalk_digest.model.feed import Post
from otalk_digest.model.news import Change, News, NewsKind

#: Of two wordings, how many words must be shared to be one topic.
_SHARED_WORDS = 0.5
_SMALL_WORD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The chat as it stands now, None if the post is about none, and what is new about it."""

    chat: Chat | None
    news: tuple[News, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """One look at a post."""

    post: Post
    is_first_run: bool
    #: UTC.
    now: datetime


def find_chat(post: Post, reading: Reading, chats: Sequence[Chat]) -> Chat | None:
    """Return the known chat that a post is about.

    The same guid; else, for a transcript post, the chat of that day and topic (T15); else the
    chat of a post that was made again: same link, or same day and topic (T28).
    """
    for chat in chats:
        if chat.guid == post.guid:
            return chat
    if not reading.is_chat:
        return None
    same_day = _on_the_day_of(reading, chats)
    if reading.is_transcript_post or any(c.reading.is_transcript_post for c in same_day):
        joined = [chat for chat in same_day if _is_joined(chat.reading, reading)]
        if joined:
            return _nearest(post, joined)
    alike = [chat for chat in same_day if squash(chat.reading.topic) == squash(reading.topic)]
    if alike:
        return _nearest(post, alike)
    if post.link is None:
        return None
    return next((chat for chat in chats if chat.url == post.link), None)


def follow(
    post: Post,
    reading: Reading,
    *,
    known: Chat | None,
    is_new_post: bool,
    is_first_run: bool,
    now: datetime,
) -> Followed:
    """Say what this version of a post changes; `now` decides what a reader can still use."""
    sight = _Sight(post=post, is_first_run=is_first_run, now=now)
    if post.is_protected:
        return Followed(chat=known)
    if known is None:
        return _first_sight(sight, reading, is_new_post=is_new_post)
    if not reading.is_chat:
        if not (reading.is_cancelled or reading.is_postponed):
            return Followed(chat=known)
        reading = replace(
            known.reading, is_cancelled=reading.is_cancelled, is_postponed=reading.is_postponed
        )
    return _next_sight(sight, known, reading)


def restate(post: Post, reading: Reading, *, known: Chat, now: datetime) -> Followed:
    """Say what changes when this takes the place of all that was read, as a correction does."""
    sight = _Sight(post=post, is_first_run=False, now=now)
    chat = replace(known, reading=reading, phase=_next_phase(known, reading, now))
    return _compared(sight, known, chat)


def _first_sight(sight: _Sight, reading: Reading, *, is_new_post: bool) -> Followed:
    if not reading.is_chat:
        notice = _news(sight, NewsKind.NOTICE, reading)
        return Followed(chat=None, news=(notice,) if is_new_post else ())
    chat = Chat(
        guid=sight.post.guid,
        url=sight.post.link,
        phase=_phase(reading, sight.now),
        reading=reading,
        first_seen_at=sight.now,
    )
    kind = {
        Phase.WRAPPED_UP: NewsKind.WRAP_UP,  # T34: no late announcement
        Phase.CANCELLED: NewsKind.CANCELLATION,
        Phase.POSTPONED: NewsKind.CANCELLATION,
    }.get(chat.phase, NewsKind.ANNOUNCEMENT)
    if kind is NewsKind.CANCELLATION and not _is_ahead(reading, sight.now):
        return Followed(chat=chat)
    return Followed(chat=chat, news=(_news(sight, kind, reading),))


def _next_sight(sight: _Sight, known: Chat, reading: Reading) -> Followed:
    is_own = sight.post.guid == known.guid or _is_same_link(known, sight.post)
    merged = merge_readings(known.reading, reading, is_own=is_own, is_summary=sight.post.is_summary)
    chat = replace(
        known,
        reading=merged,
        phase=_next_phase(known, merged, sight.now),
        url=(sight.post.link or known.url) if is_own else known.url,
    )
    return _compared(sight, known, chat)


def _compared(sight: _Sight, known: Chat, chat: Chat) -> Followed:
    kind, changes = _what_happened(known, chat, sight.now)
    if kind is None:
        return Followed(chat=chat)
    return Followed(
        chat=chat, news=(_news(sight, kind, chat.reading, known=known, changes=changes),)
    )


def _what_happened(
    known: Chat, chat: Chat, now: datetime
) -> tuple[NewsKind | None, tuple[Change, ...]]:
    """Return the one thing that is new, or None."""
    old, new = known.reading, chat.reading
    if known.phase is Phase.WRAPPED_UP:
        changes = corrections(old, new)
        return (NewsKind.CORRECTION if changes else None), changes
    if chat.phase is Phase.WRAPPED_UP:
        return NewsKind.WRAP_UP, ()
    is_ahead = _is_ahead(old, now) or _is_ahead(new, now)
    if not is_ahead:
        # It has begun: the record is put right, nobody needs to know (T16).
        return None, ()
    if chat.phase in (Phase.CANCELLED, Phase.POSTPONED):
        is_new = chat.phase is not known.phase
        return (NewsKind.CANCELLATION if is_new else None), ()
    changes = plan_changes(old, new, is_ahead=_is_ahead(new, now))
    if known.phase is not Phase.ANNOUNCED:
        changes = (Change(field="phase", old=known.phase, new=chat.phase), *changes)
    return (NewsKind.CHANGE if changes else None), changes


def _phase(reading: Reading, now: datetime) -> Phase:
    """A block before the hour is no wrap-up, unless the date is the doubtful one of the two."""
    is_over = not _is_ahead(reading, now) or reading.starts_at is None
    if reading.is_wrapped_up and (is_over or Flag.CHECK_DATE in reading.flags):
        return Phase.WRAPPED_UP
    if reading.is_cancelled:
        return Phase.CANCELLED
    return Phase.POSTPONED if reading.is_postponed else Phase.ANNOUNCED


def _next_phase(known: Chat, merged: Reading, now: datetime) -> Phase:
    """A wrapped-up chat stays so (T17); a postponed one with another day is on again."""
    if known.phase is Phase.WRAPPED_UP:
        return Phase.WRAPPED_UP
    phase = _phase(merged, now)
    is_moved = merged.starts_at != known.reading.starts_at
    # The word may stay in the title beside the new day, also in every snapshot after.
    is_on_again = known.phase is Phase.ANNOUNCED and known.reading.is_postponed
    if phase is Phase.POSTPONED and (is_moved or is_on_again):
        return Phase.ANNOUNCED
    return phase


def _is_ahead(reading: Reading, now: datetime) -> bool:
    """Whether someone may still plan to come; an unknown hour counts as ahead."""
    return reading.starts_at is None or reading.starts_at > now


def _news(
    sight: _Sight,
    kind: NewsKind,
    reading: Reading,
    *,
    known: Chat | None = None,
    changes: tuple[Change, ...] = (),
) -> News:
    return News(
        kind=kind,
        guid=known.guid if known else sight.post.guid,
        url=sight.post.link or (known.url if known else None),
        reading=reading,
        happened_at=_happened_at(sight, kind, reading),
        changes=changes,
    )


def _happened_at(sight: _Sight, kind: NewsKind, reading: Reading) -> datetime:
    """On a first run the blog's past is no news of today (T33)."""
    if not sight.is_first_run:
        return sight.now
    published_at = sight.post.published_at or sight.now
    if kind is NewsKind.WRAP_UP:
        return reading.ends_at or published_at
    return published_at


def _nearest(post: Post, chats: Sequence[Chat]) -> Chat:
    """Return the same one of several at each look, in whatever order they come."""
    return min(chats, key=lambda chat: (chat.url != post.link, chat.first_seen_at, chat.guid))


def _on_the_day_of(reading: Reading, chats: Sequence[Chat]) -> list[Chat]:
    if reading.starts_at is None:
        return []
    day = reading.starts_at.date()
    return [
        chat
        for chat in chats
        if chat.reading.starts_at is not None and chat.reading.starts_at.date() == day
    ]


def _is_joined(one: Reading, other: Reading) -> bool:
    """Whether an announcement and a transcript post of one day share their topic."""
    if one.is_transcript_post is other.is_transcript_post is False:
        return False
    words, others = _topic_words(one), _topic_words(other)
    if squash(one.topic) == squash(other.topic) or not words or not others:
        return True
    return len(words & others) >= _SHARED_WORDS * min(len(words), len(others))


def _topic_words(reading: Reading) -> set[str]:
    """Small words join nothing."""
    return {word for word in reading.topic.casefold().split() if len(word) > _SMALL_WORD}


def _is_same_link(chat: Chat, post: Post) -> bool:
    return chat.url is not None and chat.url == post.link
