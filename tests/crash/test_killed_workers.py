"""Two workers at once, one or both of them killed at any kind of step, and others go on (C17).

The promise is that of one run (`test_kills.py`), on PostgreSQL.
"""

import random
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

import psycopg
import pytest
from tests.crash.copies import an_original
from tests.crash.forked import ForkedJob, Nursery
from tests.crash.killing import KILLED, MOST_RUNS, NOWHERE, Moment, a_moment
from tests.crash.series import Series
from tests.crash.worlds import WORLDS
from tests.weekly_job import Job, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.postgresql_server import PostgresServer

#: A job and a bit for each worker.
READERS: Final = {"sendgrid": 4_030, "fenced sendgrid": 4_030, "smtp": 450}
_DONE: Final = frozenset({0, 4})
#: A worker ends by itself when the provider refuses it, and when others took it for dead; never
#: with a fault of the store or of ours. A signal may come before it listens to signals.
_ENDS: Final = frozenset({0, 2, 6, 75, KILLED, -signal.SIGTERM})
#: Nothing is under way, and nothing waits that could be done now; what was being done when this
#: began was a dead worker's, and waits for the next run.
_IS_CALM: Final = (
    "SELECT NOT EXISTS (SELECT FROM deliveries WHERE status = 'sending') AND NOT EXISTS ("
    "SELECT FROM otalk_digest_queue.procrastinate_jobs AS job"
    " WHERE (job.status = 'todo' AND coalesce(job.scheduled_at, now()) <= now())"
    " OR (job.status = 'doing' AND NOT job.id = ANY(%s) AND EXISTS ("
    "SELECT FROM deliveries WHERE deliveries.status = 'planned'"
    " AND id BETWEEN (job.args->>'first')::int AND (job.args->>'last')::int)))"
)
_UNDER_WAY: Final = "SELECT id FROM otalk_digest_queue.procrastinate_jobs WHERE status = 'doing'"
#: For a worker to see that another one is dead, and to go on with what it had.
_TAKES_OVER_S: Final = 3.0


@pytest.fixture(scope="module", params=sorted(WORLDS))
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def begun(
    tmp_path_factory: pytest.TempPathFactory, feed: str, provider: str, postgres: "PostgresServer"
) -> Iterator[Job]:
    """A job before its first run, made once and copied for each kill."""
    with an_original(
        tmp_path_factory.mktemp("begun") / "job",
        feed=feed,
        readers=READERS[provider],
        database=postgres,
        more="[delivery.workers]\nenabled = true\n",
    ) as job:
        yield job


def test_nobody_is_lost_and_nobody_gets_it_twice_wherever_a_worker_is_killed(  # noqa: PLR0917 - pytest gives them by name
    tmp_path: Path, nursery: Nursery, begun: Job, provider: str, postgres: "PostgresServer"
) -> None:
    series = Series(
        begun=begun,
        provider=provider,
        database=postgres,
        nursery=nursery,
        readers=READERS[provider],
    )
    series.hold(tmp_path, "workers", steps_of=_steps_of, kill=_kill_and_go_on)


def _steps_of(job: ForkedJob) -> dict[str, Counter[str]]:
    """Return how often a run and a worker take each step when there is no fault."""
    steps = {}
    assert job.does("run").status == 0
    steps["run"] = job.steps()
    job.log.unlink()
    assert _work(job, NOWHERE) == []
    steps["worker"] = job.steps()
    return steps


def _kill_and_go_on(
    job: ForkedJob, chance: random.Random, steps: dict[str, Counter[str]]
) -> list[str]:
    """Kill one of two workers or both, let others finish; return what they were killed at."""
    killed_run = a_moment(chance, steps["run"]) if chance.random() < 0.25 else NOWHERE
    at = [f"run {killed_run}"] if job.killed_at(killed_run, "run") == KILLED else []
    if at:
        assert job.does("run").status in _DONE
    moments = [
        a_moment(chance, steps["worker"]),
        a_moment(chance, steps["worker"]) if chance.random() < 0.25 else NOWHERE,
    ]
    wait_s = chance.choice((0, _TAKES_OVER_S))
    at += _work(job, *moments, jobs=chance.choice(("1", "2")), wait_s=wait_s)
    for _ in range(MOST_RUNS):
        at += _work(job, NOWHERE)
        ended = job.does("run")
        if ended.status in _DONE and not {"planned", "sending"} & job.counts().keys():
            assert job.asks("SELECT name FROM leases WHERE left(name, 7) = 'worker '") == []
            return at
    raise AssertionError(f"it does not come to an end: {at} {job.counts()}")


def _work(job: ForkedJob, *moments: Moment, jobs: str = "1", wait_s: float = 0) -> list[str]:
    """Let a worker for each moment do what can be done; return those at which one was killed.

    The others are let go on for a while after the first death.
    """
    with _watched(job) as is_calm, ExitStack() as stack:
        workers = [
            stack.enter_context(job.started("worker", "--jobs", jobs, moment=moment))
            for moment in moments
        ]
        wait_until(lambda: is_calm() or any(worker.is_over() for worker in workers))
        end = monotonic() + wait_s
        wait_until(lambda: monotonic() > end or is_calm() or all(w.is_over() for w in workers))
        for worker in workers:
            worker.ask_to_stop()
        statuses = [worker.end().status for worker in workers]
    assert _ENDS.issuperset(statuses)
    return [
        f"worker {moment}"
        for moment, status in zip(moments, statuses, strict=True)
        if status == KILLED
    ]


@contextmanager
def _watched(job: Job) -> "Iterator[Callable[[], bool]]":
    assert job.url is not None
    with psycopg.connect(job.url, autocommit=True) as watcher:
        before = [number for (number,) in watcher.execute(_UNDER_WAY)]

        def is_calm() -> bool:
            return watcher.execute(_IS_CALM, (before,)).fetchone() == (True,)

        yield is_calm
