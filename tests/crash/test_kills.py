"""The job killed at every kind of step, with faults mixed in, and started again: R1 to R9.

The promise: nobody lost, nobody twice, and what cannot be known is listed as in doubt; behind a
fence hardly anything is. A few
kills in each run of the suite; the long version is

    KILLS=500 pytest tests/crash

for as many with each provider on each database. `SEED` repeats a series.
"""

import json
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest
from tests.crash.killing import KILLED, NOWHERE, Moment, run_killed
from tests.feeds import rss2
from tests.http_server import answer, running_site
from tests.sendgrid_server import Fault, SendGridServer
from tests.smtp_server import DROP, PIPELINING, Script, ScriptedServer, running
from tests.weekly_job import (
    ANNOUNCED,
    Job,
    a_job,
    addresses_of,
    by_sendgrid,
    by_smtp,
    many_readers,
    repeated,
)

if TYPE_CHECKING:
    from tests.postgresql_server import PostgresServer

KILLS: Final = int(os.environ.get("KILLS", "3"))
SEED: Final = os.environ.get("SEED", "kettles")
#: More than one request to SendGrid holds; many groups for SMTP.
READERS: Final = {"sendgrid": 1_030, "fenced sendgrid": 1_030, "smtp": 170}
#: Of those who fall in doubt, behind a fence.
_MOST_LEFT: Final = 0.01
#: Faults pass, so a job that is started again comes to its end.
_MOST_RUNS: Final = 12
_DONE: Final = frozenset({0, 4})

_SENDGRID_FAULTS: Final = (
    Fault(accepts=True),
    Fault(),
    Fault(is_deaf=True),
    Fault(accepts=True, status=500),
    Fault(status=502),
    Fault(status=302, headers={"Location": "http://127.0.0.1:9/"}),
    Fault(accepts=True, status=202, cut="status"),
    Fault(accepts=True, status=202, cut="headers"),
    Fault(accepts=True, status=202, cut="body"),
    Fault(accepts=True, hangs=True),
)


@pytest.fixture(scope="module")
def feed() -> Iterator[str]:
    with running_site() as site:
        yield site.on("/feed/", answer(200, rss2([ANNOUNCED]), {"Content-Type": "text/xml"}))


@contextmanager
def a_sendgrid(chance: random.Random) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    with SendGridServer() as server:
        server.next(*chance.sample(_SENDGRID_FAULTS, k=chance.choice((0, 0, 1, 2))))
        more = "suppressions = false"
        yield (
            by_sendgrid(server.url, timeout_s=1.0, more=more),
            lambda: [mail.address for mail in server.mails],
        )


@contextmanager
def a_fenced_sendgrid(chance: random.Random) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    def received() -> list[str]:
        # Once all that waits is due, and what came late is there too.
        server.schedule.advance(minutes=60)
        server.schedule.let_late_ones_in()
        return [mail.address for mail in server.mails]

    with SendGridServer() as server:
        server.next(*chance.sample(_SENDGRID_FAULTS, k=chance.choice((0, 0, 1, 2))))
        more = "suppressions = false\nfence = true"
        yield by_sendgrid(server.url, timeout_s=1.0, more=more), received


@contextmanager
def a_relay(chance: random.Random) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    faults = [_smtp_fault(chance) for _ in range(chance.choice((0, 0, 2, 4)))]
    server = ScriptedServer(
        *faults, chance.choice((PIPELINING, {})), is_parallel=True, pauses_s={"dot": 0.001}
    )
    with running(server):
        yield by_smtp(server.port), lambda: list(server.arrived)


def _smtp_fault(chance: random.Random) -> Script:
    """Return a connection that goes wrong once, after a few letters that went well."""
    good = {"RCPT": "250 2.1.5 Ok", "DATA": "354 go ahead", "dot": "250 2.0.0 Ok: queued as S1"}
    stage = chance.choice(tuple(good))
    # A refusal after the dot says that nothing was taken, though all of it arrived.
    fault = DROP if stage == "dot" else chance.choice((DROP, "451 4.7.1 try later"))
    before = (good[stage],) * chance.randrange(6)
    offer: Mapping[str, str] = chance.choice((PIPELINING, {}))
    return {**offer, stage: (*before, fault, good[stage])}


WORLDS: Final = {"sendgrid": a_sendgrid, "fenced sendgrid": a_fenced_sendgrid, "smtp": a_relay}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> "PostgresServer | None":
    return None if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture(scope="module", params=sorted(WORLDS))
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def begun(
    tmp_path_factory: pytest.TempPathFactory,
    feed: str,
    provider: str,
    database: "PostgresServer | None",
) -> Iterator[Job]:
    """A job before its first run, made once and copied for each kill."""
    folder = tmp_path_factory.mktemp("begun") / "job"
    readers = many_readers(READERS[provider])
    if database is None:
        yield a_job(folder, feed=feed, delivery="@delivery@", readers=readers)
        return
    with database.database() as name:
        given = by_smtp(1)
        url = database.url(name)
        job = a_job(folder, feed=feed, delivery=given, readers=readers, url=url)
        settings = folder / "otalk-digest.toml"
        settings.write_text(settings.read_text().replace(given, "@delivery@").replace(url, "@url@"))
        yield job


@contextmanager
def a_copy(
    begun: Job, folder: Path, *, delivery: str, database: "PostgresServer | None"
) -> Iterator[Job]:
    shutil.copytree(begun.folder, folder)
    settings = folder / "otalk-digest.toml"
    written = settings.read_text().replace("@delivery@", delivery)
    if database is None:
        settings.write_text(written)
        yield replace(begun, folder=folder)
        return
    assert begun.url is not None
    template = urlsplit(begun.url).path.strip("/")
    with database.database(template=template) as name:
        settings.write_text(written.replace("@url@", database.url(name)))
        yield replace(begun, folder=folder, url=database.url(name))


def test_nobody_is_lost_and_nobody_gets_it_twice_wherever_it_is_killed(
    tmp_path: Path, begun: Job, provider: str, database: "PostgresServer | None"
) -> None:
    chance = random.Random(f"{SEED} {provider} {database is None}")  # noqa: S311 - no secret
    steps = _steps_of(tmp_path / "whole", begun, provider, database)
    seen: Counter[str] = Counter()
    left = 0
    for number in range(KILLS):
        case = random.Random(chance.random())  # noqa: S311 - the same
        with (
            WORLDS[provider](case) as (delivery, received),
            a_copy(begun, tmp_path / str(number), delivery=delivery, database=database) as job,
        ):
            seen.update(_kill_and_resume(job, case, steps=steps))
            left += _balance(job, received(), readers=READERS[provider])
        shutil.rmtree(tmp_path / str(number))
    if "fenced" in provider:
        assert left <= _MOST_LEFT * KILLS * READERS[provider]
    sys.stdout.write(json.dumps({"kills": KILLS, "left in doubt": left, "at": seen}))


def _steps_of(
    folder: Path, begun: Job, provider: str, database: "PostgresServer | None"
) -> Counter[str]:
    """Return how often each step is taken in a run without faults."""
    calm = random.Random("without a fault")  # noqa: S311 - no secret
    with (
        WORLDS[provider](calm) as (delivery, _),
        a_copy(begun, folder, delivery=delivery, database=database) as job,
    ):
        status, steps = run_killed(job, NOWHERE)
    assert status in {0, 4, 75}
    return Counter(steps)


def _kill_and_resume(job: Job, chance: random.Random, *, steps: Mapping[str, int]) -> list[str]:
    """Kill it once or twice, then let it come to its end; return what it was killed at."""
    at: list[str] = []
    for _ in range(chance.choice((1, 1, 2))):
        # Each step alike: there are far more bytes than commits.
        name = chance.choice(sorted(steps))
        number = chance.randint(1, steps[name])
        when = chance.choice(("before", "after"))
        status, _ = run_killed(job, Moment(when=when, name=name, number=number))
        if status == KILLED:
            at.append(f"{when} {name}")
    for _ in range(_MOST_RUNS):
        if job.does("run").status in _DONE:
            return at
    raise AssertionError("it does not come to an end")


def _balance(job: Job, received: Sequence[str], *, readers: int) -> int:
    """Hold what the world received against the books; return how many are in doubt."""
    everyone, statuses = set(addresses_of(many_readers(readers))), job.statuses()
    accepted = {to for to, status in statuses.items() if status == "accepted"}
    in_doubt = {to for to, status in statuses.items() if status == "in_doubt"}
    assert not repeated(received)
    # R7: whatever was tried, and however often, it was the frozen bytes.
    tried = {each for (each,) in job.asks("SELECT DISTINCT content_hash FROM attempts")}
    assert tried <= {each for (each,) in job.asks("SELECT content_hash FROM variants")}
    assert statuses.keys() == everyone
    assert accepted | in_doubt == everyone
    assert accepted <= set(received)
    assert job.is_complete() is not bool(in_doubt)
    return len(in_doubt)
