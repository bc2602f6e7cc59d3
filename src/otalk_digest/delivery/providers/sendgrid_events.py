"""SendGrid's events, as its webhook posts them, made into ours. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.delivery.providers.sendgrid_readers import DELIVERY_ARG
from otalk_digest.delivery.providers.sendgrid_request import ATTEMPT_ARG
from otalk_digest.errors import InputError
from otalk_digest.model.delivery import EventKind
from otalk_digest.model.event import DeliveryEvent

_KINDS: Final = {
    "processed": EventKind.ACCEPTED,
    "deferred": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "dropped": EventKind.REJECTED,
    "bounce": EventKind.BOUNCED,
    "blocked": EventKind.BOUNCED,
    "spamreport": EventKind.COMPLAINED,
    # Whoever did these has the message.
    "open": EventKind.DELIVERED,
    "click": EventKind.DELIVERED,
    "unsubscribe": EventKind.DELIVERED,
    "group_unsubscribe": EventKind.DELIVERED,
}
_SUPPRESSING: Final = {
    "bounce": "bounced",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
#: A bounce of this type is the message's fault or the moment's, not the address's.
_SOFT_TYPE: Final = "blocked"
#: What tells events apart stands in an index, whose entries are short (PostgreSQL: 2,704 bytes).
_MOST_KEY: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvents:
    """What a post held."""

    events: tuple[DeliveryEvent, ...]
    #: Entries that are no events.
    unreadable: int


def read_events(body: bytes) -> ReadEvents:
    """Return the events of one post, whose bad entries harm no good one.

    Raises InputError when it is not a JSON list.
    """
    try:
        entries = json.loads(body, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise InputError("these are no events of SendGrid: it is not JSON") from error
    if not isinstance(entries, list):
        raise InputError("these are no events of SendGrid: it is not a list")
    events = [event for entry in entries if (event := _event_or_none(entry)) is not None]
    return ReadEvents(events=tuple(events), unreadable=len(entries) - len(events))


def _event_or_none(entry: object) -> DeliveryEvent | None:
    try:
        return _event(entry)
    except RecursionError:
        # Just shallow enough to be read, and too deep to be written again.
        return None


def _event(entry: object) -> DeliveryEvent | None:
    if not isinstance(entry, dict):
        return None
    name, at = _key(entry, "event"), _moment(entry.get("timestamp"))
    if not name or at is None:
        return None
    is_soft = name == "bounce" and entry.get("type") == _SOFT_TYPE
    # Its key tells it from a hard one of the same second.
    named = "blocked" if is_soft else name
    return DeliveryEvent(
        delivery_key=_key(entry, DELIVERY_ARG),
        attempt_key=_key(entry, ATTEMPT_ARG),
        name=named,
        at=at,
        url=_key(entry, "url"),
        kind=_KINDS.get(named),
        reason=diagnostic(_text(entry, "reason") or _text(entry, "response")) or None,
        suppresses=_SUPPRESSING.get(named),
        raw=json.dumps(entry),
    )


def _moment(timestamp: object) -> datetime | None:
    if not isinstance(timestamp, int) or isinstance(timestamp, bool):
        return None
    try:
        return datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _integer(digits: str) -> int | None:
    """Return a number; None for one of more digits than Python reads: its event alone is bad."""
    try:
        return int(digits)
    except ValueError:
        return None


def _key(entry: Mapping[str, object], key: str) -> str:
    """Return what tells this event from others; of a long one its beginning and its hash."""
    text = _text(entry, key)
    if len(text) <= _MOST_KEY:
        return text
    return f"{text[:_MOST_KEY]}…{hashlib.sha256(text.encode()).hexdigest()}"


def _text(entry: Mapping[str, object], key: str) -> str:
    found = entry.get(key)
    if not isinstance(found, str):
        return ""
    # Neither a lone surrogate nor, in PostgreSQL, a zero can be stored.
    return found.encode("utf-8", "replace").decode().replace("\0", "�")
