"""A store to rehearse in: the real one's readers, and nothing else of it."""

import hmac

from sqlalchemy import Connection, Table, insert, select, update

from otalk_digest.store.database import secret_key
from otalk_digest.store.schema import meta, subscriber_facets, subscribers, suppressions

_AUDIENCE = (subscribers, subscriber_facets, suppressions)
_PAGE = 1_000


def copy_audience(real: Connection, stage: Connection) -> None:
    """Fill an empty store with the readers of another.

    Its key follows from the real one: the same each time, so that a rehearsal repeats byte
    for byte, and another one, so that no link made in a rehearsal works outside of it.
    """
    key = hmac.digest(secret_key(real), b"rehearsal", "sha256")
    stage.execute(update(meta).where(meta.c.key == "secret_key").values(value=key.hex()))
    for table in _AUDIENCE:
        _copy(real, stage, table)


def _copy(real: Connection, stage: Connection, table: Table) -> None:
    query = select(table).order_by(*table.primary_key)
    for page in real.execute(query).mappings().partitions(_PAGE):
        stage.execute(insert(table), [dict(row) for row in page])
