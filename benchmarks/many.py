"""A store of as many readers as wanted, made by the database itself, on SQLite or PostgreSQL."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from personalise import SENDER, VARIANT
from sqlalchemy import Connection, text

from otalk_digest.model.audience import AllOf, Segment
from otalk_digest.model.chat import Reading
from otalk_digest.model.edition import Edition
from otalk_digest.model.news import News, NewsKind
from otalk_digest.pipeline.delivering import Post
from otalk_digest.store import editions, news, plan
from otalk_digest.store.database import Place, open_store

NOW = datetime(2031, 3, 4, 6, 30, tzinfo=UTC)
SEGMENT = "weekly"
EVERYONE = Segment(
    name=SEGMENT, title="All", rule=AllOf(()), kinds=frozenset(NewsKind), theme="classic"
)
#: About 30 KB on the wire.
CONTENT = replace(VARIANT, html=VARIANT.html[:19_000], news_ids=(1,))
POST = Post(sender=SENDER, base_url="https://digest.otalk.example")

_NUMBERS = {
    "sqlite": "(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
    " WHERE n < :many) SELECT n FROM numbers)",
    "postgresql": "(SELECT n FROM generate_series(1, CAST(:many AS int)) AS n)",
}
_HASH = {"sqlite": "printf('%064d', n)", "postgresql": "lpad(CAST(n AS text), 64, '0')"}
_MOMENT = {
    "sqlite": "'2031-03-04 06:30:00.000000'",
    "postgresql": "TIMESTAMP '2031-03-04 06:30:00'",
}


def a_store(place: Place, readers: int, *, is_planned: bool = True) -> None:
    """Write a store with its readers and one edition, planned or not."""
    store = open_store(place)
    with store.begin() as connection:
        add_readers(connection, readers)
        reading = Reading(is_chat=True, title="Gardens", topic="Gardens")
        told = News(kind=NewsKind.NOTICE, guid="g", url=None, reading=reading, happened_at=NOW)
        news.save_news(connection, [told], now=NOW)
        add_edition(connection)
        if is_planned:
            plan.plan_edition(connection, 1, [EVERYONE], now=NOW)
    store.close()


def add_edition(connection: Connection) -> None:
    """Freeze the one edition."""
    edition = Edition(number=1, frozen_at=NOW, variants=(CONTENT,), content_hash="c")
    editions.save_edition(connection, edition, variant_hashes={SEGMENT: "v"})
    news.mark_told(connection, SEGMENT, [1], edition=1)


def add_readers(connection: Connection, readers: int) -> None:
    """Add invented readers, numbered from one."""
    kind = connection.dialect.name
    address = "'reader' || n || '@reader.example'"
    into = text(
        "INSERT INTO subscribers (identity, identity_hash, address, name, zone, consent,"  # noqa: S608 - made of constants
        f" joined_at, source) SELECT {address}, {_HASH[kind]}, {address}, 'Reader ' || n,"
        f" 'Europe/Madrid', 'confirmed', {_MOMENT[kind]}, 'a benchmark'"
        f" FROM {_NUMBERS[kind]} AS numbers"
    )
    connection.execute(into, {"many": readers})


@contextmanager
def server() -> Iterator[tuple[str, Callable[[], float]]]:
    """Start a PostgreSQL; yield the URL of an empty database, and what asks for its CPU seconds."""
    from tests.postgresql_server import running_postgres  # noqa: PLC0415 - only where it is wanted

    with running_postgres() as postgres, postgres.database() as name:
        pid = int((postgres.folder / "data" / "postmaster.pid").read_text().split()[0])
        yield postgres.url(name), lambda: _cpu_s(pid)


def _cpu_s(pid: int) -> float:
    """Return what a server has used, with its children, ended or not."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    try:
        ticks = sum(_ticks(pid, 4)) + sum(sum(_ticks(int(child), 2)) for child in children)
    except FileNotFoundError:
        # One of them has just ended: the server answers for it now.
        return _cpu_s(pid)
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int, many: int) -> list[int]:
    # After the name, which may hold blanks: the fields of proc(5) from the third on.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(field) for field in fields[11 : 11 + many]]
