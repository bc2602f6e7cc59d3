"""Ten thousand readers by SMTP, from the store to the ledger, against Postfix's own client.

    PYTHONPATH=src:. python benchmarks/smtp.py [READERS]

It needs smtp-sink and smtp-source, which come with Debian's postfix. Both send over eight
connections on loopback to one smtp-sink, which offers PIPELINING or does not. Ours reads each
reader from a SQLite store, fills in what is the reader's own, and writes each outcome into the
ledger, synced; theirs repeats one message of the same size. Medians of runs in rotation; the
ledger is read after each. `smtp_peers.py` has other programs beside it.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from many import CONTENT, NOW, POST, a_store
from personalise import SENDER, a_reader
from processes import Cost, cost_of, forked, print_table
from sqlalchemy import func, select

from otalk_digest.delivery.message import compile_message
from otalk_digest.delivery.providers.smtp import SmtpConfig, SmtpProvider
from otalk_digest.model.delivery import Status
from otalk_digest.pipeline.delivering import deliver
from otalk_digest.store.database import Store
from otalk_digest.store.schema import deliveries

CONNECTIONS = 8
ROUNDS = 5


def main() -> None:
    """Print the table."""
    require("smtp-sink", "smtp-source")
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    size = len(compile_message(CONTENT, SENDER, date=NOW).fill(a_reader(1)))
    rows = [(f"{readers:,} readers, {size / 1000:.1f} KB each", "reached", "goal", "")]
    with tempfile.TemporaryDirectory() as folder:
        planned = Path(folder) / "planned.sqlite3"
        forked(partial(a_store, planned, readers))
        for options, goals in (((), (1.5, 3.0)), (("-p",), (1.4, None))):
            with sink(*options) as port:
                runs = [
                    (delivered(planned, port, readers), theirs(port, size, readers))
                    for _ in range(ROUNDS)
                ]
            rows += compared(runs, readers, goals, "no PIPELINING, " if options else "")
    print_table(rows)


def compared(
    runs: list[tuple[Cost, Cost]], readers: int, goals: tuple[float, float | None], how: str
) -> list[tuple[str, str, str, str]]:
    """Return the medians of what was measured."""
    wall = statistics.median(mine.wall_s / other.wall_s for mine, other in runs)
    cpu = statistics.median(mine.cpu_s / other.cpu_s for mine, other in runs)
    rate = statistics.median(readers / mine.wall_s for mine, _ in runs)
    return [
        (f"{how}readers a second", f"{rate:,.0f}", "", ""),
        row(f"{how}wall ÷ smtp-source", wall, goals[0]),
        row(f"{how}CPU ÷ smtp-source", cpu, goals[1]),
    ]


def row(what: str, ratio: float, goal: float | None) -> tuple[str, str, str, str]:
    """Return a line of the table; the goal is the most that it may be."""
    if goal is None:
        return what, f"{ratio:.2f}", "", ""
    return what, f"{ratio:.2f}", f"≤ {goal}", "yes" if ratio <= goal else "NO"


def delivered(planned: Path, port: int, readers: int) -> Cost:
    """Deliver what is planned, in a process of its own; nobody may be missing afterwards."""
    path = planned.with_name("store.sqlite3")
    shutil.copy(planned, path)
    cost = forked(partial(ours, path, port))
    store = Store(path)
    with store.read() as connection:
        query = select(func.count()).where(deliveries.c.status == Status.ACCEPTED)
        accepted = connection.scalar(query)
    store.close()
    if accepted != readers:
        sys.exit("somebody was not served")
    return cost


def ours(path: Path, port: int) -> None:
    """Deliver all that is planned."""
    store = Store(path)
    config = SmtpConfig(
        host="127.0.0.1", port=port, security="none", hostname="here", connections=CONNECTIONS
    )
    provider = SmtpProvider(config)
    deliver(store, 1, provider, POST, stop=threading.Event(), clock=lambda: datetime.now(UTC))
    provider.close()
    store.close()


def theirs(port: int, size: int, readers: int) -> Cost:
    """Let Postfix's own client send as many messages of the same size."""
    options = ["-s", str(CONNECTIONS), "-l", str(size), "-m", str(readers)]
    cost = cost_of([require("smtp-source"), *options, f"127.0.0.1:{port}"])
    if cost.status:
        sys.exit("smtp-source failed")
    return cost


@contextmanager
def sink(*options: str, output: int | None = None) -> Iterator[int]:
    """Run Postfix's smtp-sink; yield its port. `output` is where it writes what it counts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen(
        [require("smtp-sink"), *user, *options, f"127.0.0.1:{port}", "1000"], stdout=output
    ) as it:
        try:
            wait_for(port)
            yield port
        finally:
            it.terminate()


def wait_for(port: int) -> None:
    """Return when somebody listens there."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return


def require(*programs: str) -> str:
    """Return where the first is. Ends the program unless all are there."""
    # Debian keeps them where only the administrator looks.
    found = [shutil.which(each, path=f"{os.environ['PATH']}:/usr/sbin") for each in programs]
    if None in found:
        sys.exit(f"{' and '.join(programs)} are missing: install Debian's postfix.")
    return str(found[0])


if __name__ == "__main__":
    main()
