"""Whose turn it is to run, on PostgreSQL (R6, C17). All times are by the database's clock.

Three things together. A lock of the session says that somebody is at work; it ends with its
connection, so that a killed run never blocks the next. A row counts the turns, and a writer of
an earlier turn is refused, so that whoever was taken for dead can do no harm. And the row says
until when the holder has shown signs of life: a machine that lost its power leaves a connection
behind that the server takes for alive for hours.
"""

import contextlib
import threading
from collections.abc import Iterator

from sqlalchemy import Connection, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from otalk_digest.errors import BusyError

#: Advisory locks are numbers, of this database alone: "otdl", and which of ours it is.
_OURS = 0x6F74646C
_RUNNING = f"{_OURS}, 1"
_WRITING = f"{_OURS}, 2"

#: Without a sign of life for so long a holder is taken for dead; it gives several before.
LIFE_S = 60.0
_SIGNS = 4

CLOCK = "timezone('UTC', clock_timestamp())"
UNTIL = f"{CLOCK} + make_interval(secs => :life)"
_TRY = text(f"SELECT pg_try_advisory_lock({_RUNNING})")
_WAIT = text(f"SELECT pg_advisory_lock({_RUNNING})")
_UNLOCK = text("SELECT pg_advisory_unlock_all()")
_ONE_WRITER = text(f"SELECT pg_advisory_xact_lock({_WRITING})")
_TAKE = text(
    "INSERT INTO leases (name, token, holder, expires_at)"  # noqa: S608 - made of constants
    f" VALUES ('run', 1, pg_backend_pid(), {UNTIL})"
    " ON CONFLICT (name) DO UPDATE SET token = leases.token + 1,"
    " holder = excluded.holder, expires_at = excluded.expires_at"
    " RETURNING token"
)
_SIGN = text(f"UPDATE leases SET expires_at = {UNTIL} WHERE name = :name AND token = :token")  # noqa: S608 - the same
_TURN = text("SELECT token FROM leases WHERE name = :name")
# Only the session that the row is about: another may have the lock and not yet the row.
_END_DEAD_HOLDER = text(
    "SELECT pg_terminate_backend(locks.pid) FROM pg_locks AS locks"  # noqa: S608 - the same
    " JOIN leases ON leases.holder = locks.pid"
    " JOIN pg_database ON pg_database.oid = locks.database"
    " WHERE locks.locktype = 'advisory' AND locks.granted AND locks.objsubid = 2"
    f" AND locks.classid = {_OURS} AND locks.objid = 1"
    f" AND pg_database.datname = current_database() AND leases.expires_at < {CLOCK}"
)


def keep_writers_out(connection: Connection) -> None:
    """Wait until no other of our transactions writes: one at a time, as on SQLite."""
    connection.execute(_ONE_WRITER)


def current_turn(connection: Connection, name: str = "run") -> int | None:
    """Return the number of the turn of a run or a worker; None when there is none."""
    token: int | None = connection.scalar(_TURN, {"name": name})
    return token


@contextlib.contextmanager
def turn(engine: Engine, *, name: str, life_s: float = LIFE_S) -> Iterator[int]:
    """Be the only run at work, and yield the number of this turn. Raises BusyError."""
    with engine.connect() as connection:
        try:
            _get_lock(connection, name)
            with connection.begin():
                keep_writers_out(connection)
                token: int = connection.execute(_TAKE, {"life": life_s}).scalar_one()
            with signs_of_life(connection, "run", token, life_s=life_s):
                yield token
        finally:
            let_go(connection)


def _get_lock(connection: Connection, name: str) -> None:
    with connection.begin():
        if connection.scalar(_TRY):
            return
    with connection.begin():
        if connection.scalar(_END_DEAD_HOLDER):
            connection.execute(_WAIT)
            return
    raise BusyError(f"Another run is at work on {name}. Nothing was done; the next run will.")


def let_go(connection: Connection) -> None:
    """Unlock now: the server notices only later that a connection is closed."""
    with contextlib.suppress(SQLAlchemyError), connection.begin():
        connection.execute(_UNLOCK)
    # Whatever happened: the lock must not live on in the pool.
    connection.invalidate()


@contextlib.contextmanager
def signs_of_life(
    connection: Connection, name: str, token: int, *, life_s: float
) -> Iterator[None]:
    """Move the end of the lease on from a thread, which alone uses the connection meanwhile."""
    is_over = threading.Event()

    def give() -> None:
        # A connection that is lost shows in the next transaction of the run itself.
        with contextlib.suppress(DBAPIError):
            while not is_over.wait(life_s / _SIGNS):
                with connection.begin():
                    connection.execute(_SIGN, {"name": name, "token": token, "life": life_s})

    giver = threading.Thread(target=give, daemon=True)
    giver.start()
    try:
        yield
    finally:
        is_over.set()
        giver.join(life_s)
