"""Which workers are at work, on PostgreSQL, and which of them are dead (C17).

As with `turns`, but any number at a time: each has a number that is never given again, a lock of
its session, and a row in `leases` that says until when it has shown signs of life. Whoever finds
a worker dead deletes its row. From then on its attempts are in doubt and its late writes refused,
for every transaction of a worker looks for its row first.
"""

import contextlib
from collections.abc import Iterator

from sqlalchemy import Connection, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from otalk_digest.store.turns import CLOCK, LIFE_S, UNTIL, keep_writers_out, let_go, signs_of_life

#: "otdw": the second number of such a lock is the worker's.
_LOCKS = 0x6F746477

_NUMBER = text(
    "INSERT INTO leases (name, token) VALUES ('workers', 1)"
    " ON CONFLICT (name) DO UPDATE SET token = leases.token + 1 RETURNING token"
)
_LOCK = text(f"SELECT pg_advisory_lock({_LOCKS}, :number)")
_COME = text(
    "INSERT INTO leases (name, token, holder, expires_at)"  # noqa: S608 - made of constants
    f" VALUES (:name, :number, pg_backend_pid(), {UNTIL})"
)
_GO = text("DELETE FROM leases WHERE name = :name")
_ARE_DEAD = (
    "name LIKE 'worker %' AND ("
    f"expires_at < {CLOCK} OR NOT EXISTS ("
    "SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE locktype = 'advisory' AND granted AND objsubid = 2"
    f" AND classid = {_LOCKS} AND objid::bigint = leases.token"
    " AND datname = current_database()))"
)
_ANY = text("SELECT EXISTS (SELECT 1 FROM leases WHERE name LIKE 'worker %')")
_DEAD = text(f"SELECT EXISTS (SELECT FROM leases WHERE {_ARE_DEAD})")  # noqa: S608 - the same
_BURY = text(f"DELETE FROM leases WHERE {_ARE_DEAD}")  # noqa: S608 - the same


@contextlib.contextmanager
def shift(engine: Engine, *, life_s: float = LIFE_S) -> Iterator[int]:
    """Be at work, and yield our number."""
    with engine.connect() as connection:
        try:
            with connection.begin():
                keep_writers_out(connection)
                number: int = connection.execute(_NUMBER).scalar_one()
                name = f"worker {number}"
                ours = {"name": name, "number": number}
                # First the lock: a row without one is of somebody dead.
                connection.execute(_LOCK, ours)
                connection.execute(_COME, {**ours, "life": life_s})
            with signs_of_life(connection, name, number, life_s=life_s):
                yield number
            # After an error it stays, for others to see to what we leave behind.
            with contextlib.suppress(DBAPIError), connection.begin():
                connection.execute(_GO, ours)
        finally:
            let_go(connection)


def is_any_at_work(connection: Connection) -> bool:
    """Whether a worker is, or one that died is not buried yet. Reads only."""
    return bool(connection.scalar(_ANY))


def is_any_dead(connection: Connection) -> bool:
    """Whether there is a worker to bury. Reads only."""
    return bool(connection.scalar(_DEAD))


def bury(connection: Connection) -> int:
    """Strike off the workers that are dead; return how many there were.

    Their attempts have to be settled in the same transaction: see `ledger.open_attempts`.
    """
    if connection.dialect.name != "postgresql":
        return 0
    return connection.execute(_BURY).rowcount
