"""What calendars that do not know a zone's name read out of its VTIMEZONE."""

from datetime import UTC, datetime, timedelta
from functools import cache
from io import StringIO
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from dateutil.tz import tzical
from ical.calendar_stream import IcsCalendarStream
from ical.timezone import IcsTimezoneInfo
from icalendar import Calendar

from otalk_digest.digest.calendar import Event, write_calendar

#: Every kind of rule: none, one of each hemisphere, winter time below the usual (Dublin), the
#: moon's (Casablanca), half an hour (Lord Howe), a day that is no n-th of its month (Jerusalem).
ZONES: Final = (
    "Europe/London",
    "America/New_York",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Asia/Kolkata",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Asia/Jerusalem",
    "America/Sao_Paulo",
)
#: Those whose rule can be written once for all years; Outlook reads no other.
REGULAR: Final = {
    "Europe/London": {"FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"},
    "America/New_York": {"FREQ=YEARLY;BYDAY=2SU;BYMONTH=3", "FREQ=YEARLY;BYDAY=1SU;BYMONTH=11"},
    "Australia/Sydney": {"FREQ=YEARLY;BYDAY=1SU;BYMONTH=4", "FREQ=YEARLY;BYDAY=1SU;BYMONTH=10"},
    "Pacific/Auckland": {"FREQ=YEARLY;BYDAY=1SU;BYMONTH=4", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=9"},
    "Europe/Dublin": {"FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"},
    "Asia/Kolkata": set(),
}
CHAT: Final = datetime(2026, 6, 2, 19, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)


@cache
def written(zone: str, start: datetime = CHAT) -> str:
    event = Event(
        guid="https://blog.example.org/?p=1",
        summary="#OTalk",
        description="",
        location="",
        url=None,
        starts_at=start,
        ends_at=start + HOUR,
        is_cancelled=False,
        sequence=0,
    )
    text = write_calendar((event,), name="n", reminder="r", zone=ZoneInfo(zone), now=CHAT)
    assert text is not None
    return text


def parts_of(zone: str) -> list[Any]:
    (timezone,) = Calendar.from_ical(written(zone)).walk("VTIMEZONE")
    return list(timezone.subcomponents)


def hours_around_changes(zone: str) -> list[datetime]:
    """Every hour of every day, and of its neighbours, on which the clock changes: in UTC."""
    own, day = ZoneInfo(zone), timedelta(days=1)
    days = [datetime(2025, 12, 1, tzinfo=UTC) + n * day for n in range(400)]
    changes = [
        d for d in days if d.astimezone(own).utcoffset() != (d + day).astimezone(own).utcoffset()
    ]
    return [d + n * HOUR for d in (*changes, CHAT) for n in range(-24, 49)]


def offset_by_the_book(parts: list[Any], instant: datetime) -> timedelta:
    """Read as RFC 5545 §3.6.5 says: an onset is DTSTART by the offset that it ends."""
    found = []
    for part in parts:
        start = part["DTSTART"].dt
        rule = (
            rrulestr(part["RRULE"].to_ical().decode(), dtstart=start) if "RRULE" in part else None
        )
        wall = (instant + part["TZOFFSETFROM"].td).replace(tzinfo=None)
        onset = rule.before(wall, inc=True) if rule else (start if start <= wall else None)
        if onset is not None:
            found.append((onset - part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td))
    offset: timedelta = max(found, key=lambda pair: pair[0])[1]
    return offset


@pytest.mark.parametrize("zone", ZONES)
def test_the_standard_read_to_the_letter_gives_the_offset_of_every_hour(zone: str) -> None:
    parts = parts_of(zone)

    for instant in hours_around_changes(zone):
        real = instant.astimezone(ZoneInfo(zone)).utcoffset()
        assert offset_by_the_book(parts, instant) == real, instant


@pytest.mark.parametrize("zone", ZONES)
def test_dateutil_reads_the_offset_of_every_hour(zone: str) -> None:
    theirs = tzical(StringIO(written(zone))).get()

    for instant in hours_around_changes(zone):
        local = instant.astimezone(ZoneInfo(zone))
        assert local.replace(tzinfo=theirs).utcoffset() == local.utcoffset(), local


@pytest.mark.parametrize("zone", [zone for zone, rules in REGULAR.items() if rules])
def test_ical_reads_the_offset_of_every_hour(zone: str) -> None:
    (timezone,) = IcsCalendarStream.calendar_from_ics(written(zone)).timezones
    theirs = IcsTimezoneInfo.from_timezone(timezone)

    for instant in hours_around_changes(zone):
        local = instant.astimezone(ZoneInfo(zone))
        # It takes no onset that stands alone, and does not tell the two hours apart that the
        # wall shows twice.
        offsets = {local.replace(fold=fold).utcoffset() for fold in (0, 1)}
        assert local.replace(tzinfo=theirs).utcoffset() in offsets, local


@pytest.mark.parametrize(
    ("zone", "onsets"),
    [
        # RFC 5545 §3.6.5: by the clock as it was before: 1am in London, 2am in New York.
        ("Europe/London", {"20250330T010000", "20251026T020000"}),
        ("America/New_York", {"20250309T020000", "20251102T020000"}),
        ("Australia/Sydney", {"20250406T030000", "20251005T020000"}),
        ("Australia/Lord_Howe", {"20250406T020000", "20251005T020000"}),
    ],
)
def test_a_change_begins_by_the_clock_as_it_was_before(zone: str, onsets: set[str]) -> None:
    found = {part["DTSTART"].to_ical().decode() for part in parts_of(zone)}

    assert found == onsets


@pytest.mark.parametrize(("zone", "rules"), REGULAR.items())
def test_a_regular_zone_is_one_rule_for_each_change(zone: str, rules: set[str]) -> None:
    found = [part["RRULE"].to_ical().decode() for part in parts_of(zone) if "RRULE" in part]

    assert sorted(found) == sorted(rules)
    assert len(parts_of(zone)) == max(len(rules), 1)


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "Asia/Jerusalem"])
def test_a_zone_without_a_regular_rule_names_each_change_around_the_chat(zone: str) -> None:
    assert all("RRULE" not in part for part in parts_of(zone))
    assert len(parts_of(zone)) > 4


@pytest.mark.parametrize("zone", ["Europe/Dublin", "Africa/Casablanca"])
def test_the_later_clock_is_called_daylight_even_where_the_law_sees_it_otherwise(zone: str) -> None:
    for part in parts_of(zone):
        gained = part["TZOFFSETTO"].td - part["TZOFFSETFROM"].td
        assert (part.name == "DAYLIGHT") == (gained > timedelta())


def test_a_chat_in_utc_needs_no_zone_spelt_out() -> None:
    assert "VTIMEZONE" not in written("UTC")
    assert "\r\nDTSTART:20260602T190000Z\r\n" in written("UTC")


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027, 2028, 2029, 2030])
@pytest.mark.parametrize("zone", ZONES)
def test_a_chat_early_or_late_in_any_year_lies_within_what_is_spelt_out(
    zone: str, year: int
) -> None:
    for start in (datetime(year, 1, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, tzinfo=UTC)):
        theirs = tzical(StringIO(written(zone, start))).get()
        wall = start.astimezone(ZoneInfo(zone))

        assert wall.replace(tzinfo=theirs).utcoffset() == wall.utcoffset()
