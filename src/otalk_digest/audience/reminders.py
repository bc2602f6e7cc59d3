"""When a reminder of a chat is due, in each reader's own day. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: When a morning begins, by the reader's clock.
_MORNING: Final = time(7)
#: A reminder says so much before, and so does one for a chat that begins early in the day.
_BEFORE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Who is to be reminded now."""

    #: IANA names: those who want it in the morning, and are in one of these.
    zones: frozenset[str] = frozenset()
    #: Those who want it in the morning, and set no zone.
    is_home_due: bool = False
    #: Those who want it an hour before.
    is_hour_due: bool = False

    @property
    def is_nobody(self) -> bool:
        """Whether it is time for no one."""
        return not (self.zones or self.is_home_due or self.is_hour_due)


def due(starts_at: datetime, zones: Collection[str], *, home: str, now: datetime) -> Due:
    """Return for whom it is time, until the chat begins: a late job still reminds.

    `zones` are those of readers; one that nobody knows counts as `home`.
    """
    if starts_at <= now:
        return Due()
    return Due(
        zones=frozenset(zone for zone in zones if morning_of(starts_at, zone, home=home) <= now),
        is_home_due=morning_of(starts_at, home, home=home) <= now,
        is_hour_due=starts_at - _BEFORE <= now,
    )


def morning_of(starts_at: datetime, zone: str, *, home: str) -> datetime:
    """Return the moment of the morning's reminder: seven o'clock on the chat's day in the zone.

    Of a chat that begins before eight there, or at night, an hour before.
    """
    here = _zone(zone) or ZoneInfo(home)
    day = starts_at.astimezone(here).date()
    morning = datetime.combine(day, _MORNING, tzinfo=here)
    return min(morning, starts_at - _BEFORE)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
