"""Where the job keeps its books: each claim that asks for it is held on both databases."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgresql_server import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """An empty database on a server; None for the file that is the default."""
    if request.param == "sqlite":
        yield None
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    with postgres.database() as name:
        yield postgres.url(name)
