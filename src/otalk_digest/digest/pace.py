"""When a segment is told at which pace, and what cannot wait for its week or month. Pure.

The first edition of a week or month tells all that has gathered; later ones only what would
come too late.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from otalk_digest.digest.compose import is_ahead
from otalk_digest.model.audience import Cadence
from otalk_digest.model.chat import Chat
from otalk_digest.model.news import KnownNews

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

    To those who read each week, a chat that would begin before they hear of it. Who reads once a
    month asked not to be told of each chat: what they miss comes with its wrap-up. That a chat
    has changed is told at once to whoever holds an older version, by corrections.
    """
    if pace is not Cadence.WEEKLY:
        return ()
    latest = end_of(pace, now, zone) + _GRACE
    urgent = {
        chat.guid
        for chat in chats
        if chat.guid not in told
        and is_ahead(chat, now)
        and chat.reading.starts_at is not None
        and chat.reading.starts_at < latest
    }
    return tuple(item for item in uncarried if item.news.guid in urgent)
