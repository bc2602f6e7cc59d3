from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select, update
from tests.builders import DAY, NOW, a_segment, a_subscriber, some_news, tagged
from tests.stores import EVERYONE, add_news, add_people, frozen_edition, planned, suppress

from otalk_digest.audience.contradictions import why_nobody
from otalk_digest.audience.matching import matches
from otalk_digest.model.audience import (
    AllOf,
    AnyOf,
    Cadence,
    Consent,
    Facet,
    Has,
    JoinedAfter,
    JoinedBefore,
    NoneOf,
    Rule,
    Segment,
    Subscriber,
)
from otalk_digest.model.delivery import SkipReason, Status
from otalk_digest.model.news import NewsKind
from otalk_digest.store.books import tally
from otalk_digest.store.database import Store
from otalk_digest.store.rules import clause
from otalk_digest.store.schema import deliveries, subscribers
from otalk_digest.store.subscribers import count_by_segment

ANN: Final = a_subscriber("ann@example.org")
STUDENT: Final = a_subscriber("stu@example.org", tags=frozenset({"student"}))
STUDENTS_AND_REST: Final = (tagged("student"), a_segment("rest"))

TEXTS = st.sampled_from(["student", "Student", "stu", "%", "_tudent", "GB", "en-GB", "en", "é"])
VALUES = st.one_of(TEXTS, TEXTS.map(lambda text: f"{text[:2]}*"), st.just("*"))


def _combined(inner: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    some = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(st.builds(AllOf, some), st.builds(AnyOf, some), st.builds(NoneOf, some))


DAYS = st.sampled_from([NOW - 2 * DAY, NOW - DAY, NOW])
RULES: st.SearchStrategy[Rule] = st.recursive(
    st.one_of(
        st.builds(Has, st.sampled_from(Facet), VALUES),
        st.builds(Has, st.just(Facet.CADENCE), st.sampled_from(["weekly", "m*", "*"])),
        st.builds(Has, st.just(Facet.WANTS), st.sampled_from(NewsKind)),
        st.builds(JoinedAfter, DAYS),
        st.builds(JoinedBefore, DAYS),
    ),
    _combined,
    max_leaves=6,
)
SETS = st.frozensets(TEXTS, max_size=3)
MAYBE = st.one_of(st.none(), TEXTS)


@st.composite
def some_people(draw: st.DrawFn) -> list[Subscriber]:
    return [
        a_subscriber(
            f"reader{number}@example.org",
            tags=draw(SETS),
            wants=draw(st.frozensets(st.one_of(TEXTS, st.sampled_from(NewsKind)), max_size=2)),
            zone=draw(MAYBE),
            country=draw(MAYBE),
            language=draw(MAYBE),
            consent=draw(st.sampled_from(Consent)),
            cadence=draw(st.sampled_from(Cadence)),
            joined_at=draw(DAYS),
        )
        for number in range(draw(st.integers(min_value=0, max_value=6)))
    ]


def planned_alone(connection: Connection, person: Subscriber) -> tuple[str | None, str, str | None]:
    """Plan one announcement for one person."""
    add_people(connection, person)
    add_news(connection, some_news())
    frozen_edition(connection)
    return planned(connection)[person.address]


@given(rule=RULES, people=some_people())
def test_a_rule_matches_the_same_people_in_sql_as_in_python(
    scratch: Store, rule: Rule, people: list[Subscriber]
) -> None:
    with scratch.rehearse() as connection:
        add_people(connection, *people)

        found = set(connection.scalars(select(subscribers.c.address).where(clause(rule))))

    assert found == {person.address for person in people if matches(rule, person)}


@given(rules=st.lists(RULES, min_size=1, max_size=3), people=some_people())
def test_a_segment_that_somebody_reaches_is_not_said_to_get_nobody(
    rules: list[Rule], people: list[Subscriber]
) -> None:
    """What is refused as a contradiction is one: the last segment is reached past the others."""
    *before, last = rules
    reached = [
        person
        for person in people
        if matches(last, person) and not any(matches(rule, person) for rule in before)
    ]

    assert not (reached and why_nobody(last, beyond=before))


@given(
    rules=st.lists(RULES, max_size=3),
    people=some_people(),
    told=st.sets(st.sampled_from(["s0", "s1", "s2"])),
    suppressed=st.sets(st.integers(min_value=0, max_value=5)),
)
def test_a_plan_has_one_row_for_every_subscriber_planned_or_with_a_reason(  # noqa: PLR0917 - what Hypothesis varies
    scratch: Store,
    rules: list[Rule],
    people: list[Subscriber],
    told: set[str],
    suppressed: set[int],
) -> None:
    segments = [a_segment(f"s{number}", rule=rule) for number, rule in enumerate(rules)]
    with scratch.rehearse() as connection:
        add_people(connection, *people)
        add_news(connection, some_news())
        for number in suppressed & set(range(len(people))):
            suppress(connection, people[number])
        frozen_edition(connection, segments=segments, told={name: [1] for name in told or {"s0"}})

        rows = connection.execute(select(deliveries)).all()
        ids = list(connection.scalars(select(subscribers.c.id).order_by(subscribers.c.id)))
        books = tally(connection, 1)

    assert sorted(row.subscriber_id for row in rows) == ids
    assert all((row.status == Status.PLANNED) != (row.reason is not None) for row in rows)
    assert {row.status for row in rows} <= {Status.PLANNED, Status.SKIPPED}
    assert books.candidates == len(people)
    assert books.is_balanced


def test_each_reader_belongs_to_the_first_segment_that_matches(store: Store) -> None:
    with store.begin() as connection:
        add_people(connection, ANN, STUDENT)
        add_news(connection, some_news())
        frozen_edition(connection, segments=STUDENTS_AND_REST, told={"student": [1], "rest": [1]})

        assert planned(connection) == {
            "ann@example.org": ("rest", "planned", None),
            "stu@example.org": ("student", "planned", None),
        }
        assert count_by_segment(connection, STUDENTS_AND_REST) == {"rest": 1, "student": 1}


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (a_subscriber(consent=Consent.PENDING), SkipReason.UNCONFIRMED),
        (a_subscriber(consent=Consent.WITHDRAWN), SkipReason.WITHDRAWN),
        (a_subscriber(wants=frozenset({NewsKind.WRAP_UP})), SkipReason.NOT_WANTED),
        (a_subscriber(wants=frozenset({NewsKind.WRAP_UP, NewsKind.ANNOUNCEMENT})), None),
        (a_subscriber(), None),
    ],
)
def test_who_is_left_out_has_a_reason(
    store: Store, person: Subscriber, reason: SkipReason | None
) -> None:
    status = Status.PLANNED if reason is None else Status.SKIPPED
    with store.begin() as connection:
        assert planned_alone(connection, person) == ("everyone", status, reason)


@pytest.mark.parametrize("kind", [NewsKind.CHANGE, NewsKind.CANCELLATION])
def test_who_wants_announcements_is_told_when_one_changes(store: Store, kind: NewsKind) -> None:
    person = a_subscriber(wants=frozenset({NewsKind.ANNOUNCEMENT}))
    with store.begin() as connection:
        add_people(connection, person)
        add_news(connection, some_news(kind=kind))
        frozen_edition(connection)

        assert planned(connection) == {person.address: ("everyone", Status.PLANNED, None)}


@pytest.mark.parametrize(
    ("segments", "reason"),
    [
        ([tagged("student")], SkipReason.NO_SEGMENT),
        ([], SkipReason.NO_SEGMENT),
        ([a_segment("others"), tagged("student")], SkipReason.NOTHING_FOR_SEGMENT),
    ],
)
def test_who_is_in_no_segment_that_is_told_anything_is_left_out(
    store: Store, segments: list[Segment], reason: SkipReason
) -> None:
    with store.begin() as connection:
        add_people(connection, ANN)
        add_news(connection, some_news())
        frozen_edition(connection, segments=segments, told={"student": [1]})

        assert planned(connection)["ann@example.org"][1:] == ("skipped", reason)


@pytest.mark.parametrize("reason", ["unsubscribed", "bounced", "complained", "erased"])
def test_a_suppressed_address_is_left_out_even_when_confirmed(store: Store, reason: str) -> None:
    with store.begin() as connection:
        add_people(connection, ANN)
        suppress(connection, ANN, reason)
        connection.execute(update(subscribers).values(consent=Consent.CONFIRMED))

        assert planned_alone(connection, ANN)[1:] == ("skipped", SkipReason.SUPPRESSED)


def told_again(connection: Connection, status: Status, *, ids: list[int]) -> tuple[str, str | None]:
    """Tell "rest" of news 1, leave its reader's delivery so, then move the reader to "student"."""
    add_people(connection, ANN)
    add_news(connection, some_news(), some_news(2, guid="second"))
    frozen_edition(connection, segments=STUDENTS_AND_REST, told={"rest": [1]})
    connection.execute(update(deliveries).values(status=status))
    add_people(connection, a_subscriber("ann@example.org", tags=frozenset({"student"})))
    frozen_edition(connection, number=2, segments=STUDENTS_AND_REST, told={"student": ids})
    return planned(connection, 2)["ann@example.org"][1:]


@pytest.mark.parametrize(
    "status",
    [
        Status.PLANNED,
        Status.SENDING,
        Status.IN_DOUBT,
        Status.ACCEPTED,
        Status.DEFERRED,
        Status.DELIVERED,
        Status.COMPLAINED,
    ],
)
def test_who_changed_segments_is_not_told_the_same_again(store: Store, status: Status) -> None:
    """A planned delivery too: its edition is finished before the next one is sent."""
    with store.begin() as connection:
        assert told_again(connection, status, ids=[1]) == ("skipped", SkipReason.ALREADY_TOLD)


@pytest.mark.parametrize("status", [Status.REJECTED, Status.BOUNCED, Status.SKIPPED])
def test_whom_the_first_edition_never_reached_is_told(store: Store, status: Status) -> None:
    with store.begin() as connection:
        assert told_again(connection, status, ids=[1]) == ("planned", None)


def test_an_edition_with_something_new_in_it_is_not_told_already(store: Store) -> None:
    with store.begin() as connection:
        assert told_again(connection, Status.ACCEPTED, ids=[1, 2]) == ("planned", None)


def test_who_joins_after_the_plan_waits_for_the_next_edition(store: Store) -> None:
    """R1: an audience is chosen once."""
    with store.begin() as connection:
        add_people(connection, ANN)
        add_news(connection, some_news())
        frozen_edition(connection)
        add_people(connection, STUDENT)

        assert list(planned(connection)) == ["ann@example.org"]
        assert tally(connection, 1).candidates == 1


def test_a_plan_can_be_made_for_nobody(store: Store) -> None:
    with store.begin() as connection:
        add_news(connection, some_news())
        frozen_edition(connection, segments=EVERYONE)

        assert connection.scalar(select(func.count()).select_from(deliveries)) == 0
        assert tally(connection, 1).is_complete
