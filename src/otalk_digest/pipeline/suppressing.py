"""Keep our list of whom not to mail and the provider's in step."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from otalk_digest.audience.identity import hash_identity, normalise_address
from otalk_digest.delivery.provider import (
    HasSuppressions,
    Provider,
    SuppressionList,
    SuppressionSource,
)
from otalk_digest.errors import InputError, ProviderRefusedError, ProviderUnavailableError
from otalk_digest.logs import log_event
from otalk_digest.store import pulls, subscribers
from otalk_digest.store.database import Store, secret_key

#: Their clock is not ours, and an entry may be written late.
_OVERLAP: Final = timedelta(days=1)
#: Under which we keep what the provider was told, beside what was read.
_TOLD: Final = "told"
_RETURNED: Final = "returned"
_TROUBLES: Final = (ProviderRefusedError, ProviderUnavailableError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What came of it."""

    #: New to us.
    suppressed: int = 0
    #: What could not be read or written, each in a few words. The others were.
    faults: tuple[str, ...] = ()


def sync_suppressions(store: Store, provider: Provider, *, now: datetime) -> Synced:
    """Take over whom the provider mails no more, then tell it who has left us.

    A list that cannot be read is a fault and no more: the provider drops such mail anyway.
    """
    if not isinstance(provider, HasSuppressions) or not provider.suppressions.lists:
        return Synced()
    source = provider.suppressions
    suppressed, faults = 0, list[str]()
    try:
        returned = {_identity(each) for each in take_back(store, provider, now=now)}
    except _TROUBLES as error:
        # To read lists that they are still on would suppress them anew.
        return Synced(faults=(str(error),))
    for each in source.lists:
        try:
            suppressed += _pull(
                store, provider.name, source, named=each, returned=returned, now=now
            )
        except _TROUBLES as error:
            faults.append(str(error))
            if isinstance(error.__cause__, OSError):
                # It cannot be reached at all: the others are not waited for.
                break
    if not faults:
        try:
            _tell(store, provider.name, source, now=now)
        except _TROUBLES as error:
            faults.append(str(error))
    log_event("suppressions_synced", suppressed=suppressed, faults=len(faults))
    return Synced(suppressed=suppressed, faults=tuple(faults))


def take_back(store: Store, provider: Provider, *, now: datetime) -> Sequence[str]:
    """Take those who came back off the provider's lists, once; return their addresses.

    Raises ProviderRefusedError, ProviderUnavailableError.
    """
    if not isinstance(provider, HasSuppressions) or not provider.suppressions.lists:
        return ()
    with store.read() as connection:
        since = pulls.read_until(connection, provider.name, _RETURNED)
        returned = pulls.returned_since(connection, since)
    if returned:
        provider.suppressions.remove(returned)
    with store.begin() as connection:
        pulls.note_pull(connection, provider.name, _RETURNED, until=now)
    return returned


def _pull(
    store: Store,
    provider: str,
    source: SuppressionSource,
    *,
    named: SuppressionList,
    returned: Collection[str],
    now: datetime,
) -> int:
    with store.read() as connection:
        until = pulls.read_until(connection, provider, named.name)
        key = secret_key(connection)
    found = 0
    for page in source.pages(named.name, since=until and until - _OVERLAP):
        # No lock is held while the provider answers; what was taken over stays so.
        with store.begin() as connection:
            for identity in map(_identity, page):
                if identity not in returned:
                    found += _suppress(connection, identity, key, reason=named.reason, now=now)
    with store.begin() as connection:
        pulls.note_pull(connection, provider, named.name, until=now)
    return found


def _suppress(
    connection: Connection, identity: str, key: bytes, *, reason: str, now: datetime
) -> bool:
    identity_hash = hash_identity(identity, key)
    if subscribers.is_suppressed(connection, identity_hash):
        return False
    subscribers.suppress(connection, identity_hash, reason, now=now)
    return True


def _identity(address: str) -> str:
    try:
        return normalise_address(address)[1]
    except InputError:
        # Their lists hold what was never an address; it can match nobody, and is kept all the same.
        return address.strip().lower()


def _tell(store: Store, provider: str, source: SuppressionSource, *, now: datetime) -> None:
    with store.read() as connection:
        since = pulls.read_until(connection, provider, _TOLD)
        left = pulls.left_since(connection, since)
    if left:
        source.add(left)
    with store.begin() as connection:
        pulls.note_pull(connection, provider, _TOLD, until=now)
