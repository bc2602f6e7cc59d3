"""A maintainer's word over what was read of a chat."""

from datetime import UTC, datetime

import pytest

from otalk_digest.collect.follow import follow, restate
from otalk_digest.collect.overrule import FIELDS, check_field, check_value, overrule
from otalk_digest.errors import InputError
from otalk_digest.model.chat import (
    NUMBER_NAMES,
    Chat,
    ChatProfile,
    Evidence,
    Figure,
    Flag,
    Numbers,
    Phase,
    Reading,
)
from otalk_digest.model.feed import Post
from otalk_digest.model.news import NewsKind
from otalk_digest.model.override import Override

PROFILE = ChatProfile(
    tags=("OTalk",),
    weekday=1,
    start_hour=20,
    start_minute=0,
    duration_minutes=60,
    zone="Europe/London",
    series=(),
    account="OTalk_",
    platform="X",
    join_url=None,
    who_can_join="Anyone.",
)
NOW = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)
STARTS = datetime(2026, 6, 9, 19, 0, tzinfo=UTC)
ENDS = datetime(2026, 6, 9, 20, 30, tzinfo=UTC)
READING = Reading(
    is_chat=True,
    title="#OTalk 9th June 2026 – Kettles on wheels.",
    topic="Kettles on wheels.",
    starts_at=STARTS,
    ends_at=ENDS,
    hosts=("Orla Wick",),
    flags=(Flag.CHECK_DATE, Flag.FALLBACK_HOST, Flag.SUMMARY_ONLY),
    numbers=Numbers(tweets=Figure(value=12, printed="12")),
    evidence=(
        Evidence(field="starts_at", text="9th June 2026"),
        Evidence(field="clock", text="8pm"),
        Evidence(field="hosts", text="Orla Wick"),
    ),
)


def a_post(**changes: object) -> Post:
    values: dict[str, object] = {
        "guid": "g1",
        "link": "https://blog.otalk.example/kettles/",
        "title": READING.title,
        "author": "Orla Wick",
        "published_at": NOW,
        "html": "",
        "text": "",
        "fingerprint": "f1",
    }
    return Post(**(values | changes))  # type: ignore[arg-type]


def a_chat(reading: Reading = READING, phase: Phase = Phase.ANNOUNCED) -> Chat:
    return Chat(guid="g1", url=None, phase=phase, reading=reading, first_seen_at=NOW)


def set_to(**values: str) -> list[Override]:
    return [
        Override(field=field, value=check_value(field, text, PROFILE), set_at=NOW)
        for field, text in values.items()
    ]


@pytest.mark.parametrize(
    ("field", "text", "kept"),
    [
        ("topic", "  Kettles   at rest ", "Kettles at rest"),
        ("starts_at", "2026-06-16T20:00", "2026-06-16T19:00:00+00:00"),
        ("starts_at", "2026-12-16 20:00", "2026-12-16T20:00:00+00:00"),
        ("starts_at", "2026-06-16T20:00Z", "2026-06-16T20:00:00+00:00"),
        ("ends_at", "2026-06-16T20:00-05:00", "2026-06-17T01:00:00+00:00"),
        ("hosts", "@wren , Pip Lake,", "@wren, Pip Lake"),
        ("hosts", "none", None),
        ("transcript_url", "https://t.example/a?b=c", "https://t.example/a?b=c"),
        ("transcript_url", "None", None),
        ("impressions", "1.2M", "1.2M"),
        ("tweets", "1,204", "1,204"),
        ("is_cancelled", "Yes", "yes"),
        ("is_postponed", "false", "no"),
    ],
)
def test_a_value_is_kept_in_one_spelling(field: str, text: str, kept: str | None) -> None:
    assert check_value(field, text, PROFILE) == kept


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("starts_at", "soon"),
        ("starts_at", "2026-06-16"),
        ("ends_at", "2026-02-30T20:00"),
        ("hosts", " , "),
        ("transcript_url", "t.example/a"),
        ("transcript_url", "javascript:alert(1)"),
        ("tweets", "many"),
        ("tweets", "-4"),
        ("tweets", "NaN"),
        ("is_cancelled", "perhaps"),
        ("is_cancelled", "none"),
        ("topic", "\u200b"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_its_field(field: str, text: str) -> None:
    with pytest.raises(InputError, match=f"^{field}: "):
        check_value(field, text, PROFILE)


@pytest.mark.parametrize(("name", "near"), [("host", "hosts"), ("start_at", "starts_at")])
def test_an_unknown_field_is_refused_with_the_nearest_one(name: str, near: str) -> None:
    with pytest.raises(InputError, match=rf"Did you mean {near}\?"):
        check_field(name)


def test_a_field_unlike_any_other_is_refused_with_all_of_them() -> None:
    with pytest.raises(InputError, match=", ".join(FIELDS)):
        check_field("colour")


def test_without_anything_set_the_reading_is_the_same() -> None:
    assert overrule(READING, [], PROFILE) is READING


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("topic", "Kettles at rest", "Kettles at rest"),
        ("hosts", "@wren, Pip Lake", ("@wren", "Pip Lake")),
        ("support", "@pip", ("@pip",)),
        ("hosts", "none", ()),
        ("starts_at", "none", None),
        ("transcript_url", "https://t.example/a", "https://t.example/a"),
        ("is_cancelled", "yes", True),
        ("is_postponed", "yes", True),
    ],
)
def test_what_is_set_takes_the_place_of_what_was_read(field: str, text: str, value: object) -> None:
    reading = overrule(READING, set_to(**{field: text}), PROFILE)

    assert getattr(reading, field) == value
    assert Flag.OVERRULED in reading.flags
    assert Evidence(field=field, text="a maintainer set it") in reading.evidence


@pytest.mark.parametrize("name", NUMBER_NAMES)
def test_each_figure_is_set_alone(name: str) -> None:
    reading = overrule(READING, set_to(**{name: "270.128K"}), PROFILE)

    assert getattr(reading.numbers, name) == Figure(value=270_128, printed="270.128K")
    others = [other for other in NUMBER_NAMES if other != name]
    assert all(
        getattr(reading.numbers, other) == getattr(READING.numbers, other) for other in others
    )


def test_a_date_that_is_set_is_no_longer_in_doubt() -> None:
    reading = overrule(READING, set_to(starts_at="2026-06-16T20:00"), PROFILE)

    assert reading.flags == (Flag.FALLBACK_HOST, Flag.SUMMARY_ONLY, Flag.OVERRULED)
    assert {item.field: item.text for item in reading.evidence} == {
        "hosts": "Orla Wick",
        "starts_at": "a maintainer set it",
    }


def test_hosts_that_are_set_are_no_fallback() -> None:
    reading = overrule(READING, set_to(hosts="@wren"), PROFILE)

    assert Flag.FALLBACK_HOST not in reading.flags
    assert Flag.CHECK_DATE in reading.flags


def test_a_chat_that_is_moved_lasts_as_long_as_before() -> None:
    reading = overrule(READING, set_to(starts_at="2026-06-16T20:00"), PROFILE)

    assert reading.ends_at == datetime(2026, 6, 16, 20, 30, tzinfo=UTC)


def test_a_chat_that_is_given_a_date_lasts_as_long_as_the_profile_says() -> None:
    undated = Reading(is_chat=True, title="t", topic="t")

    reading = overrule(undated, set_to(starts_at="2026-06-16T20:00"), PROFILE)

    assert reading.ends_at == datetime(2026, 6, 16, 20, 0, tzinfo=UTC)


def test_an_end_that_is_set_stays_when_the_beginning_is_set_too() -> None:
    set_ = set_to(starts_at="2026-06-16T20:00", ends_at="2026-06-16T22:00")

    assert overrule(READING, set_, PROFILE).ends_at == datetime(2026, 6, 16, 21, 0, tzinfo=UTC)


def test_laid_over_twice_is_laid_over_once() -> None:
    set_ = set_to(starts_at="2026-06-16T20:00", hosts="@wren", tweets="7")
    once = overrule(READING, set_, PROFILE)

    assert overrule(once, set_, PROFILE) == once


@pytest.mark.parametrize(
    ("set_", "kind", "phase"),
    [
        ({"starts_at": "2026-06-16T20:00"}, NewsKind.CHANGE, Phase.ANNOUNCED),
        ({"is_cancelled": "yes"}, NewsKind.CANCELLATION, Phase.CANCELLED),
        ({"is_postponed": "yes"}, NewsKind.CANCELLATION, Phase.POSTPONED),
        ({"transcript_url": "none"}, None, Phase.ANNOUNCED),
    ],
    ids=["another day", "cancelled", "postponed", "no matter to readers"],
)
def test_what_is_set_before_a_chat_is_news_as_an_edit_would_be(
    set_: dict[str, str], kind: NewsKind | None, phase: Phase
) -> None:
    reading = overrule(READING, set_to(**set_), PROFILE)

    followed = restate(a_post(), reading, known=a_chat(), now=NOW)

    assert followed.chat is not None
    assert followed.chat.phase is phase
    assert [item.kind for item in followed.news] == ([kind] if kind else [])


def test_what_is_set_after_a_wrap_up_is_a_correction() -> None:
    reading = overrule(READING, set_to(tweets="13"), PROFILE)

    followed = restate(a_post(), reading, known=a_chat(phase=Phase.WRAPPED_UP), now=NOW)

    assert [item.kind for item in followed.news] == [NewsKind.CORRECTION]
    assert [(c.field, c.old, c.new) for c in followed.news[0].changes] == [("tweets", "12", "13")]


@pytest.mark.parametrize("is_summary", [False, True])
def test_a_later_edit_does_not_take_back_what_is_set(*, is_summary: bool) -> None:
    set_ = set_to(hosts="@wren", starts_at="2026-06-16T20:00", topic="Kettles at rest")
    known = a_chat(overrule(READING, set_, PROFILE))

    followed = follow(
        a_post(is_summary=is_summary),
        overrule(READING, set_, PROFILE),
        known=known,
        is_new_post=False,
        is_first_run=False,
        now=NOW,
    )

    assert followed.chat is not None
    assert followed.chat.reading == known.reading
    assert followed.news == ()
