"""Chats as calendar events: the home of icalendar, imported where it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from otalk_digest.digest import wording
from otalk_digest.digest.onsets import list_onsets

if TYPE_CHECKING:
    from icalendar import Alarm, Calendar, Timezone
    from icalendar import Event as Component

#: How long before a chat its reminder rings.
REMINDER: Final = timedelta(minutes=30)
#: How often whoever subscribes to the chats should ask again.
REFRESH: Final = timedelta(hours=6)
_REFRESH_TEXT: Final = "PT6H"
#: Longer ones push everything else off a phone's calendar.
SUMMARY_MOST: Final = 200
#: Version numbers are seconds from here; RFC 5545 §3.3.8 ends them at 2,147,483,647, in 2088.
_VERSIONS_BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One chat on a reader's calendar."""

    guid: str
    summary: str
    description: str
    location: str
    url: str | None
    #: UTC.
    starts_at: datetime
    #: UTC.
    ends_at: datetime
    is_cancelled: bool
    #: RFC 5545 §3.8.7.4: higher than in every earlier version of the same chat.
    sequence: int


def event_uid(guid: str) -> str:
    """Return a chat's UID, the same in every version: a guid outlives topic, date and address.

    RFC 7986 §5.3 asks for a UUID. Lower case, so it can stand in an address as it is.
    """
    return str(uuid5(NAMESPACE_URL, f"otalk-digest:{guid}"))


def event_sequence(known_at: datetime) -> int:
    """Number a version by when it became known (UTC): each later one is higher than 0, the first.

    The store does not count versions, but no two changes become known in one second.
    """
    return int((known_at - _VERSIONS_BEGIN).total_seconds())


def write_calendar(
    events: Sequence[Event], *, name: str, reminder: str, zone: ZoneInfo, now: datetime
) -> str | None:
    """Write RFC 5545 text with METHOD:PUBLISH; None without events. `now` is its DTSTAMP."""
    if not events:
        return None
    calendar = _calendar(name)
    _fill(calendar, events, reminder=reminder, zone=zone, now=now)
    return _text(calendar)


def write_calendar_feed(
    events: Sequence[Event], *, name: str, reminder: str, zone: ZoneInfo, now: datetime
) -> str:
    """Write what calendar programs subscribe to: they ask again, so it may hold no event."""
    calendar = _calendar(name)
    # RFC 7986 §5.1 and §5.7, and what the programs before it ask for.
    calendar.add("NAME", name)
    calendar.add("REFRESH-INTERVAL", REFRESH, {"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", _REFRESH_TEXT)
    calendar.add("X-WR-TIMEZONE", zone.key)
    _fill(calendar, events, reminder=reminder, zone=zone, now=now)
    return _text(calendar)


def _calendar(name: str) -> "Calendar":
    from icalendar import Calendar  # noqa: PLC0415 - a heavy import, needed here only

    calendar = Calendar()
    calendar.add("PRODID", "-//otalk-digest//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", name)
    return calendar


def _fill(
    calendar: "Calendar",
    events: Sequence[Event],
    *,
    reminder: str,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    if not _is_utc(zone):
        years = [event.starts_at.year for event in events] or [now.year]
        calendar.add_component(_timezone(years, zone))
    for event in events:
        calendar.add_component(_event(event, reminder=reminder, zone=zone, now=now))


def _text(calendar: "Calendar") -> str:
    text: str = calendar.to_ical(sorted=False).decode()
    return text


def _timezone(years: Sequence[int], zone: ZoneInfo) -> "Timezone":
    """Spell the zone out for the years around the events: not every calendar knows its name."""
    from icalendar import (  # noqa: PLC0415 - as above
        Timezone,
        TimezoneDaylight,
        TimezoneStandard,
        vRecur,
    )

    component = Timezone()
    component.add("TZID", zone.key)
    for onset in list_onsets(zone, first_year=min(years), last_year=max(years)):
        part = TimezoneDaylight() if onset.is_summer else TimezoneStandard()
        part.add("DTSTART", onset.wall)
        if onset.rule is not None:
            yearly = {"FREQ": "YEARLY", "BYMONTH": onset.rule.month, "BYDAY": onset.rule.weekday}
            part.add("RRULE", vRecur(yearly))
        part.add("TZOFFSETFROM", onset.offset_before)
        part.add("TZOFFSETTO", onset.offset)
        part.add("TZNAME", onset.name)
        component.add_component(part)
    return component


def _is_utc(zone: ZoneInfo) -> bool:
    """Whether moments are written with a Z, which names no zone (RFC 5545 §3.3.5, form 2)."""
    from icalendar import is_utc  # noqa: PLC0415 - as above

    return is_utc(zone)


def _event(event: Event, *, reminder: str, zone: ZoneInfo, now: datetime) -> "Component":
    from icalendar import Event as Component  # noqa: PLC0415 - as above

    component = Component()
    component.add("UID", event_uid(event.guid))
    component.add("DTSTAMP", now)
    component.add("SEQUENCE", event.sequence)
    component.add("DTSTART", event.starts_at.astimezone(zone))
    component.add("DTEND", event.ends_at.astimezone(zone))
    component.add("SUMMARY", wording.clip(wording.one_line(event.summary), SUMMARY_MOST))
    component.add("DESCRIPTION", _lines(event.description))
    component.add("LOCATION", wording.one_line(event.location))
    # An address is written as it is (RFC 5545 §3.3.13), so a line break in it would be one.
    if event.url is not None and wording.is_web_address(event.url):
        component.add("URL", event.url)
    component.add("STATUS", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    if not event.is_cancelled:
        component.add_component(_alarm(reminder))
    return component


def _lines(text: str) -> str:
    """Leave line feeds only: of all control characters, text has a spelling for this one."""
    return "\n".join(wording.strip_unfit(line) for line in text.splitlines())


def _alarm(reminder: str) -> "Alarm":
    from icalendar import Alarm  # noqa: PLC0415 - as above

    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", reminder)
    alarm.add("TRIGGER", -REMINDER)
    return alarm
