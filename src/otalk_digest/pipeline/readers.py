"""Whether there is anybody to send to."""

from sqlalchemy import Connection

from otalk_digest.errors import InputError
from otalk_digest.store import subscribers


def require_readers(connection: Connection) -> None:
    """Raise InputError when there is nobody to send to."""
    if not subscribers.is_anyone_confirmed(connection):
        raise InputError(
            "There are no confirmed subscribers, so nothing was done. "
            "Add some with: otalk-digest subscribers import FILE."
        )
