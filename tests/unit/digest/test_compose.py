from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import (
    DAY,
    GUID,
    HOUR,
    NOW,
    TUESDAY,
    a_chat,
    a_segment,
    some_news,
    some_numbers,
)

from otalk_digest.digest.compose import CORRECTED, HIDDEN, TREND_LENGTH, compose
from otalk_digest.model.chat import Chat, Phase
from otalk_digest.model.edition import Digest, Edits
from otalk_digest.model.news import Change, KnownNews, NewsKind

BEGUN = NOW - HOUR
LAST_WEEK = TUESDAY - 7 * DAY


def composed(
    uncarried: Sequence[KnownNews],
    *chats: Chat,
    told: frozenset[str] = frozenset(),
    **segment: Any,  # noqa: ANN401 - any field of a segment
) -> Digest:
    return compose(a_segment(**segment), uncarried=uncarried, chats=chats, told=told, now=NOW)


def reasons(digest: Digest) -> dict[int, str]:
    return {drop.news_id: drop.reason for drop in digest.drops}


def a_change(number: int, **values: tuple[str | None, str | None]) -> KnownNews:
    changes = tuple(Change(field=field, old=old, new=new) for field, (old, new) in values.items())
    return some_news(number, NewsKind.CHANGE, changes=changes)


def test_nothing_new_is_nothing_to_say() -> None:
    assert composed([], a_chat()).is_empty


def test_an_announcement_leads_while_its_chat_is_ahead() -> None:
    item = some_news()

    digest = composed([item], a_chat())

    assert digest.headline == item
    assert digest.items == (item,)
    assert digest.drops == ()


def test_the_nearest_chat_is_the_headline_and_the_others_follow_in_order() -> None:
    starts = {1: TUESDAY + 14 * DAY, 2: None, 3: TUESDAY, 4: TUESDAY + 7 * DAY}
    items = [some_news(n, guid=f"g{n}", starts_at=start) for n, start in starts.items()]
    chats = [a_chat(f"g{n}", starts_at=start) for n, start in starts.items()]

    digest = composed(items, *chats)

    assert digest.headline is not None
    assert digest.headline.id == 3
    assert [item.id for item in digest.coming_up] == [4, 1, 2]


@pytest.mark.parametrize("starts_at", [NOW, BEGUN, NOW - 30 * DAY])
def test_a_chat_that_has_begun_is_never_announced(starts_at: object) -> None:
    digest = composed([some_news(starts_at=starts_at)], a_chat(starts_at=starts_at))

    assert digest.is_empty
    assert reasons(digest) == {1: "the chat has begun"}


def test_a_chat_that_begins_in_a_second_is_announced() -> None:
    soon = NOW + timedelta(seconds=1)

    assert composed([some_news(starts_at=soon)], a_chat(starts_at=soon)).headline is not None


def test_the_post_as_it_is_now_decides_not_as_it_was_when_it_became_news() -> None:
    digest = composed(
        [some_news(topic="As it was")], a_chat(topic="As it is", starts_at=TUESDAY + DAY)
    )

    assert digest.headline is not None
    assert digest.headline.news.reading.topic == "As it is"
    assert digest.headline.news.reading.starts_at == TUESDAY + DAY


def test_a_wrap_up_takes_the_place_of_an_announcement_that_was_not_told() -> None:
    items = [
        some_news(1, starts_at=LAST_WEEK),
        some_news(2, NewsKind.WRAP_UP, starts_at=LAST_WEEK),
    ]

    digest = composed(items, a_chat(phase=Phase.WRAPPED_UP, starts_at=LAST_WEEK))

    assert [item.id for item in digest.items] == [2]
    assert digest.wrap_ups == (items[1],)
    assert reasons(digest) == {1: "told together with newer news of the same chat"}


def test_a_wrap_up_with_a_later_correction_is_told_once_and_corrected() -> None:
    items = [
        some_news(1, NewsKind.WRAP_UP, starts_at=LAST_WEEK, numbers=some_numbers(41)),
        some_news(2, NewsKind.CORRECTION, starts_at=LAST_WEEK, numbers=some_numbers(42)),
    ]
    chat = a_chat(phase=Phase.WRAPPED_UP, starts_at=LAST_WEEK, numbers=some_numbers(42))

    digest = composed(items, chat)

    (wrap_up,) = digest.items
    assert wrap_up.id == 1
    assert wrap_up.news.reading.numbers == some_numbers(42)


def test_a_correction_is_never_mailed() -> None:
    chat = a_chat(phase=Phase.WRAPPED_UP, starts_at=LAST_WEEK)

    digest = composed([some_news(1, NewsKind.CORRECTION)], chat, told=frozenset({GUID}))

    assert digest.is_empty
    assert reasons(digest) == {1: "corrections change the record only"}


def test_wrap_ups_are_told_newest_first_and_undated_ones_last() -> None:
    starts = {1: LAST_WEEK - 7 * DAY, 2: None, 3: LAST_WEEK}
    items = [
        some_news(n, NewsKind.WRAP_UP, guid=f"g{n}", starts_at=start) for n, start in starts.items()
    ]
    chats = [a_chat(f"g{n}", Phase.WRAPPED_UP, starts_at=start) for n, start in starts.items()]

    assert [item.id for item in composed(items, *chats).wrap_ups] == [3, 1, 2]


@pytest.mark.parametrize(
    ("kind", "phase"),
    [(NewsKind.CHANGE, Phase.ANNOUNCED), (NewsKind.CANCELLATION, Phase.CANCELLED)],
)
def test_what_has_changed_since_it_was_told_is_left_to_corrections(
    kind: NewsKind, phase: Phase
) -> None:
    digest = composed([some_news(2, kind)], a_chat(phase=phase), told=frozenset({GUID}))

    assert digest.is_empty
    assert reasons(digest) == {2: CORRECTED}


@pytest.mark.parametrize("phase", [Phase.CANCELLED, Phase.POSTPONED])
def test_a_chat_called_off_before_it_was_told_is_not_mentioned(phase: Phase) -> None:
    digest = composed([some_news(1), some_news(2, NewsKind.CANCELLATION)], a_chat(phase=phase))

    assert digest.is_empty


def test_a_change_before_the_announcement_was_told_is_part_of_it() -> None:
    items = [some_news(1), a_change(2, starts_at=("Monday", "Tuesday"))]

    digest = composed(items, a_chat())

    assert [item.id for item in digest.items] == [1]
    assert digest.headline is not None
    assert digest.headline.news.changes == ()
    assert reasons(digest) == {2: "told together with newer news of the same chat"}


@pytest.mark.parametrize("told_of", [(), (1,)])
def test_a_chat_called_off_before_it_was_told_is_announced_when_it_is_on_again(
    told_of: tuple[int, ...],
) -> None:
    """Also when its announcement was dropped in an edition before, or there never was one."""
    announced = [some_news(number) for number in told_of]
    on_again = a_change(3, phase=("postponed", "announced"), starts_at=("Monday", "Tuesday"))

    digest = composed([*announced, some_news(2, NewsKind.CANCELLATION), on_again], a_chat())

    assert digest.alerts == ()
    assert digest.headline is not None
    assert digest.headline.news.kind is NewsKind.ANNOUNCEMENT
    assert digest.headline.news.changes == ()


def test_no_change_is_told_of_a_chat_that_has_begun() -> None:
    item = some_news(2, NewsKind.CANCELLATION)

    digest = composed(
        [item], a_chat(phase=Phase.CANCELLED, starts_at=BEGUN), told=frozenset({GUID})
    )

    assert reasons(digest) == {2: "the chat has begun"}


def test_an_announcement_is_not_told_twice() -> None:
    digest = composed([some_news(2)], a_chat(), told=frozenset({GUID}))

    assert reasons(digest) == {2: "announced before"}


@pytest.mark.parametrize(
    ("kind", "phase"),
    [
        (NewsKind.ANNOUNCEMENT, Phase.ANNOUNCED),
        (NewsKind.WRAP_UP, Phase.WRAPPED_UP),
        (NewsKind.NOTICE, None),
    ],
)
def test_a_segment_is_told_only_the_kinds_that_it_receives(
    kind: NewsKind, phase: Phase | None
) -> None:
    chats = [] if phase is None else [a_chat(phase=phase)]

    assert composed([some_news(1, kind)], *chats, kinds=frozenset({kind})).items
    others = composed([some_news(1, kind)], *chats, kinds=frozenset(NewsKind) - {kind})
    assert reasons(others) == {1: f"the segment does not receive {kind}"}


@pytest.mark.parametrize(
    ("kind", "phase"), [(NewsKind.WRAP_UP, Phase.WRAPPED_UP), (NewsKind.NOTICE, None)]
)
def test_old_news_is_dropped_with_a_reason(kind: NewsKind, phase: Phase | None) -> None:
    chats = [] if phase is None else [a_chat(phase=phase)]
    fresh = some_news(1, kind, happened_at=NOW - 10 * DAY)
    stale = some_news(1, kind, happened_at=NOW - 10 * DAY - HOUR)

    assert composed([fresh], *chats, max_age_days=10).items
    assert reasons(composed([stale], *chats, max_age_days=10)) == {1: "older than 10 days"}
    assert reasons(composed([stale], *chats, max_age_days=1)) == {1: "older than a day"}


def test_an_announcement_does_not_age_while_its_chat_is_ahead() -> None:
    item = some_news(happened_at=NOW - 60 * DAY)

    assert composed([item], a_chat(), max_age_days=10).headline == item


def test_an_announcement_without_a_date_ages_like_any_news() -> None:
    item = some_news(happened_at=NOW - 60 * DAY, starts_at=None)

    digest = composed([item], a_chat(starts_at=None), max_age_days=10)

    assert reasons(digest) == {1: "older than 10 days"}


def test_notices_are_told_as_they_came() -> None:
    items = [some_news(n, NewsKind.NOTICE, guid=f"n{n}", starts_at=None) for n in (1, 2)]

    assert composed(items).notices == tuple(items)


def test_a_notice_that_became_a_chat_is_announced() -> None:
    items = [some_news(1, NewsKind.NOTICE, starts_at=None), some_news(2)]

    digest = composed(items, a_chat())

    assert digest.headline == items[1]
    assert digest.notices == ()


def test_the_trend_is_the_last_chats_with_figures_up_to_the_newest_wrap_up_oldest_first() -> None:
    chats = [
        a_chat(
            f"g{weeks}",
            Phase.WRAPPED_UP,
            starts_at=TUESDAY - weeks * 7 * DAY,
            topic=f"{weeks} weeks ago",
            numbers=some_numbers(100 - weeks) if weeks != 2 else some_numbers(0),
        )
        for weeks in range(10)
    ]
    without = a_chat("none", Phase.WRAPPED_UP, starts_at=LAST_WEEK - DAY)
    items = [
        some_news(n, NewsKind.WRAP_UP, guid=f"g{n}", starts_at=TUESDAY - n * 7 * DAY)
        for n in (1, 2)
    ]

    trend = composed(items, *chats, without).trend

    assert [point.topic for point in trend] == [f"{weeks} weeks ago" for weeks in range(6, 0, -1)]
    assert len(trend) == TREND_LENGTH


def test_an_undated_wrap_up_does_not_hide_the_trend_of_a_dated_one() -> None:
    items = [
        some_news(1, NewsKind.WRAP_UP, guid="dated", starts_at=LAST_WEEK),
        some_news(2, NewsKind.WRAP_UP, guid="undated", starts_at=None),
    ]
    chats = [
        a_chat("dated", Phase.WRAPPED_UP, starts_at=LAST_WEEK, numbers=some_numbers(4)),
        a_chat("undated", Phase.WRAPPED_UP, starts_at=None, numbers=some_numbers(5)),
    ]

    assert [point.numbers for point in composed(items, *chats).trend] == [some_numbers(4)]


def test_without_a_wrap_up_there_is_no_trend() -> None:
    chat = a_chat("old", Phase.WRAPPED_UP, starts_at=LAST_WEEK, numbers=some_numbers(4))

    assert composed([some_news()], a_chat(), chat).trend == ()


NEWS = st.lists(
    st.tuples(
        st.sampled_from([GUID, "other", "third"]),
        st.sampled_from(NewsKind),
        st.integers(min_value=0, max_value=40),
    ),
    max_size=8,
)
CHATS = st.fixed_dictionaries(
    {},
    optional={
        guid: st.tuples(st.sampled_from(Phase), st.sampled_from([None, LAST_WEEK, NOW, TUESDAY]))
        for guid in (GUID, "other", "third")
    },
)


@given(news=NEWS, chats=CHATS, told=st.frozensets(st.sampled_from([GUID, "other"])))
def test_every_piece_of_news_is_told_or_dropped_with_a_reason_and_never_both(
    news: list[tuple[str, NewsKind, int]],
    chats: dict[str, tuple[Phase, Any]],
    told: frozenset[str],
) -> None:
    items = [
        some_news(number, kind, guid=guid, happened_at=NOW - age * DAY)
        for number, (guid, kind, age) in enumerate(news, 1)
    ]
    known = [a_chat(guid, phase, starts_at=start) for guid, (phase, start) in chats.items()]

    digest = composed(items, *known, told=told)

    settled = [item.id for item in digest.items] + [drop.news_id for drop in digest.drops]
    assert sorted(settled) == [item.id for item in items]
    assert all(drop.reason for drop in digest.drops)
    assert len({item.news.guid for item in digest.items}) == len(digest.items)


# --- what a maintainer edits -------------------------------------------------------------------


def three_chats() -> tuple[list[KnownNews], list[Chat]]:
    """Chats 1, 2 and 3, in the order of their hours."""
    starts = {number: TUESDAY + 7 * number * DAY for number in (1, 2, 3)}
    items = [some_news(n, guid=f"g{n}", starts_at=start) for n, start in starts.items()]
    return items, [a_chat(f"g{n}", starts_at=start) for n, start in starts.items()]


def edited(items: Sequence[KnownNews], *chats: Chat, **edits: Any) -> Digest:  # noqa: ANN401 - any edit
    segment = a_segment()
    return compose(
        segment, uncarried=items, chats=chats, told=frozenset(), now=NOW, edits=Edits(**edits)
    )


def ahead(digest: Digest) -> list[int]:
    headline = [digest.headline] if digest.headline else []
    return [item.id for item in (*headline, *digest.coming_up)]


def test_a_note_is_handed_on_and_makes_no_digest() -> None:
    digest = edited([], note="Hello **you**")

    assert digest.note == "Hello **you**"
    assert digest.is_empty


def test_news_that_is_hidden_is_dropped_for_that_reason_and_the_next_chat_leads() -> None:
    items, chats = three_chats()

    digest = edited(items, *chats, hidden=frozenset({1}))

    assert ahead(digest) == [2, 3]
    assert reasons(digest) == {1: HIDDEN}


def test_what_is_hidden_does_not_come_back_as_older_news_of_the_same_chat() -> None:
    change = a_change(2, starts_at=("2026-11-23", "2026-11-24"))

    digest = compose(
        a_segment(),
        uncarried=[some_news(1), change],
        chats=[a_chat()],
        told=frozenset({GUID}),
        now=NOW,
        edits=Edits(hidden=frozenset({2})),
    )

    assert digest.is_empty
    assert reasons(digest) == {1: CORRECTED, 2: HIDDEN}


@pytest.mark.parametrize(
    ("order", "row"),
    [
        ((), [1, 2, 3]),
        ((2, 1), [2, 1, 3]),
        ((3, 1), [3, 2, 1]),
        ((3, 2, 1), [3, 2, 1]),
        # What is not there any more moves nothing.
        ((9, 2, 8), [1, 2, 3]),
    ],
)
def test_chats_stand_in_the_order_that_is_asked_for_and_the_first_leads(
    order: tuple[int, ...], row: list[int]
) -> None:
    items, chats = three_chats()

    assert ahead(edited(items, *chats, order=order)) == row


def test_a_nearer_chat_that_became_known_later_leads_all_the_same() -> None:
    items, chats = three_chats()
    nearest = some_news(4, guid="g4", starts_at=TUESDAY)

    digest = edited([*items, nearest], *chats, a_chat("g4"), order=(3, 2, 1))

    assert ahead(digest) == [4, 3, 2, 1]


def test_every_part_can_be_ordered_and_the_bars_end_with_the_newest_chat_all_the_same() -> None:
    weeks = (TUESDAY - 14 * DAY, LAST_WEEK)
    wrap_ups = [
        some_news(n, NewsKind.WRAP_UP, guid=f"g{n}", starts_at=start)
        for n, start in enumerate(weeks, 1)
    ]
    chats = [
        a_chat(f"g{n}", Phase.WRAPPED_UP, starts_at=start, numbers=some_numbers(n))
        for n, start in enumerate(weeks, 1)
    ]
    notices = [some_news(n, NewsKind.NOTICE, guid=f"g{n}", is_chat=False) for n in (3, 4)]

    digest = edited([*wrap_ups, *notices], *chats, order=(4, 1, 2, 3))

    assert [item.id for item in digest.wrap_ups] == [1, 2]
    assert [item.id for item in digest.notices] == [4, 3]
    assert [point.starts_at for point in digest.trend] == list(weeks)


SOON, LATER = TUESDAY, TUESDAY + 7 * DAY


@pytest.mark.parametrize(
    ("known", "told", "is_reminded"),
    [
        (a_chat("soon", starts_at=SOON), {"soon"}, True),
        (a_chat("soon", starts_at=SOON), set(), False),
        (a_chat("soon", starts_at=BEGUN), {"soon"}, False),
        (a_chat("soon", starts_at=None), {"soon"}, False),
        (a_chat("soon", starts_at=LATER + DAY), {"soon"}, False),
        (a_chat("soon", starts_at=SOON, phase=Phase.CANCELLED), {"soon"}, False),
    ],
    ids=["nearer", "never told", "begun", "undated", "later", "off"],
)
def test_a_nearer_chat_that_was_told_before_is_called_to_mind(
    known: Chat, told: set[str], is_reminded: object
) -> None:
    item = some_news(guid="new", starts_at=LATER)

    digest = composed([item], a_chat("new", starts_at=LATER), known, told=frozenset(told))

    assert digest.items == (item,)
    assert (digest.reminder is not None) == is_reminded
    assert digest.is_any_ahead


def test_a_wrap_up_calls_the_nearest_chat_to_mind() -> None:
    item = some_news(1, NewsKind.WRAP_UP, guid="past", starts_at=LAST_WEEK)
    chats = [
        a_chat("past", starts_at=LAST_WEEK, phase=Phase.WRAPPED_UP),
        a_chat("later", starts_at=LATER),
        a_chat("soon", starts_at=SOON),
    ]

    digest = composed([item], *chats, told=frozenset({"past", "soon", "later"}))

    assert digest.reminder is not None
    assert digest.reminder.guid == "soon"
    assert not composed([item], chats[0]).is_any_ahead
