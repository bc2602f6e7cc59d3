from dataclasses import astuple
from itertools import permutations
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import IntegrityError
from tests.builders import DAY, NOW, a_subscriber
from tests.stores import examples_for, find_person, suppress, take_in

from otalk_digest.model.audience import Cadence, Consent, Reminder, Subscriber
from otalk_digest.store import subscribers as people
from otalk_digest.store.database import Store
from otalk_digest.store.intake import Taken
from otalk_digest.store.parts import KEEPS_ORDER
from otalk_digest.store.schema import consents

ADDRESSES: Final = ("ann@example.org", "bea@example.org", "cy@example.org")
RANK: Final = (Consent.PENDING, Consent.CONFIRMED, Consent.WITHDRAWN)
ROWS: Final = st.lists(
    st.builds(
        a_subscriber,
        st.sampled_from(ADDRESSES),
        name=st.sampled_from([None, "One", "Two"]),
        tags=st.frozensets(st.sampled_from(["student", "phd"])),
        wants=st.frozensets(st.sampled_from(["notice", "wrap-up"])),
        consent=st.sampled_from(Consent),
        source=st.sampled_from(["stall", "form"]),
    ),
    max_size=9,
)


def kept(connection: Connection) -> tuple[list[Subscriber], list[tuple[str, str, str]]]:
    """Everybody, and every proof of consent in the order of each reader."""
    proofs = connection.execute(
        select(consents.c.identity_hash, consents.c.consent, consents.c.source).order_by(
            consents.c.identity_hash, consents.c.id
        )
    )
    return sorted(people.iterate_subscribers(connection)), [tuple(row) for row in proofs]


def test_a_list_read_at_once_leaves_what_its_rows_leave_one_by_one(scratch: Store) -> None:
    @examples_for(scratch)
    @given(first=ROWS, second=ROWS)
    def holds(first: list[Subscriber], second: list[Subscriber]) -> None:
        with scratch.rehearse() as connection:
            suppress(connection, a_subscriber(ADDRESSES[2]))
            at_once = [take_in(connection, first), take_in(connection, second)]
            after = kept(connection)
        with scratch.rehearse() as connection:
            suppress(connection, a_subscriber(ADDRESSES[2]))
            singly = [take_in(connection, [row]) for row in (*first, *second)]

            assert kept(connection) == after
        assert sum(each.added for each in at_once) == sum(each.added for each in singly)
        assert sum(each.updated for each in at_once) == sum(each.updated for each in singly)
        assert sum(each.kept_out for each in at_once) == sum(each.kept_out for each in singly)

    holds()


@pytest.mark.parametrize("rows", list(permutations(RANK)))
def test_within_a_list_too_consent_only_goes_forward(
    store: Store, rows: tuple[Consent, ...]
) -> None:
    with store.begin() as connection:
        take_in(connection, [a_subscriber(consent=consent) for consent in rows])

        found = find_person(connection, "ann@example.org")
        proofs = connection.scalars(select(consents.c.consent).order_by(consents.c.id)).all()
    assert found is not None
    assert found.consent is max(rows, key=RANK.index)
    assert list(proofs) == sorted(set(proofs), key=RANK.index)


def test_who_is_suppressed_is_counted_and_left_alone(store: Store) -> None:
    with store.begin() as connection:
        take_in(connection, [a_subscriber(name="Before")])
        suppress(connection, a_subscriber(), "erased")

        assert take_in(connection, [a_subscriber(name="After")] * 2) == Taken(
            added=0, updated=0, kept_out=2
        )
        found = find_person(connection, "ann@example.org")
    assert found is not None
    assert found.name == "Before"
    assert found.consent is Consent.WITHDRAWN


def test_the_first_day_of_a_reader_is_kept(store: Store) -> None:
    with store.begin() as connection:
        take_in(connection, [a_subscriber(joined_at=NOW - DAY)])
        take_in(connection, [a_subscriber(joined_at=NOW)])

        found = find_person(connection, "ann@example.org")
    assert found is not None
    assert found.joined_at == NOW - DAY


def test_a_list_that_is_imported_again_writes_no_reader_anew(sqlite: Store) -> None:
    rows = [a_subscriber("ann@example.org"), a_subscriber("Bea@example.org", zone="Asia/Kolkata")]
    with sqlite.begin() as connection:
        take_in(connection, rows)
        connection.execute(
            text(
                "CREATE TEMP TRIGGER writes BEFORE UPDATE ON subscribers"
                " BEGIN SELECT RAISE(ABORT, 'written'); END"
            )
        )

        assert take_in(connection, rows).updated == 2
        with pytest.raises(IntegrityError, match="written"):
            take_in(connection, [a_subscriber("ann@example.org", zone="Asia/Tokyo")])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "Ann@example.org"),
        ("name", "Ann the Second"),
        ("zone", "Asia/Tokyo"),
        ("country", "JP"),
        ("language", "ja"),
        ("cadence", Cadence.MONTHLY),
        ("reminder", Reminder.MORNING),
        ("paused_until", NOW + DAY),
    ],
)
def test_what_alone_is_new_in_a_list_is_kept(
    store: Store,
    field: str,
    value: Any,  # noqa: ANN401 - of each field its own
) -> None:
    before = a_subscriber("ann@example.org")
    with store.begin() as connection:
        take_in(connection, [before])
        take_in(connection, [before._replace(**{field: value})])

        after = find_person(connection, "ann@example.org")
    assert getattr(after, field) == value != getattr(before, field)


def test_nothing_of_the_work_stays_in_the_database(store: Store) -> None:
    with store.begin() as connection:
        before = inspect(connection).get_temp_table_names()
        take_in(connection, [a_subscriber()])

        assert inspect(connection).get_temp_table_names() == before == []


def a_long_list() -> list[Subscriber]:
    """Longer than what keeps its order, and among its rows some people again and again."""
    chance = Random(7)  # noqa: S311 - a list, not a secret
    everybody = [
        a_subscriber(
            f"{'Rr'[number % 7 > 0]}eader{number}@example.org",
            name=f"Reader {number}" if number % 3 else None,
            zone="Europe/London" if number % 5 else None,
            wants=frozenset({"wrap-up"}) if number % 2 else frozenset(),
        )
        for number in range(KEEPS_ORDER)
    ]
    again = [
        a_subscriber(
            f"{chance.choice('Rr')}eader{chance.randrange(40)}@example.org",
            name=chance.choice([None, "One", "Two"]),
            zone=chance.choice([None, "Asia/Kolkata"]),
            tags=frozenset(chance.sample(["student", "phd"], chance.randrange(3))),
            consent=chance.choice(list(Consent)),
            source=chance.choice(["stall", "form"]),
        )
        for _ in range(200)
    ]
    mixed = [*everybody, *again]
    chance.shuffle(mixed)
    return mixed


def test_a_long_list_leaves_what_its_halves_leave(store: Store) -> None:
    """It is put in another order, but for the rows of one reader."""
    rows = a_long_list()
    half = len(rows) // 2
    found = []
    for lists in ([rows], [rows[:half], rows[half:]]):
        with store.rehearse() as connection:
            suppress(connection, a_subscriber("reader101@example.org"))
            take_in(connection, [a_subscriber("reader102@example.org", name="Before")])
            counts = [take_in(connection, each) for each in lists]
            sums = [sum(each) for each in zip(*map(astuple, counts), strict=True)]
            found.append((kept(connection), sums))

    at_once, in_halves = found

    assert at_once == in_halves
    assert len(at_once[0][0]) == KEEPS_ORDER - 1
