from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, event, select, update
from tests.builders import NOW, a_subscriber
from tests.stores import a_planned_edition, add_people, planned, suppress

from otalk_digest.model.audience import Consent
from otalk_digest.model.delivery import Outcome, OutcomeKind, SkipReason, Status
from otalk_digest.model.message import Batch
from otalk_digest.pipeline.delivering import recover
from otalk_digest.store import books, claims, ledger, left_behind, settlements
from otalk_digest.store.claims import Claim, Place
from otalk_digest.store.database import Store
from otalk_digest.store.schema import attempts, deliveries
from otalk_digest.store.schema import subscribers as subscriber_table

PEOPLE: Final = [a_subscriber(f"{name}@example.org", name=name) for name in ("ann", "bea", "cy")]
ANN, BEA, CY = PEOPLE


class IdleProvider:
    """One that is only asked who it is."""

    batch_size = 2

    def __init__(self, *, name: str, is_idempotent: bool) -> None:
        self.name = name
        self.is_idempotent = is_idempotent

    def send(self, batch: Batch) -> Sequence[Outcome]:
        raise AssertionError(batch)

    def check(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Nothing was opened."""


def claimed(connection: Connection, *, limit: int = 10, after: int = 0) -> Claim | None:
    place = Place(edition=1, segment="everyone", content_hash="everyone", after=after)
    return claims.claim(connection, place, provider="smtp", limit=limit, now=NOW)


def a_claim(connection: Connection, *, limit: int = 10) -> Claim:
    claim = claimed(connection, limit=limit)
    assert claim is not None
    return claim


def statuses(connection: Connection) -> list[str]:
    return list(connection.scalars(select(deliveries.c.status).order_by(deliveries.c.id)))


def outcomes(claim: Claim, *kinds: OutcomeKind) -> list[Outcome]:
    return [
        Outcome(delivery_id=reader.delivery_id, kind=kind, diagnostic=f"because {kind}")
        for reader, kind in zip(claim.readers, kinds, strict=False)
    ]


def record(connection: Connection, claim: Claim, said: Sequence[Outcome]) -> None:
    ledger.record_outcomes(
        connection, claim.attempt_id, said, recipients=len(claim.readers), now=NOW
    )


def test_a_claim_takes_the_next_readers_and_opens_their_attempt(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)

        claim = a_claim(connection, limit=2)

        assert [(reader.address, reader.name) for reader in claim.readers] == [
            ("ann@example.org", "ann"),
            ("bea@example.org", "bea"),
        ]
        assert statuses(connection) == ["sending", "sending", "planned"]
        (left,) = left_behind.open_attempts(connection)
        assert (left.id, left.provider, left.is_unsent) == (claim.attempt_id, "smtp", False)
        attempt = connection.execute(select(attempts)).one()
        assert (attempt.recipients, attempt.content_hash) == (2, "everyone")


def test_each_delivery_is_claimed_once(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)

        claims = [claimed(connection, limit=2) for _ in range(3)]

        assert claims[2] is None
        addresses = [reader.address for claim in claims if claim for reader in claim.readers]
        assert addresses == [person.address for person in PEOPLE]


def test_what_was_given_back_waits_for_the_next_run(store: Store) -> None:
    """A run that walks forward never claims the same delivery twice."""
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        first = a_claim(connection, limit=2)
        ledger.release_attempt(connection, first.attempt_id, "busy", now=NOW)

        second = claimed(connection, after=first.readers[-1].delivery_id)

        assert second is not None
        assert [reader.address for reader in second.readers] == ["cy@example.org"]
        again = a_claim(connection)
        assert [reader.address for reader in again.readers] == [
            "ann@example.org",
            "bea@example.org",
        ]


def test_nothing_is_claimed_of_another_edition_or_segment(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)

        for place in (
            Place(edition=2, segment="everyone", content_hash="everyone"),
            Place(edition=1, segment="others", content_hash="others"),
        ):
            assert claims.claim(connection, place, provider="x", limit=9, now=NOW) is None


def test_only_who_is_handed_over_moves_whoever_stands_between_them(store: Store) -> None:
    people = [a_subscriber(f"reader{number}@example.org") for number in range(8)]
    with store.begin() as connection:
        a_planned_edition(connection, people)
        numbers = list(connection.scalars(select(deliveries.c.id).order_by(deliveries.c.id)))
        is_other = deliveries.c.id.in_([numbers[1], numbers[4]])
        connection.execute(update(deliveries).where(is_other).values(segment="others"))
        suppress(connection, people[2])

        claim = a_claim(connection, limit=5)

        handed_over = {reader.delivery_id for reader in claim.readers}
        assert handed_over == {numbers[place] for place in (0, 3, 5, 6)}
        sending = select(deliveries.c.id).where(deliveries.c.attempt_id == claim.attempt_id)
        assert set(connection.scalars(sending)) == handed_over
        assert Counter(statuses(connection)) == {"sending": 4, "planned": 3, "skipped": 1}


def test_outcomes_that_are_alike_and_those_that_are_not_are_each_written(store: Store) -> None:
    people = [a_subscriber(f"reader{number}@example.org") for number in range(5)]
    with store.begin() as connection:
        a_planned_edition(connection, people)
        claim = a_claim(connection)
        kinds = ("accepted", "rejected", "accepted", "in_doubt", "accepted")

        said = outcomes(claim, *map(OutcomeKind, kinds))
        record(connection, claim, said)

        reasons = select(deliveries.c.reason).order_by(deliveries.c.id)
        assert statuses(connection) == list(kinds)
        assert list(connection.scalars(reasons)) == [f"because {kind}" for kind in kinds]


@pytest.mark.parametrize("way", ["suppressed", "withdrawn", "erased"])
def test_leaving_between_plan_and_claim_wins(store: Store, way: str) -> None:
    """R5."""
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        if way == "suppressed":
            suppress(connection, ANN)
        elif way == "withdrawn":
            add_people(connection, a_subscriber(ANN.address, consent=Consent.WITHDRAWN))
        else:
            connection.execute(
                delete(subscriber_table).where(subscriber_table.c.identity == ANN.identity)
            )

        claim = a_claim(connection, limit=1)

        assert [reader.address for reader in claim.readers] == ["bea@example.org"]
        row = connection.execute(select(deliveries).order_by(deliveries.c.id)).first()
        assert row is not None
        assert (row.status, row.reason) == (Status.SKIPPED, SkipReason.WITHDRAWN)


def test_when_all_have_left_nothing_is_claimed(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        for person in PEOPLE:
            suppress(connection, person)

        assert claimed(connection, limit=1) is None
        assert statuses(connection) == ["skipped"] * 3
        assert left_behind.open_attempts(connection) == []
        assert books.tally(connection, 1).is_complete


def test_outcomes_are_recorded_one_by_one_and_the_attempt_is_closed(store: Store) -> None:
    people = [*PEOPLE, a_subscriber("dee@example.org")]
    with store.begin() as connection:
        a_planned_edition(connection, people)
        claim = a_claim(connection)

        record(connection, claim, outcomes(claim, *OutcomeKind))

        assert statuses(connection) == ["accepted", "rejected", "planned", "in_doubt"]
        assert planned(connection)["bea@example.org"][2] == "because rejected"
        assert left_behind.open_attempts(connection) == []
        tally = books.tally(connection, 1)
        assert tally.is_balanced
        assert not tally.is_complete
        assert books.count_in_doubt(connection) == 1


def test_a_delivery_that_the_provider_said_nothing_about_is_in_doubt(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        claim = a_claim(connection)

        answered = outcomes(claim, OutcomeKind.ACCEPTED)
        record(connection, claim, answered)

        assert statuses(connection) == ["accepted", "in_doubt", "in_doubt"]


def test_what_is_said_of_the_readers_around_one_is_not_said_of_them(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        claim = a_claim(connection)
        first, _, last = claim.readers
        said = [
            Outcome(delivery_id=reader.delivery_id, kind=OutcomeKind.ACCEPTED)
            for reader in (first, last)
        ]

        record(connection, claim, said)

        assert statuses(connection) == ["accepted", "in_doubt", "accepted"]


def test_a_provider_that_says_nothing_at_all_leaves_all_in_doubt(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        claim = a_claim(connection)

        record(connection, claim, [])

        assert statuses(connection) == ["in_doubt"] * 3


def test_a_late_record_changes_nothing(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        claim = a_claim(connection)
        ledger.lose_track(connection, claim.attempt_id, "cut", now=NOW)

        late = outcomes(claim, *[OutcomeKind.RELEASED] * 3)
        record(connection, claim, late)

        assert statuses(connection) == ["in_doubt"] * 3


@pytest.mark.parametrize(
    ("is_idempotent", "name", "status"),
    [(False, "smtp", "in_doubt"), (True, "smtp", "planned"), (True, "files", "in_doubt")],
)
def test_what_a_killed_run_left_open_is_in_doubt_unless_sending_it_again_cannot_double_it(
    store: Store, *, is_idempotent: bool, name: str, status: str
) -> None:
    """R3, R4. What another provider may have is in doubt, however the present one is."""
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        a_claim(connection, limit=2)
        provider = IdleProvider(name=name, is_idempotent=is_idempotent)

        assert recover(connection, provider, now=NOW) == 1

        assert statuses(connection) == [status, status, "planned"]
        assert recover(connection, provider, now=NOW) == 0


@pytest.mark.parametrize(("resend", "status"), [(True, "planned"), (False, "accepted")])
def test_a_person_settles_what_is_in_doubt_and_nothing_else(
    store: Store, *, resend: bool, status: str
) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        claim = a_claim(connection, limit=2)
        kinds = (OutcomeKind.REJECTED, OutcomeKind.IN_DOUBT)
        record(connection, claim, outcomes(claim, *kinds))

        other = settlements.settle(connection, 2, resend=resend, by="Una", now=NOW)
        settled = settlements.settle(connection, 1, resend=resend, by="Una", now=NOW)

        assert (other, settled) == (0, 1)
        assert statuses(connection) == ["rejected", status, "planned"]
        reason = "Una chose to send it again" if resend else "Una took it as sent"
        assert planned(connection)["bea@example.org"][2] == reason
        assert settlements.settle(connection, None, resend=resend, by="Una", now=NOW) == 0


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["release", "lose_track", "settle", "resend", "leave"]),
        st.lists(st.sampled_from(OutcomeKind), max_size=4),
    ),
    max_size=6,
)


@given(steps=STEPS, limit=st.integers(min_value=1, max_value=4))
def test_the_books_balance_after_whatever_happens(
    scratch: Store, steps: list[str | list[OutcomeKind]], limit: int
) -> None:
    with scratch.rehearse() as connection:
        a_planned_edition(connection, PEOPLE)
        for step in steps:
            if isinstance(step, str) and step in {"settle", "resend"}:
                settlements.settle(connection, None, resend=step == "resend", by="Una", now=NOW)
            elif step == "leave":
                suppress(connection, BEA)
            elif claim := claimed(connection, limit=limit):
                if isinstance(step, list):
                    answers = outcomes(claim, *step)
                    record(connection, claim, answers)
                elif step == "release":
                    ledger.release_attempt(connection, claim.attempt_id, "x", now=NOW)
                else:
                    ledger.lose_track(connection, claim.attempt_id, "x", now=NOW)

            tally = books.tally(connection, 1)
            assert tally.candidates == len(PEOPLE)
            assert tally.is_balanced
            assert tally.sending == 0
            assert Counter(statuses(connection)).total() == len(PEOPLE)


def test_the_books_list_reasons_and_deliveries(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        suppress(connection, CY)
        claim = a_claim(connection)
        kinds = (OutcomeKind.ACCEPTED, OutcomeKind.REJECTED)
        record(connection, claim, outcomes(claim, *kinds))
        add_people(connection, a_subscriber("late@example.org"))

        assert books.count_by_reason(connection, 1) == [
            ("everyone", "accepted", "because accepted", 1),
            ("everyone", "rejected", "because rejected", 1),
            ("everyone", "skipped", "withdrawn", 1),
        ]
        records = books.iterate_deliveries(connection, edition=1, status=Status.REJECTED, limit=9)
        assert [(record.address, record.reason) for record in records] == [
            ("bea@example.org", "because rejected")
        ]
        newest = books.iterate_deliveries(connection, edition=None, status=None, limit=2)
        assert len(list(newest)) == 2


def test_what_an_attempt_holds_is_found_without_looking_at_every_delivery(sqlite: Store) -> None:
    asked: list[tuple[str, Any]] = []
    with sqlite.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _connection, _cursor, said, values, *_rest: asked.append((said, values)),
        )
        claim = a_claim(connection)
        ledger.record_some(connection, [], open_attempts=[claim.attempt_id], now=NOW)
        ledger.lose_track(connection, claim.attempt_id, "a test", now=NOW)
        asking = [each for each in asked if "attempt_id =" in each[0].partition("WHERE")[2]]
        plans = [
            step[3]
            for said, values in asking
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", values)
        ]

    assert len(asking) == 2
    assert [plan for plan in plans if "ix_deliveries_sending" in plan]
    assert not [plan for plan in plans if plan.startswith("SCAN deliveries")]
