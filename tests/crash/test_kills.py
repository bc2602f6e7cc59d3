"""The job killed at every kind of step, with faults mixed in, and started again: R1 to R9.

The promise: nobody lost, nobody twice, and what cannot be known is listed as in doubt; behind a
fence hardly anything is. A few kills in each run of the suite; docs/testing.md has the long ones.
"""

import json
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.crash.copies import a_copy, an_original, balance
from tests.crash.forked import ForkedJob, Nursery
from tests.crash.killing import KILLED, KILLS, MOST_RUNS, SEED, a_moment
from tests.crash.worlds import MOST_LEFT, WORLDS
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
    chance = random.Random(f"{SEED} {provider} {database is None}")  # noqa: S311 - no secret
    calm = random.Random("without a fault")  # noqa: S311 - the same
    with (
        WORLDS[provider](calm) as world,
        a_copy(begun, tmp_path / "whole", delivery=world.delivery, database=database) as job,
    ):
        steps = _steps_of(ForkedJob.of(job, nursery))
    seen: Counter[str] = Counter()
    left = 0
    for number in range(KILLS):
        case = random.Random(chance.random())  # noqa: S311 - the same
        with (
            WORLDS[provider](case) as world,
            a_copy(
                begun, tmp_path / str(number), delivery=world.delivery, database=database
            ) as job,
        ):
            seen.update(_kill_and_resume(ForkedJob.of(job, nursery), case, steps=steps))
            left += balance(job, world.received(), readers=READERS[provider])
        shutil.rmtree(tmp_path / str(number))
    if "fenced" in provider:
        assert left <= MOST_LEFT * KILLS * READERS[provider]
    sys.stdout.write(json.dumps({"kills": KILLS, "left in doubt": left, "at": seen}))


def _steps_of(job: ForkedJob) -> Counter[str]:
    """Return how often each step is taken in a run without faults."""
    assert job.does("run").status in {0, 4, 75}
    return job.steps()


def _kill_and_resume(job: ForkedJob, chance: random.Random, *, steps: Counter[str]) -> list[str]:
    """Kill it once or twice, then let it come to its end; return what it was killed at."""
    moments = [a_moment(chance, steps) for _ in range(chance.choice((1, 1, 2)))]
    at = [str(moment) for moment in moments if job.killed_at(moment, "run") == KILLED]
    for _ in range(MOST_RUNS):
        if job.does("run").status in _DONE:
            return at
    raise AssertionError("it does not come to an end")
