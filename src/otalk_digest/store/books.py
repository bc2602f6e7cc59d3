"""What the books say: how many, who, and why. Reads only."""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, func, select, union_all

from otalk_digest.model.delivery import DeliveryRecord, Status, Tally
from otalk_digest.store.schema import deliveries, editions, subscribers

_WENT = (Status.ACCEPTED, Status.DEFERRED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED)


def tally(connection: Connection, edition: int) -> Tally:
    """Return the books of an edition."""
    counts = count_by_status(connection, edition)
    return Tally(
        candidates=connection.scalar(
            select(editions.c.candidates).where(editions.c.number == edition)
        )
        or 0,
        skipped=counts.get(Status.SKIPPED, 0),
        planned=counts.get(Status.PLANNED, 0),
        accepted=sum(counts.get(status, 0) for status in _WENT),
        rejected=counts.get(Status.REJECTED, 0),
        in_doubt=counts.get(Status.IN_DOUBT, 0),
        sending=counts.get(Status.SENDING, 0),
    )


def count_by_status(connection: Connection, edition: int) -> dict[str, int]:
    """Return status → deliveries of an edition, from an index alone."""
    query = (
        select(deliveries.c.status, func.count())
        .where(deliveries.c.edition == edition)
        .group_by(deliveries.c.status)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def count_by_reason(
    connection: Connection, edition: int
) -> Sequence[tuple[str | None, str, str | None, int]]:
    """Return (segment, status, reason, how many) of an edition."""
    columns = (deliveries.c.segment, deliveries.c.status, deliveries.c.reason)
    query = (
        select(*columns, func.count())
        .where(deliveries.c.edition == edition)
        .group_by(*columns)
        .order_by(*(column.nulls_first() for column in columns))
    )
    return [tuple(row) for row in connection.execute(query)]


def list_deliveries(
    connection: Connection, *, edition: int | None, status: Status | None, limit: int | None
) -> Sequence[DeliveryRecord]:
    """Return lines of the books, newest edition first."""
    query = select(deliveries, subscribers.c.address).join_from(
        deliveries, subscribers, deliveries.c.subscriber_id == subscribers.c.id, isouter=True
    )
    if edition is not None:
        query = query.where(deliveries.c.edition == edition)
    if status is not None:
        query = query.where(deliveries.c.status == status)
    elif edition is not None and limit is not None:
        query = query.where(deliveries.c.id.in_(_first_of_each_status(edition, limit)))
    query = query.order_by(deliveries.c.edition.desc(), deliveries.c.id).limit(limit)
    return [
        DeliveryRecord(
            id=row.id,
            edition=row.edition,
            segment=row.segment,
            status=Status(row.status),
            reason=row.reason,
            updated_at=row.updated_at,
            address=row.address,
        )
        for row in connection.execute(query)
    ]


def _first_of_each_status(edition: int, limit: int) -> Select[tuple[int]]:
    """Return enough ids to find the first ones among: an index holds each status in order."""
    columns = deliveries.c
    firsts = (
        select(columns.id)
        .where(columns.edition == edition, columns.status == status)
        .order_by(columns.id)
        .limit(limit)
        .subquery()
        for status in Status
    )
    return select(union_all(*(select(first.c.id) for first in firsts)).subquery().c.id)


def count_in_doubt(connection: Connection) -> int:
    """Return how many deliveries, of any edition, nobody knows the fate of."""
    query = select(func.count()).where(deliveries.c.status == Status.IN_DOUBT)
    return connection.scalar(query) or 0
