"""How many there are, of what kind, and since when. Reads only; names nobody."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, extract, func, select

from otalk_digest.store.schema import subscribers
from otalk_digest.store.subscribers import count_by_consent, count_suppressions

#: Counted for everybody who may be written to.
FACETS = ("zone", "country", "language", "cadence", "reminder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Each part counts the same people in its own way."""

    by_consent: Mapping[str, int]
    #: Facet → value → confirmed readers, most first; under None those who did not say.
    by_facet: Mapping[str, Mapping[str | None, int]]
    #: "2026-11" → how many joined then, oldest first, whatever became of them.
    joined: Mapping[str, int]
    #: Reason → addresses that are never mailed.
    suppressed: Mapping[str, int]


def statistics_of(connection: Connection) -> Statistics:
    """Count everybody."""
    return Statistics(
        by_consent=count_by_consent(connection),
        by_facet={name: _by(connection, subscribers.c[name]) for name in FACETS},
        joined=_joined(connection),
        suppressed=count_suppressions(connection),
    )


def _by(connection: Connection, column: ColumnElement[str | None]) -> dict[str | None, int]:
    query = (
        select(column, func.count())
        .select_from(subscribers)
        .where(subscribers.c.consent == "confirmed")
        .group_by(column)
    )
    counted = [(row[0], row[1]) for row in connection.execute(query)]
    return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0] or "")))


def _joined(connection: Connection) -> dict[str, int]:
    columns = (
        extract("year", subscribers.c.joined_at),
        extract("month", subscribers.c.joined_at),
    )
    query = select(*columns, func.count()).group_by(*columns).order_by(*columns)
    return {f"{int(row[0]):04}-{int(row[1]):02}": row[2] for row in connection.execute(query)}
