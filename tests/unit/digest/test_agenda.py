"""A calendar file read back."""

from datetime import timedelta

from tests.digests import TUESDAY, a_cancellation, a_digest, a_full_week, news, rendered

from otalk_digest.digest.agenda import read_calendar


def test_each_chat_is_an_event_at_its_hour() -> None:
    calendar = rendered(a_full_week()).calendar
    assert calendar is not None

    events = read_calendar(calendar)

    assert len(events) == calendar.count("BEGIN:VEVENT")
    assert (events[0].starts_at, events[0].ends_at) == (TUESDAY, TUESDAY + timedelta(hours=1))
    assert "Rest in busy weeks" in events[0].summary
    assert events[0].sequence == 0


def test_a_cancelled_chat_says_so() -> None:
    calendar = rendered(a_digest(alerts=(a_cancellation(),), headline=news(1))).calendar
    assert calendar is not None

    assert [event.status for event in read_calendar(calendar)].count("CANCELLED") == 1


def test_what_is_no_calendar_has_no_events() -> None:
    assert read_calendar("") == ()
    assert read_calendar("Dear all,\r\nthe kettle is on.\r\n") == ()
