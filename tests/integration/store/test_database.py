"""What holds for the store on whichever database; what is one database's own is next door."""

import itertools
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, insert, inspect, select
from sqlalchemy.engine import Engine
from tests.stores import contents

from otalk_digest.errors import BusyError, StoreError
from otalk_digest.store import database, told
from otalk_digest.store.database import HEAD, Place, Store, open_store, secret_key
from otalk_digest.store.schema import meta

MIGRATIONS = Path(database.__file__).parent / "migrations"

#: Holds the lease until it is killed, or told to end.
HOLDER = """
import sys
from pathlib import Path
from otalk_digest.store.database import open_store
place = sys.argv[1]
with open_store(place if "://" in place else Path(place)).lease():
    print("held", flush=True)
    sys.stdin.read()
"""


def engine_of(store: Store) -> Engine:
    with store.read() as connection:
        return connection.engine


def test_the_migrations_make_the_schema_that_the_code_uses(store: Store) -> None:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"render_as_batch": True})

        assert compare_metadata(context, told.events.metadata) == []


def _in_words(index: Mapping[str, Any]) -> str:
    options = index.get("dialect_options", {}).items()
    # The tables name PostgreSQL nowhere, which would import it in every run.
    conditions = {key: str(value) for key, value in options if key != "postgresql_where"}
    return repr({**index, "dialect_options": conditions})


def tables_of(engine: Engine) -> dict[str, object]:
    """Columns with type, default and identity, keys and indexes with their names."""
    with engine.connect() as connection:
        found = MetaData()
        found.reflect(connection)
        look = inspect(connection)
        return {
            name: (
                [{**column, "type": str(column["type"])} for column in look.get_columns(name)],
                look.get_pk_constraint(name),
                sorted(look.get_foreign_keys(name), key=repr),
                sorted(look.get_unique_constraints(name), key=repr),
                sorted(_in_words(index) for index in look.get_indexes(name)),
            )
            for name in found.tables
            if name != "alembic_version"
        }


def test_the_migrations_and_the_tables_of_the_code_make_the_same_database(
    store: Store, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Names and identities too, which Alembic does not compare."""
    if isinstance(store.place, Path):
        made = create_engine(f"sqlite:///{tmp_path}/made.sqlite3")
    else:
        url: str = request.getfixturevalue("url")
        made = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        told.events.metadata.create_all(made)

        assert tables_of(engine_of(store)) == tables_of(made)
    finally:
        made.dispose()


def test_the_newest_migration_is_the_one_that_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_store_keeps_its_key_and_its_content_when_it_is_opened_again(place: Place) -> None:
    first = open_store(place)
    with first.begin() as connection:
        key = secret_key(connection)
        connection.execute(insert(meta).values(key="a", value="1"))
    first.close()

    again = open_store(place)

    with again.read() as connection:
        assert secret_key(connection) == key
        assert connection.scalar(select(meta.c.value).where(meta.c.key == "a")) == "1"
    again.close()
    assert len(key) == 64


def test_a_missing_store_is_made_only_where_that_makes_sense(place: Place) -> None:
    for _ in range(2):
        with pytest.raises(StoreError) as refusal:
            open_store(place, must_exist=True)
        assert str(refusal.value) == (
            f"There is no database {place} yet. It is made by the first: otalk-digest run."
        )


def _write_and_fail(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(insert(meta).values(key="a", value=str(1 // len(()))))


def test_what_fails_inside_a_transaction_leaves_no_trace(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(store)

    with store.read() as connection:
        assert connection.scalar(select(meta.c.value).where(meta.c.key == "a")) is None


def test_a_rehearsal_keeps_nothing(store: Store) -> None:
    before = contents(store)

    with store.rehearse() as connection:
        connection.execute(insert(meta).values(key="a", value="1"))
        assert connection.scalar(select(meta.c.value).where(meta.c.key == "a")) == "1"

    assert contents(store) == before


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(store: Store) -> None:
    query = select(meta.c.value).where(meta.c.key == "a")
    with store.read() as reading:
        assert reading.scalar(query) is None
        with store.begin() as writing:
            writing.execute(insert(meta).values(key="a", value="1"))

        assert reading.scalar(query) is None

    with store.read() as reading:
        assert reading.scalar(query) == "1"


def test_who_watches_notices_what_is_kept_and_nothing_else(store: Store) -> None:
    watch = store.watch()
    seen = [watch.version()]
    with store.rehearse() as connection:
        connection.execute(insert(meta).values(key="a", value="1"))
    seen.append(watch.version())
    with store.begin() as connection:
        connection.execute(insert(meta).values(key="a", value="1"))
    seen.append(watch.version())
    seen.append(watch.version())
    watch.close()

    assert [later != sooner for sooner, later in itertools.pairwise(seen)] == [
        False,
        True,
        False,
    ]


def test_a_second_process_is_told_that_another_is_at_work(store: Store) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(store.place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"

        with pytest.raises(BusyError, match="Another run is at work on"), store.lease():
            pytest.fail("two held the lease")

        # R6, C17: a dead holder blocks nobody.
        holder.kill()
        holder.wait()
        with store.lease():
            pass


def test_the_lease_can_be_taken_again_and_again(store: Store) -> None:
    for _ in range(3):
        with store.lease():
            pass


def test_what_would_block_inside_the_lease_is_no_other_run(store: Store) -> None:
    with pytest.raises(BlockingIOError), store.lease():
        raise BlockingIOError


def test_a_store_without_its_key_is_damaged(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(meta.delete())

    with store.read() as connection, pytest.raises(StoreError, match="holds no secret key"):
        secret_key(connection)
