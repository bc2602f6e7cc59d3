"""What is made once for all kills of a module."""

from collections.abc import Iterator

import pytest
from tests.crash.forked import Nursery, running_nursery
from tests.feeds import rss2
from tests.http_server import answer, running_site
from tests.weekly_job import ANNOUNCED


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with running_nursery() as nursery:
        yield nursery


@pytest.fixture(scope="module")
def feed() -> Iterator[str]:
    with running_site() as site:
        yield site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))
