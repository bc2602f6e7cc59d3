"""Whether an edition is ready: what stops it, what is to be looked at, what is well."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from tests.checked import good_variant

from otalk_digest.model.edition import Edition, Field, Placeholder, Variant
from otalk_digest.model.finding import Finding, Level, Part, Place
from otalk_digest.pipeline.readiness import (
    Condition,
    Evidence,
    Verdict,
    conditions,
    public_addresses,
)

NOW: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CALENDAR: Final = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
BEGIN:VEVENT
UID:1@example.org
DTSTAMP:20261120T090000Z
DTSTART:20261124T200000Z
DTEND:20261124T210000Z
SUMMARY:A chat
STATUS:{status}
END:VEVENT
END:VCALENDAR
"""


def an_edition(*variants: Variant) -> Edition:
    return Edition(number=3, frozen_at=NOW, variants=variants, content_hash="0" * 64)


def known(*, calendar: str | None = None, html: str = "<p>x</p>", **more: Any) -> Evidence:  # noqa: ANN401 - as `replace` takes them
    variant = replace(good_variant(), html=html, calendar=calendar)
    evidence = Evidence(
        edition=an_edition(variant),
        findings=(),
        readers={"everyone": 1200},
        now=NOW,
        zone="Europe/London",
    )
    return replace(evidence, **more)


def found(level: Level) -> Finding:
    place = Place(part=Part.HTML, line=1, excerpt="x")
    return Finding(rule="one-h1", level=level, place=place, why="Because.", mend="So.")


def line(evidence: Evidence, about: str, **asked: bool) -> Condition:
    states = {f"https://{name}.example/": answered for name, answered in asked.items()}
    return next(each for each in conditions(evidence, states) if each.about == about)


@pytest.mark.parametrize(
    ("levels", "verdict", "detail"),
    [
        ([], Verdict.MET, "0 must, 0 should"),
        ([Level.SHOULD], Verdict.MET, "0 must, 1 should"),
        ([Level.MUST, Level.MUST], Verdict.UNMET, "2 must (one-h1), 0 should"),
    ],
)
def test_only_a_must_stops_an_edition(levels: list[Level], verdict: Verdict, detail: str) -> None:
    rules = line(known(findings=[found(level) for level in levels]), "Rules")

    assert (rules.verdict, rules.detail) == (verdict, detail)


@pytest.mark.parametrize(("size", "verdict"), [(101_999, Verdict.MET), (102_000, Verdict.UNMET)])
def test_size_ends_where_the_check_ends_it(size: int, verdict: Verdict) -> None:
    assert line(known(html="x" * size), "Size").verdict is verdict


LINKS: Final = '<a href="https://a.example/">A</a><a href="https://b.example/">B</a>'


@pytest.mark.parametrize(
    ("asked", "verdict", "detail"),
    [
        ({}, Verdict.OPEN, "2 of 2 not checked yet"),
        ({"a": True}, Verdict.OPEN, "1 of 2 not checked yet"),
        ({"a": True, "b": False}, Verdict.OPEN, "1 of 2 did not answer when they were asked"),
        ({"a": True, "b": True}, Verdict.MET, "all 2 answered"),
    ],
)
def test_links_are_to_be_looked_at_and_stop_nothing(
    asked: dict[str, bool], verdict: Verdict, detail: str
) -> None:
    links = line(known(html=LINKS), "Links", **asked)

    assert (links.verdict, links.detail) == (verdict, detail)


def test_a_readers_own_address_is_no_link_to_check() -> None:
    mark = Placeholder(field=Field.UNSUBSCRIBE_URL, token="xU1x", is_html=True)  # noqa: S106 - a mark
    html = f'{LINKS}<a href="https://c.example/xU1x">Out</a><a href="mailto:a@b.example">W</a>'
    variant = replace(good_variant(), html=html, placeholders=(mark,))

    assert public_addresses(an_edition(variant)) == ("https://a.example/", "https://b.example/")


def test_an_edition_for_nobody_does_not_leave() -> None:
    assert line(known(readers={"everyone": 0}), "Readers").verdict is Verdict.UNMET
    assert line(known(), "Readers").detail == "everyone 1,200"


@pytest.mark.parametrize(
    ("ahead", "status", "verdict", "detail"),
    [
        (timedelta(0), "CONFIRMED", Verdict.MET, "in 4 days: Tuesday 24 November, 20:00 GMT"),
        (timedelta(days=3), "CONFIRMED", Verdict.MET, "in 35 hours: "),
        (timedelta(days=4, hours=10), "CONFIRMED", Verdict.MET, "in less than two hours: "),
        (timedelta(days=5), "CONFIRMED", Verdict.OPEN, "Tuesday 24 November, 20:00 GMT has begun"),
        (timedelta(0), "CANCELLED", Verdict.MET, "no chat is ahead"),
    ],
)
def test_time_says_when_the_next_chat_is_and_that_one_has_begun(
    ahead: timedelta, status: str, verdict: Verdict, detail: str
) -> None:
    time = line(known(calendar=CALENDAR.format(status=status), now=NOW + ahead), "Time")

    assert time.verdict is verdict
    assert detail in time.detail


def test_of_what_has_left_no_link_is_asked_and_no_hour() -> None:
    rows = conditions(known(html=LINKS, has_left=True))

    assert [row.about for row in rows] == ["Rules", "Size", "Readers", "Time"]
    assert rows[-1].detail == "frozen 20 November 2026, 09:00 GMT"
