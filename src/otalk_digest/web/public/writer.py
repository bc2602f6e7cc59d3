"""Many small writes in few transactions: who waits is written together, and answered after.

A commit waits for the disk, and SQLite takes one writer at a time. One thread takes whatever has
gathered while the last commit was under way, so a flood costs few commits and nobody polls a lock.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from otalk_digest.store.database import Store

T = TypeVar("T")

#: After so long a group is committed, whoever else is waiting.
_LONGEST_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Connection], Any]
    done: Future[Any]


class GroupWriter:
    """Writes for the whole app, in one thread. Nothing is answered before it is on the disk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do this in a transaction, perhaps with others; return when it is committed.

        Raises what it raises, with nothing of it written, and StoreError.
        """
        return await asyncio.wrap_future(self.submit(work))

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """Do what `write` does, for who is in no event loop."""
        done: Future[T] = Future()
        self._jobs.put(_Job(work, done))
        return done

    def close(self) -> None:
        """Finish what is waiting."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_open = True
        while is_open:
            job = self._jobs.get()
            is_open = job is not None
            if job is not None:
                is_open = self._write_group(job)

    def _write_group(self, first: _Job) -> bool:
        """Write this one and who has gathered; return whether to go on."""
        written: list[tuple[_Job, Any]] = []
        taken: list[_Job] = []
        is_open = True
        job: _Job | None = first
        until = time.monotonic() + _LONGEST_S
        try:
            with self._store.begin() as connection:
                while job is not None:
                    taken.append(job)
                    if job.done.set_running_or_notify_cancel():
                        _do(connection, job, written)
                    if time.monotonic() > until:
                        break
                    try:
                        job = self._jobs.get_nowait()
                    except queue.Empty:
                        break
                    is_open = job is not None
        except BaseException as error:  # noqa: BLE001 - whoever waits is told, and the thread lives
            for each in taken:
                if not each.done.done():
                    each.done.set_exception(error)
            return is_open
        for each, result in written:
            each.done.set_result(result)
        return is_open


def _do(connection: Connection, job: _Job, written: list[tuple[_Job, Any]]) -> None:
    """Do one of a group: when it fails, the others are written all the same."""
    try:
        with connection.begin_nested():
            result = job.work(connection)
    except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
        job.done.set_exception(error)
    else:
        written.append((job, result))
