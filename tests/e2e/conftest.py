"""Where the job keeps its books: each claim that asks for it is held on both databases."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgresql_server import PostgresServer


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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """An empty database on a server; None for the file that is the default."""
    if request.param == "sqlite":
        yield None
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    with postgres.database() as name:
        yield postgres.url(name)
