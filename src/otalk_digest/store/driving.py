"""Hand rows to the driver as they are: by names, one would cost three times as much."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from sqlalchemy import Column, Connection

#: So many go in one statement; more of them save nothing more.
_TOGETHER: Final = 50


def write_rows(
    connection: Connection, columns: Sequence[Column[Any]], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows of these columns, in their order."""
    whole = len(rows) - len(rows) % _TOGETHER
    cells = chain.from_iterable(rows[:whole])
    many = list(zip(*[cells] * (len(columns) * _TOGETHER), strict=True))
    for count, parameters in ((_TOGETHER, many), (1, list(rows[whole:]))):
        if parameters:
            connection.exec_driver_sql(_insert(connection, columns, count), parameters)


def mark_of(connection: Connection) -> str:
    """Return what the driver takes for a parameter."""
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"


def _insert(connection: Connection, columns: Sequence[Column[Any]], count: int) -> str:
    row = f"({', '.join([mark_of(connection)] * len(columns))})"
    names = ", ".join(column.name for column in columns)
    # Names of ours only.
    return f"INSERT INTO {columns[0].table} ({names}) VALUES {', '.join([row] * count)}"  # noqa: S608 - as said
