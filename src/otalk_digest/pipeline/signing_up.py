"""Double opt-in: a stranger asks at the form, the owner of the address confirms.

What is known of an address changes what is written to it, never what the form answers. Who left,
bounced or was erased comes back by a confirmation of their own and in no other way; who complained
is not written to at all, for the form cannot tell them from somebody who plays a trick on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from otalk_digest.audience.identity import hash_identity
from otalk_digest.model.audience import Consent, Wishes
from otalk_digest.model.edition import LetterKind
from otalk_digest.pipeline.letters import Letter, write_to
from otalk_digest.store import readers, signups
from otalk_digest.store.consents import DOUBLE_OPT_IN, record_consent

#: How long the link of a confirmation works.
GOOD_FOR: Final = timedelta(days=7)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
#: Mails to one address: nobody's letter box is filled through our form.
_MOST_AN_HOUR: Final = 3
_MOST_A_DAY: Final = 6
#: Sign-ups of one network: a whole clinic may share an address.
_MOST_OF_A_NETWORK: Final = 30
_COMPLAINED: Final = "complained"

Letters = Mapping[LetterKind, Letter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody typed into the form, and from where."""

    address: str
    identity: str
    wishes: Wishes
    #: The words that stood beside the button.
    wording: str
    #: The page that they stood on.
    source: str
    #: An IPv4 address, or the first half of an IPv6 one.
    network: str


class Heard(StrEnum):
    """What the form may answer: nothing that depends on who is known."""

    #: Please look into your letter box.
    ASKED = "asked"
    #: Too many from this network.
    TOO_MANY = "too_many"


def sign_up(
    connection: Connection, asked: Asked, letters: Letters, *, key: bytes, now: datetime
) -> Heard:
    """Keep what is asked for and plan the letter that it calls for, if any."""
    who = hash_identity(asked.identity, key)
    network = hash_identity(f"network {asked.network}", key)
    signups.forget_tries(connection, before=now - _DAY)
    if signups.count_tries(connection, network, since=now - _HOUR) >= _MOST_OF_A_NETWORK:
        return Heard.TOO_MANY
    is_often = (
        signups.count_tries(connection, who, since=now - _HOUR) >= _MOST_AN_HOUR
        or signups.count_tries(connection, who, since=now - _DAY) >= _MOST_A_DAY
    )
    signups.note_tries(connection, *([network] if is_often else [network, who]), now=now)
    if not is_often:
        _answer(connection, asked, letters, who=who, now=now)
    return Heard.ASKED


def _answer(
    connection: Connection, asked: Asked, letters: Letters, *, who: str, now: datetime
) -> None:
    suppression = readers.suppression_of(connection, who)
    if suppression is not None and suppression[0] == _COMPLAINED:
        return
    known = readers.number_of(connection, who)
    if known is not None and known[1] is Consent.CONFIRMED and suppression is None:
        write_to(connection, known[0], letters[LetterKind.ALREADY], now=now)
        return
    if known is None:
        # Nothing of what was typed but the address: a name would be a stranger's words in a mail.
        number = readers.add_pending(
            connection,
            asked.address,
            identity=asked.identity,
            identity_hash=who,
            source=asked.source,
            now=now,
        )
    else:
        number = known[0]
        if known[1] is Consent.PENDING:
            # Asked anew, so kept anew.
            readers.set_consent(connection, number, Consent.PENDING, joined_at=now)
    signups.save_sign_up(
        connection,
        number,
        asked.wishes,
        wording=asked.wording,
        source=asked.source,
        now=now,
        expires_at=now + GOOD_FOR,
    )
    write_to(connection, number, letters[LetterKind.CONFIRMATION], now=now)


class Standing(StrEnum):
    """Where the sign-up behind a confirmation's link stands."""

    OPEN = "open"
    #: It was confirmed by this press.
    CONFIRMED = "confirmed"
    ALREADY = "already"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What the page says to whoever followed the link."""

    standing: Standing
    subscriber_id: int | None = None
    language: str | None = None


def look_at(connection: Connection, token: str, *, now: datetime) -> Confirmation:
    """Say where a sign-up stands; changes nothing, for scanners follow links."""
    found = signups.find_sign_up(connection, token)
    if found is None:
        return Confirmation(standing=Standing.UNKNOWN)
    standing = Standing.OPEN
    if found.confirmed_at is not None:
        standing = Standing.ALREADY
    elif found.expires_at <= now or _has_complained(connection, found.subscriber_id):
        standing = Standing.EXPIRED
    return Confirmation(
        standing=standing, subscriber_id=found.subscriber_id, language=found.wishes.language
    )


def confirm(connection: Connection, token: str, welcome: Letter, *, now: datetime) -> Confirmation:
    """Let the owner of an address in, with what they asked for; the second time does nothing."""
    seen = look_at(connection, token, now=now)
    found = signups.find_sign_up(connection, token)
    if seen.standing is not Standing.OPEN or found is None:
        return seen
    number = found.subscriber_id
    who = readers.identity_hash_at(connection, number) or ""
    readers.lift_suppression(connection, who)
    readers.save_wishes(connection, number, found.wishes)
    readers.set_consent(connection, number, Consent.CONFIRMED, source=found.source, joined_at=now)
    record_consent(
        connection,
        who,
        Consent.CONFIRMED,
        at=now,
        source=found.source,
        method=DOUBLE_OPT_IN,
        wording=found.wording,
    )
    signups.close_sign_ups(connection, number, now=now)
    write_to(connection, number, welcome, now=now)
    return replace(seen, standing=Standing.CONFIRMED)


def _has_complained(connection: Connection, subscriber_id: int) -> bool:
    who = readers.identity_hash_at(connection, subscriber_id)
    found = None if who is None else readers.suppression_of(connection, who)
    return found is not None and found[0] == _COMPLAINED
