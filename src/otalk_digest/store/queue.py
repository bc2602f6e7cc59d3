"""The queue of the workers, on PostgreSQL: a schema of its own that may be lost at any time.

It holds nothing that the books do not know. What is in it is made of what is planned, in the
same transaction, and a job that is done twice finds nothing planned the second time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select, text

from otalk_digest.model.delivery import Status
from otalk_digest.store.schema import deliveries
from otalk_digest.store.standing import stands_at

#: Where its tables are, apart from ours.
SCHEMA: Final = "otalk_digest_queue"
#: What a connection must be told to find them.
SEE_SCHEMA: Final = (
    "SELECT set_config('search_path',"
    f" replace(current_setting('search_path'), ', {SCHEMA}', '') || ', {SCHEMA}', {{}})"
)

_D = deliveries.c
_KNOWN = text(f"SELECT obj_description(to_regnamespace('{SCHEMA}'), 'pg_namespace')")
# A job that is being done is left alone, unless whoever did it is gone.
_FORGET = text(
    f"DELETE FROM {SCHEMA}.procrastinate_jobs WHERE (args->>'edition')::integer = :edition"  # noqa: S608 - made of constants
    " AND (status <> 'doing' OR worker_id IS NULL)"
)
# Of workers that are gone; procrastinate has struck them off.
_CLEAR = text(
    f"DELETE FROM {SCHEMA}.procrastinate_jobs WHERE status <> 'todo' AND worker_id IS NULL"  # noqa: S608 - the same
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Deliveries of a variant for one job: those planned from `first` to `last`."""

    edition: int
    segment: str
    first: int
    last: int


def prepare(connection: Connection, tables: str, *, version: str) -> None:
    """Make the queue's tables; anew when those that are there are of another version."""
    if connection.scalar(_KNOWN) == version:
        _see(connection)
        connection.execute(_CLEAR)
        return
    connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
    connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    before = connection.scalar(text("SHOW search_path"))
    connection.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))
    # As it is: what looks like a parameter in there is none.
    driver: Any = connection.connection.driver_connection
    driver.execute(tables)
    connection.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS '{version}'"))
    connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": before})


def slices(connection: Connection, edition: int, *, size: int) -> Sequence[Slice]:
    """Return what is planned of an edition, cut into pieces of so many readers."""
    place = func.row_number().over(partition_by=_D.segment, order_by=_D.id) - 1
    planned = (
        select(_D.id, _D.segment, func.div(place, size).label("piece"))
        .where(stands_at(edition, Status.PLANNED), _D.segment.is_not(None))
        .subquery()
    )
    columns = planned.c
    first = func.min(columns.id).label("first")
    query = (
        select(columns.segment, first, func.max(columns.id).label("last"))
        .group_by(columns.segment, columns.piece)
        .order_by(first)
    )
    return [
        Slice(edition=edition, segment=row.segment, first=row.first, last=row.last)
        for row in connection.execute(query)
    ]


def forget(connection: Connection, edition: int) -> None:
    """Take out of the queue what is there of an edition and is not being done."""
    _see(connection)
    connection.execute(_FORGET, {"edition": edition})


def driver_of(connection: Connection) -> Any:  # noqa: ANN401 - the driver's own type
    """Return the driver's connection, which finds the queue's tables in this transaction."""
    _see(connection)
    return connection.connection.driver_connection


def _see(connection: Connection) -> None:
    """Find the queue's tables in this transaction: their triggers look for others of them."""
    connection.execute(text(SEE_SCHEMA.format("true")))
