"""The audience: who reads, what they asked for, and who must never be mailed again."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from otalk_digest.model.audience import Cadence, Consent, Facet, Reminder, Segment, Subscriber
from otalk_digest.store.consents import record_consent
from otalk_digest.store.rules import segment_of
from otalk_digest.store.schema import subscriber_facets, subscribers, suppressions

_PAGE = 1_000


def iterate_subscribers(connection: Connection) -> Iterator[Subscriber]:
    """Yield every subscriber in the order they joined, in pages: memory stays flat."""
    last = 0
    while page := _page_after(connection, last):
        facets = _facets_of(connection, [row.id for row in page])
        for row in page:
            last = row.id
            yield _subscriber(row, facets)


def find_subscriber(connection: Connection, identity_hash: str) -> Subscriber | None:
    """Return the subscriber whose identity has this hash, or None."""
    row = connection.execute(
        select(subscribers).where(subscribers.c.identity_hash == identity_hash)
    ).one_or_none()
    return None if row is None else _subscriber(row, _facets_of(connection, [row.id]))


def subscriber_at(connection: Connection, subscriber_id: int) -> Subscriber | None:
    """Return the subscriber of this number, or None when they were erased."""
    row = connection.execute(
        select(subscribers).where(subscribers.c.id == subscriber_id)
    ).one_or_none()
    return None if row is None else _subscriber(row, _facets_of(connection, [row.id]))


def change_wishes(
    connection: Connection,
    identity_hash: str,
    *,
    cadence: Cadence | None = None,
    reminder: Reminder | None = None,
) -> None:
    """Set how often a reader is written to; None leaves it as it is."""
    wishes = {"cadence": cadence, "reminder": reminder}
    said = {name: value for name, value in wishes.items() if value is not None}
    if said:
        theirs = update(subscribers).where(subscribers.c.identity_hash == identity_hash)
        connection.execute(theirs.values(said))


def is_anyone_confirmed(connection: Connection) -> bool:
    """Whether there is anybody to send to, without counting them."""
    is_confirmed = exists().where(subscribers.c.consent == Consent.CONFIRMED)
    return bool(connection.scalar(select(is_confirmed)))


def count_by_consent(connection: Connection) -> dict[str, int]:
    """Return consent → number of subscribers."""
    query = select(subscribers.c.consent, func.count()).group_by(subscribers.c.consent)
    return {row[0]: row[1] for row in connection.execute(query)}


def count_by_segment(connection: Connection, segments: Sequence[Segment]) -> dict[str | None, int]:
    """Return segment → confirmed readers; under None those whom no segment matches."""
    name = segment_of(list(segments))
    query = (
        select(name, func.count())
        .select_from(subscribers)
        .where(subscribers.c.consent == Consent.CONFIRMED)
        .group_by(name)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def zones_in_use(connection: Connection) -> frozenset[str]:
    """Return every time zone that a subscriber set."""
    query = select(subscribers.c.zone).distinct().where(subscribers.c.zone.is_not(None))
    return frozenset(zone for zone in connection.scalars(query) if zone)


def suppress(connection: Connection, identity_hash: str, reason: str, *, now: datetime) -> None:
    """Never mail this address again; outlives the subscriber. Safe to repeat."""
    columns = suppressions.c
    known = exists().where(columns.identity_hash == identity_hash)
    if connection.scalar(select(known)):
        return
    connection.execute(
        insert(suppressions).values(identity_hash=identity_hash, reason=reason, since=now)
    )
    record_consent(connection, identity_hash, Consent.WITHDRAWN, at=now, source=reason)
    connection.execute(
        update(subscribers)
        .where(subscribers.c.identity_hash == identity_hash)
        .values(consent=Consent.WITHDRAWN)
    )


def count_suppressions(connection: Connection) -> dict[str, int]:
    """Return reason → number of suppressed addresses."""
    query = select(suppressions.c.reason, func.count()).group_by(suppressions.c.reason)
    return {row[0]: row[1] for row in connection.execute(query)}


def is_suppressed(connection: Connection, identity_hash: str) -> bool:
    """Whether this address may never be mailed."""
    return bool(
        connection.scalar(select(exists().where(suppressions.c.identity_hash == identity_hash)))
    )


def _subscriber(row: Row[Any], facets: dict[tuple[int, str], list[str]]) -> Subscriber:
    return Subscriber(
        address=row.address,
        identity=row.identity,
        name=row.name,
        zone=row.zone,
        country=row.country,
        language=row.language,
        tags=frozenset(facets.get((row.id, Facet.TAG), ())),
        wants=frozenset(facets.get((row.id, Facet.WANTS), ())),
        consent=Consent(row.consent),
        joined_at=row.joined_at,
        source=row.source,
        cadence=Cadence(row.cadence),
        reminder=Reminder(row.reminder),
        paused_until=row.paused_until,
    )


def _page_after(connection: Connection, last: int) -> Sequence[Row[Any]]:
    query = select(subscribers).where(subscribers.c.id > last).order_by(subscribers.c.id)
    return connection.execute(query.limit(_PAGE)).all()


def _facets_of(connection: Connection, ids: list[int]) -> dict[tuple[int, str], list[str]]:
    columns = subscriber_facets.c
    found: dict[tuple[int, str], list[str]] = {}
    for row in connection.execute(select(subscriber_facets).where(columns.subscriber_id.in_(ids))):
        found.setdefault((row.subscriber_id, row.facet), []).append(row.value)
    return found
