"""The store in a file: SQLite, with a lock beside it that dies with its process."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from otalk_digest.errors import BusyError, SettingsError, StoreError
from otalk_digest.store import looked_at

#: How long we wait for another writer.
_PATIENCE_S = 10.0

_READ_ONLY = "it cannot be written; mend the permissions of the file and its folder"
# What SQLite says → what a maintainer can do.
_REMEDIES = (
    ("locked", "another program is writing to it; end that program or wait, then try again"),
    ("readonly", _READ_ONLY),
    ("unable to open", "its folder is missing, or may not be used, or the file; mend that"),
    ("full", "the disk is full; make room, then start the same command again"),
    ("disk i/o", "the disk failed; look after it before starting the same command again"),
    ("not a database", "it is damaged or not ours; put a back-up in its place"),
    ("malformed", "it is damaged; put a back-up in its place"),
    ("no such table", "it is damaged or not ours; put a back-up in its place"),
)


class SqliteFile:
    """See `store.base.Base`."""

    #: A deferred transaction sees one state from its first look to its end.
    reading: Mapping[str, object] = {}
    writing: Mapping[str, object] = {"is_writing": True}

    def __init__(self, path: Path, *, patience_s: float | None = None) -> None:
        self.name = str(path)
        self._path = path
        #: The lock; what is written in it is when we last looked at every page.
        self._beside = path.with_name(path.name + ".lock")
        self.engine = _create_engine(path, _PATIENCE_S if patience_s is None else patience_s)

    def exists(self) -> bool:
        """Whether there is such a file."""
        return self._path.exists()

    @contextlib.contextmanager
    def reshaping(self) -> Iterator[Connection]:
        """Let go of foreign keys meanwhile: to drop a table would clear what refers to it."""
        with self.engine.connect() as connection:
            # The driver's own connection: inside of a transaction, SQLite would not listen.
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA foreign_keys = OFF")
            try:
                yield connection
            finally:
                cursor.execute("PRAGMA foreign_keys = ON")

    def keep_others_out(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE has done it."""

    def announce(self, connection: Connection) -> None:
        """SQLite counts changes itself."""

    @contextlib.contextmanager
    def lease(self) -> Iterator[int | None]:
        """Lock a file beside it: the lock cannot be lost, so turns need no number."""
        try:
            descriptor = os.open(self._beside, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreError(
                f"The lock {self._beside} cannot be made: {error.strerror}. "
                "Mend the folder's rights."
            ) from error
        try:
            _lock(descriptor, self._path)
            yield None
        finally:
            os.close(descriptor)

    def shift(self) -> AbstractContextManager[int]:
        """Refuse: a file is on one machine, where one run is as fast."""
        raise SettingsError(f"Workers need PostgreSQL, and {self._path} is a file.")

    def refusal(self, connection: Connection) -> str | None:  # noqa: ARG002 - a server is asked
        """Ask the system for its permissions; the log is made beside the file."""
        places = (self._path, self._path.parent)
        is_writable = all(os.access(place, os.W_OK) for place in places)
        return None if is_writable else f"cannot be used: {_READ_ONLY}"

    def fault(self, connection: Connection) -> str | None:
        """Look at every page."""
        found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
        return None if found == "ok" else f"is damaged ({found}). Put a back-up in its place"

    def daily_fault(self, connection: Connection) -> str | None:
        """Look at every page once a day, and after each start of the machine."""
        if looked_at.is_fresh(self._beside, self._path):
            return None
        fault = self.fault(connection)
        if fault is None:
            looked_at.write(self._beside, self._path)
        return fault

    def tidy(self) -> None:
        """Move what was committed from the log beside the file into the file.

        It keeps no writer waiting. Else the commit that makes the log a thousand pages long does
        it, and whoever asked for that one waits for all of them.
        """
        with self.engine.connect() as connection, contextlib.suppress(sqlite3.Error):
            # The driver's own connection: it cannot be done inside of a transaction. What stops
            # it stops the next commit too, which says so.
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")

    def watch(self) -> "SqliteWatch":
        """Return what notices commits by the file's own counter."""
        return SqliteWatch(self.engine)

    def remedy(self, error: DBAPIError) -> str | None:
        """Look for what SQLite says."""
        cause = str(error.orig)
        cure = next((cure for sign, cure in _REMEDIES if sign in cause.lower()), None)
        return None if cure is None else f"({cause}): {cure}"


class SqliteWatch:
    """See `store.base.Watch`."""

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()

    def version(self) -> int:
        """Return SQLite's own count, which other connections' commits change."""
        with self._connection.begin():
            found = self._connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        return int(found)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


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


def _keep_to_ourselves(path: Path) -> None:
    """Make the file with rights for this account alone: it holds addresses, and the key of links.

    One that is there keeps its rights: a maintainer may share it with a group.
    """
    with contextlib.suppress(OSError):
        # What is wrong with the place is said when it is opened.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _create_engine(path: Path, patience_s: float) -> Engine:
    # A path may hold what means something in a URL, such as "?".
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args={"timeout": patience_s})

    @event.listens_for(engine, "do_connect")
    def _before_connect(*_: object) -> None:
        _keep_to_ourselves(path)

    @event.listens_for(engine, "connect")
    def _on_connect(dbapi: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # We begin transactions ourselves: sqlite3's implicit ones start too late.
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # R2: with NORMAL the last commits may be lost at a power cut, and mail sent twice.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # Enough for the paths into the indexes: reading a list in order needs no more.
        cursor.execute("PRAGMA cache_size = -4000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get("is_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    return engine
