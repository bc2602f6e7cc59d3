"""Sign-ups at the public form, until they are confirmed; and how often somebody tried."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from otalk_digest.model.audience import Wishes
from otalk_digest.store.asked import signup_tokens, signups, tries
from otalk_digest.store.records import from_json, to_json

#: RELIABILITY §5.5 asks for 128 bits.
_TOKEN_BYTES: Final = 24
_S = signups.c


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """One sign-up, and where it stands."""

    id: int
    subscriber_id: int
    wishes: Wishes
    #: The words that were agreed to.
    wording: str
    source: str
    #: UTC, as the others.
    asked_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None


def save_sign_up(
    connection: Connection,
    subscriber_id: int,
    wishes: Wishes,
    *,
    wording: str,
    source: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep what somebody asked for, until they confirm."""
    connection.execute(
        insert(signups).values(
            subscriber_id=subscriber_id,
            wishes=to_json(wishes),
            wording=wording,
            source=source,
            asked_at=now,
            expires_at=expires_at,
        )
    )


def mint_tokens(
    connection: Connection, subscriber_ids: Sequence[int], *, now: datetime
) -> dict[int, str]:
    """Return a new token for the newest open sign-up of each; only its hash is kept.

    Made when the mail is, so that nothing but the mail ever holds it: who reads the database
    can confirm nobody.
    """
    newest = (
        select(_S.subscriber_id, func.max(_S.id).label("id"))
        .where(
            _S.subscriber_id.in_(subscriber_ids),
            _S.confirmed_at.is_(None),
            _S.expires_at > now,
        )
        .group_by(_S.subscriber_id)
    )
    minted = {
        row.subscriber_id: (row.id, secrets.token_urlsafe(_TOKEN_BYTES))
        for row in connection.execute(newest)
    }
    if minted:
        rows = [{"token_hash": _hash_of(token), "signup_id": id_} for id_, token in minted.values()]
        connection.execute(insert(signup_tokens), rows)
    return {subscriber_id: token for subscriber_id, (_, token) in minted.items()}


def find_sign_up(connection: Connection, token: str) -> SignUp | None:
    """Return whose confirmation this is; None when we never wrote it."""
    row = connection.execute(
        select(signups)
        .join(signup_tokens, signup_tokens.c.signup_id == _S.id)
        .where(signup_tokens.c.token_hash == _hash_of(token))
    ).one_or_none()
    if row is None:
        return None
    return SignUp(
        id=row.id,
        subscriber_id=row.subscriber_id,
        wishes=from_json(row.wishes, Wishes),
        wording=row.wording,
        source=row.source,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        confirmed_at=row.confirmed_at,
    )


def close_sign_ups(connection: Connection, subscriber_id: int, *, now: datetime) -> None:
    """Note that this person has confirmed; whatever else they asked for is answered too."""
    connection.execute(
        update(signups)
        .where(_S.subscriber_id == subscriber_id, _S.confirmed_at.is_(None))
        .values(confirmed_at=now)
    )


def count_tries(connection: Connection, who: str, *, since: datetime) -> int:
    """Return how often this address or network signed up; `who` is a keyed hash."""
    query = select(func.count()).where(tries.c.who == who, tries.c.at > since)
    return connection.scalar(query) or 0


def note_tries(connection: Connection, *who: str, now: datetime) -> None:
    """Count one more."""
    connection.execute(insert(tries), [{"who": one, "at": now} for one in who])


def forget_tries(connection: Connection, *, before: datetime) -> None:
    """Let go of what no limit looks at any more."""
    connection.execute(delete(tries).where(tries.c.at <= before))


def _hash_of(token: str) -> str:
    # Random of full length: a slow hash would add nothing.
    return hashlib.sha256(token.encode()).hexdigest()
