"""The looks at a blog that a rehearsal goes through: as the store saw it, or as files kept it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from otalk_digest.collect.parse import parse_feed
from otalk_digest.errors import FeedError, InputError
from otalk_digest.model.feed import Fault, Post
from otalk_digest.pipeline.overruling import Ruling
from otalk_digest.pipeline.reading import cleaned
from otalk_digest.store.overrides import all_overrides
from otalk_digest.store.revisions import all_revisions

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the blog showed: all posts, or those that were new or changed."""

    #: UTC.
    at: datetime
    posts: tuple[Post, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A saved feed: what the blog said from this moment on."""

    #: UTC.
    at: datetime
    name: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which weeks are rehearsed, and when the weekly job begins."""

    first: date
    #: The last day that counts.
    last: date
    #: 0 is Monday.
    weekday: int
    #: In the zone, summer and winter.
    hour: time
    #: IANA name.
    zone: str

    def local(self, moment: datetime) -> datetime:
        """Return a moment as clocks of the zone show it."""
        return moment.astimezone(ZoneInfo(self.zone))

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in the weeks that were asked for."""
        return self.first <= self.local(moment).date() <= self.last

    def clocks(self, *, since: datetime | None) -> Sequence[datetime]:
        """Return when the job begins, in UTC, also before the first day if something was seen."""
        day = self.first if since is None else min(self.first, self.local(since).date())
        day += timedelta(days=(self.weekday - day.weekday()) % 7)
        clocks = []
        while day <= self.last:
            local = datetime.combine(day, self.hour, ZoneInfo(self.zone))
            clocks.append(local.astimezone(UTC))
            day += _WEEK
        return clocks


def looks_of_store(connection: Connection) -> Sequence[Look]:
    """Return what each look brought that was new: the versions that were first seen by it."""
    revisions = all_revisions(connection)
    return [
        Look(at=at, posts=tuple(revision.post for revision in group))
        for at, group in groupby(revisions, key=lambda revision: revision.seen_at)
    ]


def rulings_of_store(connection: Connection) -> Sequence[Ruling]:
    """Return what maintainers set by hand, in the order in which they did."""
    rulings = [
        Ruling(guid=guid, at=at, set=tuple(group))
        for guid, items in all_overrides(connection).items()
        for at, group in groupby(
            sorted(items, key=lambda item: item.set_at), key=lambda item: item.set_at
        )
    ]
    return sorted(rulings, key=lambda ruling: (ruling.at, ruling.guid))


def looks_of_snapshots(snapshots: Sequence[Snapshot], clocks: Sequence[datetime]) -> Iterator[Look]:
    """Yield what the weekly job would have seen: the newest snapshot at each clock.

    Raises InputError when one is not a feed.
    """
    ordered = sorted(snapshots, key=lambda snapshot: (snapshot.at, snapshot.name))
    shown: Snapshot | None = None
    for clock in clocks:
        newest = next((each for each in reversed(ordered) if each.at <= clock), None)
        if newest is not None and newest is not shown:
            yield _look(newest, clock)
            shown = newest


def _look(snapshot: Snapshot, clock: datetime) -> Look:
    try:
        feed = parse_feed(snapshot.body, content_type=None, url=snapshot.name)
    except FeedError as error:
        raise InputError(f"{error} Mend that snapshot, or take it out of the folder.") from error
    faults = list(feed.faults)
    posts = tuple(cleaned(feed.entries, faults))
    return Look(at=clock, posts=posts, faults=tuple(faults))
