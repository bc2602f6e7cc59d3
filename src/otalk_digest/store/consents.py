"""Proof of consent (UK GDPR art. 7(1)): append-only, and of the address only its keyed hash."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, insert, select

from otalk_digest.model.audience import Consent, Proof, Subscriber
from otalk_digest.store.schema import consents

#: The ways in which people say it to us themselves.
DOUBLE_OPT_IN: Final = "double opt-in"
SIGNED_LINK: Final = "signed link"

_PAGE: Final = 500


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


def with_proofs(
    connection: Connection, people: Iterable[Subscriber], hashed: Callable[[str], str]
) -> Iterator[Subscriber]:
    """Yield them with how each came to the consent that they have, in pages.

    `hashed` makes of an identity what it is noted under.
    """
    rest = iter(people)
    while page := list(islice(rest, _PAGE)):
        hashes = [hashed(person.identity) for person in page]
        known = _newest_proofs(connection, hashes)
        for person, identity_hash in zip(page, hashes, strict=True):
            yield person._replace(proof=known.get(identity_hash, person.proof))


def _newest_proofs(connection: Connection, hashes: list[str]) -> dict[str, Proof]:
    columns = consents.c
    newest = (
        select(func.max(columns.id))
        .where(columns.identity_hash.in_(hashes))
        .group_by(columns.identity_hash)
    )
    query = select(columns.identity_hash, columns.at, columns.method, columns.wording)
    return {
        row.identity_hash: Proof(row.at, row.method, row.wording)
        for row in connection.execute(query.where(columns.id.in_(newest)))
    }
