"""What the books say: how many, who, and why. Reads only."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, exists, func, literal, select, union_all

from otalk_digest.model.delivery import DeliveryRecord, Status, Tally
from otalk_digest.store import counts
from otalk_digest.store.schema import deliveries, editions, subscribers
from otalk_digest.store.standing import HAS_ENDED, stands_at

_PAGE: Final = 1_000
_WENT = (Status.ACCEPTED, Status.DEFERRED, Status.DELIVERED, Status.BOUNCED, Status.COMPLAINED)


def tally(connection: Connection, edition: int) -> Tally:
    """Return the books of an edition."""
    candidates = select(editions.c.candidates).where(editions.c.number == edition)
    return tally_of(connection.scalar(candidates) or 0, count_by_status(connection, edition))


def tallies(connection: Connection) -> dict[int, Tally]:
    """Return edition → its books, of all editions."""
    kept = counts.statuses(connection)
    query = select(editions.c.number, editions.c.candidates)
    return {
        row.number: tally_of(
            row.candidates, kept.get(row.number) or count_by_status(connection, row.number)
        )
        for row in connection.execute(query).all()
    }


def is_anyone_planned(connection: Connection, edition: int) -> bool:
    """Whether an edition still has readers to send to, without counting them."""
    is_planned = exists().where(stands_at(edition, Status.PLANNED))
    return bool(connection.scalar(select(is_planned)))


def count_by_status(connection: Connection, edition: int) -> Mapping[str, int]:
    """Return status → deliveries of an edition; what is not kept, from indexes alone."""
    found: Counter[str] = Counter()
    for line, many in counts.lines(connection, edition).items():
        found[line.status] += many
    if found:
        return found
    ended = select(deliveries.c.status, func.count()).where(
        deliveries.c.edition == edition, HAS_ENDED
    )
    open_ = (
        select(literal(str(status)), func.count()).where(stands_at(edition, status))
        for status in (Status.PLANNED, Status.SENDING)
    )
    query = union_all(ended.group_by(deliveries.c.status), *open_)
    return {status: many for status, many in connection.execute(query) if many}


def count_by_reason(
    connection: Connection, edition: int
) -> Sequence[tuple[str | None, str, str | None, int]]:
    """Return (segment, status, reason, how many) of an edition."""
    found = counts.lines(connection, edition) or counts.count_lines(connection, edition)
    rows = ((line.segment, line.status, line.reason, many) for line, many in found.items())
    return sorted(rows, key=lambda row: (row[0] or "", row[1], row[2] or ""))


def iterate_deliveries(
    connection: Connection, *, edition: int | None, status: Status | None, limit: int | None
) -> Iterator[DeliveryRecord]:
    """Yield lines of the books, newest edition first; memory stays flat."""
    left = limit
    for number in _newest_first(connection) if edition is None else (edition,):
        for row in _rows_of(connection, number, status=status, limit=left):
            yield DeliveryRecord(
                id=row.id,
                edition=row.edition,
                segment=row.segment,
                status=Status(row.status),
                reason=row.reason,
                updated_at=row.updated_at,
                address=row.address,
            )
            left = None if left is None else left - 1
        if left == 0:
            return


def _newest_first(connection: Connection) -> Sequence[int]:
    return connection.scalars(select(editions.c.number).order_by(editions.c.number.desc())).all()


def _rows_of(
    connection: Connection, edition: int, *, status: Status | None, limit: int | None
) -> Iterator[Row[Any]]:
    query = select(deliveries, subscribers.c.address).join_from(
        deliveries, subscribers, deliveries.c.subscriber_id == subscribers.c.id, isouter=True
    )
    if status is None and limit is not None:
        query = query.where(deliveries.c.id.in_(_first_of_each_status(edition, limit)))
    else:
        is_one = deliveries.c.edition == edition if status is None else stands_at(edition, status)
        query = query.where(is_one)
    query = query.order_by(deliveries.c.id).limit(limit)
    with connection.execute(
        query, execution_options={"stream_results": True, "yield_per": _PAGE}
    ) as rows:
        yield from rows


def _first_of_each_status(edition: int, limit: int) -> Select[tuple[int]]:
    """Return enough ids to find the first ones among: an index holds each status in order."""
    columns = deliveries.c
    firsts = (
        select(columns.id)
        .where(stands_at(edition, status))
        .order_by(columns.id)
        .limit(limit)
        .subquery()
        for status in Status
    )
    return select(union_all(*(select(first.c.id) for first in firsts)).subquery().c.id)


def count_in_doubt(connection: Connection) -> int:
    """Return how many deliveries, of any edition, nobody knows the fate of."""
    # By edition, as the index is: there may be a million deliveries in each.
    one = select(func.count()).where(stands_at(editions.c.number, Status.IN_DOUBT))
    query = select(func.coalesce(func.sum(one.scalar_subquery()), 0)).select_from(editions)
    return int(connection.execute(query).scalar_one())


def tally_of(candidates: int, found: Mapping[str, int]) -> Tally:
    """Return the books that these deliveries by status make."""
    return Tally(
        candidates=candidates,
        skipped=found.get(Status.SKIPPED, 0),
        planned=found.get(Status.PLANNED, 0),
        accepted=sum(found.get(status, 0) for status in _WENT),
        rejected=found.get(Status.REJECTED, 0),
        in_doubt=found.get(Status.IN_DOUBT, 0),
        sending=found.get(Status.SENDING, 0),
    )
