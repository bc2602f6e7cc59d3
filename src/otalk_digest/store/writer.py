"""One thread that writes what many requests ask for: what waits shares one transaction.

A commit that is safe against a power cut costs milliseconds (R2), however little is in it. So
while one is under way the next requests wait together, and each is answered after the commit
that holds its own part. A second thread tidies up behind it, so that no commit has to.
"""

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Self, TypeVar

from sqlalchemy import Connection

from otalk_digest.errors import StoreError
from otalk_digest.store.database import Store

T = TypeVar("T")

#: In one transaction: the last of them waits for all, and other programs want to write too.
_MOST: Final = 200
#: Between two tidyings: each is a wait for the disk as well.
_REST_S: Final = 0.25
#: That wait; more would only be answered when nobody listens any more.
_MOST_WAITING: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Task(Generic[T]):
    work: Callable[[Connection], T]
    future: "Future[T]" = field(default_factory=Future)


class Writer:
    """Writes what it is given, in the order in which it comes. A context: it runs inside."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tasks: queue.Queue[_Task[Any] | None] = queue.Queue(_MOST_WAITING)
        self._threads: list[threading.Thread] = []
        self._has_written = threading.Event()
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        self._stop.clear()
        self._threads = [
            threading.Thread(target=self._run, name="writer", daemon=True),
            threading.Thread(target=self._tidy, name="tidier", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Write what still waits, then end."""
        self._tasks.put(None)
        self._stop.set()
        self._has_written.set()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Return what `work` will have come to once it is committed.

        `work` may be done twice, of which only the last time is kept: it must touch nothing but
        its connection. Its future raises what it raises, and StoreError when nothing is written.
        """
        task = _Task(work)
        try:
            self._tasks.put_nowait(task)
        except queue.Full:
            task.future.set_exception(StoreError("Too much waits to be written. Try again."))
        return task.future

    def _run(self) -> None:
        is_ending = False
        while not is_ending:
            waiting = [self._tasks.get()]
            while len(waiting) < _MOST and not self._tasks.empty():
                waiting.append(self._tasks.get_nowait())
            is_ending = None in waiting
            self._write([task for task in waiting if task is not None])
            self._has_written.set()

    def _tidy(self) -> None:
        while not self._stop.is_set():
            self._has_written.wait()
            self._has_written.clear()
            # What stops it is said by the next commit.
            with contextlib.suppress(StoreError):
                self._store.tidy()
            self._stop.wait(_REST_S)

    def _write(self, tasks: list[_Task[Any]]) -> None:
        tasks = [task for task in tasks if task.future.set_running_or_notify_cancel()]
        if not tasks:
            return
        try:
            with self._store.begin() as connection:
                done = [task.work(connection) for task in tasks]
        except Exception as error:  # noqa: BLE001 - told to whoever asked, below
            self._write_one_by_one(tasks, error)
            return
        for task, result in zip(tasks, done, strict=True):
            task.future.set_result(result)

    def _write_one_by_one(self, tasks: list[_Task[Any]], error: Exception) -> None:
        """Keep the fault of one from the others; nothing of theirs was written."""
        if len(tasks) == 1 or isinstance(error, StoreError):
            for task in tasks:
                task.future.set_exception(error)
            return
        for task in tasks:
            try:
                with self._store.begin() as connection:
                    result = task.work(connection)
            except Exception as own:  # noqa: BLE001 - the same
                task.future.set_exception(own)
            else:
                task.future.set_result(result)
