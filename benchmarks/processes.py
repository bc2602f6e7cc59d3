"""Measure whole processes: CPU seconds and peak memory, from the kernel's own account."""

import os
import resource
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a finished process used."""

    cpu_s: float
    peak_mib: float
    status: int
    wall_s: float = 0.0


#: As for whoever installed us: Python keeps the bytecode of what it imports.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


def cost_of(arguments: Sequence[str]) -> Cost:
    """Run a program to its end, its output thrown away."""
    begun = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execve(arguments[0], list(arguments), ENVIRONMENT)  # noqa: S606 - our own interpreter
    _, status, usage = os.wait4(pid, 0)
    return Cost(
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / 1024,
        status=os.waitstatus_to_exitcode(status),
        wall_s=time.perf_counter() - begun,
    )


def forked(work: Callable[[], object]) -> Cost:
    """Do something in a process of its own, what was imported before not counted again."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
        try:
            work()
            after, wall_s = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - begun
            cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            os.write(write, f"{cpu_s} {wall_s}".encode())
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    os.close(write)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit("a run failed")
    with os.fdopen(read) as told:
        cpu_s, wall_s = map(float, told.read().split())
    return Cost(cpu_s=cpu_s, peak_mib=usage.ru_maxrss / 1024, status=0, wall_s=wall_s)


def cheapest(costs: Sequence[Cost]) -> Cost:
    """Return the round that other programs disturbed least."""
    return min(costs, key=lambda cost: cost.cpu_s)


def median_costs(programs: Mapping[str, Sequence[str]], rounds: int = 7) -> dict[str, Cost]:
    """Return each program's median, the programs taken in turn so that noise falls on all.

    A first round is not counted: what it compiles is kept.
    """
    for arguments in programs.values():
        cost_of(arguments)
    seen: dict[str, list[Cost]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, arguments in programs.items():
            seen[name].append(cost_of(arguments))
    return {
        name: Cost(
            cpu_s=statistics.median(cost.cpu_s for cost in costs),
            peak_mib=statistics.median(cost.peak_mib for cost in costs),
            status=max(cost.status for cost in costs),
        )
        for name, costs in seen.items()
    }


def python(code: str) -> list[str]:
    """Return the arguments that run this code in a fresh interpreter."""
    return [sys.executable, "-c", code]


def command(*arguments: str) -> list[str]:
    """Return the arguments that run our command as it is installed."""
    return [os.path.join(os.path.dirname(sys.executable), "otalk-digest"), *arguments]  # noqa: PTH118, PTH120 - a link must not be followed out of the environment


def print_table(rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Print what, reached, goal, and whether it holds."""
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
