"""Moments in words, in a zone. Pure.

The words and their order come from the theme. Every time carries its zone, as that zone is
on the day itself: the offset of today says nothing about a day after the clocks change.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

#: Below these, the database names zones for cities; elsewhere for rules, states and offsets.
_AREAS: Final = frozenset(
    {
        *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe"),
        *("Indian", "Pacific"),
    }
)

#: Stands for a city until it is known; no word holds it.
_PLACE: Final = "\ue000"
#: Offsets at start and end, then letters.
_Clock = tuple[timedelta | None, timedelta | None, str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWords:
    """How a theme says times; patterns take the names in braces."""

    #: Monday first.
    weekdays: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    #: January first.
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    #: {weekday} {short_weekday} {day} {month} {short_month} {year}
    full_date: str
    weekday_date: str
    day: str
    day_with_year: str
    short_date: str
    bar: str
    bar_with_year: str
    #: {hour12} {hour} (of 24, "8") {hour24} ("08") {minute} {half}
    on_the_hour: str
    past_the_hour: str
    midday: str
    midnight: str
    morning: str
    afternoon: str
    #: {start} {end} {zone} {end_zone}
    span: str
    span_two_zones: str
    start_only: str
    #: {date} {hours}
    moment: str
    #: {date} {hours} {place}
    yours: str
    yours_other_day: str
    place: str
    #: By IANA name: how a zone's city is said where its name does not say it; "" for no city.
    cities: Mapping[str, str]
    #: By the letters that the zone has on a day: "CET" may be said "MEZ".
    zones: Mapping[str, str]


#: Tables that a theme may leave out.
_OPTIONAL: Final[Mapping[str, object]] = {"cities": {}, "zones": {}}


def read_time_words(table: Mapping[str, object]) -> TimeWords:
    """Take the `[time]` table of a theme. Raises KeyError for a word that it lacks."""
    given = {**_OPTIONAL, **table}
    values = {field.name: given[field.name] for field in fields(TimeWords)}
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return TimeWords(**(values | lists))  # type: ignore[arg-type] # the theme's own words


def say_date(moment: datetime, zone: ZoneInfo, pattern: str, words: TimeWords) -> str:
    """Say the day on which `moment` falls in `zone`, in the order that `pattern` gives."""
    local = moment.astimezone(zone)
    return pattern.format(
        weekday=words.weekdays[local.weekday()],
        short_weekday=words.short_weekdays[local.weekday()],
        day=local.day,
        month=words.months[local.month - 1],
        short_month=words.short_months[local.month - 1],
        year=local.year,
    )


def say_hours(
    starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo, words: TimeWords
) -> str:
    """Say "8pm to 9pm GMT", or the start alone when the end is not known."""
    start = starts_at.astimezone(zone)
    if ends_at is None:
        return words.start_only.format(start=_clock(start, words), zone=say_zone(start, words))
    end = ends_at.astimezone(zone)
    # A chat through the hour in which the clocks change has two zones.
    pattern = words.span if start.utcoffset() == end.utcoffset() else words.span_two_zones
    return pattern.format(
        start=_clock(start, words),
        end=_clock(end, words),
        zone=say_zone(start, words),
        end_zone=say_zone(end, words),
    )


def say_moment(
    starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo, words: TimeWords
) -> str:
    """Say date and hours: "Tuesday 25 November 2025, 8pm to 9pm GMT"."""
    date = say_date(starts_at, zone, words.full_date, words)
    return words.moment.format(date=date, hours=say_hours(starts_at, ends_at, zone, words))


def say_reader_times(
    span: tuple[datetime, datetime | None],
    home: ZoneInfo,
    zones: Iterable[ZoneInfo],
    words: TimeWords,
) -> Iterator[tuple[ZoneInfo, str]]:
    """Say a chat's hour in each zone whose clock differs from that of `home`.

    The clocks have to agree from start to end: a chat may last through a change that only one
    of them makes. Most zones go by the clock of another, so each clock is put into words once.
    """
    ours = _clock_at(span, home)
    said: dict[_Clock, str] = {}
    for zone in zones:
        clock = _clock_at(span, zone)
        if clock[:2] == ours[:2]:
            continue
        if clock not in said:
            said[clock] = _say_theirs(span, (home, zone), words)
        yield zone, said[clock].replace(_PLACE, _place(zone, words))


def _clock_at(span: tuple[datetime, datetime | None], zone: ZoneInfo) -> _Clock:
    start, end = span[0].astimezone(zone), (span[1] or span[0]).astimezone(zone)
    return start.utcoffset(), end.utcoffset(), start.tzname(), end.tzname()


def _say_theirs(
    span: tuple[datetime, datetime | None], zones: tuple[ZoneInfo, ZoneInfo], words: TimeWords
) -> str:
    home, theirs = (span[0].astimezone(zone) for zone in zones)
    pattern = words.yours if home.date() == theirs.date() else words.yours_other_day
    return pattern.format(
        date=say_date(span[0], zones[1], words.weekday_date, words),
        hours=say_hours(*span, zones[1], words),
        place=_PLACE,
    )


def say_zone(local: datetime, words: TimeWords) -> str:
    """Say the zone's letters on that day, or its distance from UTC where it has none."""
    name = local.tzname() or ""
    if name.isalpha():
        return words.zones.get(name, name)
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    if not minutes:
        return "UTC"
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}:{rest:02d}" if rest else f"UTC{sign}{hours}"


def _clock(local: datetime, words: TimeWords) -> str:
    if local.minute == 0 and local.hour in {0, 12}:
        return words.midday if local.hour else words.midnight
    pattern = words.past_the_hour if local.minute else words.on_the_hour
    return pattern.format(
        hour12=local.hour % 12 or 12,
        hour=local.hour,
        hour24=f"{local.hour:02d}",
        minute=f"{local.minute:02d}",
        half=words.afternoon if local.hour >= 12 else words.morning,  # noqa: PLR2004 - noon
    )


def _place(zone: ZoneInfo, words: TimeWords) -> str:
    """Say the city of an IANA name; zones such as "Etc/GMT+5", "US/Eastern" and "UTC" have none."""
    key = zone.key.removeprefix("posix/").removeprefix("right/")
    area, _, name = key.partition("/")
    known = name if area in _AREAS else ""
    city = words.cities.get(key, known.rpartition("/")[2].replace("_", " "))
    return words.place.format(city=city) if city else ""
