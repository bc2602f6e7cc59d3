"""A whole store moves into another database, and is the same there."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, inspect, select, text
from tests.builders import NOW, a_subscriber
from tests.stores import a_planned_edition, add_people, contents, suppress

from otalk_digest.errors import BusyError, InputError, StoreError
from otalk_digest.model.audience import Consent
from otalk_digest.store import claims
from otalk_digest.store.copying import copy_store
from otalk_digest.store.database import Store, open_store, secret_key
from otalk_digest.store.schema import consents, meta, subscribers

PEOPLE = [
    a_subscriber(
        f"reader{number}@example.org",
        name="Zoë \t\\N \n \\. 'x' \"y\" 🧶" if number else None,
        tags=frozenset({"a", "ü"}),
        joined_at=NOW + timedelta(microseconds=number),
    )
    for number in range(20)
]


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "postgresql":
        url: str = request.getfixturevalue("url")
        opened = open_store(url)
    else:
        opened = open_store(tmp_path / "target.sqlite3")
    yield opened
    opened.close()


def fill(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        suppress(connection, PEOPLE[5])
        place = claims.Place(edition=1, segment="everyone", content_hash="everyone")
        claims.claim(connection, place, provider="smtp", limit=3, now=NOW)
        # More than are read or written at once.
        row = {"consent": Consent.PENDING, "at": NOW, "source": "a form"}
        connection.execute(
            insert(consents), [{**row, "identity_hash": f"h{each}"} for each in range(2_001)]
        )


def test_everything_arrives_as_it_was(store: Store, target: Store) -> None:
    fill(store)
    before = contents(store)

    copied = copy_store(store, target)

    assert contents(target) == before == contents(store)
    assert {each.table: each.rows for each in copied} == {
        name: len(rows) for name, rows in before.items()
    }
    with store.read() as old, target.read() as new:
        assert secret_key(new) == secret_key(old)


def test_what_comes_after_gets_numbers_of_its_own(store: Store, target: Store) -> None:
    fill(store)
    copy_store(store, target)

    with target.begin() as connection:
        add_people(connection, a_subscriber("new@example.org"))
        ids = connection.scalars(select(subscribers.c.id).order_by(subscribers.c.id)).all()

    assert ids == list(range(1, len(PEOPLE) + 2))


def test_there_and_back_again_is_the_same(sqlite: Store, url: str, tmp_path: Path) -> None:
    fill(sqlite)
    there, back = open_store(url), open_store(tmp_path / "back.sqlite3")

    sums = [copy_store(sqlite, there), copy_store(there, back)]

    assert sums[0] == sums[1]
    assert contents(back) == contents(sqlite)
    there.close()
    back.close()


def use(store: Store) -> None:
    with store.begin() as connection:
        add_people(connection, a_subscriber("ann@example.org"))


def remember(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(insert(meta).values(key="other", value="x"))


@pytest.mark.parametrize("begin", [use, remember])
def test_a_target_that_holds_anything_is_refused_and_left_alone(
    sqlite: Store, target: Store, begin: Callable[[Store], None]
) -> None:
    fill(sqlite)
    begin(target)
    before = contents(target)

    with pytest.raises(InputError, match=r"is in use \(.*Name a database that is new"):
        copy_store(sqlite, target)

    assert contents(target) == before


def test_what_arrives_otherwise_than_it_was_sent_is_not_kept(sqlite: Store, url: str) -> None:
    fill(sqlite)
    target = open_store(url)
    with target.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN NEW.source := NEW.source || ' '; RETURN NEW; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE TRIGGER spoil BEFORE INSERT ON consents"
                " FOR EACH ROW EXECUTE FUNCTION spoil()"
            )
        )
    before = contents(target)

    with pytest.raises(StoreError, match=r"consents: \d+ rows were sent and \d+ arrived, or not"):
        copy_store(sqlite, target)

    assert contents(target) == before
    target.close()


def test_what_fails_on_the_way_leaves_the_target_empty(sqlite: Store, url: str) -> None:
    """What PostgreSQL cannot hold, such as a NUL: SQLite takes it."""
    fill(sqlite)
    with sqlite.begin() as connection:
        row = {"identity_hash": "h", "consent": Consent.CONFIRMED, "at": NOW, "source": "a\0b"}
        connection.execute(insert(consents), [row])
    target = open_store(url)
    before = contents(target)

    with pytest.raises(StoreError, match="cannot be kept"):
        copy_store(sqlite, target)

    assert contents(target) == before
    target.close()


@pytest.mark.parametrize("busy", ["source", "target"])
def test_nothing_is_copied_while_a_run_is_at_work(sqlite: Store, url: str, busy: str) -> None:
    target = open_store(url)
    at_work = Store(sqlite.place if busy == "source" else target.place)

    with at_work.lease(), pytest.raises(BusyError):
        copy_store(sqlite, target)

    at_work.close()
    target.close()


def test_no_table_is_forgotten(sqlite: Store, url: str) -> None:
    target = open_store(url)

    copied = {each.table for each in copy_store(sqlite, target)}

    with target.read() as connection:
        there = set(inspect(connection).get_table_names())
    assert copied == there - {"leases", "alembic_version"}
    target.close()
