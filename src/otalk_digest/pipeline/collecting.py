"""Pull the feed, and store what became known, in one transaction."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from otalk_digest.collect.fetch import FetchLimits, fetch
from otalk_digest.logs import log_event
from otalk_digest.model.chat import ChatProfile
from otalk_digest.model.feed import Fault, Fetched
from otalk_digest.model.news import News
from otalk_digest.store import feeds
from otalk_digest.store.database import Store
from otalk_digest.store.feeds import KnownAddress

#: A 304 does not prove that nothing changed (F8), so ask without conditions once a week. A
#: weekly job would never ask conditionally, were the limit exactly seven days.
UNCONDITIONAL_AFTER = timedelta(days=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one look at the feed brought."""

    address: str
    #: The server or the body said that nothing changed.
    is_unchanged: bool = False
    is_first_run: bool = False
    entries: int = 0
    new_posts: int = 0
    changed_posts: int = 0
    news: tuple[News, ...] = ()
    faults: tuple[Fault, ...] = ()
    is_partial: bool = False
    #: None of the posts that we knew is in the feed any more.
    has_overlap: bool = True
    #: Where a permanent redirect leads.
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A blog: where its feed is, how patient we are with it, and how it writes of chats."""

    address: str
    limits: FetchLimits
    profile: ChatProfile


def collect(store: Store, source: Source, *, now: datetime) -> Collected:
    """Look at the feed, then store what it holds: no lock is held while the blog answers.

    Raises FeedError, InputError, StoreError.
    """
    with store.read() as connection:
        fetched = pull(connection, source, now=now)
    with store.begin() as connection:
        collected = take_in(connection, source, fetched, now=now)
    log_event(
        "feed_collected",
        is_unchanged=collected.is_unchanged,
        entries=collected.entries,
        news=len(collected.news),
        faults=len(collected.faults),
    )
    return collected


def pull(connection: Connection, source: Source, *, now: datetime) -> Fetched:
    """Ask the address for what is new. Raises FeedError, InputError."""
    known = feeds.find_address(connection, source.address)
    is_conditional = known is not None and now - known.unconditional_at < UNCONDITIONAL_AFTER
    validators = known.validators if known is not None and is_conditional else None
    return fetch(source.address, validators=validators, limits=source.limits)


def take_in(
    connection: Connection, source: Source, fetched: Fetched, *, now: datetime
) -> Collected:
    """Store what the answer holds. Raises FeedError when it is not a feed."""
    address = source.address
    known = feeds.find_address(connection, address)
    if fetched.body is None:
        if known is not None:
            _remember(connection, address, fetched, known.body_hash, known=known, now=now)
        return Collected(address=address, is_unchanged=True)
    body_hash = hashlib.sha256(fetched.body).hexdigest()
    if known is not None and known.body_hash == body_hash:
        collected = Collected(address=address, is_unchanged=True)
    else:
        # Slow to import, and seldom needed.
        from otalk_digest.pipeline.reading import read_entries  # noqa: PLC0415

        collected = read_entries(connection, source, fetched, now=now)
        if collected.is_partial or not collected.entries:
            # What is missing may still be there: ask for all of it the next time.
            body_hash = ""
    _remember(connection, address, fetched, body_hash, known=known, now=now)
    return collected


def _remember(
    connection: Connection,
    address: str,
    fetched: Fetched,
    body_hash: str | None,
    *,
    known: KnownAddress | None,
    now: datetime,
) -> None:
    was_answered_whole = fetched.body is not None
    validators = fetched.validators
    if known is not None and not was_answered_whole:
        validators = known.validators
    feeds.save_address(
        connection,
        address,
        KnownAddress(
            validators=validators if body_hash else type(validators)(),
            body_hash=body_hash,
            fetched_at=now,
            unconditional_at=now if was_answered_whole or known is None else known.unconditional_at,
        ),
    )
