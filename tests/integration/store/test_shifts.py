"""Workers side by side: who is dead, what becomes of what they had, and whose writes count."""

import math
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, select, text
from tests.builders import NOW, a_subscriber
from tests.integration.store.test_postgresql import driver, end_sessions
from tests.stores import a_planned_edition, contents, planned

from otalk_digest.errors import BusyError, SettingsError, StoreError
from otalk_digest.pipeline.delivering import recover
from otalk_digest.store import claims, pace, queue, shifts
from otalk_digest.store.copying import copy_store
from otalk_digest.store.database import Store
from otalk_digest.store.schema import leases
from otalk_digest.workers import JobQueue

PEOPLE = [a_subscriber(f"reader{number}@example.org") for number in range(6)]


class Smtp:
    """As much of a provider as settling what was left needs."""

    name = "smtp"
    is_idempotent = False


@pytest.fixture
def store(postgresql: Store) -> Store:
    with postgresql.begin() as connection:
        a_planned_edition(connection, PEOPLE)
    return postgresql


@pytest.fixture
def other(store: Store) -> Iterator[Store]:
    """Another process with the same store."""
    opened = Store(store.place)
    yield opened
    opened.close()


def claim(store: Store, *, worker: int | None, first: int = 1, last: int = claims.LAST) -> int:
    """Claim two readers; return how many there were."""
    place = claims.Place(
        edition=1,
        segment="everyone",
        content_hash="everyone",
        after=first - 1,
        until=last,
        worker=worker,
    )
    with store.begin() as connection:
        found = claims.claim(connection, place, provider="smtp", limit=2, now=NOW)
    return 0 if found is None else len(found.readers)


def die_with_an_open_attempt(store: Store) -> None:
    with store.shift() as number:
        claim(store, worker=number)
        raise StoreError("its machine is gone")


def statuses(store: Store) -> list[str]:
    with store.read() as connection:
        return [status for _, status, _ in planned(connection).values()]


def look_after_others(store: Store) -> tuple[int, int]:
    """Return how many workers were buried, and how many attempts they had left open."""
    with store.begin() as connection:
        return shifts.bury(connection), recover(connection, Smtp(), now=NOW, of_runs=False)  # type: ignore[arg-type]


def test_a_dead_workers_attempts_are_in_doubt_and_nobody_elses(store: Store, other: Store) -> None:
    claim(store, worker=None)
    with other.shift() as living:
        claim(other, worker=living)
        with pytest.raises(StoreError, match="gone"):
            die_with_an_open_attempt(store)

        assert look_after_others(other) == (1, 1)

        assert statuses(other) == ["sending"] * 4 + ["in_doubt"] * 2
        assert look_after_others(other) == (0, 0)
        # A run settles what a run has left behind as well, and still not the living worker's.
        with store.begin() as connection:
            assert recover(connection, Smtp(), now=NOW) == 1  # type: ignore[arg-type]
        assert statuses(other) == ["in_doubt"] * 2 + ["sending"] * 2 + ["in_doubt"] * 2


def test_who_was_taken_for_dead_may_write_no_more(store: Store, other: Store) -> None:
    """C17: its connections were cut, others took over, and it wakes up late."""
    with store.shift() as number:
        claim(store, worker=number)
        end_sessions(store)
        with other.shift() as heir:
            assert heir > number
            assert look_after_others(other) == (1, 1)
            before = contents(other)

            with pytest.raises((BusyError, StoreError)):
                claim(store, worker=number)
            with pytest.raises(BusyError, match="Another worker has taken over"):
                claim(store, worker=number)

            assert contents(other) == before


def test_a_worker_without_any_sign_of_life_is_dead(store: Store, other: Store) -> None:
    """Its machine lost power, and the server goes on holding its connection."""
    with store.shift() as number:
        claim(store, worker=number)
        with driver(store) as admin:
            admin.execute("UPDATE leases SET expires_at = expires_at - interval '1 hour'")

        assert look_after_others(other) == (1, 1)
        with pytest.raises(BusyError, match="Another worker has taken over"):
            claim(store, worker=number)


def test_a_worker_that_has_ended_leaves_nothing_to_bury_and_its_number_is_not_given_again(
    store: Store,
) -> None:
    numbers = []
    for _ in range(2):
        with store.shift() as number:
            numbers.append(number)

    assert numbers == [1, 2]
    assert look_after_others(store) == (0, 0)
    with store.read() as connection:
        assert connection.scalars(select(leases.c.name)).all() == ["workers"]


def test_a_store_is_not_copied_while_workers_write_into_it(store: Store, sqlite: Store) -> None:
    with store.shift(), pytest.raises(BusyError, match="Stop them, then copy"):
        copy_store(store, sqlite)


def test_a_file_has_no_workers(sqlite: Store) -> None:
    with pytest.raises(SettingsError, match="Workers need PostgreSQL"), sqlite.shift():
        pytest.fail("a file had a worker")


# --- the queue ---------------------------------------------------------------------------------


def jobs(connection: Connection) -> list[tuple[int, int]]:
    found = connection.execute(
        text(
            "SELECT args->>'first', args->>'last' FROM otalk_digest_queue.procrastinate_jobs"
            " ORDER BY id"
        )
    )
    return [(int(first), int(last)) for first, last in found]


def test_jobs_are_made_in_the_transaction_that_plans_and_of_what_is_still_planned(
    store: Store,
) -> None:
    line = JobQueue()
    with store.begin() as connection:
        line.prepare(connection)
    with store.rehearse() as connection:
        assert line.fill(connection, 1, size=4) == 2
        assert jobs(connection) == [(1, 4), (5, 6)]
    with store.read() as connection:
        assert jobs(connection) == []

    with store.begin() as connection:
        line.fill(connection, 1, size=4)
    claim(store, worker=None)
    with store.begin() as connection:
        line.prepare(connection)
        assert line.fill(connection, 1, size=4) == 1
        assert jobs(connection) == [(3, 6)]


def test_a_job_that_is_done_twice_claims_nothing_the_second_time(store: Store) -> None:
    assert [claim(store, worker=None, first=3, last=4) for _ in range(2)] == [2, 0]
    assert statuses(store) == ["planned"] * 2 + ["sending"] * 2 + ["planned"] * 2


def test_a_queue_of_another_version_is_made_anew(store: Store) -> None:
    with store.begin() as connection:
        JobQueue().prepare(connection)
        connection.execute(text(f"COMMENT ON SCHEMA {queue.SCHEMA} IS 'of old'"))
        JobQueue().fill(connection, 1, size=2)

        JobQueue().prepare(connection)

        assert jobs(connection) == []
        assert JobQueue().fill(connection, 1, size=2) == 3


# --- the pace ----------------------------------------------------------------------------------


@pytest.mark.parametrize("per_minute", [1, 59, 60, 61, 600, 100_000])
def test_all_workers_together_claim_no_more_than_the_pace_allows(
    store: Store, per_minute: int
) -> None:
    """A second's worth at once, and then as fast as time passes; at least one at a time."""
    at_once = max(per_minute // 60, 1)
    with store.begin() as connection:
        assert pace.room(connection, per_minute=per_minute) == at_once

        pace.spend(connection, at_once + 10, per_minute=per_minute)

        assert pace.room(connection, per_minute=per_minute) == 0
        wait_s = pace.wait_s(connection, per_minute=per_minute)
        # The eleventh may go when ten are paid for, and what lies between two of a slow pace.
        assert math.isclose(wait_s, 11 * 60 / per_minute, rel_tol=0.02, abs_tol=0.15)
