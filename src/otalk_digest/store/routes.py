"""How each blog is read, and how far its archive has been read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from otalk_digest.model.feed import FeedKind, Route
from otalk_digest.store.schema import backfills, routes


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a backfill that was not finished goes on."""

    next_page: int
    #: None where the blog does not say.
    pages: int | None = None


def find_route(connection: Connection, address: str, *, wanted: FeedKind | None) -> Route | None:
    """Return how this blog was read the last time; None when never, or another way is wanted."""
    columns = routes.c
    row = connection.execute(select(routes).where(columns.address == address)).one_or_none()
    if row is None or row.wanted != wanted:
        return None
    return Route(kind=FeedKind(row.kind), address=row.route_address, rest_address=row.rest_address)


def save_route(
    connection: Connection,
    address: str,
    route: Route,
    *,
    wanted: FeedKind | None,
    now: datetime,
) -> None:
    """Remember it in place of the one before."""
    connection.execute(delete(routes).where(routes.c.address == address))
    connection.execute(
        insert(routes).values(
            address=address,
            wanted=wanted,
            kind=route.kind,
            route_address=route.address,
            rest_address=route.rest_address,
            chosen_at=now,
        )
    )


def find_progress(connection: Connection, address: str) -> Progress | None:
    """Return where the backfill by this route's address goes on; None when none is begun."""
    query = select(backfills).where(backfills.c.address == address)
    row = connection.execute(query).one_or_none()
    return None if row is None else Progress(next_page=row.next_page, pages=row.pages)


def save_progress(
    connection: Connection, address: str, progress: Progress | None, *, now: datetime
) -> None:
    """Remember the page to go on with; None when the archive has been read."""
    connection.execute(delete(backfills).where(backfills.c.address == address))
    if progress is not None:
        connection.execute(
            insert(backfills).values(
                address=address,
                next_page=progress.next_page,
                pages=progress.pages,
                updated_at=now,
            )
        )
