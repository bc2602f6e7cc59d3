"""So many messages a minute, of all workers together. By the database's clock (R10).

One row of `leases` holds the moment up to which the allowance is spent. It is read and moved in
the transaction that claims, and those wait for one another, so the limit holds exactly.
"""

from sqlalchemy import Connection, text

from otalk_digest.store.turns import CLOCK

#: What was not used up may be caught up on for so long.
_SLACK_S = 1.0

# How far ahead of the clock the allowance is spent; less than nothing after a pause.
_AHEAD = text(
    f"SELECT extract(epoch FROM expires_at - {CLOCK})::float FROM leases WHERE name = 'pace'"  # noqa: S608 - made of constants
)
_SPEND = text(
    "INSERT INTO leases (name, token, expires_at)"  # noqa: S608 - the same
    f" VALUES ('pace', 0, {CLOCK} + make_interval(secs => :ahead))"
    " ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at"
)


def room(connection: Connection, *, per_minute: int) -> int:
    """Return how many may be claimed now."""
    # One that is whole is never lost to rounding.
    left = _SLACK_S - _ahead_s(connection) + 1e-6
    interval = 60 / per_minute
    return max(int(left / interval), 1 if left >= _SLACK_S else 0)


def wait_s(connection: Connection, *, per_minute: int) -> float:
    """Return after how many seconds there is room for one."""
    return max(_ahead_s(connection) - max(_SLACK_S - 60 / per_minute, 0.0), 0.01)


def spend(connection: Connection, count: int, *, per_minute: int) -> None:
    """Note that so many were claimed."""
    ahead = max(_ahead_s(connection), 0.0) + count * 60 / per_minute
    connection.execute(_SPEND, {"ahead": ahead})


def _ahead_s(connection: Connection) -> float:
    ahead: float | None = connection.scalar(_AHEAD)
    return max(ahead or 0.0, 0.0)
