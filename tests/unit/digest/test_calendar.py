from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from tests.digests import NOW, a_cancellation, a_digest, a_move, news, rendered

from otalk_digest.digest.calendar import Event, write_calendar

LONDON: Final = ZoneInfo("Europe/London")
EVENT: Final = Event(
    guid="https://blog.example.org/?p=1",
    summary="#OTalk: Rest; work, and “play” 🪁" + " and a very long title" * 5,
    description="Host: Nell\nالعلاج الوظيفي " * 5,
    location="https://chat.example/tag/otalk",
    url="https://blog.example.org/1/",
    starts_at=datetime(2025, 11, 25, 20, tzinfo=UTC),
    ends_at=datetime(2025, 11, 25, 21, tzinfo=UTC),
    is_cancelled=False,
    sequence=0,
)


def written(*events: Event) -> str:
    text = write_calendar(events, name="#OTalk", reminder="Soon", zone=LONDON, now=NOW)
    assert text is not None
    return text


def events_of(text: str | None) -> list[Any]:
    assert text is not None
    return list(Calendar.from_ical(text).walk("VEVENT"))


def test_without_a_chat_there_is_no_calendar() -> None:
    assert write_calendar((), name="n", reminder="r", zone=LONDON, now=NOW) is None


def test_what_is_written_reads_back() -> None:
    (event,) = events_of(written(EVENT))

    assert str(event["SUMMARY"]) == EVENT.summary
    assert str(event["DESCRIPTION"]) == EVENT.description
    assert str(event["URL"]) == EVENT.url
    assert event["STATUS"] == "CONFIRMED"


def test_lines_end_in_crlf_and_hold_75_octets_at_most() -> None:
    raw = written(EVENT).encode()

    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75


def test_the_method_is_publish_and_the_stamp_is_in_utc() -> None:
    text = written(EVENT)

    assert "\r\nMETHOD:PUBLISH\r\n" in text
    assert "\r\nDTSTAMP:20251124T070000Z\r\n" in text


@pytest.mark.parametrize(
    ("start", "local", "offset"),
    [
        (datetime(2025, 10, 21, 19, tzinfo=UTC), "20251021T200000", 1),
        (datetime(2025, 10, 28, 20, tzinfo=UTC), "20251028T200000", 0),
        (datetime(2026, 3, 31, 19, tzinfo=UTC), "20260331T200000", 1),
    ],
)
def test_start_and_end_are_in_the_chats_zone_around_clock_changes(
    start: datetime, local: str, offset: int
) -> None:
    text = written(replace(EVENT, starts_at=start, ends_at=start + timedelta(hours=1)))
    (event,) = events_of(text)

    assert f"\r\nDTSTART;TZID=Europe/London:{local}\r\n" in text
    assert event["DTSTART"].dt == start
    assert event["DTEND"].dt == start + timedelta(hours=1)
    assert event["DTSTART"].dt.utcoffset() == timedelta(hours=offset)


def test_the_zone_is_spelt_out_with_both_its_offsets() -> None:
    (zone,) = Calendar.from_ical(written(EVENT)).walk("VTIMEZONE")

    assert zone["TZID"] == "Europe/London"
    assert {str(part["TZNAME"]) for part in zone.subcomponents} == {"GMT", "BST"}


def test_a_reminder_rings_half_an_hour_before() -> None:
    (event,) = events_of(written(EVENT))
    (alarm,) = event.walk("VALARM")

    assert alarm["TRIGGER"].dt == timedelta(minutes=-30)


def test_a_cancelled_chat_keeps_its_uid_and_rings_no_more() -> None:
    before, after = events_of(
        written(EVENT, replace(EVENT, is_cancelled=True, sequence=1, summary="Cancelled"))
    )

    assert before["UID"] == after["UID"]
    assert after["STATUS"] == "CANCELLED"
    assert after.walk("VALARM") == []


def test_the_same_events_give_the_same_bytes() -> None:
    assert written(EVENT) == written(EVENT)


def test_a_digest_offers_what_is_ahead_and_takes_off_what_is_not() -> None:
    digest = a_digest(
        alerts=(a_cancellation(5), a_move(4)), headline=news(1), coming_up=(news(6, topic="Six"),)
    )

    statuses = [str(e["STATUS"]) for e in events_of(rendered(digest).calendar)]

    assert statuses == ["CANCELLED", "CONFIRMED", "CONFIRMED", "CONFIRMED"]


def test_an_alert_stands_in_for_an_older_announcement_of_the_same_chat() -> None:
    digest = a_digest(alerts=(a_cancellation(1),), headline=news(1))

    (event,) = events_of(rendered(digest).calendar)

    assert event["STATUS"] == "CANCELLED"


def test_every_later_version_has_a_higher_sequence() -> None:
    first, moved, again = (
        events_of(rendered(digest).calendar)[0]["SEQUENCE"]
        for digest in (
            a_digest(headline=news(4)),
            a_digest(alerts=(a_move(4),)),
            a_digest(alerts=(a_cancellation(4, happened_at=NOW),)),
        )
    )

    assert first < moved < again


def test_a_chat_without_an_end_lasts_as_long_as_the_profile_says() -> None:
    (event,) = events_of(rendered(a_digest(headline=news(1, ends_at=None))).calendar)

    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=60)
