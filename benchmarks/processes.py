"""Measure whole processes: CPU seconds and peak memory, from the kernel's own account."""

import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a finished process used."""

    cpu_s: float
    peak_mib: float
    status: int


#: As for whoever installed us: Python keeps the bytecode of what it imports.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


def cost_of(arguments: Sequence[str]) -> Cost:
    """Run a program to its end, its output thrown away."""
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
    )


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
