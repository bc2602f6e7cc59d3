"""What a page of a feed proves about the posts that are not on it."""

from datetime import UTC, datetime, timedelta

import pytest

from otalk_digest.collect.places import taken_down
from otalk_digest.model.feed import Entry, Post

FIRST = datetime(2026, 6, 1, 9, tzinfo=UTC)
#: Guid → day of publication; the feed as it was.
BEFORE = {"a": 1, "b": 2, "c": 3, "d": 4}


def an_entry(guid: str, day: int | None) -> Entry:
    published_at = None if day is None else FIRST + timedelta(days=day)
    return Entry(guid=guid, link=None, title=guid, published_at=published_at)


def a_post(guid: str, day: int | None) -> Post:
    entry = an_entry(guid, day)
    return Post(
        guid=guid,
        link=None,
        title=guid,
        author=None,
        published_at=entry.published_at,
        html="",
        text="",
        fingerprint="",
    )


@pytest.mark.parametrize(
    ("shown", "gone"),
    [
        ([("d", 4), ("b", 2), ("a", 1)], ["c"]),
        ([("c", 3), ("b", 2), ("a", 1)], ["d"]),
        ([("b", 2), ("a", 1)], ["c", "d"]),
        ([("f", 6), ("e", 5), ("d", 4), ("c", 3)], []),
        ([("e", 5), ("c", 3), ("b", 2)], ["d"]),
        ([("a", 9), ("d", 4), ("c", 3), ("b", 2)], []),
        ([("d", 4), ("c", None), ("b", 2), ("a", None)], []),
        ([("d", None), ("c", None)], []),
        ([("a", 1), ("d", 4), ("c", 3)], []),
        ([("x", 2), ("y", 1)], []),
        ([], []),
    ],
    ids=[
        "between two",
        "the newest",
        "the two newest",
        "slid off",
        "slid off, and the newest but one",
        "re-dated to the top",
        "some without a date",
        "none with a date",
        "not newest first",
        "another blog",
        "an empty feed",
    ],
)
def test_what_is_younger_than_the_oldest_that_remains_must_be_there(
    shown: list[tuple[str, int | None]], gone: list[str]
) -> None:
    """T29, F3, F19."""
    before = [a_post(guid, day) for guid, day in BEFORE.items()]

    found = taken_down(before, [an_entry(*each) for each in shown], known=BEFORE)

    assert found == gone


def test_a_known_post_without_a_date_proves_nothing() -> None:
    before = [a_post("a", 1), a_post("undated", None)]

    assert taken_down(before, [an_entry("a", 1)], known=["a", "undated"]) == []
