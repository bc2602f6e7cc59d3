"""What a provider tells us about a message after it has taken it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from otalk_digest.model.delivery import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEvent:
    """One event. The same key, name, moment and url are the same event, whatever its id."""

    #: What travelled with the message; not to be trusted until it is found to be ours.
    delivery_key: str
    #: In the provider's own words.
    name: str
    #: UTC.
    at: datetime
    #: Of a click; "" for other events.
    url: str = ""
    #: What it means for the delivery; None when nothing.
    kind: EventKind | None = None
    #: In words, without any address.
    reason: str | None = None
    #: Why its reader is never mailed again; None when they are.
    suppresses: str | None = None
    #: As it came, JSON.
    raw: str
    #: Whose key it is; None when it is not one of ours.
    delivery_id: int | None = None
    #: Names the attempt that the message left with; "" when it is not told.
    attempt_key: str = ""
    #: The attempt's number; None when the key is not one of ours.
    attempt_id: int | None = None
