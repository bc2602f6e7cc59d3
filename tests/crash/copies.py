"""A job that is made once and copied for each kill, and its books held against the world's."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.weekly_job import Job, a_job, addresses_of, by_smtp, many_readers, repeated

if TYPE_CHECKING:
    from tests.postgresql_server import PostgresServer


@contextmanager
def an_original(
    folder: Path, *, feed: str, readers: int, database: "PostgresServer | None", more: str = ""
) -> Iterator[Job]:
    """Make a job that has not run yet, with more settings at the end; only copies of it can run."""
    people = many_readers(readers)
    if database is None:
        yield a_job(folder, feed=feed, delivery="@delivery@", readers=people)
        return
    with database.database() as name:
        given = by_smtp(1)
        url = database.url(name)
        job = a_job(folder, feed=feed, delivery=given, readers=people, url=url)
        settings = folder / "otalk-digest.toml"
        written = settings.read_text().replace(given, "@delivery@").replace(url, "@url@")
        settings.write_text(written + more)
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


def balance(job: Job, received: Sequence[str], *, readers: int) -> int:
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
