"""What of an edition binds an approval, and what is told of a change."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.builders import a_segment, a_variant, tagged

from otalk_digest.model.audience import AllOf, AnyOf, Facet, Has, NoneOf, Segment
from otalk_digest.model.edition import Field, Placeholder
from otalk_digest.model.news import NewsKind
from otalk_digest.pipeline.comparing import (
    PartDifference,
    define,
    differences,
    material_hash,
    reader_shifts,
)

CALENDAR = "BEGIN:VEVENT\r\nDTSTAMP:{stamp}\r\nDTSTART:20261124T200000Z\r\nEND:VEVENT\r\n"
HTML = '<p>Hello</p><p><a href="https://a.example/?x=1&amp;y=2">Read</a></p>'
SEGMENTS = define([a_segment()])


def hash_of(*segments: Segment, **fields: Any) -> str:  # noqa: ANN401 - any field of a variant
    return material_hash([a_variant(**fields)], define(segments or [a_segment()]))


def lines(part: PartDifference) -> list[tuple[str, str]]:
    return [(line.kind, line.text) for line in part.lines]


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "Another"},
        {"preheader": "Another"},
        {"html": "<p>Another</p>"},
        {"text": "Another\n"},
        {"calendar": CALENDAR.format(stamp="20261118T090000Z")},
        {"greeting_named": "Dear {name},"},
        {"greeting_unnamed": "Dear reader,"},
        {"segment": "another"},
    ],
    ids=str,
)
def test_all_that_a_reader_sees_is_material(fields: dict[str, Any]) -> None:
    assert hash_of(**fields) != hash_of()


@pytest.mark.parametrize(
    "fields",
    [
        {"zone_values": {"Europe/Madrid": {"TOKTIME": "9pm"}}},
        {"news_ids": (1, 2)},
    ],
    ids=str,
)
def test_what_changes_by_itself_is_not_material(fields: dict[str, Any]) -> None:
    assert hash_of(**fields) == hash_of()


def test_the_moment_at_which_a_calendar_was_written_is_not_material() -> None:
    monday, tuesday = (CALENDAR.format(stamp=f"2026111{day}T090000Z") for day in (6, 7))

    assert hash_of(calendar=monday) == hash_of(calendar=tuesday)
    assert hash_of(calendar=monday) != hash_of(calendar=monday.replace("T2000", "T2100"))


def test_the_order_of_variants_is_not_material() -> None:
    one, other = a_variant("a"), a_variant("b")

    assert material_hash([one, other], SEGMENTS) == material_hash([other, one], SEGMENTS)


@pytest.mark.parametrize(
    "change",
    [
        lambda segment: replace(segment, rule=Has(Facet.TAG, "student")),
        lambda segment: replace(segment, kinds=frozenset({NewsKind.NOTICE})),
        lambda segment: replace(segment, theme="plain"),
        lambda segment: replace(segment, max_age_days=3),
        lambda segment: replace(segment, why="You asked for more."),
        lambda segment: replace(segment, name="all"),
    ],
)
def test_the_definition_of_a_segment_is_material(change: Callable[[Segment], Segment]) -> None:
    assert hash_of(change(a_segment())) != hash_of(a_segment())


def test_rules_of_the_same_parts_are_told_apart() -> None:
    parts = (Has(Facet.TAG, "a"), Has(Facet.COUNTRY, "GB"))
    rules = (AllOf(parts), AnyOf(parts), NoneOf(parts), AllOf((AnyOf(parts),)))

    assert len({define([a_segment(rule=rule)]) for rule in rules}) == len(rules)


def test_the_order_of_segments_is_material_because_the_first_that_matches_counts() -> None:
    one, other = tagged("a"), tagged("b")

    assert hash_of(one, other) != hash_of(other, one)


def test_equal_variants_differ_in_nothing() -> None:
    assert differences([a_variant()], [a_variant()]) == ()


def test_each_part_that_differs_is_told_with_the_lines_that_stayed() -> None:
    old = a_variant(html=HTML, text="One\nTwo\nThree\n")
    new = a_variant(
        subject="Kettles", html=HTML.replace("a.example", "b.example"), text="One\n2\nThree\nFour\n"
    )

    found = {part.label: part for part in differences([old], [new])}

    assert list(found) == ["subject", "text", "links"]
    assert lines(found["subject"]) == [("gone", "Kettles and stairs"), ("new", "Kettles")]
    assert lines(found["text"]) == [
        ("same", "One"),
        ("gone", "Two"),
        ("new", "2"),
        ("same", "Three"),
        ("new", "Four"),
    ]
    assert (found["text"].gone, found["text"].new) == (1, 2)
    assert lines(found["links"]) == [
        ("gone", "https://a.example/?x=1&y=2"),
        ("new", "https://b.example/?x=1&y=2"),
    ]


def test_another_look_is_told_only_when_the_words_are_the_same() -> None:
    old, restyled = a_variant(html="<p>A</p>"), a_variant(html='<p style="color:red">A</p>')

    assert [part.label for part in differences([old], [restyled])] == ["html"]
    renamed = replace(restyled, subject="B")
    assert [part.label for part in differences([old], [renamed])] == ["subject"]


def test_a_variant_that_is_new_or_gone_is_told_whole() -> None:
    both, one = [a_variant("a"), a_variant("b")], [a_variant("a")]

    gone, new = differences(both, one), differences(one, both)

    assert {part.segment for part in (*gone, *new)} == {"b"}
    assert {line.kind for part in gone for line in part.lines} == {"gone"}
    assert {line.kind for part in new for line in part.lines} == {"new"}


def test_marks_that_only_their_edition_knows_make_no_difference() -> None:
    def variant(mark: str) -> Any:  # noqa: ANN401 - a variant
        marks = (
            Placeholder(token=f"{mark}1", field=Field.GREETING, is_html=False),
            Placeholder(token=f"{mark}12", field=Field.UNSUBSCRIBE_URL, is_html=False),
        )
        return a_variant(html="", text=f"{mark}1\n{mark}12\n", placeholders=marks)

    assert differences([variant("OTDA")], [variant("OTDB")]) == ()
    (part,) = differences([variant("OTDA")], [replace(variant("OTDB"), text="OTDB12\n")])
    assert lines(part) == [("gone", "[greeting]"), ("same", "[unsubscribe_url]")]


@pytest.mark.parametrize(
    ("approved", "now", "is_told"),
    [
        (5, 15, False),
        (5, 16, True),
        (100, 90, False),
        (100, 89, True),
        (1_000, 1_100, False),
        (1_000, 1_101, True),
        (1_000, 899, True),
        (0, 10, False),
        (11, 0, True),
    ],
)
def test_a_segment_is_another_when_it_changed_by_more_than_ten_readers_and_a_tenth(
    approved: int, now: int, *, is_told: bool
) -> None:
    shifts = reader_shifts({"a": approved, "b": 7}, {"a": now, "b": 7})

    assert [(shift.approved, shift.now) for shift in shifts] == ([(approved, now)] * is_told)


def test_segments_that_came_or_went_count_as_empty_before_or_after() -> None:
    shifts = reader_shifts({"gone": 20}, {"new": 30})

    assert {(shift.segment, shift.approved, shift.now) for shift in shifts} == {
        ("gone", 20, 0),
        ("new", 0, 30),
    }
