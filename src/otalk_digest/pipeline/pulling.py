"""Ask a blog for what is new: by the way that is known, else by the best that can be found."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from otalk_digest.collect.credentials import bare, with_credentials
from otalk_digest.collect.fetch import fetch
from otalk_digest.errors import FeedError
from otalk_digest.model.feed import Fault, Feed, FeedKind, Fetched, Route, Validators
from otalk_digest.pipeline.collecting import Answer, Source
from otalk_digest.store import feeds, posts, routes
from otalk_digest.store.feeds import KnownAddress

if TYPE_CHECKING:
    from otalk_digest.model.feed import Entry

#: A 304 does not prove that nothing changed (F8), so ask without conditions once a week. A
#: weekly job would never ask conditionally, were the limit exactly seven days.
THOROUGH_AFTER = timedelta(days=8)
#: Of edits; more than these were made by a machine.
_MOST_PAGES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """What was fetched, by which way, and what we knew of that address."""

    route: Route
    is_route_new: bool
    fetched: Fetched
    known: KnownAddress | None
    is_thorough: bool
    moved_to: str | None = None


def ask(connection: Connection, source: Source, *, now: datetime) -> Answer:
    """Ask by the known way; when that is no way any more, find another one, once.

    Raises FeedError, InputError.
    """
    route = _known_route(connection, source)
    if route is None:
        return _ask_anew(connection, source, now=now)
    known = feeds.find_address(connection, route.address)
    is_thorough = known is None or now - known.unconditional_at >= THOROUGH_AFTER
    is_conditional = known is not None and (not is_thorough or route.kind is FeedKind.REST)
    try:
        fetched = fetch_from(
            source,
            question(route),
            validators=known.validators if known is not None and is_conditional else None,
        )
        sight = _sight(source, route, fetched, known, is_thorough=is_thorough)
        return _answer(connection, source, sight, now=now)
    except FeedError as error:
        if route.address == bare(source.address) or not _is_no_way(error):
            raise
        return _ask_anew(connection, source, now=now)


def _sight(
    source: Source,
    route: Route,
    fetched: Fetched,
    known: KnownAddress | None,
    *,
    is_thorough: bool,
) -> _Sight:
    is_own_address = route.address == bare(source.address)
    if fetched.moved_from and not is_own_address and route.kind is not FeedKind.REST:
        # We found it ourselves, so we follow it ourselves.
        route = replace(route, address=bare(fetched.url))
    return _Sight(
        route=route,
        is_route_new=False,
        fetched=fetched,
        known=known,
        is_thorough=is_thorough,
        moved_to=fetched.url if fetched.moved_from and is_own_address else None,
    )


def _known_route(connection: Connection, source: Source) -> Route | None:
    address = source.address
    if "://" not in address:
        # A file is what it is.
        return Route(kind=source.kind or FeedKind.RSS2, address=address)
    return routes.find_route(connection, bare(address), wanted=source.kind)


def _ask_anew(connection: Connection, source: Source, *, now: datetime) -> Answer:
    # Needs lxml, and once only.
    from otalk_digest.pipeline.discovering import discover  # noqa: PLC0415

    found = discover(source)
    known = feeds.find_address(connection, found.route.address)
    sight = _Sight(
        route=found.route,
        is_route_new=True,
        fetched=found.fetched,
        known=known,
        is_thorough=True,
        moved_to=found.moved_to,
    )
    return _answer(connection, source, sight, now=now)


def looked_at(connection: Connection, source: Source) -> datetime | None:
    """Return when the blog was last asked for what is new, by the way that is known."""
    route = _known_route(connection, source)
    known = None if route is None else feeds.find_address(connection, route.address)
    return None if known is None else known.fetched_at


def fetch_from(source: Source, address: str, *, validators: Validators | None = None) -> Fetched:
    """Fetch something of the blog; its password goes to its own host only."""
    address = with_credentials(address, of=source.address)
    return fetch(address, validators=validators, limits=source.limits)


def question(route: Route) -> str:
    """Return the address to ask for the newest posts."""
    if route.kind is not FeedKind.REST:
        return route.address
    from otalk_digest.collect.rest import window_address  # noqa: PLC0415 - not needed for feeds

    return window_address(route.address)


def read_feed(fetched: Fetched) -> Feed:
    """Parse what came. Raises NoFeedError: it came, and is none."""
    from otalk_digest.collect.parse import parse_feed  # noqa: PLC0415 - not needed after a 304

    try:
        return parse_feed(fetched.body or b"", content_type=fetched.content_type, url=fetched.url)
    except FeedError as error:
        raise NoFeedError(str(error)) from error


class NoFeedError(FeedError):
    """What arrived whole is no feed of posts."""


def _is_no_way(error: FeedError) -> bool:
    """Whether it will not work the next time either."""
    from otalk_digest.collect.refusals import AnswerError  # noqa: PLC0415 - httpx, for a failure

    return isinstance(error, NoFeedError | AnswerError)


def _answer(connection: Connection, source: Source, sight: _Sight, *, now: datetime) -> Answer:
    fetched, known = sight.fetched, sight.known
    body_hash = None if fetched.body is None else hashlib.sha256(fetched.body).hexdigest()
    answer = Answer(
        route=sight.route,
        is_route_new=sight.is_route_new,
        fetched=fetched,
        body_hash=body_hash,
        is_thorough=sight.is_thorough,
        moved_to=bare(sight.moved_to) if sight.moved_to else None,
    )
    if body_hash is None:
        return answer
    is_changed = known is None or known.body_hash != body_hash
    awaited = posts.awaited_chats(
        connection, since=now - timedelta(days=source.profile.wait_days), now=now
    )
    is_on_web = "://" in source.address
    if not is_changed and not (awaited and is_on_web):
        return _with_edits(source, answer, known)
    feed = read_feed(fetched)
    route = answer.route if is_on_web else replace(answer.route, kind=feed.kind)
    answer = replace(answer, route=route, feed=feed if is_changed else None)
    answer = _with_edits(source, answer, known)
    if not awaited or not is_on_web:
        return answer
    from otalk_digest.pipeline.looking_after import look_after  # noqa: PLC0415 - seldom needed

    looked = look_after(connection, source, route, feed=feed, awaited=awaited)
    return replace(
        answer,
        route=replace(route, rest_address=looked.rest_address),
        looked_after=looked.entries,
        gone=looked.gone,
        faults=(*answer.faults, *looked.faults),
    )


def _with_edits(source: Source, answer: Answer, known: KnownAddress | None) -> Answer:
    """Ask REST once a week what was edited beyond its newest posts (F33)."""
    if answer.route.kind is not FeedKind.REST or known is None or not answer.is_thorough:
        return answer
    if "://" not in answer.route.address:
        return answer
    from otalk_digest.collect.rest import edits_address  # noqa: PLC0415 - once a week

    entries: list[Entry] = []
    try:
        for page in range(1, _MOST_PAGES + 1):
            source.wait(source.pause_s)
            address = edits_address(answer.route.address, since=known.unconditional_at, page=page)
            fetched = fetch_from(source, address)
            entries += read_feed(fetched).entries
            if page >= (fetched.total_pages or 1):
                break
    except FeedError as error:
        fault = Fault(place="edits of older posts", reason=str(error))
        return replace(answer, is_thorough=False, faults=(*answer.faults, fault))
    in_window = {entry.guid for entry in answer.feed.entries} if answer.feed else set()
    edits = tuple(entry for entry in entries if entry.guid not in in_window)
    return replace(answer, edits=edits)
