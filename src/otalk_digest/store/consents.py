"""Proof of consent (UK GDPR art. 7(1)): append-only, and of the address only its keyed hash."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from otalk_digest.model.audience import Consent
from otalk_digest.store.schema import consents


class ConsentRecord(NamedTuple):
    """One change of somebody's consent."""

    consent: Consent
    #: UTC.
    at: datetime
    #: Where it was given, in words.
    source: str
    method: str | None
    wording: str | None


def record_consent(
    connection: Connection,
    identity_hash: str,
    consent: Consent,
    *,
    at: datetime,
    source: str,
    method: str | None = None,
    wording: str | None = None,
) -> None:
    """Note that somebody agreed, or no longer does; who they are is said by the keyed hash."""
    row = {
        "identity_hash": identity_hash,
        "consent": consent,
        "at": at,
        "source": source,
        "method": method,
        "wording": wording,
    }
    connection.execute(insert(consents).values(row))


def consent_history(connection: Connection, identity_hash: str) -> Sequence[ConsentRecord]:
    """Return every change, in the order in which they were noted."""
    query = (
        select(consents).where(consents.c.identity_hash == identity_hash).order_by(consents.c.id)
    )
    return [
        ConsentRecord(Consent(row.consent), row.at, row.source, row.method, row.wording)
        for row in connection.execute(query)
    ]
