"""Find the best way to read a blog from its address: a handful of requests, once."""

from dataclasses import dataclass, replace

from otalk_digest.collect.credentials import bare
from otalk_digest.collect.discover import blog_address, guessed_routes, routes_of
from otalk_digest.errors import FeedError
from otalk_digest.logs import log_event
from otalk_digest.model.feed import Feed, FeedKind, Fetched, Route
from otalk_digest.pipeline.collecting import Source
from otalk_digest.pipeline.pulling import fetch_from, question, read_feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A way that works, and what it answered."""

    route: Route
    fetched: Fetched
    feed: Feed
    #: Where the blog's own address leads now.
    moved_to: str | None = None


def discover(source: Source) -> Found:
    """Try what the address offers, the best first. Raises FeedError, InputError."""
    first = fetch_from(source, source.address)
    offered = routes_of(first)
    if _is_other_feed(source, offered):
        first = fetch_from(source, blog_address(bare(first.url)))
        offered = routes_of(first)
    tried: list[str] = []
    for route in offered or _guessed(first):
        if source.kind not in {None, route.kind}:
            continue
        try:
            found = _try(source, route, first)
        except FeedError as error:
            tried.append(str(error))
            continue
        log_event("route_found", kind=route.kind, tried=len(tried) + 1)
        return found
    if not offered:
        # It says what it is instead: empty, a check for robots, maintenance, a page.
        read_feed(first)
    raise FeedError(_nothing_found(source, first, tried))


def _guessed(first: Fetched) -> tuple[Route, ...]:
    return guessed_routes(bare(first.url)) if "://" in first.url and first.body else ()


def _is_other_feed(source: Source, offered: tuple[Route, ...]) -> bool:
    """Whether the address is a feed, and the settings want another kind of that blog."""
    if source.kind is None or len(offered) != 1 or "://" not in source.address:
        return False
    return offered[0].kind is not source.kind


def _try(source: Source, route: Route, first: Fetched) -> Found:
    route = replace(route, address=bare(route.address))
    is_itself = route.address == bare(first.url)
    if is_itself and route.kind is not FeedKind.REST:
        fetched = first
    else:
        source.wait(source.pause_s)
        fetched = fetch_from(source, question(route))
    feed = read_feed(fetched)
    if not feed.entries and not is_itself:
        # F29: a feed that is not there is answered as an empty one.
        raise FeedError(f"{route.address} has no entries.")
    # An address given in the settings is kept, so that a move is told until it is mended.
    moved_to = first.url if first.moved_from else None
    if is_itself and moved_to:
        route = replace(route, address=bare(source.address))
    elif fetched.moved_from and route.kind is not FeedKind.REST:
        route = replace(route, address=bare(fetched.url))
    return Found(
        route=replace(route, kind=feed.kind), fetched=fetched, feed=feed, moved_to=moved_to
    )


def _nothing_found(source: Source, first: Fetched, tried: list[str]) -> str:
    place = bare(first.url)
    if tried:
        return f"No feed of {place} can be read. {' '.join(tried)}"
    wanted = source.kind or "feed"
    return (
        f"{place} offers no {wanted}, although kind in [feed] asks for it; "
        'write kind = "auto" to take the best there is.'
    )
