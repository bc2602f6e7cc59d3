"""Read a blog's whole archive, page by page, or from saved feeds.

What is old becomes known and is not told, as on the first look at a blog. Only posts that were
not known are taken in: what changed in the others is for `collect` to say.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from otalk_digest.collect.credentials import bare
from otalk_digest.collect.refusals import AnswerError
from otalk_digest.collect.rest import page_address, with_query
from otalk_digest.errors import FeedError, InputError
from otalk_digest.logs import log_event
from otalk_digest.model.feed import Fault, Feed, FeedKind, Post, Route
from otalk_digest.model.news import News
from otalk_digest.pipeline.collecting import Source
from otalk_digest.pipeline.pulling import NoFeedError, fetch_from, read_feed
from otalk_digest.pipeline.reading import cleaned, take_in_posts
from otalk_digest.store import posts, routes
from otalk_digest.store.database import Store
from otalk_digest.store.routes import Progress

#: How WordPress says that there is no such page: feeds (F31), then REST (F32).
_PAST_THE_END = frozenset({400, 404})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One page, or one file, that was read and stored."""

    number: int
    #: How many there are; None where the blog does not say.
    total: int | None
    new_posts: int
    news: tuple[News, ...] = ()
    faults: tuple[Fault, ...] = ()


def backfill(
    store: Store, source: Source, *, stop: threading.Event, now: datetime
) -> Iterator[Step]:
    """Read older pages to the end, each in one transaction; begun again, it goes on.

    The blog has been collected before. Raises FeedError; what was read until then is kept.
    """
    with store.read() as connection:
        route = routes.find_route(connection, bare(source.address), wanted=source.kind)
        if route is None:
            raise FeedError("It is not known how to read this blog; run: otalk-digest collect.")
        progress = routes.find_progress(connection, route.address)
    seen: set[str] = set()
    while progress is None or progress.next_page:
        page = progress.next_page if progress else _first_page(route)
        if stop.is_set():
            return
        source.wait(source.pause_s)
        feed, total = _page(source, route, page)
        guids = {entry.guid for entry in feed.entries} if feed else set()
        is_last = feed is None or guids <= seen or (total is not None and page >= total)
        seen |= guids
        progress = Progress(next_page=0 if is_last else page + 1, pages=total)
        with store.begin() as connection:
            step = _take_in_page(connection, source, feed, number=page, total=total, now=now)
            left = None if is_last else progress
            routes.save_progress(connection, route.address, left, now=now)
        log_event("page_backfilled", page=page, new_posts=step.new_posts)
        yield step


def backfill_files(
    store: Store, source: Source, files: Sequence[str], *, now: datetime
) -> Iterator[Step]:
    """Read saved feeds, the oldest first, all of them in one transaction.

    A file that is no feed is told and passed over. Raises InputError when none of them is one.
    """
    faults: list[Fault] = []
    with store.begin() as connection:
        before = frozenset(posts.fingerprints(connection))
        items = _posts_of_files(source, files, faults)
        taken = take_in_posts(
            connection,
            (post for post in items if post.guid not in before),
            profile=source.profile,
            now=now,
            is_past=True,
        )
        unread = [fault for fault in faults if fault.place in files]
        if len(unread) == len(files):
            raise InputError(f"None of these files is a feed. {unread[0].reason}")
    yield Step(
        number=len(files),
        total=len(files),
        new_posts=taken.new_posts,
        news=tuple(taken.news),
        faults=tuple(faults),
    )


def _first_page(route: Route) -> int:
    """REST's pages are longer than the window that `collect` asks for; a feed's first is known."""
    return 1 if route.kind is FeedKind.REST else 2


def _page(source: Source, route: Route, page: int) -> tuple[Feed | None, int | None]:
    """Return one page, and how many there are; no page means that the archive has ended."""
    is_rest = route.kind is FeedKind.REST
    address = (
        page_address(route.address, page) if is_rest else with_query(route.address, paged=page)
    )
    try:
        fetched = fetch_from(source, address)
        feed = read_feed(fetched)
    except AnswerError as error:
        if error.status in _PAST_THE_END and page > 1:
            return None, None
        raise
    except NoFeedError:
        if page > 1 and not is_rest:
            # F31: an empty feed called "Page not found".
            return None, None
        raise
    return (feed if feed.entries else None), fetched.total_pages


def _take_in_page(
    connection: Connection,
    source: Source,
    feed: Feed | None,
    *,
    number: int,
    total: int | None,
    now: datetime,
) -> Step:
    known = posts.fingerprints(connection)
    faults = list(feed.faults) if feed else []
    unknown = [entry for entry in (feed.entries if feed else ()) if entry.guid not in known]
    taken = take_in_posts(
        connection, cleaned(unknown, faults), profile=source.profile, now=now, is_past=True
    )
    return Step(
        number=number,
        total=total,
        new_posts=taken.new_posts,
        news=tuple(taken.news),
        faults=tuple(faults),
    )


def _posts_of_files(source: Source, files: Iterable[str], faults: list[Fault]) -> Iterator[Post]:
    for file in files:
        try:
            feed = read_feed(fetch_from(source, file))
        except (FeedError, InputError) as error:
            faults.append(Fault(place=file, reason=str(error)))
            continue
        faults += feed.faults
        yield from cleaned(feed.entries, faults)
