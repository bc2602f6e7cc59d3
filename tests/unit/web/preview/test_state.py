"""The choices in an address."""

from dataclasses import fields
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otalk_digest.web.preview.state import State, moment_of, read_state

CHOSEN = State(
    edition="fixture:usual-week",
    segment="students",
    reader="dev",
    as_of="2026-11-24T09:00",
    width="360",
    mode="dark",
    images="off",
    styles="off",
    zoom="150",
    compare="last",
    panel="diff",
    mark="/html/body/div[2]/p",
    against="approval",
    find="not wanted",
)


def test_what_an_address_says_is_read_back_from_it() -> None:
    assert len(CHOSEN.pairs) == len(fields(State))
    assert read_state(dict(parse_qsl(CHOSEN.query))) == CHOSEN


def test_defaults_are_not_written() -> None:
    assert State().query == ""
    assert State().href() == "?"


def test_a_link_changes_its_own_word_only() -> None:
    assert dict(parse_qsl(CHOSEN.href(width="free")[1:])) == {
        name: value for name, value in CHOSEN.pairs if name != "width"
    }


@given(st.dictionaries(st.sampled_from([item.name for item in fields(State)]), st.text()))
def test_any_address_gives_choices_that_stay_the_same(query: dict[str, str]) -> None:
    state = read_state({name.replace("_", "-"): value for name, value in query.items()})

    assert read_state(dict(parse_qsl(state.query))) == state


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T09:00", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        ("2026-07-01T09:00", datetime(2026, 7, 1, 8, 0, tzinfo=UTC)),
        ("2026-07-01T09:00Z", datetime(2026, 7, 1, 9, 0, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 23, 0, tzinfo=UTC)),
        ("soon", None),
        ("0001-01-01T00:00", None),
        ("9999-12-31T23:59", None),
    ],
)
def test_a_moment_is_local_to_the_chats_unless_it_says_otherwise(
    text: str, moment: datetime | None
) -> None:
    assert moment_of(text, "Europe/London") == moment
