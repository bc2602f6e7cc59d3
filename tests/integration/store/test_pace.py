from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import NOW, a_segment, a_subscriber, some_news
from tests.paces import BEGIN, PlannedChat, Season, live_through, some_chats
from tests.stores import add_news, add_people, frozen_edition, planned

from otalk_digest.model.audience import Cadence
from otalk_digest.model.delivery import SkipReason, Status
from otalk_digest.model.news import NewsKind
from otalk_digest.store.database import Store

#: Long enough for all that waits to be told.
LAST: Final = 115
#: Until all chats are over.
DAILY: Final = tuple(range(74))
WISHES = st.sampled_from(Cadence)
CHANGING = st.dictionaries(st.integers(min_value=0, max_value=80), WISHES, max_size=4)
RUNS = st.sets(st.integers(min_value=0, max_value=80), max_size=15).map(
    # A job that never rests longer than a week.
    lambda days: sorted(days | set(range(0, LAST + 1, 5)))
)
ALERTS: Final = (NewsKind.CHANGE, NewsKind.CANCELLATION)


@settings(max_examples=12)
@given(chats=some_chats(), paces=st.tuples(CHANGING, WISHES), runs=RUNS)
def test_each_phase_of_each_chat_reaches_each_reader_once_whatever_they_wish_and_when(
    scratch: Store,
    chats: list[PlannedChat],
    paces: tuple[dict[int, Cadence], Cadence],
    runs: list[int],
) -> None:
    wishes, schedule = paces
    with scratch.rehearse() as connection:
        season = live_through(connection, chats, wishes=wishes, schedule=schedule, runs=runs)

    for chat in chats:
        assert len(season.days_of(chat.guid, NewsKind.ANNOUNCEMENT)) <= 1
        assert len(season.days_of(chat.guid, *ALERTS)) <= 2
        # Nothing is lost: what came out of it is told, early or late.
        wrap_ups = season.days_of(chat.guid, NewsKind.WRAP_UP)
        assert len(wrap_ups) == (chat.cancelled is None)
        _assert_alerts_do_not_wait(season, chat)


def _assert_alerts_do_not_wait(season: Season, chat: PlannedChat) -> None:
    for happened in filter(None, (chat.changed, chat.cancelled)):
        is_first = chat.cancelled is None or happened <= chat.cancelled
        before = season.days_of(chat.guid, NewsKind.ANNOUNCEMENT)
        run = min(day for day in season.runs if day >= happened)
        if is_first and before and before[0] < happened and run <= chat.starts:
            assert run in season.days_of(chat.guid, *ALERTS)


@settings(max_examples=5)
@given(chats=some_chats(), wish=st.sampled_from([Cadence.EACH, Cadence.WEEKLY]))
def test_who_reads_each_week_is_told_in_time_to_join_by_a_job_that_runs_each_day(
    scratch: Store, chats: list[PlannedChat], wish: Cadence
) -> None:
    with scratch.rehearse() as connection:
        season = live_through(connection, chats, wishes={0: wish}, runs=DAILY)

    for chat in chats:
        is_off = chat.cancelled is not None
        told = season.days_of(chat.guid, NewsKind.ANNOUNCEMENT)
        assert is_off or (told and told[0] <= chat.starts)


@settings(max_examples=5)
@given(
    chats=some_chats(),
    # Whether a reader wishes it or the segment's schedule says so.
    paces=st.sampled_from([(Cadence.MONTHLY, Cadence.EACH), (Cadence.EACH, Cadence.MONTHLY)]),
    runs=RUNS,
)
def test_who_reads_once_a_month_gets_one_mail_a_month_but_for_alerts(
    scratch: Store, chats: list[PlannedChat], paces: tuple[Cadence, Cadence], runs: list[int]
) -> None:
    wish, schedule = paces
    with scratch.rehearse() as connection:
        season = live_through(connection, chats, wishes={0: wish}, schedule=schedule, runs=runs)

    days = {each.day for each in season.told if each.kind not in ALERTS}
    months = [(BEGIN + timedelta(days=day)).month for day in days]
    assert len(months) == len(set(months))


@pytest.mark.parametrize(
    ("until", "status", "reason"),
    [
        (NOW - timedelta(seconds=1), Status.PLANNED, None),
        (NOW, Status.PLANNED, None),
        (datetime(2027, 1, 1, tzinfo=UTC), Status.SKIPPED, SkipReason.PAUSED),
    ],
)
def test_who_pauses_is_left_out_until_that_moment(
    store: Store, until: datetime, status: Status, reason: SkipReason | None
) -> None:
    person = a_subscriber(paused_until=until)
    with store.begin() as connection:
        add_people(connection, person)
        add_news(connection, some_news())
        frozen_edition(connection, segments=[a_segment()])

        assert planned(connection) == {person.address: ("everyone", status, reason)}
