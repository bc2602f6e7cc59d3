"""The store on a server: PostgreSQL, reached with psycopg.

Writers wait for one another, as on SQLite, so what holds there holds here; they see what was
committed before their turn (READ COMMITTED). Readers see one state (REPEATABLE READ) and wait
for nobody.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from otalk_digest.errors import StoreError
from otalk_digest.store import shifts, turns

#: How long we wait for another writer.
_PATIENCE_S = 60.0
#: For a server that does not answer at all.
_CONNECT_S = 10
#: No statement of ours takes as long with a million readers.
_STATEMENT_S = 900
_CHANNEL = "otalk_digest"

_FULL = "the server's disk is full; make room, then start the same command again"
_LATER = "the server cannot take us now; wait, then start the same command again"
_LOGIN = (
    "the server does not let us in; look at the user in store.url, and at the password in the "
    "environment (OTALK_DIGEST_STORE_PASSWORD)"
)
_LOST = "the connection was lost; see that the server runs, then start the same command again"
_READ_ONLY = "it is read-only; name the primary server in store.url"
_RIGHTS = "the user of store.url may not do that; make it the owner of the database"
_DAMAGED = "it is damaged or not ours; restore a back-up, or name another in store.url"

# SQLSTATE, or how it begins → what a maintainer can do.
_REMEDIES = (
    ("53100", _FULL),
    ("53", _LATER),
    ("55P03", "another program is writing to it; end that program or wait, then try again"),
    ("57014", "the server ended a statement that took too long; see what keeps it busy"),
    ("57P0", _LATER),
    ("25006", _READ_ONLY),
    ("28", _LOGIN),
    ("3D000", "there is no such database; make it with createdb, or mend store.url"),
    ("42501", _RIGHTS),
    ("42P01", _DAMAGED),
    ("42703", _DAMAGED),
    ("58", "the server's disk failed; look after it before starting the same command again"),
    ("XX00", "it is damaged; restore a back-up"),
    ("08", _LOST),
)
# Where there is no SQLSTATE we were never let in: what libpq or the server says.
_REFUSALS = (
    ("password", _LOGIN),
    ("authentication", _LOGIN),
    ("role ", _LOGIN),
    ("pg_hba", _LOGIN),
    ("database ", "there is no such database; make it with createdb, or mend store.url"),
    ("too many", _LATER),
    ("starting up", _LATER),
    ("shutting down", _LATER),
    ("resolve", "there is no such host; mend store.url"),
    ("name or service", "there is no such host; mend store.url"),
    ("certificate", "the server's certificate is not trusted; see sslmode and sslrootcert"),
)
_UNREACHABLE = "the server cannot be reached; see that it runs, and that store.url names it rightly"


class PostgresDatabase:
    """See `store.base.Base`."""

    reading: Mapping[str, object] = {
        "isolation_level": "REPEATABLE READ",
        "postgresql_readonly": True,
    }
    writing: Mapping[str, object] = {}

    def __init__(
        self, url: str, *, password: str | None = None, patience_s: float | None = None
    ) -> None:
        self.name = url
        self.engine = _create_engine(
            url, password, patience_s=_PATIENCE_S if patience_s is None else patience_s
        )

    def exists(self) -> bool:
        """Whether there is one shows only when it is opened."""
        return True

    def reshaping(self) -> contextlib.AbstractContextManager[Connection]:
        """A table of PostgreSQL's is changed where it is."""
        return self.engine.connect()

    def keep_others_out(self, connection: Connection) -> None:
        """Wait for the other writers; gives up after a minute."""
        turns.keep_writers_out(connection)

    def announce(self, connection: Connection) -> None:
        """Tell who watches; they hear of it when and if this is committed."""
        connection.execute(text(f"NOTIFY {_CHANNEL}"))

    @contextlib.contextmanager
    def lease(self) -> Iterator[int | None]:
        """Take the next turn."""
        with turns.turn(self.engine, name=self.name) as token:
            yield token

    @contextlib.contextmanager
    def shift(self) -> Iterator[int]:
        """Be one of the workers."""
        with shifts.shift(self.engine) as number:
            yield number

    def refusal(self, connection: Connection) -> str | None:
        """Ask what it is: a copy of another one, or closed to writers."""
        is_read_only = connection.scalar(
            text(
                "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')"
                "::boolean"
            )
        )
        return f"cannot be written: {_READ_ONLY}" if is_read_only else None

    def fault(self, connection: Connection) -> str | None:
        """Find out before anything is fetched or sent that nothing can be kept."""
        return self.refusal(connection)

    def daily_fault(self, connection: Connection) -> str | None:
        """Ask each time: it takes no time."""
        return self.fault(connection)

    def tidy(self) -> None:
        """Leave it to the server."""

    def watch(self) -> "PostgresWatch":
        """Return what listens to the announcements."""
        return PostgresWatch(self.engine)

    def remedy(self, error: DBAPIError) -> str | None:
        """Look for the SQLSTATE; for what was said where there is none."""
        cause = _cause(error)
        state: str | None = getattr(error.orig, "sqlstate", None)
        if state is not None:
            cure = next((cure for sign, cure in _REMEDIES if state.startswith(sign)), None)
        elif error.connection_invalidated:
            cure = _LOST
        else:
            said = cause.lower()
            cure = next((cure for sign, cure in _REFUSALS if sign in said), _UNREACHABLE)
        return None if cure is None else f"({cause}): {cure}"


class PostgresWatch:
    """See `store.base.Watch`."""

    def __init__(self, engine: Engine) -> None:
        self._heard = 0
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.execute(text(f"LISTEN {_CHANNEL}"))

    def version(self) -> int:
        """Return how many commits were announced."""
        # The server hands out what it has to tell with its next answer.
        self._connection.execute(text("SELECT 1"))
        driver: Any = self._connection.connection.driver_connection
        self._heard += sum(1 for _ in driver.notifies(timeout=0))
        return self._heard

    def close(self) -> None:
        """Let go of the connection, which nobody else may have: it listens."""
        self._connection.invalidate()
        self._connection.close()


def _cause(error: DBAPIError) -> str:
    """Return the first line: libpq adds advice of its own, and a line for each address."""
    said = str(error.orig).strip().splitlines()
    return said[0].strip() if said else type(error.orig).__name__


def _create_engine(url: str, password: str | None, *, patience_s: float) -> Engine:
    address = make_url(url).set(drivername="postgresql+psycopg")
    if password is not None:
        address = address.set(password=password)
    defaults = {"application_name": "otalk-digest", "connect_timeout": _CONNECT_S}
    args = {key: value for key, value in defaults.items() if key not in address.query}
    try:
        engine = create_engine(address, connect_args=args)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{url} needs psycopg, which is not installed. Add it with: "
            "pip install 'otalk-digest[postgresql]'."
        ) from error
    settings = (
        # R2: what was committed survives a power cut, whatever the server's default is.
        "SET synchronous_commit = on",
        f"SET lock_timeout = {int(patience_s * 1000)}",
        f"SET statement_timeout = {_STATEMENT_S * 1000}",
        # An edition is rendered inside the transaction that freezes it.
        "SET idle_in_transaction_session_timeout = 0",
        "SET timezone = 'UTC'",
    )

    @event.listens_for(engine, "connect")
    def _on_connect(dbapi: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # What fails here nobody else knows of, to close it.
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(dbapi.close)
            cursor = dbapi.cursor()
            # Not as options of the connection: poolers such as PgBouncer refuse those.
            cursor.execute("; ".join(settings))
            cursor.close()
            dbapi.commit()
            on_failure.pop_all()

    return engine
