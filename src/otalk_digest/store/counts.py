"""How many stand where in an edition that nothing is left to send of, counted once and kept.

A million deliveries take half a second to count; nearly all editions are done with, and only
events and decisions about doubts still move a delivery of theirs. Whatever moves one says so
here, in the same transaction, so that what is kept is what counting would find.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Subquery, delete, func, insert, select, update

from otalk_digest.store.schema import deliveries
from otalk_digest.store.told import edition_counts

_C, _D = edition_counts.c, deliveries.c


class Line(NamedTuple):
    """A place in the books that many share."""

    edition: int
    segment: str | None
    status: str
    reason: str | None


def keep(connection: Connection, edition: int) -> None:
    """Count the deliveries of an edition, once for all."""
    forget(connection, [edition])
    names = [*Line._fields, "deliveries"]
    rows = select(*_lines(edition).c)
    connection.execute(insert(edition_counts).from_select(names, rows))


def forget(connection: Connection, editions: Collection[int]) -> None:
    """Let editions be counted again: some of their deliveries are about to move in numbers."""
    if editions:
        connection.execute(delete(edition_counts).where(_C.edition.in_(editions)))


def move(connection: Connection, moves: Iterable[tuple[Line, Line]]) -> None:
    """Take each delivery from its line and put it into the other, where an edition is kept."""
    changes: Counter[Line] = Counter()
    for before, after in moves:
        changes[before] -= 1
        changes[after] += 1
    editions = select(_C.edition).where(_C.edition.in_({line.edition for line in changes}))
    kept = frozenset(connection.scalars(editions.distinct()))
    for line, change in changes.items():
        if change and line.edition in kept:
            _change(connection, line, change)


def statuses(connection: Connection) -> Mapping[int, Mapping[str, int]]:
    """Return edition → status → deliveries, of the editions that are kept."""
    query = select(_C.edition, _C.status, func.sum(_C.deliveries))
    found: dict[int, dict[str, int]] = {}
    for edition, status, many in connection.execute(query.group_by(_C.edition, _C.status)):
        found.setdefault(edition, {})[status] = int(many)
    return found


def lines(connection: Connection, edition: int) -> Mapping[Line, int]:
    """Return how many stand on each line of an edition; nothing when it is not kept."""
    query = select(edition_counts).where(_C.edition == edition)
    found: Counter[Line] = Counter()
    for row in connection.execute(query):
        found[Line(row.edition, row.segment, row.status, row.reason)] += row.deliveries
    return found


def count_lines(connection: Connection, edition: int) -> Mapping[Line, int]:
    """Return the same, counted now, of any edition."""
    rows = connection.execute(select(_lines(edition)))
    return {Line(*row[:4]): row[4] for row in rows}


def _lines(edition: int) -> Subquery:
    columns = (_D.edition, _D.segment, _D.status, _D.reason)
    counted = select(*columns, func.count().label("deliveries"))
    return counted.where(_D.edition == edition).group_by(*columns).subquery("lines")


def _change(connection: Connection, line: Line, change: int) -> None:
    # By its number: should two ever say the same, their sum is still what is right.
    fits = (_C[name].is_not_distinct_from(value) for name, value in line._asdict().items())
    known = connection.scalar(select(_C.id).where(*fits).limit(1))
    if known is None:
        values = {**line._asdict(), "deliveries": change}
        connection.execute(insert(edition_counts).values(values))
        return
    more = update(edition_counts).where(_C.id == known)
    connection.execute(more.values(deliveries=_C.deliveries + change))
    connection.execute(delete(edition_counts).where(_C.id == known, _C.deliveries == 0))
