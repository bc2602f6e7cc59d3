"""A list as it came, in tables of its own that are gone with the import.

A million rows are put in the order of their hashes, for each index that is written out of its
order costs more than all else that is done to a row.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)

from otalk_digest.model.audience import Consent, Facet, Subscriber
from otalk_digest.store.moment import Moment, moment_binder
from otalk_digest.store.schema import subscribers, suppressions

_BATCH: Final = 2_000
#: Of what rows say alike; a list of which each says something else is written down as it is.
_REMEMBERED: Final = 4_096

temporary = MetaData()
FIELDS = ("identity", "identity_hash", "address", "name")
WISHES = ("cadence", "reminder")
# As they came. Empty is absent here: to bind a null costs sqlite3 more than a text. An identity
# that is the address is left out: most are, and the narrower a row, the less it is to sort.
staged_rows = Table(
    "staged_subscribers",
    temporary,
    Column("position", Integer, primary_key=True),
    *(Column(name, String, nullable=False) for name in FIELDS),
    Column("said", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
# What many rows say alike, once: a narrow row is a third of the work at each step.
sayings = Table(
    "staged_sayings",
    temporary,
    Column("id", Integer, primary_key=True),
    *(Column(name, String) for name in ("zone", "country", "language", "consent", "source")),
    Column("joined_at", Moment, nullable=False),
    *(Column(name, String) for name in (*WISHES, "method", "wording")),
    Column("paused_until", Moment),
    Column("consented_at", Moment, nullable=False),
    prefixes=["TEMPORARY"],
)
staged_facets = Table(
    "staged_facets",
    temporary,
    Column("position", Integer, primary_key=True),
    Column("facet", String, primary_key=True),
    Column("value", String, primary_key=True),
    prefixes=["TEMPORARY"],
)
# In the order of their hashes; the rows of one reader follow each other, first to last.
sorted_rows = Table(
    "sorted_subscribers",
    temporary,
    Column("id", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    *(Column(name, String) for name in FIELDS),
    Column("said", Integer, nullable=False),
    # Who they are already, and what they had said before this list.
    Column("subscriber_id", Integer),
    Column("before", String),
    Column("is_kept_out", Boolean, nullable=False),
    # 0 for the first row of a reader, 1 for the second: each round is one step.
    Column("turn", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)


def stage(
    connection: Connection, people: Iterable[tuple[Subscriber, str]], *, now: datetime
) -> tuple[int, bool]:
    """Write the rows down as they come; return how many, and whether any chose something."""
    rest = iter(people)
    staged, has_facets = 0, False
    said = _Sayings(connection, now)
    number = said.number
    while batch := list(islice(rest, _BATCH)):
        rows = [
            (
                position,
                "" if person.identity == person.address else person.identity,
                identity_hash,
                person.address,
                person.name or "",
                number(person),
            )
            for position, (person, identity_hash) in enumerate(batch, staged + 1)
        ]
        _write(connection, staged_rows, rows)
        said.write()
        if facets := list(_facets(batch, staged + 1)):
            _write(connection, staged_facets, facets)
            has_facets = True
        staged += len(batch)
    return staged, has_facets


#: All but who they are and what they chose.
_what_is_said = itemgetter(3, 4, 5, *range(8, len(Subscriber._fields)))


class _Sayings:
    """Numbers what rows say about themselves: most of a list say the same."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._moment = moment_binder(connection)
        self._now = now
        self._last: tuple[object, ...] = ()
        self._number = self._count = 0
        self._known: dict[tuple[object, ...], int] = {}
        self._new: list[tuple[object, ...]] = []

    def number(self, person: Subscriber) -> int:
        # Compared first, which is less than hashing.
        said = _what_is_said(person)
        if said != self._last:
            self._last = said
            self._number = self._known.get(said) or self._note(said, person)
        return self._number

    def write(self) -> None:
        if self._new:
            _write(self._connection, sayings, self._new)
            self._new = []

    def _note(self, said: tuple[object, ...], person: Subscriber) -> int:
        if len(self._known) == _REMEMBERED:
            self._known.clear()
        self._count += 1
        self._known[said] = self._count
        proof, moment = person.proof, self._moment
        # Only consent that was given has a moment of its own: other rows are about now.
        agreed_at = proof.at if person.consent is Consent.CONFIRMED else None
        self._new.append(
            (
                self._count,
                *(person.zone, person.country, person.language),
                *(person.consent.value, person.source),
                moment(person.joined_at or self._now),
                *(person.cadence.value, person.reminder.value, proof.method, proof.wording),
                None if person.paused_until is None else moment(person.paused_until),
                moment(agreed_at or self._now),
            )
        )
        return self._count


def _facets(batch: Sequence[tuple[Subscriber, str]], first: int) -> Iterator[tuple[int, str, str]]:
    for position, (person, _) in enumerate(batch, first):
        if person.tags or person.wants:
            for tag in person.tags:
                yield position, Facet.TAG.value, tag
            for kind in person.wants:
                yield position, Facet.WANTS.value, str(kind)


def _write(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Hand tuples to the driver: by names, a row would cost three times as much."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * len(table.columns))
    into = f"INSERT INTO {table.name} VALUES ({marks})"  # noqa: S608 - names of ours only
    connection.exec_driver_sql(into, list(rows))


def sort_staged(connection: Connection) -> None:
    """Put the rows in order, with who they are already and whether they had left."""
    columns = staged_rows.c
    rows = (
        select(
            columns.position,
            func.nullif(columns.identity, ""),
            columns.identity_hash,
            columns.address,
            func.nullif(columns.name, ""),
            columns.said,
            subscribers.c.id,
            subscribers.c.consent,
            suppressions.c.identity_hash.is_not(None),
            literal(0),
        )
        .select_from(staged_rows)
        .outerjoin(subscribers, subscribers.c.identity_hash == columns.identity_hash)
        .outerjoin(suppressions, suppressions.c.identity_hash == columns.identity_hash)
        .order_by(columns.identity_hash, columns.position)
    )
    names = [column.name for column in sorted_rows.columns if column.name != "id"]
    connection.execute(insert(sorted_rows).from_select(names, rows, include_defaults=False))


def rows_of(turn: int) -> ColumnElement[bool]:
    """Choose them so that the index of the later turns is found."""
    column = sorted_rows.c.turn
    return and_(column == turn, column > literal_column("0")) if turn else column == 0


def number_turns(connection: Connection) -> int:
    """Give each later row of a reader its turn; return the last turn."""
    rows = sorted_rows.c
    one_before = sorted_rows.alias("one_before")
    is_later = exists().where(
        one_before.c.id == rows.id - 1,
        one_before.c.identity_hash == rows.identity_hash,
    )
    later = (
        select(
            rows.id,
            func.row_number().over(partition_by=rows.identity_hash, order_by=rows.id).label("turn"),
        )
        .where(is_later)
        .subquery("later")
    )
    numbered = update(sorted_rows).where(rows.id == later.c.id).values(turn=later.c.turn)
    if not connection.execute(numbered).rowcount:
        return 0
    # Of those few alone: the first turn looks at all rows anyway.
    connection.exec_driver_sql(
        f"CREATE INDEX ix_sorted_turn ON {sorted_rows.name} (turn) WHERE turn > 0"
    )
    return connection.scalar(select(func.max(rows.turn))) or 0
