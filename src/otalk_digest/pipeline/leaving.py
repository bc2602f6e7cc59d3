"""Leave with one press, and take it back when it was a slip."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from otalk_digest.model.audience import Consent
from otalk_digest.store import readers, subscribers
from otalk_digest.store.consents import SIGNED_LINK, consent_history, record_consent

#: Why somebody who pressed the button is not mailed.
UNSUBSCRIBED: Final = "unsubscribed"
#: How long a slip may be taken back; after it, coming back takes a confirmation.
SLIP: Final = timedelta(days=1)
_UNDONE: Final = "taken back on the page where they had left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who a signed link belongs to, as the pages about leaving see them."""

    is_gone: bool
    language: str | None = None
    #: Whether a press just now can be taken back.
    may_return: bool = False


def look_at(connection: Connection, subscriber_id: int, *, now: datetime) -> Reader:
    """Return where a reader stands; who was erased is as gone as who left."""
    known = subscribers.subscriber_at(connection, subscriber_id)
    if known is None:
        return Reader(is_gone=True)
    return Reader(
        is_gone=known.consent is Consent.WITHDRAWN,
        language=known.language,
        may_return=_may_return(connection, subscriber_id, now=now),
    )


def leave(connection: Connection, subscriber_id: int, *, now: datetime) -> None:
    """Never mail this reader again, from the next claim on (R5). Safe to repeat."""
    readers.suppress_reader(connection, subscriber_id, UNSUBSCRIBED, now=now)


def come_back(connection: Connection, subscriber_id: int, *, now: datetime) -> bool:
    """Take a slip back; whether it was one."""
    if not _may_return(connection, subscriber_id, now=now):
        return False
    who = readers.identity_hash_at(connection, subscriber_id) or ""
    readers.lift_suppression(connection, who)
    readers.set_consent(connection, subscriber_id, Consent.CONFIRMED)
    record_consent(connection, who, Consent.CONFIRMED, at=now, source=_UNDONE, method=SIGNED_LINK)
    return True


def _may_return(connection: Connection, subscriber_id: int, *, now: datetime) -> bool:
    """Whether they left themselves, a moment ago, and had confirmed before."""
    who = readers.identity_hash_at(connection, subscriber_id)
    found = None if who is None else readers.suppression_of(connection, who)
    if who is None or found is None or found[0] != UNSUBSCRIBED or found[1] <= now - SLIP:
        return False
    before = [record.consent for record in consent_history(connection, who)][:-1]
    return bool(before) and before[-1] is Consent.CONFIRMED
