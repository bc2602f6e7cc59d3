"""When the weekly job of a rehearsal begins, and what it sees in saved feeds."""

from datetime import UTC, date, datetime, time

import pytest
from tests.feeds import SourcePost, rss2

from otalk_digest.errors import InputError
from otalk_digest.pipeline.looks import Calendar, Snapshot, looks_of_snapshots


def a_calendar(first: date, last: date, *, weekday: int = 2) -> Calendar:
    return Calendar(first=first, last=last, weekday=weekday, hour=time(9), zone="Europe/London")


def a_snapshot(at: datetime, *titles: str) -> Snapshot:
    posts = [SourcePost(id=len(title), title=title, html="<p>Tea.</p>") for title in titles]
    return Snapshot(at=at, name=f"{at:%Y-%m-%d}.xml", body=rss2(posts))


def test_the_job_begins_at_the_same_hour_of_the_zone_in_summer_and_winter() -> None:
    calendar = a_calendar(date(2026, 10, 20), date(2026, 10, 31))

    assert calendar.clocks(since=None) == [
        datetime(2026, 10, 21, 8, 0, tzinfo=UTC),
        datetime(2026, 10, 28, 9, 0, tzinfo=UTC),
    ]


@pytest.mark.parametrize(("weekday", "days"), [(2, [4, 11]), (3, [5]), (6, [8]), (0, [9])], ids=str)
def test_both_days_count(weekday: int, days: list[int]) -> None:
    calendar = a_calendar(date(2026, 11, 4), date(2026, 11, 11), weekday=weekday)

    assert [clock.day for clock in calendar.clocks(since=None)] == days


def test_weeks_before_the_first_day_happen_when_something_was_seen_in_them() -> None:
    calendar = a_calendar(date(2026, 11, 11), date(2026, 11, 11))

    clocks = calendar.clocks(since=datetime(2026, 10, 29, 10, 0, tzinfo=UTC))

    assert [clock.date() for clock in clocks] == [date(2026, 11, 4), date(2026, 11, 11)]
    assert [calendar.holds(clock) for clock in clocks] == [False, True]


def test_the_job_sees_the_newest_snapshot_once_and_none_in_between() -> None:
    snapshots = [
        a_snapshot(datetime(2026, 11, 10, tzinfo=UTC), "c"),
        a_snapshot(datetime(2026, 11, 3, tzinfo=UTC), "a"),
        a_snapshot(datetime(2026, 11, 5, tzinfo=UTC), "never seen"),
        a_snapshot(datetime(2026, 11, 30, tzinfo=UTC), "too late"),
    ]
    clocks = a_calendar(date(2026, 10, 26), date(2026, 11, 18)).clocks(since=None)

    looks = list(looks_of_snapshots(snapshots, clocks))

    assert [(look.at.day, [post.title for post in look.posts]) for look in looks] == [
        (4, ["a"]),
        (11, ["c"]),
    ]


def test_a_snapshot_of_the_very_moment_is_seen() -> None:
    moment = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)

    (look,) = looks_of_snapshots([a_snapshot(moment, "a")], [moment])

    assert look.at == moment


def test_a_snapshot_that_is_no_feed_is_refused_by_its_name() -> None:
    moment = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)
    page = Snapshot(at=moment, name="2026-11-04.xml", body=b"<html><p>Not found</p></html>")

    with pytest.raises(InputError, match=r"^2026-11-04\.xml .* take it out of the folder\.$"):
        list(looks_of_snapshots([page], [moment]))
