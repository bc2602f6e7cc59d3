"""A million readers, by the real command: growth, memory, and going on after a kill.

    PYTHONPATH=src .venv/bin/python benchmarks/million.py [READERS]

`run` sends through SendGrid's provider to a process on loopback that says 202. First a tenth of the
readers, then all of them, for the exponent of the CPU seconds and the peak memory. Then all of them
again, killed half-way with SIGKILL: the clock from the second `run` to its first request.
"""

import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from many import add_readers
from processes import ENVIRONMENT, Cost, command, cost_of, forked, print_table
from sendgrid_sink import counted, sink

from otalk_digest.store.books import count_in_doubt
from otalk_digest.store.database import Store, open_store

READERS = 1_000_000
NOW = ("--now", "2026-11-18T09:00Z")
DEMO = Path(__file__).resolve().parents[1] / "src/otalk_digest/demo"
SEGMENTS = """
[[segment]]
name = "weekly"
title = "All"
why = "You asked for it."
receives = ["announcement", "change", "cancellation", "wrap-up", "notice"]
"""
SENT, IN_DOUBT = 0, 4
PATIENCE_S = 120
SILENT = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)


def main() -> None:
    """Print the table."""
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    ENVIRONMENT["OTALK_DIGEST_SENDGRID_API_KEY"] = "SG.invented"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many = (whole(folder / str(n), n) for n in (readers // 10, readers))
        second = resumed(folder / "killed", readers)
    exponent = math.log10(many.cpu_s / few.cpu_s)
    rows = [
        ("CPU s grow with the exponent", exponent, 1.05),
        ("peak MiB, rendered and checked too", many.peak_mib, 96),
        ("killed half-way: s to the next request", second.decided_s, 5),
        ("peak MiB of the run that goes on", second.peak_mib, 96),
        ("sent twice", second.doubled, 0),
        ("in doubt: readers of four requests", second.in_doubt, 4_000),
    ]
    print_table(
        [
            ("what", "reached", "goal", ""),
            *(
                (what, f"{value:.2f}", f"≤ {goal}", "yes" if value <= goal else "NO")
                for what, value, goal in rows
            ),
            ("CPU µs a reader", f"{many.cpu_s / readers * 1e6:.1f}", "", ""),
        ]
    )


def whole(folder: Path, readers: int) -> Cost:
    """Run once from the feed to the last reader."""
    with sink() as host:
        cost = cost_of(prepared(folder, host, readers))
        if cost.status != SENT or counted(host).readers != readers:
            sys.exit("somebody was not served")
    shutil.rmtree(folder)
    return cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """The run after a kill."""

    decided_s: float
    peak_mib: float
    doubled: int
    in_doubt: int


def resumed(folder: Path, readers: int) -> Second:
    """Kill a run half-way and start another."""
    with sink() as host:
        run = prepared(folder, host, readers)
        with subprocess.Popen(run, env=ENVIRONMENT, stdout=subprocess.DEVNULL) as process:
            while counted(host).readers < readers // 2:
                if process.poll() is not None:
                    sys.exit("the run ended before its time")
                time.sleep(0.05)
            process.kill()
        time.sleep(1)
        before = counted(host).requests
        begun = time.monotonic()
        pid = os.posix_spawn(run[0], run, ENVIRONMENT, file_actions=[SILENT])
        while counted(host).requests == before and time.monotonic() < begun + PATIENCE_S:
            time.sleep(0.01)
        decided_s = time.monotonic() - begun
        _, status, usage = os.wait4(pid, 0)
        if os.waitstatus_to_exitcode(status) != IN_DOUBT:
            sys.exit("what was killed did not go on as it should")
        sent = counted(host).readers
    return Second(
        decided_s=decided_s,
        peak_mib=usage.ru_maxrss / 1024,
        doubled=max(0, sent - readers),
        in_doubt=doubts_of(folder / "otalk-digest.sqlite3"),
    )


def doubts_of(path: Path) -> int:
    """Ask the ledger."""
    store = Store(path)
    with store.read() as connection:
        found = count_in_doubt(connection)
    store.close()
    return found


def prepared(folder: Path, host: str, readers: int) -> list[str]:
    """Set up a folder with its readers; return the command."""
    (folder / "subscribers").mkdir(parents=True)
    (folder / "subscribers/segments.toml").write_text(SEGMENTS, encoding="utf-8")
    shutil.copy(DEMO / "blog-1.xml", folder / "blog.xml")
    settings = (DEMO / "otalk-digest.toml").read_text(encoding="utf-8")
    account = f'[delivery.sendgrid]\nhost = "{host}"\nsuppressions = false\n'
    settings = settings.replace('"files"', '"sendgrid"').replace(
        '[delivery.files]\nfolder = "outbox"\n', account
    )
    config = folder / "otalk-digest.toml"
    config.write_text(settings, encoding="utf-8")
    forked(partial(fill, folder / "otalk-digest.sqlite3", readers))
    return command("--config", str(config), *NOW, "run")


def fill(path: Path, readers: int) -> None:
    """Add the readers."""
    store = open_store(path)
    with store.begin() as connection:
        add_readers(connection, readers)
    store.close()


if __name__ == "__main__":
    main()
