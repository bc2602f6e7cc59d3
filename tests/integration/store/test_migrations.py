"""A database of an earlier version, with readers and editions in it, is brought up to date."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Row, select, text
from sqlalchemy import table as named
from sqlalchemy.exc import IntegrityError
from tests.builders import DAY, GUID, TUESDAY, some_news
from tests.crash.killing import KILLED, Moment, run_killed
from tests.stores import dump
from tests.weekly_job import Job

from otalk_digest.model.chat import Phase
from otalk_digest.model.news import NewsKind
from otalk_digest.store import database
from otalk_digest.store.counts import count_lines
from otalk_digest.store.counts import lines as lines_kept
from otalk_digest.store.database import HEAD, Place, Store, open_store, secret_key
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


#: Two readers, neither the first, and all that refers to them.
_READERS = """
INSERT INTO subscribers
  (id, identity, identity_hash, address, consent, joined_at, source, cadence) VALUES
  (7, 'ann@example.org', 'a', 'Ann@example.org', 'confirmed', '2026-11-01', 'form', 'weekly'),
  (9, 'ben@example.org', 'b', 'ben@example.org', 'pending', '2026-11-02', 'form', 'each');
INSERT INTO subscriber_facets VALUES (7, 'tag', 'student'), (9, 'tag', 'phd');
INSERT INTO editions (number, frozen_at, content_hash, candidates)
  VALUES (1, '2026-11-04', 'hash', 2);
INSERT INTO deliveries (id, edition, subscriber_id, segment, status, updated_at) VALUES
  (1, 1, 7, 'everyone', 'accepted', '2026-11-04'), (2, 1, 9, NULL, 'skipped', '2026-11-04');
INSERT INTO signups (id, subscriber_id, wishes, wording, source, asked_at, expires_at) VALUES
  (1, 7, '{}', 'Yes', 'form', '2026-11-01', '2026-11-08'),
  (2, 9, '{}', 'Yes', 'form', '2026-11-02', '2026-11-09');
INSERT INTO signup_tokens VALUES ('t', 1), ('u', 2)
"""
_OF_READERS = ("subscribers", "subscriber_facets", "deliveries", "signups", "signup_tokens")

#: As `init` writes it.
_URL = '# url = "sqlite:///otalk-digest.sqlite3"'


def _migrate(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _made_by_version(path: Path, revision: str) -> None:
    store = Store(path)
    with store.begin() as connection:
        _migrate(connection, revision)
    store.close()
    with closing(sqlite3.connect(path)) as filled:
        filled.executescript(_FILLED)


def _with_readers(place: Place, revision: str) -> Store:
    """Open a store of that version, as it is."""
    store = Store(place)
    with store.begin() as connection:
        _migrate(connection, revision)
        for statement in _READERS.split(";"):
            connection.execute(text(statement))
    return store


def _rows(connection: Connection) -> dict[str, list[list[str]]]:
    """All of readers, and what refers to them."""
    return {
        table: sorted([str(cell) for cell in row] for row in _everything(connection, table))
        for table in _OF_READERS
    }


def _everything(connection: Connection, table: str) -> Sequence[Row[Any]]:
    return connection.execute(select(text("*")).select_from(named(table))).all()


VERSIONS = [
    *("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008"),
    *("0010", "0012", "0014", "0015", "0016", "0017"),
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


def test_readers_whose_table_is_made_anew_keep_their_numbers_and_what_refers_to_them(
    place: Place,
) -> None:
    older = _with_readers(place, "0016")
    with older.read() as connection:
        before = _rows(connection)
    older.close()

    store = open_store(place)

    with store.read() as connection:
        assert _rows(connection) == before
    store.close()


def test_what_refers_to_readers_still_goes_with_them_afterwards(place: Place) -> None:
    """To make their table anew, SQLite is told to let go of foreign keys for a while."""
    _with_readers(place, "0016").close()
    store = open_store(place)
    if isinstance(place, Path):
        with store.read() as connection:
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []

    with store.begin() as connection:
        connection.execute(text("DELETE FROM subscribers WHERE id = 7"))

    with store.read() as connection:
        rows = _rows(connection)
        readers = connection.scalars(text("SELECT subscriber_id FROM deliveries ORDER BY id")).all()
    store.close()
    assert {table: len(rows[table]) for table in _OF_READERS} == {
        "subscribers": 1,
        "subscriber_facets": 1,
        "deliveries": 2,
        "signups": 1,
        "signup_tokens": 1,
    }
    assert readers == [None, 9]


def test_one_reader_is_told_from_another_by_the_hash_alone(place: Place) -> None:
    _with_readers(place, "0016").close()
    store = open_store(place)
    one_more = text(
        "INSERT INTO subscribers (identity, identity_hash, address, consent, joined_at, source)"
        " VALUES ('ann@example.org', :hash, 'ann@example.org', 'pending', '2026-11-05', 'form')"
    )

    with store.rehearse() as connection:
        connection.execute(one_more, {"hash": "c"})

        with pytest.raises(IntegrityError):
            connection.execute(one_more, {"hash": "a"})
    store.close()


def _cut_off(store: Store) -> None:
    with store.reshape() as connection:
        _migrate(connection, "head")
        raise EOFError


def test_a_migration_that_is_cut_off_leaves_the_store_as_it_was(place: Place) -> None:
    store = _with_readers(place, "0016")
    with store.read() as connection:
        before = _rows(connection)

    with pytest.raises(EOFError):
        _cut_off(store)

    with store.read() as connection:
        assert _rows(connection) == before
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0016"
    with store.begin() as connection:
        connection.execute(text("DELETE FROM subscribers WHERE id = 7"))
        assert len(_everything(connection, "subscriber_facets")) == 1
    store.close()


@pytest.mark.parametrize(("when", "left"), [("before", "0016"), ("after", HEAD)])
def test_an_upgrade_that_is_killed_is_done_whole_or_not_at_all(
    place: Place, tmp_path: Path, when: str, left: str
) -> None:
    older = _with_readers(place, "0016")
    with older.read() as connection:
        before = _rows(connection)
    job = Job(folder=tmp_path / "job")
    job.folder.mkdir()
    assert job.does("init", ".").status == 0
    url = place if isinstance(place, str) else f"sqlite:///{place}"
    settings = job.folder / "otalk-digest.toml"
    text_of_init = settings.read_text(encoding="utf-8")
    assert _URL in text_of_init
    settings.write_text(text_of_init.replace(_URL, f'url = "{url}"'), encoding="utf-8")

    # After the transaction that asks which version it is.
    upgrade = Moment(when=when, name="commit App.store", number=2)
    status, steps = run_killed(job, upgrade, command="editions")

    assert (status, steps) == (KILLED, ["commit App.store"] * 2)
    for revision in (left, HEAD):
        with older.read() as connection:
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == revision
            assert _rows(connection) == before
        assert job.does("editions").status == 0
    older.close()
