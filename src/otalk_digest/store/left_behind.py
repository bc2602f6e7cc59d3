"""Attempts that were open when their run or worker died."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, exists, select

from otalk_digest.store.fences import State
from otalk_digest.store.schema import attempts, leases


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """An attempt that nobody closes any more."""

    id: int
    provider: str
    #: It waited for its fence, so nothing of it was submitted.
    is_unsent: bool


def open_attempts(connection: Connection, *, of_runs: bool = True) -> Sequence[LeftBehind]:
    """Return attempts that a dead run or worker left open (R3).

    Only the holder of the lease may ask for those of runs. A worker is dead when its row is gone.
    """
    is_at_work = exists().where(leases.c.name.like("worker %"), leases.c.token == attempts.c.worker)
    query = select(attempts.c.id, attempts.c.provider, attempts.c.fence).where(
        attempts.c.closed_at.is_(None), ~is_at_work
    )
    if not of_runs:
        query = query.where(attempts.c.worker.is_not(None))
    return [
        LeftBehind(id=row.id, provider=row.provider, is_unsent=row.fence == State.WANTED)
        for row in connection.execute(query)
    ]
