"""The weekly job from outside: a folder of settings and readers, and the command as cron starts it.

Commands have cron's bare environment: no HOME, no locale. What is `started` is a process of its
own, with nothing on standard input; what a job `does` costs no start.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import psycopg
import pytest
from tests.feeds import SourcePost
from tests.maintainer import Ended, typed
from tests.sendgrid_server import KEY

from otalk_digest.store.database import Store
from otalk_digest.store.told import events

#: Before the chat of `ANNOUNCED`, and after it.
WEEK_1 = "2026-06-03T09:00Z"
WEEK_2 = "2026-06-10T09:00Z"

#: Longer than any command takes, shorter than we wait for a mail server's greeting.
_PATIENCE_S = 240

ANNOUNCED = SourcePost(
    id=501,
    title="#OTalk 9th June 2026 – Ladders, lofts and leaving them be.",
    slug="otalk-9th-june-2026",
    author="Orla Wick",
    published_at=datetime(2026, 6, 2, 8, 0, tzinfo=UTC),
    html="""<p>This week&#8217;s #OTalk will be hosted by Ida Marlow (@ida_marlow).</p>
<p>Most falls from height at home are from a ladder that somebody meant to use once.</p>
<p>Some questions to consider:</p>
<ol>
<li>When do you talk about the loft?</li>
<li>Who owns the risk of a ladder?</li>
</ol>""",
)
WRAPPED_UP = SourcePost(
    id=ANNOUNCED.id,
    title=ANNOUNCED.title,
    slug=ANNOUNCED.slug,
    author=ANNOUNCED.author,
    published_at=ANNOUNCED.published_at,
    updated_at=datetime(2026, 6, 10, 7, 0, tzinfo=UTC),
    html=ANNOUNCED.html
    + """
<p><strong>POST CHAT</strong></p>
<p><strong>Host: </strong>@ida_marlow</p>
<p><strong>Online Transcript</strong></p>
<p><a href="https://transcripts.example/otalk/june-9th-2026">#OTalk Healthcare Social Media \
Transcript June 9th 2026</a></p>
<p><strong>The Numbers</strong></p>
<p>212.480K Impressions<br />
143 Tweets<br />
27 Participants</p>""",
)

_STUDENTS = """
[[segment]]
name = "students"
title = "Students"
why = "You asked for it as a student."
receives = ["announcement", "change", "cancellation", "wrap-up"]
subject_prefix = "[Students] "
[segment.match]
tag = "student"
"""
_EVERYONE = """
[[segment]]
name = "everyone"
title = "Everyone else"
why = "You asked for it."
"""

_SETTINGS = """
[feed]
address = "{feed}"
allow_private_addresses = true

[digest]
name = "#OTalk digest"
blog_url = "https://blog.otalk.example/"
contact = "team@otalk.example"
postal_address = "The team, 1 Example Street, Sampleton SA1 1AA"

[delivery]
from_address = "digest@otalk.example"
{delivery}

[web]
base_url = "https://digest.otalk.example"
"""
_ON_A_SERVER = """
[store]
url = "{url}"
"""

_HEADINGS = "email,name,zone,country,tags,wants,consent"
#: Zone, tags and consent of each; in June London is one hour ahead of UTC.
READERS = """
sage@example.org,Sage Hollin,Europe/London,GB,,,confirmed
ines@example.org,Inês Prado,America/Sao_Paulo,BR,,,confirmed
kiri@example.org,Kiri Vance,Pacific/Auckland,NZ,student,,confirmed
teo@example.org,Teo Marsh,,GB,student,wrap-up,confirmed
una@example.org,,Asia/Kolkata,IN,,,confirmed
pending@example.org,Pell Ames,,GB,,,pending
gone@example.org,Gwen Ash,,GB,,,confirmed
"""
#: Who left before the first edition.
LEFT = "gone@example.org"

FILES = 'provider = "files"'
_SENDGRID = """provider = "sendgrid"
[delivery.sendgrid]
host = "{host}"
timeout_s = {timeout_s}
{more}"""
_SMTP = """provider = "smtp"
[delivery.smtp]
host = "127.0.0.1"
port = {port}
security = "none\""""


class Process(Protocol):
    """What `subprocess` starts, as far as it is used here."""

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def kill(self) -> None: ...

    def send_signal(self, sig: int) -> None: ...

    def communicate(self, *, timeout: float | None = None) -> tuple[str, str]:
        """Return its output; raises subprocess.TimeoutExpired."""
        ...


class Running:
    """A command that is at work."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def is_over(self) -> bool:
        return self._process.poll() is not None

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for what the command brings about."""
        wait_until(lambda: condition() or self.is_over())

    def kill(self) -> None:
        self._process.kill()
        self.end()

    def ask_to_stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def end(self) -> Ended:
        try:
            out, err = self._process.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            # Where it hangs is what the next reader of the failure needs to know.
            self._process.send_signal(signal.SIGABRT)
            out, err = self._process.communicate()
            pytest.fail(f"the command does not come to an end:\n{out}\n{err}")
        assert self._process.returncode is not None
        return Ended(status=self._process.returncode, out=out, err=err)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A maintainer's folder."""

    folder: Path
    #: Of a store on a server; a file in the folder else.
    url: str | None = None

    @property
    def database(self) -> Path:
        return self.folder / "otalk-digest.sqlite3"

    @contextmanager
    def started(self, *words: str, now: str = WEEK_1) -> Iterator[Running]:
        """Start a command, which is killed at the end unless it ended by itself."""
        with subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "otalk_digest", "--now", now, *words],
            cwd=self.folder,
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            try:
                yield Running(process)
            finally:
                process.kill()

    def does(self, *words: str, now: str = WEEK_1) -> Ended:
        """Run a command to its end, in this process."""
        return typed(["--now", now, *words], folder=self.folder, environment=bare_environment())

    def statuses(self, edition: int = 1) -> dict[str, str]:
        """Who stands where in an edition, by address."""
        query = (
            "SELECT s.address, d.status FROM deliveries d JOIN subscribers s"
            " ON s.id = d.subscriber_id WHERE d.edition = ?"
        )
        return dict(self.asks(query, edition))

    def counts(self, edition: int = 1) -> dict[str, int]:
        """Status → number of deliveries."""
        return dict(Counter(self.statuses(edition).values()))

    def is_complete(self, edition: int = 1) -> bool:
        """Whether the books of an edition are closed, and add up (R8)."""
        (row,) = self.asks(
            "SELECT candidates, completed_at FROM editions WHERE number = ?", edition
        )
        open_ones = {"planned", "sending", "in_doubt"} & self.counts(edition).keys()
        assert row[0] == sum(self.counts(edition).values())
        assert not (row[1] and open_ones)
        return row[1] is not None

    def asks(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the database as an auditor would, with another program."""
        if self.url is not None:
            with psycopg.connect(self.url) as server:
                return server.execute(query.replace("?", "%s").encode(), values).fetchall()
        with closing(sqlite3.connect(self.database)) as database:
            return database.execute(query, values).fetchall()

    def dump(self) -> list[str]:
        """All that the database holds; whose turn it is to run is no content."""
        if self.url is not None:
            return [
                f"{table} {row}"
                for table in events.metadata.tables
                if table != "leases"
                for row in sorted(map(repr, self.asks(f"SELECT * FROM {table}")))  # noqa: S608 - our own
            ]
        with closing(sqlite3.connect(self.database)) as database:
            return list(database.iterdump())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program writes, so that nothing can be recorded meanwhile."""
        if self.url is not None:
            with closing(Store(self.url)) as server, server.begin():
                yield
            return
        with closing(sqlite3.connect(self.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield

    def files(self) -> list[Path]:
        """The messages of the files provider, and nothing else that lies in its folder."""
        return sorted((self.folder / "outbox").glob("*/*.eml"))


def a_job(
    folder: Path,
    *,
    feed: str,
    delivery: str = FILES,
    readers: str = READERS,
    url: str | None = None,
    database: bytes | None = None,
) -> Job:
    """Make a folder with settings, segments and imported readers; a URL names an empty database.

    With a database, that one, where more has happened already.
    """
    folder.mkdir()
    # Rendering costs most of the time, so nothing is rendered for students who are not there.
    segments = _STUDENTS + _EVERYONE if ",student," in readers else _EVERYONE
    _settle_in(folder, feed=feed, delivery=delivery, segments=segments)
    job = Job(folder=folder)
    job.database.write_bytes(database or _database_with(readers))
    return job if url is None else _moved(job, url)


def _moved(job: Job, url: str) -> Job:
    """Move to a server as a maintainer does."""
    assert job.does("store", "copy", f"sqlite:///{job.database.name}", url).status == 0
    job.database.unlink()
    with (job.folder / "otalk-digest.toml").open("a", encoding="utf-8") as settings:
        settings.write(_ON_A_SERVER.format(url=url))
    return replace(job, url=url)


@cache
def _database_with(readers: str) -> bytes:
    """A list is imported once for all tests."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _settle_in(folder, feed="none.xml", delivery=FILES, segments=_EVERYONE)
        people = f"{_HEADINGS}\n{readers.strip()}\n"
        (folder / "readers.csv").write_text(people, encoding="utf-8")
        job = Job(folder=folder)
        assert job.does("subscribers", "import", "readers.csv").status == 0
        if LEFT in readers:
            assert job.does("suppressions", "add", LEFT).status == 0
        return job.database.read_bytes()


def _settle_in(folder: Path, *, feed: str, delivery: str, segments: str) -> None:
    (folder / "subscribers").mkdir()
    (folder / "subscribers" / "segments.toml").write_text(segments, encoding="utf-8")
    settings = _SETTINGS.format(feed=feed, delivery=delivery)
    (folder / "otalk-digest.toml").write_text(settings, encoding="utf-8")


def by_smtp(port: int) -> str:
    """Settings for a mail server on the loopback."""
    return _SMTP.format(port=port)


def by_sendgrid(host: str, *, timeout_s: float = 30.0, more: str = "") -> str:
    """Settings for a server that speaks SendGrid's API."""
    return _SENDGRID.format(host=host, timeout_s=timeout_s, more=more)


def many_readers(number: int) -> str:
    """Confirmed readers without any wish, in the order in which they are mailed."""
    return "\n".join(f"reader{each}@example.org,,,,,,confirmed" for each in range(number))


def addresses_of(readers: str) -> list[str]:
    """The addresses of such a list."""
    return [line.partition(",")[0] for line in readers.strip().splitlines()]


def wait_until(condition: Callable[[], object]) -> None:
    """Look again and again; fails when nothing comes of it."""
    for _ in range(30_000):
        if condition():
            return
        time.sleep(0.001)
    raise AssertionError("it never happened")


def repeated(addresses: Sequence[str]) -> list[str]:
    """Who is in the list more than once."""
    return [address for address, times in Counter(addresses).items() if times > 1]


def bare_environment() -> dict[str, str]:
    kept = ("PYTHONPATH", "COVERAGE_PROCESS_START", "XDG_CACHE_HOME")
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C",
        "OTALK_DIGEST_SENDGRID_API_KEY": KEY,
        **{name: os.environ[name] for name in kept if name in os.environ},
    }
