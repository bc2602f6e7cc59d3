"""Chats as calendar events: the home of icalendar, imported where it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from icalendar import Alarm, Timezone
    from icalendar import Event as Component

#: How long before a chat its reminder rings.
REMINDER = timedelta(minutes=30)


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


def write_calendar(
    events: Sequence[Event], *, name: str, reminder: str, zone: ZoneInfo, now: datetime
) -> str | None:
    """Write RFC 5545 text with METHOD:PUBLISH; None without events. `now` is its DTSTAMP."""
    if not events:
        return None
    from icalendar import Calendar  # noqa: PLC0415 - a heavy import, needed here only

    calendar = Calendar()
    calendar.add("PRODID", "-//otalk-digest//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", name)
    calendar.add_component(_timezone(events, zone))
    for event in events:
        calendar.add_component(_event(event, reminder=reminder, zone=zone, now=now))
    text: str = calendar.to_ical(sorted=False).decode()
    return text


def _timezone(events: Sequence[Event], zone: ZoneInfo) -> "Timezone":
    """Spell the zone out for the years around the events: not every calendar knows its name."""
    from icalendar import Timezone  # noqa: PLC0415 - as above

    years = [event.starts_at.year for event in events]
    first = datetime(min(years), 1, 1, tzinfo=zone).date()
    last = datetime(max(years) + 2, 1, 1, tzinfo=zone).date()
    component = Timezone.from_tzinfo(zone, zone.key, first_date=first, last_date=last)
    component.pop("COMMENT", None)
    return component


def _event(event: Event, *, reminder: str, zone: ZoneInfo, now: datetime) -> "Component":
    from icalendar import Event as Component  # noqa: PLC0415 - as above

    component = Component()
    component.add("UID", event_uid(event.guid))
    component.add("DTSTAMP", now)
    component.add("SEQUENCE", event.sequence)
    component.add("DTSTART", event.starts_at.astimezone(zone))
    component.add("DTEND", event.ends_at.astimezone(zone))
    component.add("SUMMARY", event.summary)
    component.add("DESCRIPTION", event.description)
    component.add("LOCATION", event.location)
    if event.url is not None:
        component.add("URL", event.url)
    component.add("STATUS", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    if not event.is_cancelled:
        component.add_component(_alarm(reminder))
    return component


def _alarm(reminder: str) -> "Alarm":
    from icalendar import Alarm  # noqa: PLC0415 - as above

    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", reminder)
    alarm.add("TRIGGER", -REMINDER)
    return alarm
