"""When the clocks of a zone change, as a calendar file says it. Pure.

RFC 5545 §3.6.5: an onset is written by the clock as it was before the change, so London's
summer begins at 1am. `Timezone.from_tzinfo` of icalendar 7.3 writes the clock after it, and
every change to summer time comes an hour late.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from itertools import groupby
from typing import Final

#: Long enough that a last Sunday is told from a fourth one.
_YEARS: Final = 10
#: No clock changes twice in it.
_WEEK: Final = timedelta(weeks=1)
_SECOND: Final = timedelta(seconds=1)
#: RFC 5545 §3.3.10
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
#: Before any mail; for a zone whose clock does not change.
_EVER: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - by the clock on the wall

#: Offset and letters.
_Clock = tuple[timedelta | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The n-th weekday of a month, every year."""

    month: int
    #: "-1SU", "2SU"
    weekday: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """The moment from which a zone has another offset or another name."""

    #: By the clock as it was before; no zone.
    wall: datetime
    offset_before: timedelta
    offset: timedelta
    name: str
    rule: Rule | None = None

    @property
    def is_summer(self) -> bool:
        """Whether clocks go forward; in Dublin the law sees it the other way round.

        Calendars expect it this way, and tell winter time from summer time by it.
        """
        return self.offset > self.offset_before


@cache
def list_onsets(zone: tzinfo, *, first_year: int, last_year: int) -> Sequence[Onset]:
    """Say from when on which offset holds, for all of these years and some around them.

    One onset with a rule for each regular change, because Outlook reads no other; each onset
    by itself where a zone has no such rule; one alone where the clock never changes.
    """
    start = first_year - 1
    found = list(_changes(zone, start, max(start + _YEARS, last_year + 2)))
    if not found:
        return (_first(zone, _EVER),)
    if regular := _regular(found):
        return regular
    near = [onset for onset in found if onset.wall.year <= last_year + 1]
    return (_first(zone, datetime(start, 1, 1)), *near)  # noqa: DTZ001 - as above


def _first(zone: tzinfo, wall: datetime) -> Onset:
    local = wall.replace(tzinfo=zone)
    offset = local.utcoffset() or timedelta()
    return Onset(wall=wall, offset_before=offset, offset=offset, name=local.tzname() or "")


def _changes(zone: tzinfo, first_year: int, last_year: int) -> Iterator[Onset]:
    """Find each change from the first year to before the last one, to the second."""
    week, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year, 1, 1, tzinfo=UTC)
    before = _clock(week, zone)
    while week < end:
        after = _clock(week + _WEEK, zone)
        if before != after:
            yield _onset(_find(week, before, zone), zone)
        week, before = week + _WEEK, after


def _clock(moment: datetime, zone: tzinfo) -> _Clock:
    local = moment.astimezone(zone)
    return local.utcoffset(), local.tzname()


def _find(week: datetime, clock: _Clock, zone: tzinfo) -> datetime:
    """Halve the week that begins by `clock` until the first second of the new one is left."""
    before, after = week, week + _WEEK
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if _clock(middle, zone) == clock:
            before = middle
        else:
            after = middle
    return after


def _onset(moment: datetime, zone: tzinfo) -> Onset:
    offset_before = (moment - _SECOND).astimezone(zone).utcoffset() or timedelta()
    local = moment.astimezone(zone)
    return Onset(
        wall=moment.replace(tzinfo=None) + offset_before,
        offset_before=offset_before,
        offset=local.utcoffset() or timedelta(),
        name=local.tzname() or "",
    )


def _regular(onsets: Sequence[Onset]) -> Sequence[Onset] | None:
    """Return one onset for each kind of change; None unless one rule fits it in every year."""
    years = {onset.wall.year for onset in onsets}
    kinds = groupby(sorted(onsets, key=_kind), key=_kind)
    found: list[Onset] = []
    for _, group in kinds:
        same = sorted(group, key=lambda onset: onset.wall)
        rule = _rule([onset.wall for onset in same])
        if rule is None or {onset.wall.year for onset in same} != years:
            return None
        first = same[0]
        found.append(
            Onset(
                wall=first.wall,
                offset_before=first.offset_before,
                offset=first.offset,
                name=first.name,
                rule=rule,
            )
        )
    return sorted(found, key=lambda onset: onset.wall)


def _kind(onset: Onset) -> tuple[timedelta, timedelta, str]:
    return onset.offset_before, onset.offset, onset.name


def _rule(walls: Sequence[datetime]) -> Rule | None:
    """Find the n-th weekday that all of these are; once a year, at the same hour."""
    alike = {(wall.month, wall.weekday(), wall.time()) for wall in walls}
    if len(alike) != 1 or len(walls) < _YEARS:
        return None
    is_last = all((wall + _WEEK).month != wall.month for wall in walls)
    numbers = {(wall.day - 1) // 7 + 1 for wall in walls}
    if not is_last and len(numbers) != 1:
        return None
    number = -1 if is_last else numbers.pop()
    return Rule(month=walls[0].month, weekday=f"{number}{_WEEKDAYS[walls[0].weekday()]}")
