"""RFC 8058 from outside: one process of `serve` on SQLite, posts over loopback.

    .venv/bin/python benchmarks/one_click.py

Each post is of another reader, so each one writes; it is answered after its commit is on disk.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from processes import print_table

from otalk_digest.audience.identity import hash_identity
from otalk_digest.audience.links import ReaderLinks
from otalk_digest.model.audience import Listed, Subscriber
from otalk_digest.store.database import open_store, secret_key
from otalk_digest.store.intake import take_in
from otalk_digest.store.subscribers import count_suppressions

READERS: Final = 6_000
CONNECTIONS: Final = 32
GOAL_PER_S, GOAL_P99_MS = 500, 100
PORT: Final = 8397
BODY: Final = b"List-Unsubscribe=One-Click"
SETTINGS: Final = """
[digest]
name = "Kettle digest"
blog_url = "https://blog.example"
contact = "team@example.org"
postal_address = "1 Kettle Row, Leeds"
segments = "segments.toml"
[delivery]
from_address = "digest@example.org"
[web]
base_url = "https://digest.example"
"""
ROOT: Final = Path(__file__).parents[1]


def main() -> None:
    """Print the table; leave with 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokens = fill(folder)
        took, waits = asyncio.run(flood(folder, tokens))
        store = open_store(folder / "otalk-digest.sqlite3")
        with store.read() as connection:
            left = count_suppressions(connection).get("unsubscribed", 0)
        store.close()
    rate, p99 = len(waits) / took, 1_000 * statistics.quantiles(waits, n=100)[98]
    median = 1_000 * statistics.median(waits)
    print_table(
        [
            ("what", "reached", "goal", ""),
            ("one-click posts a second", f"{rate:,.0f}", f"≥ {GOAL_PER_S}", _met(rate, GOAL_PER_S)),
            ("median wait, ms", f"{median:.1f}", "", ""),
            ("p99 wait, ms", f"{p99:.1f}", f"≤ {GOAL_P99_MS}", _met(-p99, -GOAL_P99_MS)),
            ("left, of those who were told so", f"{left:,}", f"{len(waits):,}", ""),
        ]
    )
    is_met = rate >= GOAL_PER_S and p99 <= GOAL_P99_MS and left == len(waits)
    sys.exit(0 if is_met else 1)


def fill(folder: Path) -> list[str]:
    """Make a list of readers; return their tokens."""
    (folder / "otalk-digest.toml").write_text(SETTINGS, encoding="utf-8")
    segments = (ROOT / "subscribers" / "segments.toml").read_text(encoding="utf-8")
    (folder / "segments.toml").write_text(segments, encoding="utf-8")
    now = datetime(2026, 11, 1, tzinfo=UTC)
    store = open_store(folder / "otalk-digest.sqlite3")
    with store.begin() as connection:
        key = secret_key(connection)
        people = [f"reader{number}@example.org" for number in range(READERS)]
        readers = Listed.of(
            [Subscriber(address=one, identity=one, joined_at=now) for one in people]
        )
        take_in(connection, [(readers, [hash_identity(one, key) for one in people])], now=now)
    store.close()
    links = ReaderLinks(key=key, base_url="https://digest.example", mailbox="team@example.org")
    return [links.token(number) for number in range(1, READERS + 1)]


async def flood(folder: Path, tokens: list[str]) -> tuple[float, list[float]]:
    """Post each token once over a few connections; return seconds in all, and of each post."""
    config = str(folder / "otalk-digest.toml")
    command = ("-m", "otalk_digest", "--config", config, "serve", "--port", str(PORT))
    server = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    try:
        if server.stdout is not None:
            await server.stdout.readline()
        waits: list[float] = []
        left = iter(tokens)
        began = time.perf_counter()
        await asyncio.gather(*(_post_all(left, waits) for _ in range(CONNECTIONS)))
        return time.perf_counter() - began, waits
    finally:
        server.terminate()
        await server.wait()


async def _post_all(left: Iterator[str], waits: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    for token in left:
        began = time.perf_counter()
        writer.write(
            b"POST /u/%b HTTP/1.1\r\nHost: digest.example\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (token.encode(), len(BODY), BODY)
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0])
        await reader.readexactly(length)
        waits.append(time.perf_counter() - began)
    writer.close()


def _met(reached: float, goal: float) -> str:
    return "yes" if reached >= goal else "no"


if __name__ == "__main__":
    main()
