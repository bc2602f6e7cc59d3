"""A database of an earlier version, with readers and editions in it, is brought up to date."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from tests.builders import DAY, GUID, TUESDAY, some_news
from tests.stores import dump

from otalk_digest.model.chat import Phase
from otalk_digest.model.news import NewsKind
from otalk_digest.store import database
from otalk_digest.store.counts import count_lines
from otalk_digest.store.counts import lines as lines_kept
from otalk_digest.store.database import Store, open_store, secret_key
from otalk_digest.store.decisions import newest_decisions
from otalk_digest.store.editions import list_editions
from otalk_digest.store.edits import current_edits
from otalk_digest.store.records import to_json
from otalk_digest.store.tellings import tellings_of

_FILLED = """
INSERT INTO meta VALUES ('secret_key', '00ff');
INSERT INTO editions (number, frozen_at, content_hash, candidates)
  VALUES (1, '2026-11-04 09:00:00.000000', 'hash', 2);
INSERT INTO variants VALUES (1, 'everyone', 'Kettles', '{}', 'hash');
INSERT INTO subscribers (id, identity, identity_hash, address, consent, joined_at, source)
  VALUES (1, 'ann@example.org', 'h', 'ann@example.org', 'confirmed',
  '2026-11-01 09:00:00.000000', 'form');
INSERT INTO deliveries VALUES
  (1, 1, 1, 'everyone', 'planned', NULL, NULL, NULL, '2026-11-04 09:00:00.000000');
"""


def _made_by_version(path: Path, revision: str) -> None:
    store = Store(path)
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with store.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    store.close()
    with closing(sqlite3.connect(path)) as filled:
        filled.executescript(_FILLED)


VERSIONS = [
    *("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"),
    *("0010", "0012", "0014", "0015", "0016"),
]


@pytest.mark.parametrize("revision", VERSIONS)
def test_an_older_database_keeps_all_that_is_in_it(path: Path, revision: str) -> None:
    _made_by_version(path, revision)
    before = [row for row in dump(path) if row.startswith("INSERT") and "alembic" not in row]

    store = open_store(path)

    with store.read() as connection:
        assert secret_key(connection) == b"\x00\xff"
        assert [record.subjects for record in list_editions(connection)] == [
            {"everyone": "Kettles"}
        ]
        assert newest_decisions(connection) == {}
        assert current_edits(connection, 2).note is None
    store.close()
    after = dump(path)
    # Columns that came later stand at the end of a row.
    for row in before:
        assert any(kept.startswith(row.removesuffix(");")) for kept in after), row


def test_what_was_told_of_a_chat_before_is_known_as_it_was_told(path: Path) -> None:
    """A change that became known later is not what its readers hold."""
    _made_by_version(path, "0008")
    announced, changed, later = (
        some_news(number, kind, starts_at=TUESDAY + days * DAY).news
        for number, kind, days in (
            (1, NewsKind.ANNOUNCEMENT, 0),
            (2, NewsKind.CHANGE, 1),
            (3, NewsKind.CHANGE, 2),
        )
    )
    with closing(sqlite3.connect(path)) as filled, filled:
        for number, news, known in (
            (1, announced, "2026-11-03 09:00:00.000000"),
            (2, changed, "2026-11-04 08:00:00.000000"),
            (3, later, "2026-11-05 09:00:00.000000"),
        ):
            row = (number, GUID, str(news.kind), known, to_json(news))
            filled.execute("INSERT INTO news VALUES (?, ?, ?, ?, ?)", row)
        filled.execute("INSERT INTO carried VALUES (1, 'everyone', 1, NULL)")
        filled.execute("INSERT INTO carried VALUES (2, 'everyone', NULL, 'told together')")

    store = open_store(path)

    with store.read() as connection:
        (told,) = tellings_of(connection, 1)
    store.close()
    assert (told.place, told.guid, told.phase) == ((1, "everyone"), GUID, Phase.ANNOUNCED)
    assert told.reading.starts_at == TUESDAY + DAY


@pytest.mark.parametrize(("closed", "counted"), [("2026-11-05 09:00:00.000000", 1), (None, 0)])
def test_editions_that_were_done_with_are_counted(
    path: Path, closed: str | None, counted: int
) -> None:
    _made_by_version(path, "0008")
    with closing(sqlite3.connect(path)) as filled, filled:
        filled.execute("UPDATE editions SET completed_at = ?", (closed,))

    store = open_store(path)

    with store.read() as connection:
        lines = lines_kept(connection, 1)
        assert sum(lines.values()) == counted
        assert not lines or lines == count_lines(connection, 1)
    store.close()
