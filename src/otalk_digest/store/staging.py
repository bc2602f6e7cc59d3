"""A list as it came, in tables of its own that are gone with the import.

A long list is put in the order of its hashes, part by part: each index that is written out of its
order costs more than all else that is done to a row.
"""

import marshal
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    select,
)

from otalk_digest.model.audience import Listed
from otalk_digest.store.driving import write_rows
from otalk_digest.store.sayings import Sayings

#: A list up to this length keeps its order; sorting a longer one pays.
KEEPS_ORDER: Final = 20_000
#: So many rows of it are one part, or as many as begin with the same digits.
_PART: Final = 20_000
_DIGITS: Final = 2

#: Hash of the identity, the identity where it is not the address, address, name, what is said.
#: Empty is absent here: to bind a null costs sqlite3 more than a text.
StagedRow = tuple[str, str, str, str, int]
_hash_of = itemgetter(0)

_parts = MetaData()
# Rows of a long list whose hashes begin alike, packed: they are read once more, and then moved.
staged_parts = Table(
    "staged_parts",
    _parts,
    Column("digits", String, primary_key=True),
    Column("batch", Integer, primary_key=True),
    Column("rows", LargeBinary, nullable=False),
    prefixes=["TEMPORARY"],
)
_rows = MetaData()
# One part. First each reader's first row, then each second: every round is one step.
staged_rows = Table(
    "staged_subscribers",
    _rows,
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
    staged_rows.c[name] for name in ("identity_hash", "identity", "address", "name", "said")
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


def in_parts(
    connection: Connection, people: Iterable[tuple[Listed, Sequence[str]]], sayings: Sayings
) -> Iterator[list[StagedRow]]:
    """Yield the rows of a list; of a long one in the order of their hashes.

    All rows of a reader are in one part, in their order.
    """
    batches: Iterator[list[StagedRow]] = _batches(people, sayings)
    first = next(batches, [])
    if len(first) <= KEEPS_ORDER:
        yield first
        return
    batches = chain([first], batches)
    # Else it were held until all parts are read.
    del first
    _parts.create_all(connection, checkfirst=False)
    counts = _put_aside(connection, batches)
    for digits in _near(counts):
        yield _taken_up(connection, digits)
    _parts.drop_all(connection, checkfirst=False)


def _batches(
    people: Iterable[tuple[Listed, Sequence[str]]], sayings: Sayings
) -> Iterator[list[StagedRow]]:
    """Yield the rows, a batch as soon as it is too long to keep its order."""
    batch: list[StagedRow] = []
    for listed, hashes in people:
        pairs = zip(listed.identities, listed.addresses, strict=True)
        others = ["" if identity == address else identity for identity, address in pairs]
        said = sayings.numbers(listed.said)
        batch += zip(hashes, others, listed.addresses, listed.names, said, strict=True)
        if len(batch) > KEEPS_ORDER:
            sayings.write()
            yield batch
            batch = []
    if batch:
        sayings.write()
        yield batch


def _put_aside(connection: Connection, batches: Iterable[list[StagedRow]]) -> Mapping[str, int]:
    """Write rows down by how their hashes begin; return how many begin so."""
    counts: Counter[str] = Counter()
    for number, batch in enumerate(batches):
        alike: defaultdict[str, list[StagedRow]] = defaultdict(list)
        for row in batch:
            alike[row[0][:_DIGITS]].append(row)
        packed = []
        for digits, rows in alike.items():
            counts[digits] += len(rows)
            packed.append({"digits": digits, "batch": number, "rows": marshal.dumps(rows)})
        connection.execute(insert(staged_parts), packed)
        # Before the next one is read.
        del batch, packed, alike, rows
    return counts


def _near(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield the first and the last digits of what is held in memory together."""
    near: list[str] = []
    held = 0
    for digits, count in sorted(counts.items()):
        if near and held + count > _PART:
            yield near[0], near[-1]
            near, held = [], 0
        near.append(digits)
        held += count
    yield near[0], near[-1]


def _taken_up(connection: Connection, digits: tuple[str, str]) -> list[StagedRow]:
    """Return the rows of a part in the order of their hashes; those of a reader in their own."""
    rows: list[StagedRow] = []
    columns = staged_parts.c
    query = select(columns.rows).where(columns.digits.between(*digits))
    for packed in connection.scalars(query.order_by(columns.digits, columns.batch)):
        rows += marshal.loads(packed)  # noqa: S302 - what we wrote, in this transaction
    rows.sort(key=_hash_of)
    return rows


def stage(connection: Connection, rows: Sequence[StagedRow]) -> list[Round]:
    """Write a part down: each reader's first row, then each one's second, and so on."""
    _rows.create_all(connection, checkfirst=False)
    rounds, written = [], 0
    for rows_of_round in _rounds(rows):
        write_rows(connection, _WRITTEN, rows_of_round)
        rounds.append(Round(written, len(rows_of_round)))
        written += len(rows_of_round)
    return rounds


def unstage(connection: Connection) -> None:
    """Make room for the next part; what fails on the way is rolled back with its tables."""
    _rows.drop_all(connection, checkfirst=False)


def _rounds(rows: Sequence[StagedRow]) -> Iterator[Sequence[StagedRow]]:
    while rows:
        # Of those with one hash the last stays, which is the first.
        first = dict(zip(map(_hash_of, reversed(rows)), reversed(rows), strict=True))
        if len(first) == len(rows):
            yield rows
            return
        yield [row for row in rows if first[row[0]] is row]
        rows = [row for row in rows if first[row[0]] is not row]
