"""What maintainers set by hand, field by field."""

from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import Connection, Row, delete, insert, select

from otalk_digest.model.override import Override
from otalk_digest.store.schema import overrides


def save_overrides(connection: Connection, guid: str, items: Iterable[Override]) -> None:
    """Keep each in place of an older one of the same field."""
    for item in items:
        drop_override(connection, guid, item.field)
        connection.execute(
            insert(overrides).values(
                guid=guid,
                field=item.field,
                value=item.value,
                set_at=item.set_at,
                set_by=item.set_by,
            )
        )


def drop_override(connection: Connection, guid: str, field: str) -> bool:
    """Give a field back to the post; return whether it was set."""
    columns = overrides.c
    statement = delete(overrides).where(columns.guid == guid, columns.field == field)
    return connection.execute(statement).rowcount > 0


def overrides_of(connection: Connection, guid: str) -> tuple[Override, ...]:
    """Return what is set for one chat, by field."""
    query = select(overrides).where(overrides.c.guid == guid).order_by(overrides.c.field)
    return tuple(_override(row) for row in connection.execute(query))


def all_overrides(connection: Connection) -> dict[str, tuple[Override, ...]]:
    """Return guid of the chat → what is set for it."""
    rows = connection.execute(select(overrides).order_by(overrides.c.guid, overrides.c.field))
    return {
        guid: tuple(_override(row) for row in group)
        for guid, group in groupby(rows, key=lambda row: str(row.guid))
    }


def _override(row: Row[tuple[object, ...]]) -> Override:
    return Override(field=row.field, value=row.value, set_at=row.set_at, set_by=row.set_by)
