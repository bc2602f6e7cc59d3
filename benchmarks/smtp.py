"""Ten thousand readers by SMTP, from the store to the ledger, against Postfix's own client.

Run it alone: `PYTHONPATH=src python benchmarks/smtp.py`. It needs smtp-sink and smtp-source, which
come with Debian's postfix. Goals: wall 1.5 and CPU 3 times smtp-source -s 8 at equal bytes.

Both send over eight connections on loopback to one smtp-sink. Ours reads each reader from a
SQLite store, fills in what is the reader's own, and writes each outcome into the ledger, synced;
theirs repeats one message. Medians of runs in rotation; the ledger is read after each.
"""

import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from personalise import SENDER, VARIANT, a_reader
from sqlalchemy import func, insert, select

from otalk_digest.delivery.message import compile_message
from otalk_digest.delivery.providers.smtp import SmtpConfig, SmtpProvider
from otalk_digest.model.audience import AllOf, Consent, Segment
from otalk_digest.model.chat import Reading
from otalk_digest.model.delivery import Status
from otalk_digest.model.edition import Edition
from otalk_digest.model.news import News, NewsKind
from otalk_digest.pipeline.delivering import Post, deliver
from otalk_digest.store import editions, news, plan
from otalk_digest.store.database import open_store
from otalk_digest.store.schema import deliveries, subscribers

READERS = 10_000
CONNECTIONS = 8
ROUNDS = 5
NOW = datetime(2031, 3, 4, 6, 30, tzinfo=UTC)
EVERYONE = Segment(
    name="weekly", title="All", rule=AllOf(()), kinds=frozenset(NewsKind), theme="classic"
)
#: About 30 KB on the wire.
CONTENT = replace(VARIANT, html=VARIANT.html[:19_000], news_ids=(1,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one way of sending took."""

    wall_s: float
    cpu_s: float


def a_store(path: Path) -> None:
    """Write a store with its readers, one edition and its plan."""
    store = open_store(path)
    with store.begin() as connection:
        connection.execute(insert(subscribers), [a_person(n) for n in range(READERS)])
        reading = Reading(is_chat=True, title="Gardens", topic="Gardens")
        told = News(kind=NewsKind.NOTICE, guid="g", url=None, reading=reading, happened_at=NOW)
        news.save_news(connection, [told], now=NOW)
        edition = Edition(number=1, frozen_at=NOW, variants=(CONTENT,), content_hash="c")
        editions.save_edition(connection, edition, variant_hashes={"weekly": "v"})
        news.mark_told(connection, "weekly", [1], edition=1)
        plan.plan_edition(connection, 1, [EVERYONE], now=NOW)
    store.close()


def a_person(number: int) -> dict[str, object]:
    """Return an invented reader."""
    address = f"reader{number}@reader.example"
    return {
        "identity": address,
        "identity_hash": f"{number:064}",
        "address": address,
        "name": f"Reader {number}",
        "zone": "Europe/Madrid",
        "consent": Consent.CONFIRMED,
        "joined_at": NOW,
        "source": "a benchmark",
    }


def ours(path: Path, port: int) -> None:
    """Deliver all that is planned."""
    store = open_store(path)
    config = SmtpConfig(
        host="127.0.0.1", port=port, security="none", hostname="here", connections=CONNECTIONS
    )
    provider = SmtpProvider(config)
    post = Post(sender=SENDER, base_url="https://digest.otalk.example")
    deliver(store, 1, provider, post, stop=threading.Event(), clock=lambda: datetime.now(UTC))
    provider.close()
    store.close()


def measured(work: Callable[[], None]) -> Run:
    """Do it in a process of its own."""
    begun = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        before = resource.getrusage(resource.RUSAGE_SELF)
        work()
        after = resource.getrusage(resource.RUSAGE_SELF)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        Path(os.environ["USED"]).write_text(str(used), encoding="utf-8")
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        sys.exit("a run failed")
    used = float(Path(os.environ["USED"]).read_text(encoding="utf-8"))
    return Run(wall_s=time.perf_counter() - begun, cpu_s=used)


def theirs(port: int, size: int) -> Run:
    """Let Postfix's own client send as many messages of the same size."""
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    options = ["-s", str(CONNECTIONS), "-l", str(size), "-m", str(READERS)]
    command = ["smtp-source", *options, f"127.0.0.1:{port}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall_s=time.perf_counter() - begun, cpu_s=used)


def accepted(path: Path) -> int:
    """Return how many the ledger has as accepted."""
    store = open_store(path)
    with store.read() as connection:
        query = select(func.count()).where(deliveries.c.status == Status.ACCEPTED)
        count = connection.scalar(query) or 0
    store.close()
    return count


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Print ratios."""
    if not all(map(shutil.which, ("smtp-sink", "smtp-source"))):
        sys.exit("smtp-sink and smtp-source are missing: install Debian's postfix.")
    port = free_port()
    size = len(compile_message(CONTENT, SENDER, date=NOW).fill(a_reader(1)))
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(["smtp-sink", *user, f"127.0.0.1:{port}", "1000"]) as sink,
    ):
        os.environ["USED"] = str(Path(folder) / "used")
        template = Path(folder) / "template.sqlite3"
        a_store(template)
        runs: list[tuple[Run, Run]] = []
        for _ in range(ROUNDS):
            path = Path(folder) / "store.sqlite3"
            shutil.copy(template, path)
            mine = measured(partial(ours, path, port))
            if accepted(path) != READERS:
                sys.exit("somebody was not served")
            path.unlink()
            runs.append((mine, theirs(port, size)))
        sink.terminate()
    report(runs, size)


def report(runs: list[tuple[Run, Run]], size: int) -> None:
    """Print the medians of what was measured."""
    wall = statistics.median(mine.wall_s / other.wall_s for mine, other in runs)
    cpu = statistics.median(mine.cpu_s / other.cpu_s for mine, other in runs)
    rate = statistics.median(READERS / mine.wall_s for mine, _ in runs)
    print(f"{READERS:,} readers of {size / 1000:.1f} KB, {CONNECTIONS} connections: {rate:,.0f}/s")
    print(f"wall ÷ smtp-source   {wall:.2f}   goal 1.5   {'holds' if wall <= 1.5 else 'FAILS'}")
    print(f"CPU ÷ smtp-source    {cpu:.2f}   goal 3     {'holds' if cpu <= 3 else 'FAILS'}")


if __name__ == "__main__":
    main()
