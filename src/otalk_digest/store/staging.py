"""Rows of a part, in a table of their own that is gone with the import."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    delete,
    text,
)

from otalk_digest.store.driving import write_rows
from otalk_digest.store.parts import HASH, StagedRow
from otalk_digest.store.sayings import tables

_hash_of = itemgetter(HASH)
# One part. First each reader's first row, then each second: every round is one step.
staged_rows = Table(
    "staged_subscribers",
    tables,
    Column("id", Integer, primary_key=True),
    *(Column(name, String, nullable=False) for name in ("identity_hash", "identity")),
    *(Column(name, String, nullable=False) for name in ("address", "name")),
    Column("said", Integer, nullable=False),
    # Who they are already, and what they had said before this list.
    Column("subscriber_id", Integer),
    Column("before", String),
    prefixes=["TEMPORARY"],
)
_ID: Final = staged_rows.c.id
_WRITTEN: Final = [
    staged_rows.c[name] for name in ("identity_hash", "address", "name", "said", "identity")
]


@dataclass(frozen=True, slots=True)
class Round:
    """Rows in which nobody is named twice."""

    after: int
    count: int

    @property
    def is_in(self) -> ColumnElement[bool]:
        """Whether a row is one of them."""
        return _ID.between(self.after + 1, self.after + self.count)


def stage(connection: Connection, rows: Sequence[StagedRow]) -> list[Round]:
    """Write a part down: each reader's first row, then each one's second, and so on."""
    rounds, written = [], 0
    for rows_of_round in _rounds(rows):
        write_rows(connection, _WRITTEN, rows_of_round)
        rounds.append(Round(written, len(rows_of_round)))
        written += len(rows_of_round)
    return rounds


def unstage(connection: Connection) -> None:
    """Make room for the next part, whose rows are counted from one again."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"TRUNCATE {staged_rows} RESTART IDENTITY"))
    else:
        # A new table would have every statement prepared anew.
        connection.execute(delete(staged_rows))


def _rounds(rows: Sequence[StagedRow]) -> Iterator[Sequence[StagedRow]]:
    while rows:
        # Of those with one hash the last stays, which is the first.
        first = dict(zip(map(_hash_of, reversed(rows)), reversed(rows), strict=True))
        if len(first) == len(rows):
            yield rows
            return
        yield [row for row in rows if first[row[0]] is row]
        rows = [row for row in rows if first[row[0]] is not row]
