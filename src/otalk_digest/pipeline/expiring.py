"""Corrections and reminders that are of no use any more: who still waits for one is left out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from otalk_digest.logs import log_event
from otalk_digest.model.edition import Edition, EditionKind
from otalk_digest.pipeline.correcting import why_useless
from otalk_digest.store import editions, ledger, posts
from otalk_digest.store.database import Store
from otalk_digest.store.tellings import tellings_of

_ABOUT_ONE_CHAT: Final = (EditionKind.CORRECTION, EditionKind.REMINDER)


def expire(store: Store, numbers: Sequence[int], *, now: datetime) -> None:
    """Leave out who is still planned for one of these editions that helps nobody now."""
    with store.begin() as connection:
        for number in numbers:
            edition = editions.load_edition(connection, number)
            if edition is not None:
                expire_edition(connection, edition, now=now)


def expire_edition(connection: Connection, edition: Edition, *, now: datetime) -> bool:
    """Do so for one edition; return whether it is of no use. A digest always is of some."""
    if edition.kind not in _ABOUT_ONE_CHAT:
        return False
    said = next(iter(tellings_of(connection, edition.number)), None)
    chat = posts.find_chat(connection, edition.about or "")
    reason = None if said is None else why_useless(edition, said, chat, now=now)
    if reason is None:
        return False
    left_out = ledger.skip_planned(connection, edition.number, reason, now=now)
    if left_out:
        log_event("edition_expired", edition=edition.number, why=str(reason), readers=left_out)
    return True
