"""A store on disk: a new one for each test, or one to scribble in."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from otalk_digest.store.database import Store, open_store


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
def store(path: Path, migrated: Path) -> Iterator[Store]:
    shutil.copyfile(migrated, path)
    opened = open_store(path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for many examples: each works in `rehearse`, which keeps nothing."""
    opened = open_store(tmp_path_factory.mktemp("scratch") / "digest.sqlite3")
    yield opened
    opened.close()
