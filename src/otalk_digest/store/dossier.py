"""All that is held about one person (UK GDPR art. 15). Reads only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, false, or_, select

from otalk_digest.model.audience import Subscriber
from otalk_digest.store.consents import ConsentRecord, consent_history
from otalk_digest.store.forgetting import elsewhere, mentions
from otalk_digest.store.schema import (
    deliveries,
    subscriber_facets,
    subscribers,
    suppressions,
    variants,
)
from otalk_digest.store.subscribers import find_subscriber
from otalk_digest.store.told import events

#: Shown as what they are, not as rows.
_KNOWN = (deliveries, subscriber_facets)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTo:
    """One edition to this person."""

    id: int
    edition: int
    segment: str | None
    #: None where it was left out.
    subject: str | None
    status: str
    reason: str | None
    #: What their provider calls it.
    provider_message_id: str | None
    #: UTC.
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldAbout:
    """What a provider told us about a message to this person."""

    name: str
    #: UTC.
    at: datetime
    url: str
    reason: str | None
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything; empty when nothing is held."""

    subscriber: Subscriber | None
    #: Changes of their consent, oldest first.
    consents: Sequence[ConsentRecord]
    #: Reason and moment, when they are never mailed.
    suppressed: tuple[str, datetime] | None
    deliveries: Sequence[SentTo]
    events: Sequence[ToldAbout]
    #: Table → rows, for whatever else knows them.
    elsewhere: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether this person was never heard of."""
        return self.subscriber is None and not (self.consents or self.suppressed or self.events)


def dossier_of(
    connection: Connection, address: str, *, identity: str, identity_hash: str
) -> Dossier:
    """Return all that is held about the person of this identity."""
    subscriber = find_subscriber(connection, identity_hash)
    theirs = select(subscribers.c.id).where(subscribers.c.identity_hash == identity_hash)
    number = connection.scalar(theirs)
    columns = suppressions.c
    suppressed = connection.execute(
        select(columns.reason, columns.since).where(columns.identity_hash == identity_hash)
    ).one_or_none()
    spellings = {address, identity} | ({subscriber.address} if subscriber else set())
    return Dossier(
        subscriber=subscriber,
        consents=consent_history(connection, identity_hash),
        suppressed=None if suppressed is None else (suppressed.reason, suppressed.since),
        deliveries=_deliveries(connection, number),
        events=_events(connection, number, spellings),
        elsewhere=_elsewhere(connection, number, identity_hash),
    )


def record_of(found: Dossier) -> dict[str, object]:
    """Return it as plain values, for a file that its person takes along (art. 20)."""
    person = found.subscriber
    profile = None
    if person is not None:
        profile = person._asdict() | {"tags": sorted(person.tags), "wants": sorted(person.wants)}
        del profile["proof"]
    reason, since = found.suppressed or (None, None)
    return {
        "subscriber": profile,
        "consents": [record._asdict() for record in found.consents],
        "suppressed": found.suppressed and {"reason": reason, "since": since},
        "deliveries": [asdict(each) for each in found.deliveries],
        "events": [asdict(each) | {"raw": json.loads(each.raw)} for each in found.events],
        **found.elsewhere,
    }


def _deliveries(connection: Connection, number: int | None) -> Sequence[SentTo]:
    columns = deliveries.c
    is_of = (variants.c.edition == columns.edition) & (variants.c.segment == columns.segment)
    query = (
        select(deliveries, variants.c.subject)
        .join_from(deliveries, variants, is_of, isouter=True)
        .where(columns.subscriber_id == number if number is not None else false())
        .order_by(columns.edition)
    )
    return [
        SentTo(
            id=row.id,
            edition=row.edition,
            segment=row.segment,
            subject=row.subject,
            status=row.status,
            reason=row.reason,
            provider_message_id=row.provider_message_id,
            updated_at=row.updated_at,
        )
        for row in connection.execute(query)
    ]


def _events(connection: Connection, number: int | None, spellings: set[str]) -> Sequence[ToldAbout]:
    theirs = select(deliveries.c.id).where(deliveries.c.subscriber_id == number)
    columns = events.c
    is_theirs = mentions(spellings)
    if number is not None:
        is_theirs = or_(is_theirs, columns.delivery_id.in_(theirs))
    query = select(events).where(is_theirs).order_by(columns.at, columns.id)
    return [
        ToldAbout(name=row.name, at=row.at, url=row.url, reason=row.reason, raw=row.raw)
        for row in connection.execute(query)
    ]


def _elsewhere(
    connection: Connection, number: int | None, identity_hash: str
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for column, value in (("identity_hash", identity_hash), ("subscriber_id", number)):
        for table in elsewhere(column) if value is not None else ():
            if table in _KNOWN:
                continue
            query = select(table).where(table.c[column] == value)
            if rows := [dict(row) for row in connection.execute(query).mappings()]:
                found.setdefault(table.name, []).extend(rows)
    return found
