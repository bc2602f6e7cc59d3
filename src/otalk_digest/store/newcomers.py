"""A shorter way for most rows of a long list: of somebody new, who says what others say.

They are written where they stay. To be staged first, as all others are, costs half as much again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, compress
from operator import eq, itemgetter, not_, or_
from typing import Final

from sqlalchemy import Connection, insert, select

from otalk_digest.store.driving import mark_of
from otalk_digest.store.numbers import counting_on, last_number
from otalk_digest.store.parts import ADDRESS, HASH, NAME, OTHER, SAID, Part, StagedRow
from otalk_digest.store.sayings import PROOF, SAID_ONCE, said_facets, sayings
from otalk_digest.store.schema import consents, subscriber_facets, subscribers, suppressions

#: So many rows are one statement; more of them cost more each.
_TOGETHER: Final = 50
#: Beside more readers than that, the rows of a part are looked up one by one.
_MOST_KNOWN: Final = 40_000
_S = subscribers.c
_hash_of = itemgetter(HASH)

#: Hash, address and name.
_Row = tuple[str, str, str]


def take_in_new(
    connection: Connection, part: Part, *, has_facets: bool
) -> tuple[int, list[StagedRow]]:
    """Write those down who are new; return how many they were, and the rows that are left.

    Rows of one reader are left together, in their order.
    """
    unusual = _unusual(connection, part) if part.is_sorted else None
    if unusual is None:
        return 0, list(part.rows)
    hashes = part.column(HASH)
    # Of one reader the rows stand side by side, and whoever has a second one is there by then.
    is_again = map(eq, chain([""], hashes), hashes)
    is_left = list(map(or_, is_again, map(unusual.__contains__, hashes)))
    added, left = 0, []
    with counting_on(connection):
        for said, rows in _by_saying(part, list(map(not_, is_left))).items():
            whole = len(rows) - len(rows) % _TOGETHER
            if whole:
                _write(connection, rows[:whole], int(said), has_facets=has_facets)
            added += whole
            left += [(*row, said, "") for row in rows[whole:]]
    # First rows before second ones.
    left += compress(part.rows, is_left)
    left.sort(key=_hash_of)
    return added, left


def _unusual(connection: Connection, part: Part) -> set[str] | None:
    """Return the hashes of rows that need a closer look; None where each of them does."""
    hashes = part.column(HASH)
    unusual = set(compress(hashes, part.column(OTHER)))
    for known in (_S.identity_hash, suppressions.c.identity_hash):
        query = select(known).where(known.between(hashes[0], hashes[-1])).limit(_MOST_KNOWN)
        found = connection.scalars(query).all()
        if len(found) == _MOST_KNOWN:
            return None
        unusual.update(found)
    return unusual


def _by_saying(part: Part, is_usual: Sequence[bool]) -> Mapping[str, list[_Row]]:
    """Return the usual rows of a part, in their order, by what they say."""
    said = list(compress(part.column(SAID), is_usual))
    hashes, addresses, names = (
        compress(part.column(cell), is_usual) for cell in (HASH, ADDRESS, NAME)
    )
    rows = list(zip(hashes, addresses, names, strict=True))
    if len(set(said)) == 1:
        return {said[0]: rows}
    found: defaultdict[str, list[_Row]] = defaultdict(list)
    for number, row in zip(said, rows, strict=True):
        found[number].append(row)
    return found


def _write(connection: Connection, rows: Sequence[_Row], said: int, *, has_facets: bool) -> None:
    """Write down readers who say the same, proof of their consent, and what they chose.

    Nobody else writes meanwhile: whoever has a greater number than anybody before is one of them.
    """
    before = last_number(connection)
    cells = chain.from_iterable(rows)
    together = zip(*[cells] * (len(rows[0]) * _TOGETHER), strict=True)
    connection.exec_driver_sql(_insert(connection), [(*each, said) for each in together])
    them = subscribers.join(sayings, sayings.c.id == said)
    proof = select(_S.identity_hash, *(sayings.c[name] for name in PROOF.values()))
    connection.execute(
        insert(consents).from_select(
            ["identity_hash", *PROOF],
            proof.select_from(them).where(_S.id > before).order_by(_S.id),
        )
    )
    if has_facets:
        chosen = select(_S.id, said_facets.c.facet, said_facets.c.value)
        them = subscribers.join(said_facets, said_facets.c.said == said)
        connection.execute(
            insert(subscriber_facets).from_select(
                ["subscriber_id", "facet", "value"],
                chosen.select_from(them).where(_S.id > before).order_by(_S.id),
            )
        )


def _insert(connection: Connection) -> str:
    mark = mark_of(connection)
    said = ", ".join(SAID_ONCE)
    rows = ", ".join([f"({mark}, {mark}, {mark})"] * _TOGETHER)
    # Names of ours only. Joined in this order, SQLite keeps no copy of the rows.
    return (
        f"INSERT INTO {subscribers} (identity_hash, identity, address, name, {said})"  # noqa: S608 - as said
        f" SELECT column1, column2, column2, nullif(column3, ''), {said}"
        f" FROM (VALUES {rows}) AS listed CROSS JOIN {sayings} WHERE {sayings}.id = {mark}"
    )
