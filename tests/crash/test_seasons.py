"""Seasons in which everything goes wrong at once: RELIABILITY, section 6.

Week after week the blog fails, the provider fails, runs are killed or started twice, the clock
jumps, events come in any order and any number of times, and readers leave in the middle of it.
After each week, when all of it is over, nobody is lost, nobody has anything twice, the books add
up, and whoever left is not mailed any more. docs/testing.md has the long ones.
"""

import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.archive_site import event
from tests.crash.copies import a_copy, an_original
from tests.crash.forked import ForkedJob, Nursery
from tests.crash.killing import KILLED, MOST_RUNS, SEED, Moment
from tests.crash.worlds import WORLDS, World
from tests.editors import Blog
from tests.http_server import Answer, answer, resets, running_site
from tests.season import SEASON
from tests.season_words import Week
from tests.weekly_job import Job, addresses_of, many_readers
from tests.wordpress import WordPress

if TYPE_CHECKING:
    from tests.postgresql_server import PostgresServer

#: Whole ones; a few weeks of one where nobody asks.
SEASONS: Final = int(os.environ.get("SEASONS", "0"))
_WEEKS: Final = len(SEASON) if SEASONS else 5
READERS: Final = addresses_of(many_readers(24))
#: Each provider, and each database.
PLACES: Final = [
    ("sendgrid", "sqlite"),
    ("smtp", "sqlite"),
    ("fenced sendgrid", "postgresql"),
    ("smtp", "postgresql"),
]
#: In which a mail has been taken by the provider.
_TAKEN: Final = frozenset({"accepted", "deferred", "delivered", "bounced", "complained"})
_SUPPRESSING: Final = frozenset({"bounce", "spamreport"})
_DONE: Final = frozenset({0, 4})
_WAITING: Final = frozenset({"planned", "sending"})
#: 2 is for a redirect: the settings must be wrong (RELIABILITY 2.2).
_ENDS: Final = frozenset({0, 2, 4, 75, KILLED})
_JUMPS: Final = (0, 0, 0, -72, 9)
_BLOG_FAULTS: Final = (
    answer(503, b"", {}),
    answer(200, b"<!doctype html><title>Back soon</title>", {"Content-Type": "text/html"}),
    answer(200, b"<?xml version='1.0'?><rss version='2.0'><channel><item><title>#OT", {}),
    resets(),
)


@pytest.mark.parametrize("number", range(max(SEASONS, 1)))
@pytest.mark.parametrize(("provider", "database"), PLACES, ids=map("-".join, PLACES))
def test_in_a_season_in_which_everything_goes_wrong_nobody_is_lost_and_nobody_gets_it_twice(  # noqa: PLR0917 - pytest gives them by name
    request: pytest.FixtureRequest,
    tmp_path: Path,
    nursery: Nursery,
    provider: str,
    database: str,
    number: int,
) -> None:
    chance = random.Random(f"{SEED} {provider} {database} {number}")  # noqa: S311 - no secret
    server = None if database == "sqlite" else request.getfixturevalue("postgres")
    with WORLDS[provider](chance) as world, a_season(tmp_path, world, server) as (blog, begun):
        job = ForkedJob.of(begun, nursery)
        # Who has left → how many mails they had got by the end of that week.
        gone: dict[str, int] = {}
        for week in SEASON[:_WEEKS]:
            blog.live_until(week.at, week.acts.values())
            leaving = _live_through(job, blog, world, chance, week=week)
            _come_to_rest(job, week)
            received = Counter(world.received())
            _hold_against(job, received)
            assert {reader: received[reader] for reader in gone} == gone
            gone |= {reader: received[reader] for reader in leaving - gone.keys()}
        assert len(_editions(job)) > 1
        stands = Counter(status for _, status, _ in _stands(job))
        done = {"mails": len(world.received()), "left": len(gone), **stands}
    sys.stdout.write(json.dumps(done))


@contextmanager
def a_season(
    folder: Path, world: World, database: "PostgresServer | None"
) -> "Iterator[tuple[Blog, Job]]":
    with ExitStack() as servers:
        site = servers.enter_context(running_site())
        blog = Blog(servers=servers, site=WordPress(site=site, has_rest=False))
        job = servers.enter_context(
            an_original(
                folder / "begun", feed=site.url("/feed/"), readers=len(READERS), database=database
            )
        )
        yield (
            blog,
            servers.enter_context(
                a_copy(job, folder / "job", delivery=world.delivery, database=database)
            ),
        )


def _live_through(
    job: ForkedJob, blog: Blog, world: World, chance: random.Random, *, week: Week
) -> set[str]:
    """Let a week go wrong; return who has left in it."""
    world.go_wrong(chance)
    leaving = _tell(job, world, chance, week=week) if chance.random() < 0.5 else set()
    now = (week.at + timedelta(hours=chance.choice(_JUMPS))).isoformat()
    with (
        _failing(blog, chance.choice(_BLOG_FAULTS) if chance.random() < 0.3 else None),
        job.started("run", now=now, moment=_a_moment(job, chance)) as one,
        job.started("run", now=week.at.isoformat()) as other,
    ):
        if chance.random() < 0.3:
            leaver = chance.choice(READERS)
            assert job.does("suppressions", "add", leaver).status == 0
            leaving.add(leaver)
        statuses = {one.end().status, other.end().status}
    assert statuses <= _ENDS
    return leaving


def _tell(job: ForkedJob, world: World, chance: random.Random, *, week: Week) -> set[str]:
    """Let events come, some again and in any order; return whom they keep from being mailed."""
    mails = list(zip(world.received(), world.keys(), strict=False))
    happened = [
        (reader, name, key)
        for reader, key in chance.sample(mails, k=min(8, len(mails)))
        for name in chance.choices(("delivered", "deferred", "processed", "bounce"), (8, 4, 4, 1))
    ]
    again = chance.choices(happened, k=len(happened) * 2) if happened else []
    at = round(week.at.timestamp())
    told = [event(key, name, email=reader, timestamp=at) for reader, name, key in again]
    file = job.folder / "events.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    words = ("reconcile", "--events", str(file))
    if job.killed_at(_a_moment(job, chance), *words) == KILLED:
        assert job.does(*words).status == 0
    return {reader for reader, name, _ in again if name in _SUPPRESSING}


def _a_moment(job: ForkedJob, chance: random.Random) -> Moment:
    """Of all that was ever reached; at the first kill nothing was."""
    steps = sorted(job.steps()) if job.log.exists() else ["commit collect"]
    return Moment(
        when=chance.choice(("before", "after")),
        name=chance.choice(steps),
        number=chance.choice((1, 1, 2, 3)),
    )


@contextmanager
def _failing(blog: Blog, fault: Answer | None) -> Iterator[None]:
    site, whole = blog.site.site, blog.site.site.otherwise
    site.otherwise = fault or whole
    yield
    site.otherwise = whole


def _come_to_rest(job: ForkedJob, week: Week) -> None:
    for _ in range(MOST_RUNS):
        status = job.does("run", now=week.at.isoformat()).status
        # A blog that stays down is no reason not to send what was frozen before.
        is_waiting = any(stands in _WAITING for _, stands, _ in _stands(job))
        if status in _DONE or (status == week.status and not is_waiting):
            return
    raise AssertionError("it does not come to an end")


def _stands(job: Job) -> list[tuple[str, str, str | None]]:
    """Reader, status and reason of each delivery of all editions."""
    query = (
        "SELECT s.address, d.status, d.reason FROM deliveries d JOIN subscribers s"
        " ON s.id = d.subscriber_id"
    )
    return [(reader, status, reason) for reader, status, reason in job.asks(query)]


def _editions(job: Job) -> list[int]:
    return [number for (number,) in job.asks("SELECT number FROM editions ORDER BY number")]


def _hold_against(job: ForkedJob, received: Counter[str]) -> None:
    """Hold what the world received, over all editions, against the books."""
    stands = _stands(job)
    assert {status for _, status, _ in stands} <= _TAKEN | {"in_doubt", "skipped"}
    taken = Counter(reader for reader, status, _ in stands if status in _TAKEN)
    in_doubt = Counter(reader for reader, status, _ in stands if status == "in_doubt")
    for reader in READERS:
        assert taken[reader] <= received[reader] <= taken[reader] + in_doubt[reader], reader
    reasons = {reason for _, status, reason in stands if status == "skipped"}
    assert reasons <= {"suppressed", "too_late", "outdated", "already_told"}
    # R8: each edition adds up, and is complete unless somebody is in doubt.
    for number in _editions(job):
        assert job.is_complete(number) is ("in_doubt" not in job.counts(number))
