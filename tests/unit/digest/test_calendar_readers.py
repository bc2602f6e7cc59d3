"""What is written reads the same in parsers that share no code with the one that wrote it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar
from tests.digests import NOW, a_cancellation, a_digest, a_move, news, rendered

from otalk_digest.digest.calendar import Event, event_sequence, event_uid, write_calendar

EVENT: Final = Event(
    guid="https://blog.example.org/?p=1",
    summary="#OTalk: Rest; work, and “play” 🪁",
    description="Host: Nell\nالعلاج الوظيفي; one, two \\ three\nhttps://blog.example.org/1/",
    location="https://chat.example/tag/otalk",
    url="https://blog.example.org/1/",
    starts_at=datetime(2026, 6, 2, 19, tzinfo=UTC),
    ends_at=datetime(2026, 6, 2, 20, tzinfo=UTC),
    is_cancelled=False,
    sequence=0,
)
HOSTILE: Final = "Rest\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil\r\nX:\x00\x1b\u2028\u202e;,\\n\\N"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What every calendar has to get out of an event."""

    uid: str
    summary: str
    description: str
    location: str
    status: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    alarms: int


def by_icalendar(text: str) -> list[Found]:
    events: list[Any] = list(Calendar.from_ical(text).walk("VEVENT"))
    return [
        Found(
            uid=str(event["UID"]),
            summary=str(event["SUMMARY"]),
            description=str(event["DESCRIPTION"]),
            location=str(event["LOCATION"]),
            status=str(event["STATUS"]),
            sequence=int(event["SEQUENCE"]),
            starts_at=event["DTSTART"].dt.astimezone(UTC),
            ends_at=event["DTEND"].dt.astimezone(UTC),
            alarms=len(event.walk("VALARM")),
        )
        for event in events
    ]


def by_vobject(text: str) -> list[Found]:
    return [
        Found(
            uid=event.uid.value,
            summary=event.summary.value,
            description=event.description.value,
            location=event.location.value,
            status=event.status.value,
            sequence=int(event.sequence.value),
            starts_at=event.dtstart.value.astimezone(UTC),
            ends_at=event.dtend.value.astimezone(UTC),
            alarms=len(event.contents.get("valarm", [])),
        )
        for event in vobject.readOne(text).vevent_list
    ]


def by_ical(text: str) -> list[Found]:
    return [
        Found(
            uid=event.uid,
            summary=event.summary or "",
            description=event.description or "",
            location=event.location or "",
            status=event.status.value if event.status else "",
            sequence=event.sequence or 0,
            starts_at=event.start_datetime,
            ends_at=event.end_datetime,
            alarms=len(event.alarm),
        )
        for event in IcsCalendarStream.calendar_from_ics(text).events
    ]


Reader = Callable[[str], list[Found]]
READERS: Final = (by_icalendar, by_vobject, by_ical)


def written(*events: Event, zone: str = "Europe/London") -> str:
    text = write_calendar(events, name="#OTalk", reminder="Soon", zone=ZoneInfo(zone), now=NOW)
    assert text is not None
    return text


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Sydney", "Asia/Kolkata", "UTC"])
def test_every_reader_finds_what_was_written(read: Reader, zone: str) -> None:
    assert read(written(EVENT, zone=zone)) == [
        Found(
            uid=event_uid(EVENT.guid),
            summary=EVENT.summary,
            description=EVENT.description,
            location=EVENT.location,
            status="CONFIRMED",
            sequence=0,
            starts_at=EVENT.starts_at,
            ends_at=EVENT.ends_at,
            alarms=1,
        )
    ]


@pytest.mark.parametrize("read", READERS)
def test_every_reader_finds_the_chats_of_a_digest(read: Reader) -> None:
    digest = a_digest(alerts=(a_cancellation(5), a_move(4)), headline=news(1))

    found = read(rendered(digest).calendar or "")

    assert [(event.status, event.alarms) for event in found] == [
        ("CANCELLED", 0),
        ("CONFIRMED", 1),
        ("CONFIRMED", 1),
    ]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "text", [HOSTILE, "é" * 5000, "السلام عليكم " * 40, "👩🏽‍⚕️" * 60, "a,b;c\\d:e", "x" * 74 + "é"]
)
def test_no_text_makes_a_second_event_or_loses_the_first(read: Reader, text: str) -> None:
    event = replace(EVENT, summary=text, description=text, location=text)

    raw = written(event)
    (found,) = read(raw)

    assert found.uid == event_uid(EVENT.guid)
    assert (found.starts_at, found.alarms) == (EVENT.starts_at, 1)
    assert_well_formed(raw)


@given(st.text(max_size=200))
def test_any_text_at_all_is_read_back_alike_by_all(text: str) -> None:
    raw = written(replace(EVENT, summary=text, description=text, location=text))

    first, *others = (read(raw) for read in READERS)

    assert_well_formed(raw)
    assert len(first) == 1
    assert all(other == first for other in others)


def assert_well_formed(raw: str) -> None:
    """RFC 5545 §3.1: CRLF, 75 octets, characters whole, no control characters but tab."""
    lines = raw.encode().split(b"\r\n")
    assert lines.pop() == b""
    assert max(map(len, lines)) <= 75
    for line in lines:
        assert all(
            (letter >= " " and letter != "\x7f") or letter == "\t" for letter in line.decode()
        )


def test_a_summary_fits_a_phone() -> None:
    (found,) = by_icalendar(written(replace(EVENT, summary="rest " * 1000)))

    assert len(found.summary) <= 200


@pytest.mark.parametrize("url", ["https://a.example/\r\nBEGIN:VEVENT", "javascript:alert(1)"])
def test_an_address_that_is_none_is_left_out(url: str) -> None:
    assert "\r\nURL" not in written(replace(EVENT, url=url))


def test_two_changes_within_an_hour_are_two_versions() -> None:
    minutes = [event_sequence(NOW + timedelta(minutes=n)) for n in range(3)]

    assert 0 < minutes[0] < minutes[1] < minutes[2] < 2**31


def test_a_uid_can_stand_in_an_address_and_outlives_a_new_address_of_the_post() -> None:
    uid = event_uid("https://blog.example.org/?p=1")

    assert uid == event_uid(EVENT.guid)
    assert uid != event_uid("https://blog.example.org/?p=2")
    assert set(uid) <= set("0123456789abcdef-")
    assert by_icalendar(written(EVENT))[0].uid == uid
