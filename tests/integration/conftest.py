from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.archive_site import Site, a_site
from tests.maintainer import Folder


@pytest.fixture
def own_site(after_two_editions: Folder, tmp_path: Path) -> Iterator[Site]:
    """A site of a test's own, which may break it for good: tests run in any order."""
    with a_site(after_two_editions.copied(tmp_path / "own")) as site:
        yield site
