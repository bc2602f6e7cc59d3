"""One mix of a provider and a database, in which something is killed as often as KILLS says."""

import json
import random
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests.crash.copies import a_copy, balance
from tests.crash.forked import ForkedJob, Nursery
from tests.crash.killing import KILLS, SEED
from tests.crash.worlds import MOST_LEFT, WORLDS
from tests.weekly_job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.postgresql_server import PostgresServer

#: How often each step is taken where nothing goes wrong.
Steps = TypeVar("Steps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What all kills of one mix begin with."""

    begun: Job
    provider: str
    database: "PostgresServer | None"
    nursery: Nursery
    readers: int

    def hold(
        self,
        folder: Path,
        name: str,
        *,
        steps_of: "Callable[[ForkedJob], Steps]",
        kill: "Callable[[ForkedJob, random.Random, Steps], Sequence[str]]",
    ) -> None:
        """Hold the books against the world after each kill, and say what was seen.

        `kill` kills something at steps that chance picks, lets others finish, and returns at
        which steps something was killed.
        """
        chance = random.Random(f"{SEED} {self.provider} {name}")  # noqa: S311 - no secret
        calm = random.Random("without a fault")  # noqa: S311 - the same
        with (
            WORLDS[self.provider](calm) as world,
            a_copy(
                self.begun, folder / "whole", delivery=world.delivery, database=self.database
            ) as job,
        ):
            steps = steps_of(ForkedJob.of(job, self.nursery))
        seen: Counter[str] = Counter()
        left = 0
        for number in range(KILLS):
            case = random.Random(chance.random())  # noqa: S311 - the same
            with (
                WORLDS[self.provider](case) as world,
                a_copy(
                    self.begun,
                    folder / str(number),
                    delivery=world.delivery,
                    database=self.database,
                ) as job,
            ):
                seen.update(kill(ForkedJob.of(job, self.nursery), case, steps))
                left += balance(job, world.received(), readers=self.readers)
            shutil.rmtree(folder / str(number))
        if "fenced" in self.provider:
            assert left <= MOST_LEFT * KILLS * self.readers
        sys.stdout.write(json.dumps({"kills": KILLS, "left in doubt": left, "at": seen}))
