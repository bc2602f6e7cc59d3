"""Pull the blog, and store what became known, in one transaction."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from otalk_digest.collect.credentials import bare
from otalk_digest.collect.fetch import FetchLimits
from otalk_digest.logs import log_event
from otalk_digest.model.chat import ChatProfile
from otalk_digest.model.feed import Entry, Fault, Feed, FeedKind, Fetched, Route
from otalk_digest.model.news import News
from otalk_digest.store import feeds, routes
from otalk_digest.store.database import Store
from otalk_digest.store.feeds import KnownAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one look at the blog brought."""

    #: As the settings name it, without a password.
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
    #: A feed without a single post.
    is_empty: bool = False
    #: None of the posts that we knew is in the feed any more.
    has_overlap: bool = True
    #: Where a permanent redirect leads.
    moved_to: str | None = None
    #: How the blog was read, when that was found out only now.
    new_route: Route | None = None
    #: Posts that were taken down (T29), each by its title or link.
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A blog: where it is, how patient we are with it, and how it writes of chats."""

    address: str
    limits: FetchLimits
    profile: ChatProfile
    #: None means the best that is found.
    kind: FeedKind | None = None
    #: Between two questions to the same blog in one run.
    pause_s: float = 1.0
    wait: Callable[[float], object] = threading.Event().wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the blog answered, before anything of it is stored."""

    route: Route
    is_route_new: bool
    fetched: Fetched
    #: Of the body; None when there was none.
    body_hash: str | None
    #: The question was not conditional, or REST was asked for every edit.
    is_thorough: bool
    #: None when nothing changed.
    feed: Feed | None = None
    #: Posts edited anywhere on the blog (F33).
    edits: tuple[Entry, ...] = ()
    #: Posts of chats that wait for their wrap-up, from beyond the feed (T25, T26).
    looked_after: tuple[Entry, ...] = ()
    #: Guids of posts that are not there any more.
    gone: tuple[str, ...] = ()
    moved_to: str | None = None
    faults: tuple[Fault, ...] = ()


def collect(store: Store, source: Source, *, now: datetime) -> Collected:
    """Look at the blog, then store what it holds: no lock is held while the blog answers.

    Raises FeedError, InputError, StoreError.
    """
    with store.read() as connection:
        answer = pull(connection, source, now=now)
    with store.begin() as connection:
        collected = take_in(connection, source, answer, now=now)
    log_event(
        "feed_collected",
        route=answer.route.kind,
        is_unchanged=collected.is_unchanged,
        entries=collected.entries,
        news=len(collected.news),
        looked_after=len(answer.looked_after),
        faults=len(collected.faults),
    )
    return collected


def pull(connection: Connection, source: Source, *, now: datetime) -> Answer:
    """Ask the blog for what is new. Raises FeedError, InputError."""
    from otalk_digest.pipeline.pulling import ask  # noqa: PLC0415 - it needs the nouns above

    return ask(connection, source, now=now)


def take_in(connection: Connection, source: Source, answer: Answer, *, now: datetime) -> Collected:
    """Store what the answer holds."""
    address = bare(source.address)
    if answer.feed is None and not (answer.edits or answer.looked_after or answer.gone):
        collected = Collected(address=address, is_unchanged=True, faults=answer.faults)
    else:
        # Slow to import, and seldom needed.
        from otalk_digest.pipeline.reading import read_answer  # noqa: PLC0415

        collected = read_answer(connection, source, answer, now=now)
    if "://" in address:
        _remember_route(connection, source, answer.route, now=now)
    _remember(connection, answer, now=now)
    return replace(
        collected,
        moved_to=answer.moved_to,
        new_route=answer.route if answer.is_route_new and "://" in address else None,
    )


def _remember_route(connection: Connection, source: Source, route: Route, *, now: datetime) -> None:
    address = bare(source.address)
    if routes.find_route(connection, address, wanted=source.kind) != route:
        routes.save_route(connection, address, route, wanted=source.kind, now=now)


def _remember(connection: Connection, answer: Answer, *, now: datetime) -> None:
    """Keep what is needed to ask again; of an incomplete feed nothing, so that all is read."""
    known = feeds.find_address(connection, answer.route.address)
    validators, body_hash = answer.fetched.validators, answer.body_hash
    if known is not None and answer.fetched.body is None:
        validators, body_hash = known.validators, known.body_hash
    if answer.feed is not None and (answer.feed.is_partial or not answer.feed.entries):
        body_hash = ""
    feeds.save_address(
        connection,
        answer.route.address,
        KnownAddress(
            validators=validators if body_hash else type(validators)(),
            body_hash=body_hash,
            fetched_at=now,
            unconditional_at=now if answer.is_thorough or known is None else known.unconditional_at,
        ),
    )
