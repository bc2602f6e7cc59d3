"""A million readers, by the real command: growth, memory, and going on after a kill.

    PYTHONPATH=src:. .venv/bin/python benchmarks/million.py [READERS] [sendgrid | smtp]

`run` sends through SendGrid's provider to a process on loopback that says 202, or over eight
connections to Postfix's smtp-sink, which comes with Debian's postfix. First a tenth of the readers,
then all of them, for the exponent of the CPU seconds and the peak memory. Then all of them again,
killed half-way with SIGKILL: the clock from the second `run` to its first request or letter.
"""

import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import sendgrid_sink
import smtp
from many import add_readers
from processes import ENVIRONMENT, Cost, command, cost_of, forked, print_table

from otalk_digest.pipeline.editing import set_note
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
#: As long as a maintainer's may be, so that a mail has about 30 KB.
NOTE = "\n\n".join(["Bring a plant and tell us how it came to you. " * 6] * 17)
SENT, IN_DOUBT = 0, 4
PATIENCE_S = 120
#: So many bytes of what smtp-sink writes hold its last line.
COUNTS = 200
SILENT = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Who takes the mail."""

    #: A table of the settings.
    account: str
    #: How many requests or letters came, and to how many readers.
    counted: Callable[[], tuple[int, int]]


@contextmanager
def sendgrid() -> Iterator[Service]:
    """Say 202 to everything."""
    with sendgrid_sink.sink() as host:

        def counted() -> tuple[int, int]:
            count = sendgrid_sink.counted(host)
            return count.requests, count.readers

        account = f'[delivery.sendgrid]\nhost = "{host}"\nsuppressions = false\n'
        yield Service(account=account, counted=counted)


@contextmanager
def relay() -> Iterator[Service]:
    """Take every letter."""
    with tempfile.TemporaryFile() as told, smtp.sink("-c", output=told.fileno()) as port:

        def counted() -> tuple[int, int]:
            # Written for each letter and each connection; the last is what holds.
            end = os.fstat(told.fileno()).st_size
            last = os.pread(told.fileno(), COUNTS, max(0, end - COUNTS))
            letters = int((re.findall(rb"mesg=(\d+)\r", last) or [0])[-1])
            return letters, letters

        where = f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        account = f"[delivery.smtp]\n{where}connections = {smtp.CONNECTIONS}\n"
        yield Service(account=account, counted=counted)


Provider = Callable[[], AbstractContextManager[Service]]
#: With the most that may be in doubt after a kill, and why so many.
PROVIDERS: dict[str, tuple[Provider, int, str]] = {
    "sendgrid": (sendgrid, 4_000, "four requests"),
    "smtp": (relay, 50 + smtp.CONNECTIONS, "a group, and one a connection"),
}


def main() -> None:
    """Print the table."""
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    name = sys.argv[2] if len(sys.argv) > 2 else "sendgrid"
    provider, most_doubts, why = PROVIDERS[name]
    ENVIRONMENT["OTALK_DIGEST_SENDGRID_API_KEY"] = "SG.invented"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        few, many = (whole(folder / str(n), n, provider) for n in (readers // 10, readers))
        second = resumed(folder / "killed", readers, provider)
    exponent = math.log10(many.cpu_s / few.cpu_s)
    rows = [
        ("CPU s grow with the exponent", exponent, 1.05),
        ("peak MiB, rendered and checked too", many.peak_mib, 96),
        ("killed half-way: s to the next that is sent", second.decided_s, 5),
        ("peak MiB of the run that goes on", second.peak_mib, 96),
        ("sent twice", second.doubled, 0),
        (f"in doubt: readers of {why}", second.in_doubt, most_doubts),
    ]
    print_table(
        [
            (f"{readers:,} readers, {name}", "reached", "goal", ""),
            *(
                (what, f"{value:.2f}", f"≤ {goal}", "yes" if value <= goal else "NO")
                for what, value, goal in rows
            ),
            ("CPU µs a reader", f"{many.cpu_s / readers * 1e6:.1f}", "", ""),
        ]
    )


def whole(folder: Path, readers: int, provider: Provider) -> Cost:
    """Run once from the feed to the last reader."""
    with provider() as service:
        cost = cost_of(prepared(folder, service.account, readers))
        if cost.status != SENT or service.counted()[1] != readers:
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


def resumed(folder: Path, readers: int, provider: Provider) -> Second:
    """Kill a run half-way and start another."""
    with provider() as service:
        run = prepared(folder, service.account, readers)
        with subprocess.Popen(run, env=ENVIRONMENT, stdout=subprocess.DEVNULL) as process:
            while service.counted()[1] < readers // 2:
                if process.poll() is not None:
                    sys.exit("the run ended before its time")
                time.sleep(0.05)
            process.kill()
        time.sleep(1)
        before, _ = service.counted()
        begun = time.monotonic()
        pid = os.posix_spawn(run[0], run, ENVIRONMENT, file_actions=[SILENT])
        while service.counted()[0] == before and time.monotonic() < begun + PATIENCE_S:
            time.sleep(0.01)
        decided_s = time.monotonic() - begun
        _, status, usage = os.wait4(pid, 0)
        if os.waitstatus_to_exitcode(status) != IN_DOUBT:
            sys.exit("what was killed did not go on as it should")
        _, sent = service.counted()
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


def prepared(folder: Path, account: str, readers: int) -> list[str]:
    """Set up a folder with its readers; return the command."""
    (folder / "subscribers").mkdir(parents=True)
    (folder / "subscribers/segments.toml").write_text(SEGMENTS, encoding="utf-8")
    shutil.copy(DEMO / "blog-1.xml", folder / "blog.xml")
    settings = (DEMO / "otalk-digest.toml").read_text(encoding="utf-8")
    name = account.partition("]")[0].removeprefix("[delivery.")
    settings = settings.replace('"files"', f'"{name}"').replace(
        '[delivery.files]\nfolder = "outbox"\n', account
    )
    config = folder / "otalk-digest.toml"
    config.write_text(settings, encoding="utf-8")
    forked(partial(fill, folder / "otalk-digest.sqlite3", readers))
    return command("--config", str(config), *NOW, "run")


def fill(path: Path, readers: int) -> None:
    """Add the readers, and what a maintainer says to them."""
    store = open_store(path)
    with store.begin() as connection:
        add_readers(connection, readers)
    set_note(store, 1, NOTE, by="a benchmark", now=datetime(2026, 11, 18, tzinfo=UTC))
    store.close()


if __name__ == "__main__":
    main()
