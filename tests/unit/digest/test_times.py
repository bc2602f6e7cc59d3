from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.digests import a_theme
from tests.reader_times import reader_time

from otalk_digest.digest.times import (
    TimeWords,
    read_time_words,
    say_date,
    say_hours,
    say_moment,
)

LONDON = ZoneInfo("Europe/London")


@pytest.fixture(name="words", scope="module")
def _words() -> TimeWords:
    return read_time_words(a_theme().words["time"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts_at", "said"),
    [
        ("2025-11-25T20:00", "Tuesday 25 November 2025, 8pm to 9pm GMT"),
        ("2025-07-01T19:00", "Tuesday 1 July 2025, 8pm to 9pm BST"),
        ("2025-10-21T19:00", "Tuesday 21 October 2025, 8pm to 9pm BST"),
        ("2025-10-28T20:00", "Tuesday 28 October 2025, 8pm to 9pm GMT"),
        ("2025-11-25T18:30", "Tuesday 25 November 2025, 6:30pm to 7:30pm GMT"),
        ("2025-11-25T11:00", "Tuesday 25 November 2025, 11am to midday GMT"),
        ("2025-11-25T12:00", "Tuesday 25 November 2025, midday to 1pm GMT"),
        ("2025-11-25T23:00", "Tuesday 25 November 2025, 11pm to midnight GMT"),
        ("2025-11-25T00:30", "Tuesday 25 November 2025, 12:30am to 1:30am GMT"),
    ],
)
def test_a_moment_is_said_in_the_chats_zone_as_it_is_on_that_day(
    starts_at: str, said: str, words: TimeWords
) -> None:
    start = at(starts_at)

    assert say_moment(start, start + timedelta(hours=1), LONDON, words) == said


def test_a_chat_with_no_known_end_says_its_start(words: TimeWords) -> None:
    assert say_hours(at("2025-11-25T20:00"), None, LONDON, words) == "8pm GMT"


def test_a_chat_through_the_clock_change_says_both_zones(words: TimeWords) -> None:
    start = at("2025-10-26T00:30")

    said = say_hours(start, start + timedelta(hours=1), LONDON, words)

    assert said == "1:30am BST to 1:30am GMT"


@pytest.mark.parametrize(
    ("starts_at", "zone", "said"),
    [
        # Both hemispheres, before and after each change of the clocks.
        ("2025-11-25T20:00", "Europe/Madrid", "Your time: 9pm to 10pm CET (Madrid)"),
        ("2025-07-01T19:00", "Europe/Madrid", "Your time: 9pm to 10pm CEST (Madrid)"),
        ("2025-10-21T19:00", "America/New_York", "Your time: 3pm to 4pm EDT (New York)"),
        ("2025-10-28T20:00", "America/New_York", "Your time: 4pm to 5pm EDT (New York)"),
        ("2025-11-04T20:00", "America/New_York", "Your time: 3pm to 4pm EST (New York)"),
        ("2025-03-11T20:00", "America/New_York", "Your time: 4pm to 5pm EDT (New York)"),
        (
            "2025-10-28T20:00",
            "Australia/Sydney",
            "Your time: Wednesday 29 October, 7am to 8am AEDT (Sydney)",
        ),
        (
            "2025-09-30T19:00",
            "Australia/Sydney",
            "Your time: Wednesday 1 October, 5am to 6am AEST (Sydney)",
        ),
        (
            "2025-04-08T19:00",
            "Australia/Sydney",
            "Your time: Wednesday 9 April, 5am to 6am AEST (Sydney)",
        ),
        (
            "2025-09-23T19:00",
            "Pacific/Auckland",
            "Your time: Wednesday 24 September, 7am to 8am NZST (Auckland)",
        ),
        (
            "2025-09-30T19:00",
            "Pacific/Auckland",
            "Your time: Wednesday 1 October, 8am to 9am NZDT (Auckland)",
        ),
        (
            "2025-11-25T20:00",
            "Asia/Kolkata",
            "Your time: Wednesday 26 November, 1:30am to 2:30am IST (Kolkata)",
        ),
        (
            "2025-11-25T20:00",
            "Asia/Kathmandu",
            "Your time: Wednesday 26 November, 1:45am to 2:45am UTC+5:45 (Kathmandu)",
        ),
        ("2025-11-25T20:00", "America/Sao_Paulo", "Your time: 5pm to 6pm UTC-3 (Sao Paulo)"),
        (
            "2025-11-25T20:00",
            "America/Argentina/Buenos_Aires",
            "Your time: 5pm to 6pm UTC-3 (Buenos Aires)",
        ),
        ("2025-11-25T20:00", "Etc/GMT+5", "Your time: 3pm to 4pm UTC-5"),
        ("2025-07-01T19:00", "UTC", "Your time: 7pm to 8pm UTC"),
    ],
)
def test_a_reader_elsewhere_is_told_the_hour_on_their_own_wall(
    starts_at: str, zone: str, said: str, words: TimeWords
) -> None:
    start = at(starts_at)

    told = reader_time(start, start + timedelta(hours=1), (LONDON, ZoneInfo(zone)), words)

    assert told == said


@pytest.mark.parametrize(
    ("starts_at", "zone"),
    [
        ("2025-11-25T20:00", "Europe/London"),
        ("2025-11-25T20:00", "Europe/Lisbon"),
        ("2025-07-01T19:00", "Europe/Dublin"),
        ("2025-11-25T20:00", "UTC"),
    ],
)
def test_a_reader_whose_clock_agrees_on_that_day_is_told_nothing_more(
    starts_at: str, zone: str, words: TimeWords
) -> None:
    assert reader_time(at(starts_at), None, (LONDON, ZoneInfo(zone)), words) is None


def test_a_theme_may_say_dates_in_its_own_order(words: TimeWords) -> None:
    said = say_date(at("2025-11-25T20:00"), LONDON, "{year}, {short_month} {day}", words)

    assert said == "2025, Nov 25"


def test_a_theme_that_lacks_a_word_for_times_names_it() -> None:
    table = dict(a_theme().words["time"])
    del table["midday"]

    with pytest.raises(KeyError, match="midday"):
        read_time_words(table)
