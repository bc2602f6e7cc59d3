"""What a reader may see and change about themselves, by their own signed link."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from otalk_digest.model.audience import Consent, Wishes
from otalk_digest.store import readers, subscribers
from otalk_digest.store.dossier import dossier_of, record_of
from otalk_digest.store.forgetting import erase


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A reader, and what they have chosen."""

    #: Enough of the address to know it by: a link may have been passed on.
    masked: str
    consent: Consent
    wishes: Wishes


def look_at(connection: Connection, subscriber_id: int) -> Chosen | None:
    """Return what a reader has chosen; None when they were erased."""
    found = subscribers.subscriber_at(connection, subscriber_id)
    if found is None:
        return None
    return Chosen(
        masked=_masked(found.address),
        consent=found.consent,
        wishes=Wishes(
            name=found.name,
            zone=found.zone,
            language=found.language,
            wants=found.wants,
            cadence=found.cadence,
            reminder=found.reminder,
            paused_until=found.paused_until,
        ),
    )


def choose(connection: Connection, subscriber_id: int, wishes: Wishes) -> Chosen | None:
    """Keep what a reader chose; return it as it is now, None when they were erased."""
    if readers.identity_hash_at(connection, subscriber_id) is not None:
        readers.save_wishes(connection, subscriber_id, wishes)
    return look_at(connection, subscriber_id)


def everything_about(
    connection: Connection, subscriber_id: int, *, now: datetime
) -> dict[str, object] | None:
    """Return all that is kept about a reader (UK GDPR art. 15, 20); None when it is nothing."""
    found = subscribers.subscriber_at(connection, subscriber_id)
    who = readers.identity_hash_at(connection, subscriber_id)
    if found is None or who is None:
        return None
    dossier = dossier_of(connection, found.address, identity=found.identity, identity_hash=who)
    return {"written_at": now} | record_of(dossier)


def forget(connection: Connection, subscriber_id: int, *, now: datetime) -> str | None:
    """Erase a reader (UK GDPR art. 17); return the language they read. Safe to repeat."""
    found = subscribers.subscriber_at(connection, subscriber_id)
    who = readers.identity_hash_at(connection, subscriber_id)
    if found is None or who is None:
        return None
    erase(connection, found.address, who, now=now)
    return found.language


def _masked(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
