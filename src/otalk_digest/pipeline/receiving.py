"""Take what a provider posts by itself: believed only when it is signed, kept before it counts.

Anything here may run beside a run that holds the lease: each step is one transaction, and what
events move is what the run does not touch any more.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from otalk_digest.delivery.providers.sendgrid_events import ReadEvents, read_events
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.pipeline.reconciling import find_ours
from otalk_digest.store import events

if TYPE_CHECKING:
    from otalk_digest.delivery.providers.sendgrid_signature import SignedPost

#: Deliveries brought up to date in one transaction, so that other writers wait for few.
_AT_A_GO: Final = 50

#: Opens a post at a moment: its events, or None when it is not genuine. Raises InputError.
Opener = Callable[["SignedPost", datetime], ReadEvents | None]


def make_opener(webhook_key: str) -> Opener:
    """Return what opens SendGrid's posts. Raises SettingsError when the key is none."""
    from otalk_digest.delivery.providers.sendgrid_signature import (  # noqa: PLC0415 - for serve only
        is_genuine,
        read_webhook_key,
    )

    key = read_webhook_key(webhook_key)

    def open_post(post: "SignedPost", now: datetime) -> ReadEvents | None:
        return read_events(post.body) if is_genuine(post, key, now=now) else None

    return open_post


def keep_events(
    connection: Connection, found: tuple[DeliveryEvent, ...], *, now: datetime
) -> int:
    """Store events, and suppress at once whom they suppress; return how many were new."""
    ours = find_ours(connection, found)
    new = events.store_events(connection, ours, now=now)
    events.suppress_leavers(connection, ours, now=now)
    return new


def apply_some(connection: Connection, *, now: datetime) -> bool:
    """Bring some deliveries to what stored events say; return whether others may wait still."""
    return events.apply_some(connection, most=_AT_A_GO, now=now) is not None
