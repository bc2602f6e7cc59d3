"""A store of each kind: a new one for each test, or one to scribble in.

What asks for `store` is held on SQLite and on PostgreSQL; for `sqlite` or `postgresql`, there.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from tests.postgresql_server import PostgresServer

from otalk_digest.store.database import Place, Store, open_store

KINDS = ["sqlite", "postgresql"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "digest.sqlite3"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store: migrating a copy of nothing each time would be the most of each test."""
    path = tmp_path_factory.mktemp("migrated") / "digest.sqlite3"
    open_store(path).close()
    return path


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    """An empty database."""
    with postgres.database() as name:
        yield postgres.url(name)


@pytest.fixture
def sqlite(path: Path, migrated: Path) -> Iterator[Store]:
    shutil.copyfile(migrated, path)
    opened = open_store(path)
    yield opened
    opened.close()


@pytest.fixture
def postgresql(postgres: PostgresServer, migrated_database: str) -> Iterator[Store]:
    with postgres.database(template=migrated_database) as name:
        opened = open_store(postgres.url(name))
        yield opened
        opened.close()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest) -> Store:
    opened: Store = request.getfixturevalue(request.param)
    return opened


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest) -> Place:
    """Where a store may be made."""
    name = {"sqlite": "path", "postgresql": "url"}[request.param]
    free: Place = request.getfixturevalue(name)
    return free


#: PostgreSQL counts on after a transaction that was rolled back, unless that began anew.
COUNT_FROM_ONE = """
DO $$ DECLARE counter regclass; BEGIN
  FOR counter IN SELECT oid FROM pg_class WHERE relkind = 'S' LOOP
    EXECUTE 'ALTER SEQUENCE ' || counter || ' RESTART';
  END LOOP;
END $$
"""


class Scratch(Store):
    """Each rehearsal numbers its rows from one."""

    @contextmanager
    def rehearse(self) -> Iterator[Connection]:
        with super().rehearse() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(COUNT_FROM_ONE))
            yield connection


@pytest.fixture(scope="module", params=KINDS)
def scratch(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """One store for many examples: each works in `rehearse`, which keeps nothing."""
    if request.param == "sqlite":
        yield from _scratch(tmp_path_factory.mktemp("scratch") / "digest.sqlite3")
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    with postgres.database() as name:
        yield from _scratch(postgres.url(name))


def _scratch(place: Place) -> Iterator[Store]:
    open_store(place).close()
    opened = Scratch(place)
    yield opened
    opened.close()
