"""The job killed at every kind of step, with faults mixed in, and started again: R1 to R9.

The promise: nobody lost, nobody twice, and what cannot be known is listed as in doubt; behind a
fence hardly anything is. A few kills in each run of the suite; docs/testing.md has the long ones.
"""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.crash.copies import an_original
from tests.crash.forked import ForkedJob, Nursery
from tests.crash.killing import KILLED, MOST_RUNS, a_moment
from tests.crash.series import Series
from tests.crash.worlds import WORLDS
from tests.weekly_job import Job

if TYPE_CHECKING:
    from tests.postgresql_server import PostgresServer

#: More than one request to SendGrid holds; many groups for SMTP.
READERS: Final = {"sendgrid": 1_030, "fenced sendgrid": 1_030, "smtp": 170}
_DONE: Final = frozenset({0, 4})


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> "PostgresServer | None":
    return None if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture(scope="module", params=sorted(WORLDS))
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def begun(
    tmp_path_factory: pytest.TempPathFactory,
    feed: str,
    provider: str,
    database: "PostgresServer | None",
) -> Iterator[Job]:
    """A job before its first run, made once and copied for each kill."""
    folder = tmp_path_factory.mktemp("begun") / "job"
    with an_original(folder, feed=feed, readers=READERS[provider], database=database) as job:
        yield job


def test_nobody_is_lost_and_nobody_gets_it_twice_wherever_it_is_killed(  # noqa: PLR0917 - pytest gives them by name
    tmp_path: Path,
    nursery: Nursery,
    begun: Job,
    provider: str,
    database: "PostgresServer | None",
) -> None:
    series = Series(
        begun=begun,
        provider=provider,
        database=database,
        nursery=nursery,
        readers=READERS[provider],
    )
    series.hold(tmp_path, str(database is None), steps_of=_steps_of, kill=_kill_and_resume)


def _steps_of(job: ForkedJob) -> Counter[str]:
    """Return how often each step is taken in a run without faults."""
    assert job.does("run").status in {0, 4, 75}
    return job.steps()


def _kill_and_resume(job: ForkedJob, chance: random.Random, steps: Counter[str]) -> list[str]:
    """Kill it once or twice, then let it come to its end; return what it was killed at."""
    moments = [a_moment(chance, steps) for _ in range(chance.choice((1, 1, 2)))]
    at = [str(moment) for moment in moments if job.killed_at(moment, "run") == KILLED]
    for _ in range(MOST_RUNS):
        if job.does("run").status in _DONE:
            return at
    raise AssertionError("it does not come to an end")
