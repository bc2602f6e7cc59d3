"""What a provider is given to send. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from otalk_digest.model.edition import Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What every message of the list carries."""

    from_address: str
    from_name: str
    reply_to: str
    #: RFC 2919 §3, e.g. "digest.otalk.example".
    list_id: str
    list_name: str


class Recipient(NamedTuple):
    """One delivery as a provider sees it. There are millions: a tuple is made in half the time."""

    delivery_id: int
    #: Opaque: travels with the message and comes back in events.
    key: str
    address: str
    name: str | None
    #: One for each placeholder of the variant, in their order; escaped where it stands in HTML.
    values: tuple[str, ...]
    #: RFC 5322 §3.6.4, without angle brackets; the same on every attempt.
    message_id: str
    #: RFC 2369 §3.2: the whole value of List-Unsubscribe, e.g. "<https://…>, <mailto:…>".
    list_unsubscribe: str
    #: RFC 8058 §3.1: an https address in it takes a one-click POST.
    is_one_click: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """What a provider has taken under it waits until it is due, and can be called back before."""

    #: The provider's own name for it.
    batch_id: str
    #: UTC, by the provider's clock.
    send_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One content, many recipients, one attempt."""

    #: Opaque; travels with every message of the attempt.
    attempt_key: str
    edition: int
    #: UTC. The Date line.
    date: datetime
    sender: Sender
    variant: Variant
    recipients: tuple[Recipient, ...]
    #: None where whatever is taken leaves at once.
    fence: Fence | None = None
