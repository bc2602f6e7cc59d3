"""A list in parts; a long one in the order of its hashes, all rows of a reader in one part.

Each index that is written out of its order costs more than all else that is done to a row. Rows
wait in a file of their own, as text, which is packed, sorted and taken apart by a call for
thousands.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import Final

from otalk_digest.model.audience import Listed
from otalk_digest.spill import Extent, Spill
from otalk_digest.store.sayings import Sayings

#: A list up to this length keeps its order; sorting a longer one pays.
KEEPS_ORDER: Final = 20_000
#: So many rows of it are one part, or as many as begin with the same digits.
_PART: Final = 20_000
_DIGITS: Final = 2
#: What parts cells and rows. No list has them: control characters are refused.
_CELL: Final = "\x1f"
_ROW: Final = "\x1e"

#: Hash of the identity, address, name, what is said, the identity where it is not the address.
#: Empty is absent here: to bind a null costs sqlite3 more than a text.
StagedRow = tuple[str, str, str, str, str]
HASH, ADDRESS, NAME, SAID, OTHER = range(5)
_WIDTH: Final = 5


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


@dataclass(slots=True)
class _Bucket:
    """Rows whose hashes begin alike: where they were put aside, in the order of the list."""

    extents: list[Extent] = field(default_factory=list)
    count: int = 0


def in_parts(people: Iterable[tuple[Listed, Sequence[str]]], sayings: Sayings) -> Iterator[Part]:
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
    with Spill() as spill:
        buckets = _put_aside(spill, batches)
        for near in _near(buckets):
            yield Part(_taken_up(spill, near), is_sorted=True)


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


def _put_aside(spill: Spill, batches: Iterable[list[str]]) -> Sequence[_Bucket]:
    """Put rows where memory is not needed for them, by how their hashes begin."""
    buckets: defaultdict[str, _Bucket] = defaultdict(_Bucket)
    for batch in batches:
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for row in batch:
            alike[row[:_DIGITS]].append(row)
        for digits, rows in alike.items():
            buckets[digits].count += len(rows)
            buckets[digits].extents.append(spill.add(_ROW.join(rows).encode()))
        # Before the next one is read.
        del batch, alike, rows
    return [bucket for _, bucket in sorted(buckets.items())]


def _near(buckets: Iterable[_Bucket]) -> Iterator[Sequence[_Bucket]]:
    """Yield what is held in memory together."""
    near: list[_Bucket] = []
    for bucket in buckets:
        if near and bucket.count + sum(each.count for each in near) > _PART:
            yield near
            near = []
        near.append(bucket)
    yield near


def _taken_up(spill: Spill, buckets: Iterable[_Bucket]) -> list[str]:
    """Return the cells of a part in the order of their hashes; rows of a reader in their own."""
    packed = (spill.read(extent).decode() for bucket in buckets for extent in bucket.extents)
    rows = _ROW.join(packed).split(_ROW)
    # A row begins with its hash, and one is as long as another.
    rows.sort(key=itemgetter(slice(rows[0].index(_CELL))))
    return _CELL.join(rows).split(_CELL)
