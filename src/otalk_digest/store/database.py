"""Open the store, keep its schema current, and give out transactions."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, event, exc, insert, inspect, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from otalk_digest.errors import BusyError, OtalkDigestError, StoreError
from otalk_digest.store.schema import meta

#: The newest migration, so that Alembic is imported only when there is something to migrate.
HEAD = "0006"

#: How long we wait for another writer.
_PATIENCE_S = 10.0
_MIGRATIONS = Path(__file__).parent / "migrations"

# What SQLite says → what a maintainer can do.
_REMEDIES = (
    ("locked", "another program is writing to it; end that program or wait, then try again"),
    ("readonly", "it cannot be written; mend the permissions of the file and its folder"),
    ("unable to open", "the folder is missing or cannot be written; make it, or mend its rights"),
    ("full", "the disk is full; make room, then start the same command again"),
    ("disk i/o", "the disk failed; look after it before starting the same command again"),
    ("not a database", "it is damaged or not ours; put a back-up in its place"),
    ("malformed", "it is damaged; put a back-up in its place"),
    ("no such table", "it is damaged or not ours; put a back-up in its place"),
)


class Store:
    """One database. Give out transactions with `begin` and `read`."""

    def __init__(self, path: Path, *, patience_s: float = _PATIENCE_S) -> None:
        self.path = path
        self._engine = _create_engine(path, patience_s=patience_s)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Write in one transaction: all of it or nothing. Raises StoreError."""
        with _translated(self.path), self._engine.connect() as connection:
            writing = connection.execution_options(is_writing=True)
            with writing.begin():
                yield writing

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """See one consistent state. Raises StoreError."""
        with _translated(self.path), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def rehearse(self) -> Iterator[Connection]:
        """Write in a transaction that is always rolled back, for a dry run."""
        with _translated(self.path), self._engine.connect() as connection:
            writing = connection.execution_options(is_writing=True)
            with writing.begin() as transaction:
                yield writing
                transaction.rollback()

    @contextlib.contextmanager
    def lease(self) -> Iterator[None]:
        """Be the only run at work on this store. Raises BusyError.

        The lock dies with its process, so a killed run never blocks the next (C17).
        """
        lock = self.path.with_name(self.path.name + ".lock")
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(
                f"The lock {lock} cannot be made: {error.strerror}. Mend the folder's rights."
            ) from error
        try:
            _lock(descriptor, self.path)
            yield
        finally:
            os.close(descriptor)

    def check(self) -> None:
        """Look for damage before a send. Raises StoreError."""
        with self.read() as connection:
            found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
        if found != "ok":
            raise StoreError(f"{self.path} is damaged ({found}). Put a back-up in its place.")

    def watch(self) -> "Watch":
        """Return what notices that anything was written, by whichever program."""
        return Watch(self._engine)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


class Watch:
    """Notices writing; holds one connection until it is closed."""

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()

    def version(self) -> int:
        """Return a number that differs after anybody else's commit."""
        with self._connection.begin():
            found = self._connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        return int(found)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


def open_store(path: Path, *, must_exist: bool = False) -> Store:
    """Open the database, making or migrating it where needed. Raises StoreError."""
    is_new = not path.exists()
    if is_new and must_exist:
        raise StoreError(
            f"There is no database {path} yet. It is made by the first: otalk-digest run."
        )
    store = Store(path)
    try:
        revision = _revision_of(store)
        if revision != HEAD:
            _migrate(store, revision)
    except BaseException:
        store.close()
        raise
    return store


def secret_key(connection: Connection) -> bytes:
    """Return the key of this store: signs links and hashes suppressed addresses."""
    value = connection.scalar(select(meta.c.value).where(meta.c.key == "secret_key"))
    if value is None:
        raise StoreError(
            "The store holds no secret key: it is damaged. Put a back-up in its place."
        )
    return bytes.fromhex(value)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(
            f"Another run is at work on {path}. Nothing was done; the next run will."
        ) from None
    except OSError as error:
        raise StoreError(
            f"The lock of {path} cannot be taken: {error.strerror}. Keep it on a local disk."
        ) from error


def _create_engine(path: Path, *, patience_s: float) -> Engine:
    # A path may hold what means something in a URL, such as "?".
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args={"timeout": patience_s})

    @event.listens_for(engine, "connect")
    def _on_connect(dbapi: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # We begin transactions ourselves: sqlite3's implicit ones start too late.
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # R2: with NORMAL the last commits may be lost at a power cut, and mail sent twice.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -16000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get("is_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    return engine


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn the database's errors into ours, with what to do next."""
    try:
        yield
    except OtalkDigestError:
        raise
    except exc.DatabaseError as error:
        cause = str(error.orig)
        remedy = next((cure for sign, cure in _REMEDIES if sign in cause.lower()), None)
        if remedy is None:
            raise
        raise StoreError(f"{path} cannot be used ({cause}): {remedy}.") from error


def _revision_of(store: Store) -> str | None:
    """Return the schema's revision; None for an empty database."""
    with store.read() as connection:
        tables = inspect(connection).get_table_names()
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise StoreError(
                f"{store.path} is a database of another program. Name another in store.url."
            )
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def _migrate(store: Store, revision: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - needed once per version, slow to import
    from alembic.config import Config  # noqa: PLC0415 - the same
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"{store.path} was written by a newer otalk-digest (schema {revision}, this one "
            f"knows {HEAD}). Upgrade the program: pip install --upgrade otalk-digest."
        )
    with store.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        # Another process may have made it while we waited for its lock.
        has_key = connection.scalar(select(meta.c.key).where(meta.c.key == "secret_key"))
        if revision is None and has_key is None:
            connection.execute(insert(meta).values(key="secret_key", value=secrets.token_hex(32)))
