"""Take what a provider posts by itself: believed only when it is signed, kept before it counts.

Anything here may run beside a run that holds the lease: each step is one transaction, and what
events move is what the run does not touch any more.
"""

from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection

from otalk_digest.delivery.providers.sendgrid_events import ReadEvents, read_events
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.store import events

#: Events applied in one transaction, so that other writers wait for few.
_AT_A_GO: Final = 100


class Opener(Protocol):
    """Opens a provider's posts."""

    def __call__(
        self, body: bytes, *, signature: bytes, timestamp: bytes, now: datetime
    ) -> ReadEvents | None:
        """Return the events; None when the post is not genuine. Raises InputError for garbage."""
        ...


def make_opener(webhook_key: str) -> Opener:
    """Return what opens SendGrid's posts. Raises SettingsError when the key is none."""
    from otalk_digest.delivery.providers.sendgrid_signature import (  # noqa: PLC0415 - for serve only
        SignedPost,
        is_genuine,
        read_webhook_key,
    )

    key = read_webhook_key(webhook_key)

    def open_post(
        body: bytes, *, signature: bytes, timestamp: bytes, now: datetime
    ) -> ReadEvents | None:
        post = SignedPost(signature=signature, timestamp=timestamp, body=body)
        return read_events(body) if is_genuine(post, key, now=now) else None

    return open_post


def keep_events(connection: Connection, ours: tuple[DeliveryEvent, ...], *, now: datetime) -> int:
    """Store events, and suppress at once whom they suppress; return how many were new.

    Whose they are is found before (`find_ours`): nobody else writes while this one does.
    """
    new = events.store_events(connection, ours, now=now)
    events.suppress_leavers(connection, ours, now=now)
    return new


def apply_some(connection: Connection, *, now: datetime) -> bool:
    """Apply some of the stored events; return whether others may wait still."""
    return events.apply_some(connection, most=_AT_A_GO, now=now) is not None
