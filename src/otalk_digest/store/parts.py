"""A list in parts; a long one in the order of its hashes, all rows of a reader in one part.

Each index that is written out of its order costs more than all else that is done to a row. Rows
are kept as text meanwhile, which is packed, sorted and taken apart by a call for thousands.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Final

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, select

from otalk_digest.model.audience import Listed
from otalk_digest.store.sayings import Sayings

#: A list up to this length keeps its order; sorting a longer one pays.
KEEPS_ORDER: Final = 20_000
#: So many rows of it are one part, or as many as begin with the same digits.
_PART: Final = 20_000
_DIGITS: Final = 2
#: What parts cells and rows. No list has them: control characters are refused.
_CELL: Final = "\x1f"
_ROW: Final = "\x1e"
#: A row begins with its hash: SHA-256 in hexadecimal.
_hash_of = itemgetter(slice(64))

#: Hash of the identity, address, name, what is said, the identity where it is not the address.
#: Empty is absent here: to bind a null costs sqlite3 more than a text.
StagedRow = tuple[str, str, str, str, str]
HASH, ADDRESS, NAME, SAID, OTHER = range(5)
_WIDTH: Final = 5

_parts = MetaData()
# Rows whose hashes begin alike: they are read once more, and then moved.
staged_parts = Table(
    "staged_parts",
    _parts,
    Column("digits", String, primary_key=True),
    Column("batch", Integer, primary_key=True),
    Column("rows", String, nullable=False),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows, by columns."""

    cells: Sequence[str]
    is_sorted: bool

    @property
    def rows(self) -> Iterator[StagedRow]:
        """All of it, row by row."""
        cells = iter(self.cells)
        return zip(*[cells] * _WIDTH, strict=True)

    def column(self, number: int) -> Sequence[str]:
        """Return one cell of each row."""
        return self.cells[number::_WIDTH]


def in_parts(
    connection: Connection, people: Iterable[tuple[Listed, Sequence[str]]], sayings: Sayings
) -> Iterator[Part]:
    """Yield the rows of a list with their hashes; what each says is written down before."""
    batches: Iterator[list[str]] = _batches(people, sayings)
    first = next(batches, [])
    if len(first) <= KEEPS_ORDER:
        if first:
            yield Part(_CELL.join(first).split(_CELL), is_sorted=False)
        return
    batches = chain([first], batches)
    # Else it were held until all parts are read.
    del first
    _parts.create_all(connection, checkfirst=False)
    counts = _put_aside(connection, batches)
    for digits in _near(counts):
        yield Part(_taken_up(connection, digits), is_sorted=True)
    _parts.drop_all(connection, checkfirst=False)


def _batches(
    people: Iterable[tuple[Listed, Sequence[str]]], sayings: Sayings
) -> Iterator[list[str]]:
    """Yield the rows, a batch as soon as it is too long to keep its order."""
    batch: list[str] = []
    for listed, hashes in people:
        pairs = zip(listed.identities, listed.addresses, strict=True)
        others = ["" if identity == address else identity for identity, address in pairs]
        said = sayings.numbers(listed.said)
        cells = zip(hashes, listed.addresses, listed.names, said, others, strict=True)
        batch += map(_CELL.join, cells)
        if len(batch) > KEEPS_ORDER:
            sayings.write()
            yield batch
            batch = []
    if batch:
        sayings.write()
        yield batch


def _put_aside(connection: Connection, batches: Iterable[list[str]]) -> Mapping[str, int]:
    """Write rows down by how their hashes begin; return how many begin so."""
    counts: Counter[str] = Counter()
    for number, batch in enumerate(batches):
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for row in batch:
            alike[row[:_DIGITS]].append(row)
        packed = []
        for digits, rows in alike.items():
            counts[digits] += len(rows)
            packed.append({"digits": digits, "batch": number, "rows": _ROW.join(rows)})
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


def _taken_up(connection: Connection, digits: tuple[str, str]) -> list[str]:
    """Return the cells of a part in the order of their hashes; rows of a reader in their own."""
    columns = staged_parts.c
    query = select(columns.rows).where(columns.digits.between(*digits))
    packed = connection.scalars(query.order_by(columns.digits, columns.batch))
    rows = _ROW.join(packed).split(_ROW)
    rows.sort(key=_hash_of)
    return _CELL.join(rows).split(_CELL)
