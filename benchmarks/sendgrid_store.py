"""SendGrid from the store to the ledger, against the package's own helpers without any ledger.

    PYTHONPATH=src .venv/bin/python benchmarks/sendgrid_store.py [READERS]

Both send to a process on loopback that says 202. Ours reads each reader from a SQLite store and
writes each outcome into the ledger, synced; the helpers build and send one and the same thousand
again and again. CPU, the median ratio of five rounds in turn, for processors change their pace in
between; then the clock with 150 ms of latency, ours with eight requests in flight, the helpers one
after the other.
"""

import shutil
import statistics
import sys
import tempfile
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from many import POST, a_store
from processes import Cost, cheapest, forked, print_table
from sendgrid import SendGridAPIClient
from sendgrid_request import READERS as SIZE
from sendgrid_request import a_batch, mail_of
from sendgrid_sink import Count, counted, sink

from otalk_digest.delivery.providers.sendgrid import SendGridConfig, SendGridProvider
from otalk_digest.pipeline.delivering import deliver
from otalk_digest.store.database import Store

READERS = 100_000
FAR_READERS = 40_000
LATENCY_S = 0.15
ROUNDS = 5


def main() -> None:
    """Print the table."""
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    with tempfile.TemporaryDirectory() as name:
        rounds, count = near(Path(name), readers)
        far_ours, far_theirs = far(Path(name))
    expected = -(-readers // SIZE)
    mine = cheapest([each for each, _ in rounds])
    ratio = statistics.median(one.cpu_s / other.cpu_s for one, other in rounds)
    rows = [
        ("CPU ÷ the helpers", ratio, 0.6),
        ("150 ms: wall ÷ the helpers in turn", far_ours.wall_s / far_theirs.wall_s, 0.2),
        ("requests ÷ as few as there can be", count.requests / expected, 1),
        ("bytes a reader", count.bytes / readers, 500),
        ("peak MiB", mine.peak_mib, 96),
    ]
    print_table(
        [
            ("what", "reached", "goal", ""),
            *(
                (what, f"{value:.2f}", f"≤ {goal}", "yes" if value <= goal else "NO")
                for what, value, goal in rows
            ),
            ("CPU µs a reader", f"{mine.cpu_s / readers * 1e6:.1f}", "", ""),
        ]
    )


def near(folder: Path, readers: int) -> tuple[list[tuple[Cost, Cost]], Count]:
    """Send without latency; return what each round cost us and the helpers."""
    template, path = folder / "template.sqlite3", folder / "digest.sqlite3"
    forked(partial(a_store, template, readers))
    rounds = []
    count = Count()
    for _ in range(ROUNDS):
        shutil.copy(template, path)
        with sink() as host:
            mine = forked(partial(ours, path, host, requests=4))
            count = counted(host)
        with sink() as host:
            rounds.append((mine, forked(partial(helpers, readers, host))))
            others = counted(host)
        if (count.readers, others.readers) != (readers, readers):
            sys.exit("somebody was not served")
    return rounds, count


def far(folder: Path) -> tuple[Cost, Cost]:
    """Send to where an answer takes its time."""
    path = folder / "far.sqlite3"
    forked(partial(a_store, path, FAR_READERS))
    with sink(latency_s=LATENCY_S) as host:
        return (
            forked(partial(ours, path, host, requests=8)),
            forked(partial(helpers, FAR_READERS, host)),
        )


def ours(path: Path, host: str, *, requests: int) -> None:
    """Deliver all that is planned."""
    store = Store(path)
    config = SendGridConfig(api_key="SG.invented", host=host, requests=requests)
    deliver(
        store,
        1,
        SendGridProvider(config),
        POST,
        stop=threading.Event(),
        clock=lambda: datetime.now(UTC),
    )
    store.close()


def helpers(readers: int, host: str) -> None:
    """Build and send with the package's objects."""
    batch = a_batch(SIZE)
    client = SendGridAPIClient("SG.invented", host=host)
    for _ in range(-(-readers // SIZE)):
        client.send(mail_of(batch))


if __name__ == "__main__":
    main()
