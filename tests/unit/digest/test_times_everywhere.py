"""Every zone there is, in the weeks in which clocks change, against a clock read another way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import pytest
from tests.digests import TOKEN_PREFIX, a_theme
from tests.reader_times import reader_time

from otalk_digest.digest.placeholders import reader_times
from otalk_digest.digest.stories import When
from otalk_digest.digest.times import read_time_words

LONDON: Final = ZoneInfo("Europe/London")
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WORDS: Final = read_time_words(a_theme().words["time"])
#: "localtime" is this machine's own.
ZONES: Final = sorted(available_timezones() - {"localtime"})
CHANGING: Final = ("Europe/London", "America/New_York", "Australia/Sydney", "Pacific/Auckland")


def changes(key: str) -> Iterator[datetime]:
    """The hours, in UTC, at which the clocks of a zone change from 2025 to 2027."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    hours = [start + n * HOUR for n in range(3 * 365 * 24)]
    offsets = [hour.astimezone(ZoneInfo(key)).utcoffset() for hour in hours]
    for (_, before), (hour, after) in pairwise(zip(hours, offsets, strict=True)):
        if before != after:
            yield hour


WEEKS: Final = [
    pytest.param(change, id=f"{key}-{change:%Y-%m-%d}")
    for key in CHANGING
    for change in changes(key)
]


def chats_around(change: datetime) -> list[datetime]:
    """8pm in London on each day of the week of a change, and chats that last through it."""
    day = change.astimezone(LONDON).date() - timedelta(days=3)
    evenings = [
        datetime(d.year, d.month, d.day, 20, tzinfo=LONDON).astimezone(UTC)
        for d in (day + n * DAY for n in range(7))
    ]
    return [*evenings, change - HOUR / 2, change - HOUR, change]


def _offset(wall: datetime) -> timedelta:
    return wall.utcoffset() or timedelta()


@cache
def offsets_of(key: str) -> frozenset[timedelta]:
    """Every offset that a zone has in these years, from its wall clock's side."""
    zone, noon = ZoneInfo(key), datetime(2024, 12, 1, 12, tzinfo=UTC)
    days = ((noon + n * DAY).replace(tzinfo=zone) for n in range(0, 1200, 5))
    return frozenset(_offset(day) for day in days)


def read_clock(key: str, instant: datetime) -> datetime:
    """Find what the wall shows by trying: of all offsets, the one that leads back to `instant`."""
    bare, zone = instant.replace(tzinfo=None, fold=0), ZoneInfo(key)
    walls = []
    for offset in offsets_of(key):
        first = (bare + offset).replace(tzinfo=zone)
        second = first.replace(fold=1)
        # PEP 495: where the first is the lesser, the clock leaps over this wall's time.
        leapt = _offset(first) < _offset(second)
        walls += [wall for wall in (first, second) if not leapt and wall.utcoffset() == offset]
    assert len({wall.utcoffset() for wall in walls}) == 1
    return walls[0]


def clock_words(wall: datetime) -> str:
    if wall.minute == 0 and wall.hour in {0, 12}:
        return "midday" if wall.hour else "midnight"
    minutes = f":{wall:%M}" if wall.minute else ""
    return f"{wall.hour % 12 or 12}{minutes}{'pm' if wall.hour > 11 else 'am'}"


def zone_words(wall: datetime) -> str:
    name, offset = wall.tzname() or "", _offset(wall)
    if name.isalpha():
        return name
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    if not offset:
        return "UTC"
    return f"UTC{'+' if offset > timedelta() else '-'}{hours}" + (f":{minutes}" if minutes else "")


Span = tuple[datetime, datetime]


def read_span(key: str, start: datetime) -> Span:
    """What the wall shows when a chat begins and when it ends."""
    return read_clock(key, start), read_clock(key, start + HOUR)


def expected(ours: Span, theirs: Span) -> str | None:
    """The whole sentence but for its city."""
    if [wall.utcoffset() for wall in ours] == [wall.utcoffset() for wall in theirs]:
        return None
    begin, end = theirs
    through = begin.utcoffset() != end.utcoffset()
    first = f"{clock_words(begin)}{f' {zone_words(begin)}' if through else ''}"
    hours = f"{first} to {clock_words(end)} {zone_words(end)}"
    day = f"{begin:%A} {begin.day} {begin:%B}, " if begin.date() != ours[0].date() else ""
    return f"Your time: {day}{hours}"


@pytest.mark.parametrize("change", WEEKS)
def test_every_zone_is_told_its_own_hour_and_its_date_where_that_differs(change: datetime) -> None:
    for start in chats_around(change):
        ours = read_span("Europe/London", start)
        for key in ZONES:
            said = reader_time(start, start + HOUR, (LONDON, ZoneInfo(key)), WORDS)

            bare = said.partition(" (")[0] if said else None
            assert bare == expected(ours, read_span(key, start)), (key, start)


def test_the_years_have_six_changes_of_each_of_the_four() -> None:
    assert len(WEEKS) == 24


@pytest.mark.parametrize("key", ZONES)
def test_no_zone_is_said_in_a_programmers_spelling(key: str) -> None:
    # A day on which London's clock is unlike every other one but its own.
    start = datetime(2026, 1, 14, 20, 15, tzinfo=UTC)

    said = reader_time(start, start + HOUR, (ZoneInfo("Etc/GMT-13"), ZoneInfo(key)), WORDS)

    if said is not None:
        _, _, place = said.partition(" (")
        assert "_" not in said
        assert "/" not in said
        assert "UTC+0" not in said
        assert not any(letter.isdigit() or letter == "+" for letter in place)
        assert not any(a.islower() and b.isupper() for a, b in pairwise(place.replace("McM", "")))


@pytest.mark.parametrize(
    ("key", "city"),
    [
        ("America/Argentina/Buenos_Aires", " (Buenos Aires)"),
        ("America/Port-au-Prince", " (Port-au-Prince)"),
        ("America/St_Johns", " (St John’s)"),
        ("Australia/NSW", " (New South Wales)"),
        ("Japan", " (Japan)"),
        ("Asia/Kolkata", " (Kolkata)"),
        ("posix/Asia/Kolkata", " (Kolkata)"),
        ("US/Eastern", ""),
        ("EST5EDT", ""),
        ("Etc/GMT+5", ""),
        ("CET", ""),
    ],
)
def test_a_city_is_said_as_people_write_it(key: str, city: str) -> None:
    if key.startswith("posix/"):
        pytest.importorskip("tzdata")
    start = datetime(2026, 1, 14, 20, tzinfo=UTC)

    said = reader_time(start, start + HOUR, (LONDON, ZoneInfo(key)), WORDS)

    assert said is not None
    assert said.endswith(city)
    assert ("(" in said) == bool(city)


@pytest.mark.parametrize(
    ("key", "zone"),
    [
        ("Europe/Istanbul", "UTC+3"),
        ("Asia/Kathmandu", "UTC+5:45"),
        ("America/Caracas", "UTC-4"),
        ("Pacific/Marquesas", "UTC-9:30"),
        ("Asia/Kolkata", "IST"),
        ("EST5EDT", "EST"),
        ("Etc/GMT+5", "UTC-5"),
    ],
)
def test_a_zone_that_is_only_a_number_is_said_as_a_distance(key: str, zone: str) -> None:
    start = datetime(2026, 1, 14, 20, tzinfo=UTC)

    said = reader_time(start, start + HOUR, (LONDON, ZoneInfo(key)), WORDS) or ""

    assert said.partition(" (")[0].split()[-1] == zone


def test_a_clock_that_parts_from_ours_during_the_chat_is_told() -> None:
    # At 1am UTC London falls back; Algiers was an hour ahead all along.
    start = datetime(2025, 10, 26, 0, 30, tzinfo=UTC)

    said = reader_time(start, start + HOUR, (LONDON, ZoneInfo("Africa/Algiers")), WORDS)

    assert said == "Your time: 1:30am to 2:30am CET (Algiers)"


def test_a_zone_without_letters_and_without_distance_is_utc() -> None:
    start = datetime(2026, 3, 1, 20, tzinfo=UTC)
    zones = (ZoneInfo("Europe/Paris"), ZoneInfo("Africa/Casablanca"))

    # During Ramadan, when Morocco's clock goes by "+00".
    assert reader_time(start, None, zones, WORDS) == "Your time: 8pm UTC (Casablanca)"


class Counted(str):
    """A word that counts how often it is said."""

    __slots__ = ("said",)

    def format(self, *values: object, **names: object) -> str:
        self.said: int = getattr(self, "said", 0) + 1
        return super().format(*values, **names)


def test_a_zones_value_is_made_once_however_many_readers_are_in_it() -> None:
    start = datetime(2026, 1, 14, 20, tzinfo=UTC)
    when = When(
        starts_at=start,
        ends_at=start + HOUR,
        moment="",
        date="",
        day="",
        short="",
        is_sure=True,
        is_usual_hour=False,
        is_corrected=False,
        place=0,
    )
    word = Counted(WORDS.yours)
    words = replace(WORDS, yours=word)
    readers = ["Europe/Madrid", "Europe/Oslo", "America/New_York", "Europe/London"] * 2000

    values = reader_times(readers, [when], home=LONDON, words=words, prefix=TOKEN_PREFIX)

    assert sorted(values) == ["America/New_York", "Europe/Madrid", "Europe/Oslo"]
    # Madrid and Oslo go by one clock, which is put into words once.
    assert word.said == 2


@pytest.mark.parametrize("key", ["", "Mars/Base", "America", "../../etc/passwd", "/etc/passwd"])
def test_what_is_no_zone_says_nothing(key: str) -> None:
    when = When(
        starts_at=datetime(2026, 1, 14, 20, tzinfo=UTC),
        ends_at=None,
        moment="",
        date="",
        day="",
        short="",
        is_sure=True,
        is_usual_hour=False,
        is_corrected=False,
        place=0,
    )

    assert reader_times([key], [when], home=LONDON, words=WORDS, prefix=TOKEN_PREFIX) == {}


def test_dates_are_the_readers_on_both_sides_of_the_date_line() -> None:
    start = datetime(2026, 1, 14, 10, 30, tzinfo=UTC)
    told = {
        key: reader_time(start, start + HOUR, (LONDON, ZoneInfo(key)), WORDS)
        for key in ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    }

    assert told == {
        "Pacific/Kiritimati": (
            "Your time: Thursday 15 January, 12:30am to 1:30am UTC+14 (Kiritimati)"
        ),
        "Pacific/Pago_Pago": "Your time: Tuesday 13 January, 11:30pm to 12:30am SST (Pago Pago)",
    }
