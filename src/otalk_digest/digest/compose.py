"""What a segment is told now. Pure.

News that a segment was not yet told waits for its next edition, so a missed run loses
nothing; what is no longer worth telling is dropped with a reason. What becomes of a chat after
it was told is no matter of segments, but of who holds which version: `pipeline.correcting`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from otalk_digest.model.audience import Segment
from otalk_digest.model.chat import Chat, Phase
from otalk_digest.model.edition import UNEDITED, Digest, Drop, Edits, TrendPoint
from otalk_digest.model.news import KnownNews, News, NewsKind

#: How many chats the bars show.
TREND_LENGTH = 6
#: Why news that a maintainer hid is not told.
HIDDEN: Final = "hidden by a maintainer"

#: Why a segment that was told of a chat is not told that it has changed.
CORRECTED: Final = "whoever holds an older version is told in a correction"

_CHANGES = {NewsKind.CHANGE, NewsKind.CANCELLATION}
_ENDED = (Phase.CANCELLED, Phase.POSTPONED)


def compose(
    segment: Segment,
    *,
    uncarried: Sequence[KnownNews],
    chats: Sequence[Chat],
    told: frozenset[str],
    now: datetime,
    edits: Edits = UNEDITED,
) -> Digest:
    """Return the digest of a segment; it is empty when there is nothing to say.

    `uncarried` is in the order in which it became known; `told` holds the guids of chats
    whose announcement the segment received. The headline is the nearest chat ahead, unless
    the order of `edits` puts another before it.
    """
    known = {chat.guid: chat for chat in chats}
    chosen: list[KnownNews] = []
    drops: list[Drop] = []
    for group in _by_chat(uncarried):
        item, reason = _choose(segment, group, known.get(group[0].news.guid), told=told, now=now)
        if item is not None and item.id in edits.hidden:
            # Older news of the same chat would say the same in its stead.
            item, reason = None, HIDDEN
        if item is not None:
            chosen.append(item)
        drops += [
            Drop(news_id=other.id, reason=HIDDEN if other.id in edits.hidden else reason)
            for other in group
            if item is None or other.id != item.id
        ]
    announced = sorted(_of(chosen, NewsKind.ANNOUNCEMENT), key=lambda item: _start(item, now))
    ahead = arrange(announced, edits.order)
    wrap_ups = sorted(_of(chosen, NewsKind.WRAP_UP), key=_recency, reverse=True)
    return Digest(
        segment=segment.name,
        now=now,
        headline=ahead[0] if ahead else None,
        coming_up=ahead[1:],
        wrap_ups=arrange(wrap_ups, edits.order),
        notices=arrange(_of(chosen, NewsKind.NOTICE), edits.order),
        reminder=_reminder(chats, announced, told=told, now=now),
        is_any_ahead=any(is_ahead(chat, now) for chat in chats),
        trend=_trend(chats, wrap_ups),
        drops=tuple(drops),
        note=edits.note,
    )


def arrange(items: Sequence[KnownNews], order: Sequence[int]) -> tuple[KnownNews, ...]:
    """Put what the order names into its row, in the places that those items have now.

    What it does not name keeps its place: a nearer chat that became known after the order
    was made still comes first.
    """
    rank = {number: place for place, number in enumerate(order)}
    named = iter(sorted((each for each in items if each.id in rank), key=lambda i: rank[i.id]))
    return tuple(next(named) if item.id in rank else item for item in items)


def _by_chat(uncarried: Sequence[KnownNews]) -> Iterable[list[KnownNews]]:
    groups: dict[str, list[KnownNews]] = {}
    for item in uncarried:
        groups.setdefault(item.news.guid, []).append(item)
    return groups.values()


def _choose(
    segment: Segment,
    group: list[KnownNews],
    chat: Chat | None,
    *,
    told: frozenset[str],
    now: datetime,
) -> tuple[KnownNews | None, str]:
    """Return the one piece of a chat's news worth telling, and why the others are not."""
    item, reason = _candidate(group, chat, told=told, now=now)
    if item is None:
        return None, reason
    if item.news.kind not in segment.kinds:
        return None, f"the segment does not receive {item.news.kind}"
    age = now - item.news.happened_at
    is_ahead = item.news.kind is NewsKind.ANNOUNCEMENT and item.news.reading.starts_at is not None
    if not is_ahead and age > timedelta(days=segment.max_age_days):
        days = "a day" if segment.max_age_days == 1 else f"{segment.max_age_days} days"
        return None, f"older than {days}"
    return item, "told together with newer news of the same chat"


def _candidate(
    group: list[KnownNews], chat: Chat | None, *, told: frozenset[str], now: datetime
) -> tuple[KnownNews | None, str]:
    newest = {item.news.kind: item for item in group}
    if chat is None or newest.keys() <= {NewsKind.NOTICE, NewsKind.CORRECTION}:
        return newest.get(NewsKind.NOTICE), "corrections change the record only"
    if wrap_up := newest.get(NewsKind.WRAP_UP):
        return _with_reading(wrap_up, chat), ""
    starts_at = chat.reading.starts_at
    if starts_at is not None and starts_at <= now:
        return None, "the chat has begun"
    if chat.guid not in told:
        return _first_telling(newest, chat), "the segment was never told about this chat"
    return None, CORRECTED if newest.keys() & _CHANGES else "announced before"


def _first_telling(newest: dict[NewsKind, KnownNews], chat: Chat) -> KnownNews | None:
    """Announce a chat that is on; one that was off when it became known has no other news."""
    item = newest.get(NewsKind.ANNOUNCEMENT) or newest.get(NewsKind.CHANGE)
    if chat.phase in _ENDED or item is None:
        return None
    told = _with_reading(item, chat)
    return replace(told, news=replace(told.news, kind=NewsKind.ANNOUNCEMENT, changes=()))


def _with_reading(item: KnownNews, chat: Chat) -> KnownNews:
    """Tell what the post says now, not what it said when the news was made."""
    return replace(item, news=replace(item.news, reading=chat.reading, url=chat.url))


def _of(items: Iterable[KnownNews], *kinds: NewsKind) -> list[KnownNews]:
    return [item for item in items if item.news.kind in kinds]


def _start(item: KnownNews, now: datetime) -> datetime:
    """Order by the chat's hour; a chat without a date comes after the dated ones ahead."""
    return item.news.reading.starts_at or now + timedelta(days=366)


def _recency(item: KnownNews) -> tuple[bool, datetime]:
    """Order wrap-ups by the chat's hour; those without a date are the oldest."""
    starts_at = item.news.reading.starts_at
    return starts_at is not None, starts_at or item.news.happened_at


def _reminder(
    chats: Iterable[Chat], shown: Iterable[KnownNews], *, told: frozenset[str], now: datetime
) -> News | None:
    """Return the chat that comes before all that is told now, if readers know it already.

    A digest that leads with the chat of next week must not let this week's be forgotten.
    """
    here = {item.news.guid for item in shown}
    ahead = [chat for chat in chats if is_ahead(chat, now) and chat.guid in told | here]
    nearest = min(ahead, key=lambda chat: (chat.reading.starts_at, chat.guid), default=None)
    if nearest is None or nearest.guid in here:
        return None
    return News(
        kind=NewsKind.ANNOUNCEMENT,
        guid=nearest.guid,
        url=nearest.url,
        reading=nearest.reading,
        happened_at=nearest.first_seen_at,
    )


def is_ahead(chat: Chat, now: datetime) -> bool:
    """Whether it will take place, at an hour that is still to come."""
    starts_at = chat.reading.starts_at
    return chat.phase is Phase.ANNOUNCED and starts_at is not None and starts_at > now


def _trend(chats: Sequence[Chat], wrap_ups: Sequence[KnownNews]) -> tuple[TrendPoint, ...]:
    """Return the last chats with figures, oldest first, up to the newest wrap-up told now."""
    last = wrap_ups[0].news.reading.starts_at if wrap_ups else None
    if last is None:
        return ()
    points = [
        TrendPoint(
            starts_at=chat.reading.starts_at, topic=chat.reading.topic, numbers=chat.reading.numbers
        )
        for chat in chats
        if chat.reading.starts_at is not None
        and chat.reading.starts_at <= last
        and not chat.reading.numbers.is_empty
    ]
    return tuple(sorted(points, key=lambda point: point.starts_at)[-TREND_LENGTH:])
