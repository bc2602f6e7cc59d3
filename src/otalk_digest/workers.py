"""The workers' queue, and a process that empties it: procrastinate's one home."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from otalk_digest.errors import BusyError, CheckFailedError, InputError, StoreError, TryAgainError
from otalk_digest.logs import log_event
from otalk_digest.store import queue
from otalk_digest.store.queue import Slice

try:
    import procrastinate
    from procrastinate import exceptions, retry
    from procrastinate.schema import SchemaManager
except ModuleNotFoundError as error:
    raise StoreError(
        "Workers need procrastinate, which is not installed. Add it with: "
        "pip install 'otalk-digest[worker]'."
    ) from error

if TYPE_CHECKING:
    from procrastinate.jobs import Job
    from psycopg import AsyncConnection
    from sqlalchemy import Connection

    from otalk_digest.pipeline.working import Hand

_QUEUE: Final = "deliveries"
_TASK: Final = "deliver"
#: What could not be sent now is tried again after so long.
_PAUSE_S: Final = 60
#: How often a worker looks whether it shall stop, and whether others are dead.
_GLANCE_S: Final = 0.1
_ROUND_S: Final = 2.0
#: For a server that is gone; a restart may be shorter.
_PATIENCE_S: Final = 10.0
#: procrastinate's own idea of a dead worker; ours is `store.shifts`.
_STALLED_S: Final = 60.0


class JobQueue:
    """See `pipeline.handing_over.Queue`."""

    def __init__(self) -> None:
        self._app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def prepare(self, connection: "Connection") -> None:
        """Make its tables, of the version that is installed."""
        queue.prepare(connection, SchemaManager.get_schema(), version=procrastinate.__version__)

    def fill(self, connection: "Connection", edition: int, *, size: int) -> int:
        """Replace what waits of an edition; all in the caller's transaction."""
        queue.forget(connection, edition)
        parts = queue.slices(connection, edition, size=size)
        if parts:
            driver = queue.driver_of(connection)
            deferrer = self._app.configure_task(_TASK, queue=_QUEUE, connection=driver)
            try:
                deferrer.batch_defer(*(_args_of(part) for part in parts))
            except exceptions.ConnectorException as error:
                raise StoreError(f"The queue of the workers cannot be filled: {error}") from error
        return len(parts)


class _NotNow(Exception):  # noqa: N818 - no error: the job goes back
    """A job that has to be done again, by whomever."""

    def __init__(self, pause_s: int) -> None:
        super().__init__()
        self.pause_s = pause_s


class _Again(retry.BaseRetryStrategy):
    def get_retry_decision(
        self,
        *,
        exception: BaseException,
        job: "Job",  # noqa: ARG002 - procrastinate's signature
    ) -> retry.RetryDecision | None:
        """Put it back at once when we stop, later when it cannot be done now."""
        pause_s = exception.pause_s if isinstance(exception, _NotNow) else 0
        return retry.RetryDecision(retry_in={"seconds": pause_s})


class _Shop:
    """A worker process: procrastinate fetches jobs, threads do them."""

    def __init__(self, hand: "Hand", *, stop: threading.Event, jobs: int) -> None:
        self._hand = hand
        self._stop = stop
        self._jobs = jobs
        self._threads = ThreadPoolExecutor(jobs + 1)
        #: What ends this worker; the first counts.
        self._trouble: BaseException | None = None

    async def open(self, url: str, password: str | None) -> None:
        """Work until asked to stop. Raises what ended it."""
        try:
            async with _app(url, password, connections=self._jobs) as app:
                await self._work(app)
        finally:
            self._stop.set()
            self._threads.shutdown()
        if self._trouble is not None:
            raise self._trouble

    async def _work(self, app: procrastinate.App) -> None:
        app.task(name=_TASK, queue=_QUEUE, retry=_Again())(self._deliver)
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=[_QUEUE],
                concurrency=self._jobs,
                install_signal_handlers=False,
                delete_jobs="always",
                stalled_worker_timeout=_STALLED_S,
            )
        )
        try:
            await self._until_the_end(worker)
        finally:
            # What is being done hears of it, finishes what is in flight, and is waited for.
            self._stop.set()
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker

    async def _until_the_end(self, worker: "asyncio.Task[None]") -> None:
        rounds = 0
        while not (worker.done() or self._stop.is_set() or self._trouble):
            if rounds % round(_ROUND_S / _GLANCE_S) == 0:
                await self._in_thread(self._hand.look_after_others)
            rounds += 1
            await asyncio.sleep(_GLANCE_S)

    async def _deliver(self, edition: int, segment: str, first: int, last: int) -> None:
        part = Slice(edition=edition, segment=segment, first=first, last=last)
        try:
            await self._in_thread(lambda: self._hand.do(part))
        except (CheckFailedError, InputError) as error:
            # Its readers stay planned; the next run says why, and hands it over again.
            log_event("edition_not_fit", edition=edition, why=str(error))
            return
        except BusyError as error:
            self._trouble = self._trouble or error
        except TryAgainError as error:
            log_event("job_put_back", edition=edition, why=type(error).__name__)
            raise _NotNow(_PAUSE_S) from None
        except BaseException as error:  # noqa: BLE001 - raised again when the rest is in order
            self._trouble = self._trouble or error
            raise _NotNow(_PAUSE_S) from None
        if self._stop.is_set() or self._trouble:
            raise _NotNow(0)

    async def _in_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, work)


def work(hand: "Hand", *, url: str, password: str | None, jobs: int, stop: threading.Event) -> None:
    """Do jobs, so many at a time, until `stop` is set.

    Raises OtalkDigestError: what kept this worker from going on; the rest stays planned.
    """
    import logging  # noqa: PLC0415 - only to be quiet

    # They tell of every job that was put back, and of a server that is gone, again and again.
    for name in ("procrastinate", "psycopg.pool", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        asyncio.run(_Shop(hand, stop=stop, jobs=jobs).open(url, password))
    except exceptions.ConnectorException as error:
        raise StoreError(
            f"The queue in {url} cannot be used: {error.__cause__ or error}. See that the server "
            "runs, then start the worker again."
        ) from error


@contextlib.asynccontextmanager
async def _app(url: str, password: str | None, *, connections: int) -> AsyncIterator[Any]:
    kwargs = {"application_name": "otalk-digest"}
    if password is not None:
        kwargs["password"] = password
    connector = procrastinate.PsycopgConnector(
        conninfo=url,
        kwargs=kwargs,
        configure=_see_the_queue,
        min_size=1,
        max_size=connections + 1,
        timeout=_PATIENCE_S,
    )
    app = procrastinate.App(connector=connector)
    async with app.open_async():
        yield app


async def _see_the_queue(connection: "AsyncConnection[Any]") -> None:
    await connection.execute(queue.SEE_SCHEMA.format("false").encode())
    await connection.commit()


def _args_of(part: Slice) -> dict[str, Any]:
    return {
        "edition": part.edition,
        "segment": part.segment,
        "first": part.first,
        "last": part.last,
    }
