"""What is SQLite's own: a file, its lock, its pragmas, and what can befall it."""

import os
import shutil
import sqlite3
import threading
import time
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
from sqlalchemy import insert
from tests.stores import dump

from otalk_digest.errors import StoreError
from otalk_digest.store import looked_at
from otalk_digest.store.database import Store, open_store, secret_key
from otalk_digest.store.schema import meta


@pytest.fixture
def store(sqlite: Store) -> Store:
    return sqlite


@pytest.mark.parametrize("folder", ["what? 100%", "a#b", "Wörter", "o'day"])
def test_a_folder_may_be_called_anything(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "digest.sqlite3"
    path.parent.mkdir()

    open_store(path).close()

    assert path.exists()


def _write(store: Store, value: str, *pragmas: str) -> None:
    with store.begin() as connection:
        for pragma in pragmas:
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        connection.execute(insert(meta).values(key="a", value=value))


def test_commits_survive_a_power_cut(store: Store) -> None:
    """R2, C18: WAL with NORMAL may lose the last commits, and would then send twice."""
    with store.read() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert pragmas == ["wal", 2, 1]


def test_tidied_up_the_file_holds_what_was_committed_and_can_be_written_again(
    store: Store,
) -> None:
    _write(store, "1")
    path = Path(str(store.place))
    before = path.read_bytes()

    store.tidy()

    assert path.read_bytes() != before
    with store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM meta WHERE key = 'a'")
    with store.read() as connection:
        assert secret_key(connection)


def refusal_of(path: Path, *, must_exist: bool = False) -> str:
    with pytest.raises(StoreError) as refusal:
        open_store(path, must_exist=must_exist)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_asking_for_a_store_that_is_not_there_makes_no_file(path: Path) -> None:
    assert "There is no database" in refusal_of(path, must_exist=True)
    assert not path.exists()


def test_the_file_is_for_this_account_alone_unless_a_maintainer_shares_it(path: Path) -> None:
    """It holds readers' addresses, and the key that signs their links."""
    open_store(path).close()
    assert path.stat().st_mode & 0o777 == 0o600

    path.chmod(0o660)
    open_store(path).close()
    assert path.stat().st_mode & 0o777 == 0o660


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"not a database at all\n" * 100)

    assert "it is damaged or not ours; put a back-up in its place" in refusal_of(path)
    assert path.read_bytes() == b"not a database at all\n" * 100


def test_a_database_cut_short_is_damaged(store: Store, path: Path) -> None:
    store.close()
    path.write_bytes(path.read_bytes()[:20_000])

    try:
        damaged = open_store(path)
    except StoreError as error:
        message = str(error)
    else:
        with pytest.raises(StoreError) as refusal:
            damaged.check()
        damaged.close()
        message = str(refusal.value)
    assert "damaged" in message
    assert "back-up in its place" in message


def test_pages_overwritten_in_the_middle_are_found_before_a_send(store: Store, path: Path) -> None:
    store.close()
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)

    damaged = open_store(path)
    with pytest.raises(StoreError, match="is damaged"):
        damaged.check()
    damaged.close()


@pytest.mark.skipif(
    not Path("/proc/sys/kernel/random/boot_id").exists(), reason="the machine does not say"
)
@pytest.mark.parametrize(
    ("since", "is_found"),
    [
        ("nothing", False),
        ("a day has passed", True),
        ("the clock was set back", True),
        ("the machine was started", True),
        ("another file is in its place", True),
        ("the note was spoilt", True),
    ],
)
def test_a_run_looks_at_every_page_unless_one_has_just_done_so(
    store: Store, path: Path, since: str, *, is_found: bool
) -> None:
    with store.lease():
        store.check_daily()
    store.close()
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)
    note = path.with_name(f"{path.name}.lock")
    boot, device, inode, at = note.read_text().split()
    match since:
        case "a day has passed":
            at = str(float(at) - 90_000)
        case "the clock was set back":
            at = str(float(at) + 90_000)
        case "the machine was started":
            boot = boot[::-1]
        case "another file is in its place":
            shutil.copy(path, path.with_suffix(".copy"))
            path.with_suffix(".copy").replace(path)
    note.write_text("" if since == "the note was spoilt" else f"{boot} {device} {inode} {at}")

    damaged = open_store(path)
    with damaged.lease(), pytest.raises(StoreError) if is_found else nullcontext():
        damaged.check_daily()
    damaged.close()


def test_the_database_of_another_program_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (id INTEGER)")
        other.commit()
    before = dump(path)

    message = refusal_of(path)

    assert "is a database of another program. Name another in store.url." in message
    assert dump(path) == before


def test_a_store_of_a_newer_version_is_left_alone(store: Store, path: Path) -> None:
    store.close()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    before = dump(path)

    message = refusal_of(path)

    assert "was written by a newer otalk-digest (schema 9999, this one knows " in message
    assert "Upgrade the program" in message
    assert dump(path) == before


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be used (unable to open database file)" in refusal_of(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    message = refusal_of(tmp_path / "none" / "digest.sqlite3")

    assert "its folder is missing, or may not be used, or the file; mend that" in message


def test_a_lock_that_cannot_be_made_is_refused(store: Store, path: Path) -> None:
    path.with_name(f"{path.name}.lock").mkdir()

    with pytest.raises(StoreError, match="cannot be made: Is a directory"), store.lease():
        pytest.fail("the lease was given")


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
@pytest.mark.parametrize("is_folder", [True, False])
def test_a_store_that_may_not_be_written_is_refused(
    store: Store, path: Path, *, is_folder: bool
) -> None:
    store.close()
    target = path.parent if is_folder else path
    target.chmod(0o500 if is_folder else 0o400)
    try:
        with pytest.raises(StoreError, match="mend"):
            _write(store, "1")
        with pytest.raises(StoreError, match="mend the permissions of the file and its folder"):
            store.check_writable()
    finally:
        target.chmod(0o700)


def test_what_sqlite_calls_read_only_is_refused(store: Store) -> None:
    """As root too: SQLite itself refuses, with the words of a read-only file."""
    with pytest.raises(StoreError, match="mend the permissions of the file and its folder"):
        _write(store, "1", "query_only = ON")


def test_a_full_disk_is_reported_and_nothing_is_kept(store: Store, path: Path) -> None:
    before = dump(path)

    with pytest.raises(StoreError, match="the disk is full; make room"):
        _write(store, "x" * 1_000_000, "max_page_count = 1")

    assert dump(path) == before


@pytest.mark.usefixtures("store")
def test_another_writer_is_waited_for_and_then_named(path: Path) -> None:
    hasty = Store(path, patience_s=0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match="another program is writing to it"), hasty.begin():
            pytest.fail("two wrote at once")

        with hasty.read() as connection:
            assert secret_key(connection)
    hasty.close()


def open_and_read_key(path: Path) -> bytes:
    store = open_store(path)
    with store.read() as connection:
        key = secret_key(connection)
    store.close()
    return key


def test_a_store_that_another_process_makes_at_the_same_moment_is_used(path: Path) -> None:
    """The loser of the race finds the winner's tables, and must not make a second key."""
    model = path.with_name("model.sqlite3")
    key = open_and_read_key(model)
    script = "\n".join(dump(model)).replace("BEGIN TRANSACTION;", "").replace("COMMIT;", "")
    found: list[bytes | Exception] = []

    def lose() -> None:
        try:
            found.append(open_and_read_key(path))
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            found.append(error)

    with closing(sqlite3.connect(path, isolation_level=None)) as winner:
        winner.execute("PRAGMA journal_mode = WAL")
        winner.execute("BEGIN IMMEDIATE")
        loser = threading.Thread(target=lose)
        loser.start()
        time.sleep(0.8)  # It has seen an empty database by now, and waits for our lock.
        for statement in script.split(";\n"):
            winner.execute(statement)
        winner.execute("COMMIT")
        loser.join()

    assert found == [key]


def test_a_look_that_cannot_be_noted_is_repeated_and_stops_no_run(tmp_path: Path) -> None:
    database, note = tmp_path / "digest.sqlite3", tmp_path / "full"
    database.touch()
    # As on a full disk: it cannot be written.
    note.mkdir()

    looked_at.write(note, database)

    assert not looked_at.is_fresh(note, database)
