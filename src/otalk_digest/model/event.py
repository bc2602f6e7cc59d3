"""What a provider tells us about a message after it has taken it. Pure."""

from datetime import datetime
from typing import NamedTuple

from otalk_digest.model.delivery import EventKind


class DeliveryEvent(NamedTuple):
    """One event. The same key, name, moment and url are the same event, whatever its id.

    A tuple, for they come a thousand at a time, and somebody waits. Give its fields by name.
    """

    #: What travelled with the message; not to be trusted until it is found to be ours.
    delivery_key: str
    #: In the provider's own words.
    name: str
    #: UTC.
    at: datetime
    #: As it came, JSON.
    raw: str
    #: Of a click; "" for other events.
    url: str = ""
    #: What it means for the delivery; None when nothing.
    kind: EventKind | None = None
    #: In words, without any address.
    reason: str | None = None
    #: Why its reader is never mailed again; None when they are.
    suppresses: str | None = None
    #: Whose key it is; None when it is not one of ours.
    delivery_id: int | None = None
    #: Names the attempt that the message left with; "" when it is not told.
    attempt_key: str = ""
    #: The attempt's number; None when the key is not one of ours.
    attempt_id: int | None = None
