"""A job whose commands are forked from a nursery: see `nursery.py`."""

import json
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.crash.killing import NOWHERE, Moment
from tests.maintainer import Ended
from tests.weekly_job import WEEK_1, Job, Running, bare_environment

_ROOT: Final = Path(__file__).parents[2]


class Nursery:
    """The process that others are forked from, as its orders are given."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._numbers = count()

    def start(self, words: list[str], *, folder: Path, moment: Moment, log: Path) -> "Forked":
        """Start a command that is killed at a moment; its steps go into the log."""
        number = next(self._numbers)
        out, err = (self._folder / f"{number}.{name}" for name in ("out", "err"))
        # A signal may come before the command has opened them.
        out.touch()
        err.touch()
        order = {
            "start": words,
            "folder": str(folder),
            "out": str(out),
            "err": str(err),
            "environment": bare_environment(),
            "log": str(log),
            "name": moment.name,
            "number": moment.number,
            "is_after": moment.when == "after",
        }
        return Forked(self, self.ask(order), out=out, err=err)

    def ask(self, order: dict[str, Any], *, timeout: float | None = None) -> Any:  # noqa: ANN401 - what JSON holds
        """Give an order; raises TimeoutError, and then the answer is still to come."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self.answer(timeout=timeout)

    def answer(self, *, timeout: float | None = None) -> Any:  # noqa: ANN401 - the same
        assert self._process.stdout is not None
        # A line at a time is asked for, so none can be hidden in the buffer.
        ready, _, _ = select.select([self._process.stdout], [], [], timeout)
        if not ready:
            raise TimeoutError
        return json.loads(self._process.stdout.readline())


class Forked:
    """A command, as `subprocess.Popen` would show it."""

    def __init__(self, nursery: Nursery, pid: int, *, out: Path, err: Path) -> None:
        self.returncode: int | None = None
        self._nursery = nursery
        self._pid = pid
        self._written = (out, err)
        self._is_waited_for = False

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ask({"look": self._pid})
        return self.returncode

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, sig: int) -> None:
        # As long as nobody has waited for it, its number is its own.
        if self.returncode is None:
            os.kill(self._pid, sig)

    def communicate(self, *, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        try:
            self._wait(timeout)
        except TimeoutError:
            raise subprocess.TimeoutExpired("a forked command", timeout or 0) from None
        out, err = (path.read_text(encoding="utf-8") for path in self._written)
        return out, err

    def forget(self) -> None:
        """Kill it unless it has ended, and take its files away."""
        self.kill()
        self._wait(None)
        for path in self._written:
            path.unlink()

    def _wait(self, timeout: float | None) -> None:
        if self.returncode is not None:
            return
        if self._is_waited_for:
            self.returncode = self._nursery.answer(timeout=timeout)
            return
        self._is_waited_for = True
        self.returncode = self._nursery.ask({"wait": self._pid}, timeout=timeout)


@contextmanager
def running_nursery() -> Iterator[Nursery]:
    """Start it, and end it with all that it started."""
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery", Path(folder) / "learned"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process,
    ):
        try:
            yield Nursery(process, Path(folder))
        finally:
            with suppress(BrokenPipeError):
                process.communicate()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkedJob(Job):
    """A maintainer's folder, in which commands are forked."""

    nursery: Nursery

    @classmethod
    def of(cls, job: Job, nursery: Nursery) -> "ForkedJob":
        """Return the same folder."""
        return cls(**{each.name: getattr(job, each.name) for each in fields(job)}, nursery=nursery)

    @property
    def log(self) -> Path:
        """Where the steps are written that commands reach."""
        return self.folder / "steps.log"

    @contextmanager
    def started(
        self, *words: str, now: str = WEEK_1, moment: Moment = NOWHERE
    ) -> Iterator[Running]:
        """Start a command that is killed at a moment, or at the end."""
        process = self.nursery.start(
            ["--now", now, *words], folder=self.folder, moment=moment, log=self.log
        )
        try:
            yield Running(process)
        finally:
            process.forget()

    def does(self, *words: str, now: str = WEEK_1) -> Ended:
        """Run a command to its end, forked like those that are killed."""
        with self.started(*words, now=now) as running:
            return running.end()

    def killed_at(self, moment: Moment, *words: str, now: str = WEEK_1) -> int:
        """Run a command that is killed at a moment, and return its status."""
        with self.started(*words, now=now, moment=moment) as running:
            return running.end().status

    def steps(self) -> Counter[str]:
        """How often each step was reached by the commands so far."""
        return Counter(self.log.read_text(encoding="utf-8").splitlines())
