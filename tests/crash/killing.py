"""A run that is killed at a moment of the caller's choice."""

import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.weekly_job import WEEK_1, Job, bare_environment

#: The status of a process that SIGKILL ended.
KILLED: Final = -9
#: In each series; `SEED` repeats one. See docs/testing.md.
KILLS: Final = int(os.environ.get("KILLS", "3"))
SEED: Final = os.environ.get("SEED", "kettles")
#: Faults pass, so a job that is started again comes to its end.
MOST_RUNS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Just before or after a step; see `killed.py` for their names."""

    when: str
    name: str
    number: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.name}"


NOWHERE: Final = Moment(when="before", name="no step has this name")


def a_moment(chance: random.Random, steps: Counter[str]) -> Moment:
    """Return one of the moments at which something was done so often."""
    # Each step alike: there are far more bytes than commits.
    name = chance.choice(sorted(steps))
    number = chance.randint(1, steps[name])
    return Moment(when=chance.choice(("before", "after")), name=name, number=number)


def killed_at(job: Job, moment: Moment) -> list[object]:
    """Return the command that ends at a moment; its words go behind it."""
    where = (moment.name, str(moment.number), moment.when)
    killed = Path(__file__).with_name("killed.py")
    return [sys.executable, killed, job.folder / "steps.log", *where]


def run_killed(job: Job, moment: Moment, *, command: str = "run") -> tuple[int, list[str]]:
    """Start the job; return its status, and the steps that it reached."""
    log = job.folder / "steps.log"
    log.unlink(missing_ok=True)
    ended = subprocess.run(
        [*map(str, killed_at(job, moment)), "--now", WEEK_1, command],
        cwd=job.folder,
        env=bare_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=240,
        check=False,
    )
    return ended.returncode, log.read_text(encoding="utf-8").splitlines()
