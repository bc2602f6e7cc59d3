"""Move a whole store into another database: all of it, or nothing, and checked.

Rows are streamed, so memory stays flat. Each table is counted and summed on both sides: the sum
of a hash of every row does not depend on an order, which two databases need not share.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, delete, func, insert, select, text

from otalk_digest.errors import InputError, StoreError
from otalk_digest.store.database import Store
from otalk_digest.store.numbers import last_number
from otalk_digest.store.schema import leases, meta, subscribers
from otalk_digest.store.told import events

_PAGE = 1_000
#: All that any module adds. Whose turn it is in one database says nothing about another.
_TABLES = tuple(table for table in events.metadata.sorted_tables if table is not leases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied of one table."""

    table: str
    rows: int
    #: The same on both sides.
    checksum: str


@dataclass(slots=True)
class _Sum:
    """Counts and sums rows on their way."""

    rows: int = 0
    total: int = 0

    def passing(self, rows: Iterable[Row[Any]]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            values = tuple(row)
            digest = hashlib.blake2b(repr(values).encode(), digest_size=16).digest()
            self.total += int.from_bytes(digest, "big")
            self.rows += 1
            yield values

    def checksum(self) -> str:
        return f"{self.total % 2**128:032x}"


def copy_store(source: Store, target: Store) -> Sequence[Copied]:
    """Copy every table in one transaction; the target is a new store and stays as it is on error.

    Raises:
        InputError: the target holds something.
        BusyError: a run is at work on either.
        StoreError: what arrived is not what was sent, or either cannot be used.
    """
    with source.lease(), target.lease(), source.read() as old, target.begin() as new:
        _require_empty(new, target.name)
        # Made when it was opened; the old key signs links that readers have.
        new.execute(delete(meta))
        copied = [_copy(old, new, table) for table in _TABLES]
        for table in _TABLES:
            _count_on(new, table)
    return copied


def _require_empty(new: Connection, name: str) -> None:
    keys = set(new.scalars(select(meta.c.key)))
    full = [
        table.name
        for table in _TABLES
        if table is not meta and new.execute(select(table).limit(1)).first() is not None
    ]
    if full or keys - {"secret_key"}:
        raise InputError(
            f"{name} is in use ({', '.join(full or ['meta'])}), and nothing was copied. "
            "Name a database that is new."
        )


def _copy(old: Connection, new: Connection, table: Table) -> Copied:
    sent, arrived = _Sum(), _Sum()
    _write(new, table, sent.passing(_stream(old, table)))
    for _ in arrived.passing(_stream(new, table)):
        pass
    if sent != arrived:
        raise StoreError(
            f"{table.name}: {sent.rows} rows were sent and {arrived.rows} arrived, or not as they "
            "were. Nothing was copied; try again, and tell us if it happens twice."
        )
    return Copied(table=table.name, rows=sent.rows, checksum=sent.checksum())


def _stream(connection: Connection, table: Table) -> Iterator[Row[Any]]:
    with connection.execute(
        select(table), execution_options={"stream_results": True, "yield_per": _PAGE}
    ) as rows:
        yield from rows


def _write(new: Connection, table: Table, rows: Iterator[tuple[Any, ...]]) -> None:
    if new.dialect.name == "postgresql":
        _write_as_copy(new, table, rows)
        return
    names = [column.name for column in table.columns]
    while page := [dict(zip(names, row, strict=True)) for row in islice(rows, _PAGE)]:
        new.execute(insert(table), page)


def _write_as_copy(new: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """COPY takes a million rows in the time of a tenth of them as statements."""
    quoted = new.dialect.identifier_preparer.quote
    names = ", ".join(quoted(column.name) for column in table.columns)
    binds = [
        column.type.dialect_impl(new.dialect).bind_processor(new.dialect)
        for column in table.columns
    ]
    driver: Any = new.connection.cursor()
    try:
        with driver, driver.copy(f"COPY {quoted(table.name)} ({names}) FROM STDIN") as stream:
            for row in rows:
                stream.write_row(
                    [
                        value if bind is None else bind(value)
                        for value, bind in zip(row, binds, strict=True)
                    ]
                )
    except new.dialect.loaded_dbapi.Error as error:
        raise StoreError(
            f"A row of {table.name} cannot be kept there ({str(error).splitlines()[0]}). "
            "Nothing was copied; mend that row, then try again."
        ) from error


def _count_on(new: Connection, table: Table) -> None:
    """Let the next row get the number after the last; SQLite does so by itself."""
    for column in table.columns:
        if column.identity is not None and new.dialect.name == "postgresql":
            new.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, :column), :next, false)"),
                {
                    "table": table.name,
                    "column": column.name,
                    "next": _last(new, table, column) + 1,
                },
            )


def _last(new: Connection, table: Table, column: Column[Any]) -> int:
    return last_number(new) if table is subscribers else new.scalar(select(func.max(column))) or 0
