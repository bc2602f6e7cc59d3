"""SendGrid's events, as its webhook posts them, made into ours. Pure."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
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
        # As `json.loads` does; but half a character, standing alone, cannot be stored.
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        text = text.encode("utf-8", "replace").decode()
        entries = [_event(entry, raw) for entry, raw in _entries(text)]
    except (ValueError, RecursionError) as error:
        raise InputError("these are no events of SendGrid: it is not a list in JSON") from error
    events = tuple(event for event in entries if event is not None)
    return ReadEvents(events=events, unreadable=len(entries) - len(events))


def _entries(text: str) -> Iterator[tuple[object, str]]:
    """Yield each entry of a list with the words that it stands in. Raises ValueError."""
    found = _BEGINNING.match(text)
    if found is None:
        raise ValueError("no list")
    end = found.end()
    if _END.match(text, end):
        return
    while found is not None:
        start = found.end()
        entry, end = _DECODER.raw_decode(text, start)
        # Cut out, not written anew: as it came, and a thousand times faster.
        yield entry, text[start:end]
        found = _NEXT.match(text, end)
    if not _END.match(text, end):
        raise ValueError("no end")


def _event(entry: object, raw: str) -> DeliveryEvent | None:
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
        raw=raw,
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
    return _storable(found) if isinstance(found, str) else ""


def _storable(text: str) -> str:
    """Return it without lone surrogates and, for PostgreSQL, without zeros."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


#: JSON (RFC 8259), but for numbers of endless digits.
_DECODER: Final = json.JSONDecoder(parse_int=_integer)
_BEGINNING: Final = re.compile(r"[ \t\n\r]*\[[ \t\n\r]*")
_NEXT: Final = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_END: Final = re.compile(r"[ \t\n\r]*\][ \t\n\r]*\Z")
