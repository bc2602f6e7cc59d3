"""What the store does for a million readers, against the driver with nothing between.

    PYTHONPATH=src:. .venv/bin/python benchmarks/store.py [READERS] [--postgresql]

Plan, a segment read in pages, the outcomes of all of them, and the books of the edition
afterwards. CPU seconds, a server's included; each way three times in turn, the smallest counts.
PostgreSQL is that of the tests, on a socket.
"""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from many import EVERYONE, NOW, SEGMENT, a_store, server
from processes import Cost, cheapest, forked, print_table
from sqlalchemy import Connection, delete, func, select, text

from otalk_digest.model.delivery import Outcome, OutcomeKind
from otalk_digest.pipeline.delivering import close_books
from otalk_digest.store import books, claims, counts, editions, ledger, plan, report
from otalk_digest.store.database import Place, Store
from otalk_digest.store.schema import deliveries

ROUNDS = 3
PAGE = 1_000
MOMENT = "2031-03-04 06:30:00.000000"
#: Rows: what, reached, goal, whether it holds.
Rows = list[tuple[str, str, str, str]]
Way = Callable[[], object]


def main() -> None:
    """Print the table."""
    words = [word for word in sys.argv[1:] if word.isdecimal()]
    readers = int(words[0]) if words else 1_000_000
    rows: Rows = [("what", "reached", "goal", "")]
    with tempfile.TemporaryDirectory() as folder:
        if "--postgresql" in sys.argv:
            with server() as (url, used):
                measure(rows, url, readers, used=used)
        else:
            measure(rows, Path(folder) / "digest.sqlite3", readers, used=lambda: 0.0)
    print_table(rows)


def measure(rows: Rows, place: Place, readers: int, *, used: Callable[[], float]) -> None:
    """Go through the life of an edition."""
    # In a process of its own, which takes Alembic with it.
    forked(partial(a_store, place, readers, is_planned=False))
    compare(rows, "plan", plan_ours(place), plan_raw(place), goal=2, used=used, reset=unplan(place))
    forked(unplan(place))
    forked(plan_ours(place))
    ours, raw = partial(read_ours, place), partial(read_raw, place)
    cost = compare(rows, "stream a segment", ours, raw, goal=1.5, used=used)
    add(rows, "peak MiB of it", cost.peak_mib, 64)
    add(rows, "last page ÷ first", last_by_first(place), 2)
    in_flight = partial(start_all, place)
    first = first_delivery(place)
    ours, raw = (
        partial(way, place, range(first, first + readers)) for way in (record_ours, record_raw)
    )
    cost = compare(rows, "ledger", ours, raw, goal=1.8, used=used, reset=in_flight)
    add(rows, "peak MiB of it", cost.peak_mib, 96)
    ask_books(rows, place)


def compare(
    rows: Rows,
    what: str,
    ours: Way,
    raw: Way,
    *,
    goal: float,
    used: Callable[[], float],
    reset: Way = lambda: None,
) -> Cost:
    """Note CPU and clock of both ways, taken in turn."""
    costs: dict[Way, list[Cost]] = {ours: [], raw: []}
    for _ in range(ROUNDS):
        for way, seen in costs.items():
            # In a process too: what it holds would be counted with what comes next.
            forked(reset)
            before = used()
            cost = forked(way)
            total_s = cost.cpu_s + used() - before
            seen.append(Cost(cpu_s=total_s, peak_mib=cost.peak_mib, status=0, wall_s=cost.wall_s))
    mine, other = cheapest(costs[ours]), cheapest(costs[raw])
    add(rows, f"{what}, CPU ÷ the driver", mine.cpu_s / other.cpu_s, goal)
    wall = min(cost.wall_s for cost in costs[ours]) / min(cost.wall_s for cost in costs[raw])
    rows.append((f"{what}, wall ÷ the driver", f"{wall:.2f}", "", ""))
    rows.append((f"{what}, CPU s", f"{mine.cpu_s:.2f} ÷ {other.cpu_s:.2f}", "", ""))
    return mine


def add(rows: Rows, what: str, value: float, goal: float) -> None:
    """Note a figure beside its goal."""
    rows.append((what, f"{value:.2f}", f"≤ {goal}", "yes" if value <= goal else "NO"))


def raw_connection(place: Place) -> Any:  # noqa: ANN401 - of one driver or the other
    """Connect as the store does, with nothing between."""
    if isinstance(place, str):
        import psycopg  # noqa: PLC0415 - only where it is wanted

        return psycopg.connect(place)
    connection = sqlite3.connect(place, isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        "PRAGMA cache_size = -4000"
    )
    return connection


def unplan(place: Place) -> Way:
    """Return what takes the plan back."""

    def work() -> None:
        store = Store(place)
        with store.begin() as connection:
            connection.execute(delete(deliveries))
        store.close()
        vacuum(place)

    return work


def vacuum(place: Place) -> None:
    """Leave nothing dead behind, which the next round would walk over."""
    if isinstance(place, str):
        import psycopg  # noqa: PLC0415 - the same

        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute("VACUUM (FULL, ANALYZE) deliveries")
    else:
        with closing(sqlite3.connect(place)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def plan_ours(place: Place) -> Way:
    """Return what plans the edition."""

    def work() -> None:
        store = Store(place)
        with store.begin() as connection:
            plan.plan_edition(connection, 1, [EVERYONE], now=NOW)
        store.close()

    return work


def plan_raw(place: Place) -> Way:
    """Return the same rows by one statement."""

    def work() -> None:
        with closing(raw_connection(place)) as connection:
            connection.execute("BEGIN")
            connection.execute(
                "INSERT INTO deliveries (edition, subscriber_id, segment, status, updated_at)"  # noqa: S608 - made of constants
                f" SELECT 1, id, '{SEGMENT}', 'planned', CAST('{MOMENT}' AS {kind(place)})"
                " FROM subscribers s WHERE consent = 'confirmed' AND NOT EXISTS (SELECT 1 FROM"
                " suppressions p WHERE p.identity_hash = s.identity_hash) ORDER BY id"
            )
            connection.execute("COMMIT")

    return work


def kind(place: Place) -> str:
    """Return how a moment is called there."""
    return "timestamp" if isinstance(place, str) else "text"


def pages(connection: Connection) -> Sequence[float]:
    """Read the planned readers as a run does; return how long each page took."""
    after, took = 0, []
    while True:
        begun = time.perf_counter()
        where = {"edition": 1, "segment": SEGMENT, "after": after, "limit": PAGE}
        where["until"] = claims.LAST
        rows = connection.execute(claims._NEXT_PLANNED, where).all()  # noqa: SLF001 - what `claim` asks
        took.append(time.perf_counter() - begun)
        if not rows:
            return took[:-1]
        after = rows[-1].id


def read_ours(place: Place) -> None:
    """Read a segment by the store's own statement."""
    store = Store(place)
    # A claim reads in order to write: PostgreSQL locks what it reads, which is rolled back here.
    with store.rehearse() as connection:
        pages(connection)
    store.close()


def read_raw(place: Place) -> None:
    """Ask the same of the driver."""
    mark = "%s" if isinstance(place, str) else "?"
    question = (
        "SELECT d.id, d.subscriber_id, s.address, s.name, s.zone, s.consent = 'confirmed'"  # noqa: S608 - made of constants
        " AND NOT EXISTS (SELECT 1 FROM suppressions p WHERE p.identity_hash = s.identity_hash)"
        " FROM deliveries d LEFT JOIN subscribers s ON s.id = d.subscriber_id"
        f" WHERE d.edition = {mark} AND d.status = 'planned' AND d.segment = {mark}"
        f" AND d.id > {mark} ORDER BY d.id LIMIT {mark}"
        f"{' FOR UPDATE OF d SKIP LOCKED' if isinstance(place, str) else ''}"
    )
    with closing(raw_connection(place)) as connection:
        after = 0
        while rows := connection.execute(question, (1, SEGMENT, after, PAGE)).fetchall():
            after = rows[-1][0]


def last_by_first(place: Place) -> float:
    """Compare the ends of a segment: medians of ten pages, of three readings the fairest."""
    store = Store(place)
    found = []
    for _ in range(ROUNDS):
        with store.rehearse() as connection:
            took = pages(connection)
        # The first also compiles the statement.
        found.append(sorted(took[-10:])[5] / sorted(took[1:11])[5])
    store.close()
    return min(found)


def first_delivery(place: Place) -> int:
    """Return the first number; they follow each other."""
    store = Store(place)
    with store.read() as connection:
        number: int = connection.execute(select(func.min(deliveries.c.id))).scalar_one()
    store.close()
    return number


def start_all(place: Place) -> None:
    """Let everything be in flight, in one attempt."""
    store = Store(place)
    with store.begin() as connection:
        connection.execute(text("UPDATE deliveries SET status = 'sending', reason = NULL"))
    store.close()
    vacuum(place)


def record_ours(place: Place, ids: range) -> None:
    """Write what became of every reader, a transaction for each thousand."""
    store = Store(place)
    for first in range(0, len(ids), PAGE):
        outcomes = [
            Outcome(delivery_id=number, kind=OutcomeKind.ACCEPTED, provider_message_id="m")
            for number in ids[first : first + PAGE]
        ]
        with store.begin() as connection:
            ledger.record_some(connection, outcomes, open_attempts=(), now=NOW)
    store.close()


def record_raw(place: Place, ids: range) -> None:
    """Write the same through the driver."""
    with closing(raw_connection(place)) as connection:
        for first in range(0, len(ids), PAGE):
            numbers = ids[first : first + PAGE]
            if isinstance(place, str):
                many = len(numbers)
                connection.execute(
                    "UPDATE deliveries SET status = said.status, reason = said.reason,"
                    " provider_message_id = said.message, updated_at = %s FROM unnest(%s::int[],"
                    " %s::text[], %s::text[], %s::text[]) AS said(id, status, reason, message)"
                    " WHERE deliveries.id = said.id AND deliveries.status = 'sending'",
                    (MOMENT, list(numbers), ["accepted"] * many, [None] * many, ["m"] * many),
                )
                connection.commit()
                continue
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "UPDATE deliveries SET status = ?, reason = ?, provider_message_id = ?,"
                " updated_at = ? WHERE id = ? AND status = 'sending'",
                [("accepted", None, "m", MOMENT, number) for number in numbers],
            )
            connection.execute("COMMIT")


def ask_books(rows: Rows, place: Place) -> None:
    """Close the books of the edition and ask them."""
    store = Store(place)
    close_books(store, now=NOW)
    if isinstance(place, str):
        # What a server does by itself after so many changes; that of the tests does not.
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
    questions: dict[str, Callable[[Any], object]] = {
        "editions": lambda c: (books.tallies(c), editions.list_editions(c)),
        "deliveries --edition 1": lambda c: (
            list(books.iterate_deliveries(c, edition=1, status=None, limit=200)),
            books.count_by_reason(c, 1),
            books.tally(c, 1),
        ),
        "report": report.make_report,
        "in doubt": books.count_in_doubt,
        "counted anew, for comparison": lambda c: counts.count_lines(c, 1),
    }
    for name, question in questions.items():
        took = min(timed(store, question) for _ in range(5)) * 1_000
        if name.startswith("counted"):
            rows.append((f"{name}, ms", f"{took:.1f}", "", ""))
        else:
            add(rows, f"{name}, ms", took, 100)
    store.close()


def timed(store: Store, question: Callable[[Any], object]) -> float:
    """Return the seconds that an answer takes."""
    begun = time.perf_counter()
    with store.read() as connection:
        question(connection)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
