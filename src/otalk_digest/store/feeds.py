"""What we remember of each feed address."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from otalk_digest.model.feed import Validators
from otalk_digest.store.schema import feed_addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAddress:
    """The last good answer of one feed address."""

    validators: Validators
    body_hash: str | None
    fetched_at: datetime
    unconditional_at: datetime


def find_address(connection: Connection, address: str) -> KnownAddress | None:
    """Return what we know of it, or None for an address never read."""
    columns = feed_addresses.c
    row = connection.execute(select(feed_addresses).where(columns.address == address)).one_or_none()
    if row is None:
        return None
    return KnownAddress(
        validators=Validators(etag=row.etag, last_modified=row.last_modified),
        body_hash=row.body_hash,
        fetched_at=row.fetched_at,
        unconditional_at=row.unconditional_at,
    )


def save_address(connection: Connection, address: str, known: KnownAddress) -> None:
    """Remember the newest good answer in place of the one before."""
    connection.execute(delete(feed_addresses).where(feed_addresses.c.address == address))
    connection.execute(
        insert(feed_addresses).values(
            address=address,
            etag=known.validators.etag,
            last_modified=known.validators.last_modified,
            body_hash=known.body_hash,
            fetched_at=known.fetched_at,
            unconditional_at=known.unconditional_at,
        )
    )
