"""When a segment is told at which pace, and what cannot wait for its week or month. Pure.

The first edition of a week or month tells all that has gathered; later ones only what would
come too late.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from otalk_digest.model.audience import Cadence
from otalk_digest.model.chat import Chat, Phase
from otalk_digest.model.news import KnownNews, NewsKind

_CHANGES: Final = (NewsKind.CHANGE, NewsKind.CANCELLATION)
#: A job that runs each day tells by then what waited for the week to begin.
_GRACE: Final = timedelta(days=1)


def begin_of(pace: Cadence, now: datetime, zone: str) -> datetime:
    """Return when the week (Monday) or month of this moment began in the zone, in UTC."""
    today = now.astimezone(ZoneInfo(zone)).date()
    if pace is Cadence.EACH:
        return now
    first = today.replace(day=1)
    if pace is Cadence.WEEKLY:
        first = today - timedelta(days=today.weekday())
    return datetime.combine(first, time.min, ZoneInfo(zone)).astimezone(UTC)


def end_of(pace: Cadence, now: datetime, zone: str) -> datetime:
    """Return when the next week or month begins in the zone, in UTC."""
    if pace is Cadence.EACH:
        return now
    begin = begin_of(pace, now, zone)
    # Longer than any of its kind, shorter than two; midnights move with summer time.
    step = timedelta(days=7, hours=12) if pace is Cadence.WEEKLY else timedelta(days=32)
    return begin_of(pace, begin + step, zone)


def is_due(pace: Cadence, last: datetime | None, now: datetime, *, zone: str) -> bool:
    """Whether all that has gathered may go; `last` is when the segment had an edition (UTC)."""
    return pace is Cadence.EACH or last is None or last < begin_of(pace, now, zone)


def what_cannot_wait(
    uncarried: Sequence[KnownNews],
    pace: Cadence,
    *,
    chats: Iterable[Chat],
    told: frozenset[str],
    now: datetime,
    zone: str,
) -> tuple[KnownNews, ...]:
    """Return the news that goes with the next run, whatever was asked for.

    That a chat has changed or is off, to those who were told of it; and, to those who read each
    week, a chat that would begin before they hear of it. Who reads once a month asked not to be
    told of each chat: what they miss comes with its wrap-up.
    """
    latest = end_of(pace, now, zone) + _GRACE if pace is Cadence.WEEKLY else now
    urgent: set[str] = set()
    known = {chat.guid: chat for chat in chats}
    for item in uncarried:
        chat = known.get(item.news.guid)
        if chat is None:
            continue
        starts_at = chat.reading.starts_at
        if starts_at is not None and starts_at <= now:
            continue
        if chat.guid in told:
            is_urgent = item.news.kind in _CHANGES
        else:
            is_on = chat.phase is Phase.ANNOUNCED
            is_urgent = is_on and starts_at is not None and starts_at < latest
        if is_urgent:
            urgent.add(chat.guid)
    return tuple(item for item in uncarried if item.news.guid in urgent)
