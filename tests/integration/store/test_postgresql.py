"""What is PostgreSQL's own: the server's refusals, turns that can be lost, claims side by side."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event, insert, select, text
from tests.builders import NOW, a_subscriber
from tests.postgresql_server import PostgresServer
from tests.stores import a_planned_edition, contents, planned

from otalk_digest.errors import BusyError, StoreError
from otalk_digest.model.delivery import Outcome, OutcomeKind
from otalk_digest.store import claims, ledger, turns
from otalk_digest.store.database import Store, open_store, secret_key
from otalk_digest.store.schema import leases, meta

PLACE = claims.Place(edition=1, segment="everyone", content_hash="everyone")


@pytest.fixture
def store(postgresql: Store) -> Store:
    return postgresql


@pytest.fixture
def other(store: Store) -> Iterator[Store]:
    """Another process with the same store."""
    opened = Store(store.place)
    yield opened
    opened.close()


@contextmanager
def driver(store: Store) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    """Another program with the same database."""
    with psycopg.connect(str(store.place), autocommit=True) as connection:
        yield connection


def write(store: Store, value: str = "1") -> None:
    with store.begin() as connection:
        connection.execute(insert(meta).values(key="a", value=value))


def refusal_of(place: str, password: str | None = None) -> str:
    with pytest.raises(StoreError) as refusal:
        open_store(place, password=password)
    message = str(refusal.value)
    assert place in message
    assert "\n" not in message
    return message


# --- refusals ----------------------------------------------------------------------------------


def test_a_server_that_is_not_there_is_named_with_what_to_do() -> None:
    message = refusal_of("postgresql://digest@127.0.0.1:1/otalk")

    assert "cannot be used (" in message
    assert "the server cannot be reached; see that it runs, and that store.url names it" in message


def test_a_host_that_is_not_there_is_named_with_what_to_do() -> None:
    message = refusal_of("postgresql://digest@nowhere.invalid/otalk")

    assert "there is no such host; mend store.url" in message


def test_a_database_that_is_not_there_is_named_with_what_to_do(postgres: PostgresServer) -> None:
    message = refusal_of(postgres.url("none"))

    assert "there is no such database; make it with createdb, or mend store.url" in message


def test_a_user_that_is_not_there_is_named_with_what_to_do(postgres: PostgresServer) -> None:
    message = refusal_of(postgres.url("postgres").replace("digest@", "nobody_of_ours@"))

    assert "the server does not let us in; look at the user in store.url" in message


@pytest.mark.parametrize("password", ["wrong-fish", None])
def test_a_wrong_password_is_refused_and_not_repeated(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    with postgres.asking_for_passwords("swordfish") as place:
        message = refusal_of(place, password)
        open_store(place, password="swordfish").close()  # noqa: S106 - a fish
        monkeypatch.setenv("PGPASSWORD", "swordfish")
        open_store(place).close()

    assert "the server does not let us in" in message
    assert "OTALK_DIGEST_STORE_PASSWORD" in message
    assert "fish" not in message


def test_the_database_of_another_program_is_left_alone(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")

    assert "is a database of another program. Name another in store.url." in refusal_of(url)
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert found.fetchall() == [("recipes",)]


def test_a_store_of_a_newer_version_is_left_alone(store: Store) -> None:
    with driver(store) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    before = contents(store)

    message = refusal_of(str(store.place))

    assert "was written by a newer otalk-digest (schema 9999, this one knows " in message
    assert contents(store) == before


def test_a_server_that_may_only_be_read_is_found_before_a_run(store: Store, other: Store) -> None:
    with driver(store) as admin:
        admin.execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',"
            " current_database()); END $$"
        )
    store.close()

    with pytest.raises(StoreError, match="cannot be written: it is read-only; name the primary"):
        store.check()
    with pytest.raises(StoreError, match="cannot be written: it is read-only; name the primary"):
        store.check_writable()
    with pytest.raises(StoreError, match="it is read-only; name the primary"):
        write(other)


def test_a_full_disk_is_reported_and_nothing_is_kept(store: Store) -> None:
    with pytest.raises(StoreError, match="the server's disk is full; make room"):
        write_and_fill_the_disk(store)

    with store.read() as connection:
        assert connection.scalar(select(meta.c.value).where(meta.c.key == "a")) is None


def test_a_connection_that_is_cut_is_a_failed_store_and_the_next_one_works(store: Store) -> None:
    def cut() -> None:
        with store.begin() as connection:
            connection.execute(insert(meta).values(key="a", value="1"))
            end_sessions(store)
            connection.execute(insert(meta).values(key="b", value="1"))

    with pytest.raises(StoreError, match="start the same command again"):
        cut()

    write(store)


def write_and_fill_the_disk(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(insert(meta).values(key="a", value="1"))
        connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$"))


def end_sessions(store: Store) -> None:
    with driver(store) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_another_writer_is_waited_for_and_then_named(store: Store) -> None:
    hasty = Store(store.place, patience_s=0.1)
    with store.begin() as connection:
        connection.execute(insert(meta).values(key="a", value="1"))

        with pytest.raises(StoreError, match="another program is writing to it"), hasty.begin():
            pytest.fail("two wrote at once")

        with hasty.read() as reading:
            assert secret_key(reading)
    hasty.close()


def test_commits_survive_a_power_cut(store: Store) -> None:
    """R2, C18: whatever is the default of server, database or user."""
    with driver(store) as admin:
        admin.execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off',"
            " current_database()); END $$"
        )
    store.close()

    with store.begin() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        assert connection.scalar(text("SHOW lock_timeout")) == "1min"
        assert connection.scalar(text("SHOW transaction_isolation")) == "read committed"
    with store.read() as connection:
        assert connection.scalar(text("SHOW transaction_isolation")) == "repeatable read"
        assert connection.scalar(text("SHOW transaction_read_only")) == "on"


def test_of_two_processes_that_make_the_store_at_once_both_get_the_same(url: str) -> None:
    found: list[bytes | Exception] = []

    def make() -> None:
        try:
            made = open_store(url)
            with made.read() as connection:
                found.append(secret_key(connection))
            made.close()
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            found.append(error)

    makers = [threading.Thread(target=make) for _ in range(3)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert found == [found[0]] * 3
    assert isinstance(found[0], bytes)


# --- turns -------------------------------------------------------------------------------------


def test_each_lease_is_a_turn_with_a_higher_number(store: Store, other: Store) -> None:
    tokens = []
    for each in (store, other, store):
        with each.lease(), each.read() as connection:
            tokens.append(turns.current_turn(connection))

    assert tokens == [1, 2, 3]


def test_who_lost_the_connection_loses_the_turn_and_may_write_no_more(
    store: Store, other: Store
) -> None:
    """C17: the server ended it, another run began, and the first wakes up late."""
    with store.lease():
        write(store)
        end_sessions(store)
        with other.lease():
            before = contents(other)

            with pytest.raises(StoreError, match="start the same command again"):
                write(store, "over the connection that was cut")
            with pytest.raises(BusyError, match="Another run has taken over"):
                write(store, "over a new one")

            assert contents(other) == before
        # Nor when the other has ended meanwhile.
        with pytest.raises(BusyError, match="Another run has taken over"):
            write(store, "later")


def test_a_holder_without_any_sign_of_life_is_taken_for_dead(store: Store, other: Store) -> None:
    """R6: its machine lost power, and the server goes on holding its connection."""
    with store.lease():
        with driver(store) as admin:
            admin.execute("UPDATE leases SET expires_at = expires_at - interval '1 hour'")

        with other.lease():
            write(other)
            with pytest.raises((BusyError, StoreError)):
                write(store, "late")


def test_a_holder_gives_signs_of_life_even_while_it_writes(store: Store) -> None:
    def until(connection: Connection) -> object:
        return connection.scalar(select(leases.c.expires_at))

    with turns.turn(engine_of(store), name="x", life_s=0.4), store.begin() as connection:
        first = until(connection)
        for _ in range(100):
            time.sleep(0.05)
            if until(connection) != first:
                break
        assert until(connection) != first


def engine_of(store: Store) -> Engine:
    with store.read() as connection:
        return connection.engine


def test_a_lease_that_was_just_taken_is_not_mistaken_for_an_old_one(
    store: Store, other: Store
) -> None:
    """Between the lock and its row, the row tells of the run before."""
    with store.lease():
        pass
    with driver(store) as admin:
        admin.execute("UPDATE leases SET expires_at = expires_at - interval '1 hour'")
        admin.execute("SELECT pg_advisory_lock(%s, 1)", [0x6F74646C])

        with pytest.raises(BusyError), other.lease():
            pytest.fail("two held the lease")


def test_the_lease_is_free_when_a_run_ends_with_an_error(store: Store, other: Store) -> None:
    with pytest.raises(ValueError, match="a fault"), store.lease():
        raise ValueError("a fault")

    with other.lease():
        pass


def locks_held(store: Store) -> int:
    with driver(store) as admin:
        found = admin.execute(
            "SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        return found.rowcount


def fail_while(held: AbstractContextManager[object], during: Callable[[], None]) -> None:
    with held:
        during()
        raise ValueError("a fault")


@pytest.mark.parametrize("hold", [Store.lease, Store.shift], ids=["run", "worker"])
def test_whoever_ends_with_an_error_lets_go_before_the_connection_is_closed(
    store: Store, hold: Callable[[Store], AbstractContextManager[object]]
) -> None:
    """The server notices that later, and until then nobody else were let in."""
    found = []

    @event.listens_for(engine_of(store), "invalidate")
    def _look(*_: object) -> None:
        found.append(locks_held(store))

    with pytest.raises(ValueError, match="a fault"):
        fail_while(hold(store), during=_look)

    assert found == [1, 0]


def test_each_index_of_where_deliveries_stand_holds_nothing_else(store: Store) -> None:
    with driver(store) as admin:
        rows = admin.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '% WHERE %'"
        ).fetchall()

    held = {name: said.partition(" USING btree ")[2] for name, said in rows}
    assert held["ix_deliveries_planned"] == (
        "(edition, status, id) WHERE ((status)::text = 'planned'::text)"
    )
    assert held["ix_deliveries_sending"] == "(attempt_id) WHERE ((status)::text = 'sending'::text)"
    assert held["ix_deliveries_ended"].startswith(
        "(edition, status, id) WHERE ((status)::text <> ALL"
    )


# --- side by side ------------------------------------------------------------------------------


def claim(connection: Connection, limit: int) -> claims.Claim | None:
    return claims.claim(connection, PLACE, provider="smtp", limit=limit, now=NOW)


def test_what_another_transaction_is_claiming_is_passed_over(store: Store) -> None:
    """Even by one that asks for no turn and waits for no writer."""
    people = [a_subscriber(f"reader{number}@example.org") for number in range(4)]
    with store.begin() as connection:
        a_planned_edition(connection, people)
    engine = engine_of(store)

    with engine.begin() as one, engine.begin() as two:
        first, second = claim(one, 2), claim(two, 9)

    assert first is not None
    assert second is not None
    taken = [[reader.address for reader in each.readers] for each in (first, second)]
    assert taken == [
        ["reader0@example.org", "reader1@example.org"],
        ["reader2@example.org", "reader3@example.org"],
    ]


CLAIMER = """
import sys
from datetime import UTC, datetime
from otalk_digest.store import claims, ledger
from otalk_digest.store.database import Store
from otalk_digest.model.delivery import Outcome, OutcomeKind

place = claims.Place(edition=1, segment="everyone", content_hash="everyone")
store = Store(sys.argv[1])
now = datetime(2026, 1, 1, tzinfo=UTC)
sys.stdin.readline()
while True:
    with store.begin() as connection:
        claim = claims.claim(connection, place, provider="smtp", limit=7, now=now)
    if claim is None:
        break
    said = [
        Outcome(delivery_id=reader.delivery_id, kind=OutcomeKind.ACCEPTED)
        for reader in claim.readers
    ]
    print("\\n".join(reader.address for reader in claim.readers), flush=True)
    with store.begin() as connection:
        many = len(claim.readers)
        ledger.record_outcomes(connection, claim.attempt_id, said, recipients=many, now=now)
store.close()
"""


def test_of_processes_that_claim_at_the_same_time_none_gets_what_another_has(store: Store) -> None:
    people = [a_subscriber(f"reader{number}@example.org") for number in range(300)]
    with store.begin() as connection:
        a_planned_edition(connection, people)

    claimers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIMER, str(store.place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(3)
    ]
    claimed = [claimer.communicate("go\n")[0].split() for claimer in claimers]

    assert all(claimer.returncode == 0 for claimer in claimers)
    everybody = [address for each in claimed for address in each]
    assert sorted(everybody) == sorted(person.address for person in people)
    with store.read() as connection:
        assert {status for _, status, _ in planned(connection).values()} == {"accepted"}


def test_outcomes_are_written_in_one_statement(store: Store) -> None:
    people = [a_subscriber(f"reader{number}@example.org") for number in range(3)]
    with store.begin() as connection:
        a_planned_edition(connection, people)
        claimed = claim(connection, 9)
        assert claimed is not None
        said = [
            Outcome(
                delivery_id=reader.delivery_id,
                kind=OutcomeKind.REJECTED,
                diagnostic=f"550 'no' {{such}}, \"user\" \\ {reader.delivery_id}",
            )
            for reader in claimed.readers
        ]
        with counting(connection) as statements:
            ledger.record_some(connection, said, open_attempts=(), now=NOW)

        assert len(statements) == 1
        assert planned(connection)["reader1@example.org"] == (
            "everyone",
            "rejected",
            said[1].diagnostic,
        )


@contextmanager
def counting(connection: Connection) -> Iterator[list[str]]:
    said: list[str] = []

    def note(*words: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event
        said.append(words[2])

    event.listen(connection, "before_cursor_execute", note)
    yield said
    event.remove(connection, "before_cursor_execute", note)
