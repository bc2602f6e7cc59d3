from datetime import UTC, datetime, timedelta

import pytest
from tests.digests import NOW

from otalk_digest.digest.fixtures import fixture_digests, fixtures
from otalk_digest.model.news import NewsKind

#: One of each day of a week, and the hour in which a chat begins.
MOMENTS = [
    *(datetime(2026, 3, 23, 7, tzinfo=UTC) + timedelta(days=days) for days in range(7)),
    datetime(2026, 3, 31, 19, tzinfo=UTC),
]
TOLD = set(NewsKind) - {NewsKind.CORRECTION}


def test_every_fixture_has_a_name_that_fits_an_address_and_a_title_of_its_own() -> None:
    names = [fixture.name for fixture in fixtures(NOW)]
    titles = {fixture.title for fixture in fixtures(NOW)}

    assert len(set(names)) == len(titles) == len(names)
    assert all(name.replace("-", "").isalpha() and name.islower() for name in names)


def test_the_same_moment_gives_the_same_fixtures() -> None:
    assert fixture_digests(NOW) == fixture_digests(NOW)


def test_the_fixtures_hold_every_kind_of_news_that_is_told() -> None:
    found = {item.news.kind for digest in fixture_digests(NOW).values() for item in digest.items}

    assert found == TOLD


def test_no_fixture_has_two_pieces_of_news_of_one_number() -> None:
    for digest in fixture_digests(NOW).values():
        numbers = [item.id for item in digest.items]

        assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("now", MOMENTS, ids=lambda now: f"{now:%a-%H}")
def test_chats_ahead_lie_ahead_and_wrap_ups_behind_at_any_hour_of_the_week(now: datetime) -> None:
    for digest in fixture_digests(now).values():
        headline = () if digest.headline is None else (digest.headline,)
        ahead = [i.news.reading.starts_at for i in (*digest.alerts, *headline, *digest.coming_up)]
        behind = [item.news.reading.starts_at for item in digest.wrap_ups]

        assert all(start is None or start > now for start in ahead)
        assert all(start is not None and start < now for start in behind)


def test_the_last_bar_of_a_trend_is_the_newest_wrap_up() -> None:
    for digest in fixture_digests(NOW).values():
        if digest.trend:
            assert digest.trend[-1].starts_at == digest.wrap_ups[0].news.reading.starts_at


def test_two_hundred_items_are_two_hundred() -> None:
    assert len(fixture_digests(NOW)["two-hundred-items"].items) == 200


def test_the_extremes_are_as_extreme_as_they_say() -> None:
    digests = fixture_digests(NOW)
    topic = digests["long-topic"].items[0].news.reading.topic
    introduction = digests["huge-post"].items[0].news.reading.introduction

    assert len(topic) == 300
    assert introduction is not None
    assert len(introduction) >= 1_000_000
