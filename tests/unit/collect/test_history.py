"""What a version of a post changed, as `chats show` says it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from otalk_digest.collect.history import LineCounts, count_lines, differences
from otalk_digest.model.chat import Figure, Numbers, Reading

READING = Reading(is_chat=True, title="#OTalk – Hats", topic="Hats")


def test_the_same_reading_differs_in_nothing() -> None:
    assert differences(READING, READING) == ()


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("topic", "Hats indoors", "Hats indoors"),
        (
            "starts_at",
            datetime(2026, 6, 9, 19, 0, tzinfo=UTC),
            "2026-06-09T19:00:00+00:00",
        ),
        ("hosts", ("@wren", "Pip"), "@wren, Pip"),
        ("transcript_url", "https://t.example/", "https://t.example/"),
        ("is_cancelled", True, "yes"),
    ],
)
def test_each_field_is_shown_as_text(field: str, value: Any, text: str) -> None:  # noqa: ANN401 - any field's value
    (change,) = differences(READING, replace(READING, **{field: value}))

    assert (change.field, change.new) == (field, text)


def test_figures_are_shown_as_they_were_printed() -> None:
    new = replace(READING, numbers=Numbers(tweets=Figure(value=1_500, printed="1.5K")))

    (change,) = differences(READING, new)

    assert (change.field, change.old, change.new) == ("tweets", None, "1.5K")


def test_a_typo_is_shown_though_it_is_no_news() -> None:
    (change,) = differences(READING, replace(READING, topic="Hast"))

    assert (change.old, change.new) == ("Hats", "Hast")


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("", "a\nb", (2, 0)),
        ("a\nb", "a\nb\nc", (1, 0)),
        ("a\nb\nc", "a\nc", (0, 1)),
        ("a\nb", "a\nB", (1, 1)),
        ("a", "a", (0, 0)),
        ("b\na\na", "a\na\nb", (1, 1)),
    ],
)
def test_lines_are_counted_as_added_and_removed(
    old: str, new: str, counts: tuple[int, int]
) -> None:
    assert count_lines(old, new) == LineCounts(added=counts[0], removed=counts[1])
