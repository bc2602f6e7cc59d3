"""`collect --backfill`: the archive of a blog, or a folder of saved feeds."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.collect import print_news
from otalk_digest.cli.printing import counted, print_json, progress_of
from otalk_digest.cli.records import news_record
from otalk_digest.errors import FeedError, InputError
from otalk_digest.pipeline.backfilling import Step, backfill, backfill_files
from otalk_digest.pipeline.collecting import Source, collect

_SUFFIXES = frozenset({".xml", ".rss", ".atom", ".json"})


def saved_feeds(named: Sequence[str]) -> tuple[str, ...]:
    """Return the files that are meant, in the order of their names; none for a blog on the web.

    Raises InputError when a folder holds no feeds, or files and addresses are mixed.
    """
    on_web = [each for each in named if "://" in each]
    if on_web and len(named) > 1:
        raise InputError("Read one blog at a time, or saved feeds only.")
    if on_web:
        return ()
    files: list[str] = []
    for each in named:
        path = Path(each)
        if not path.is_dir():
            files.append(each)
            continue
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES)
        if not found:
            raise InputError(f"The folder {path} holds no feeds: no .xml, .rss, .atom or .json.")
        files += map(str, found)
    return tuple(files)


def read_archive(app: App, source: Source, named: Sequence[str], *, is_json: bool) -> None:
    """Look at the blog, then read what is older, and say how much of it was not known."""
    files = saved_feeds(named)
    with app.store() as store, store.lease(), app.stopping_on_sigterm():
        if files:
            steps = backfill_files(store, source, files, now=app.clock())
        else:
            print_news(collect(store, source, now=app.clock()), is_json=is_json)
            steps = backfill(store, source, stop=app.stop, now=app.clock())
        read, new_posts = _walk(steps, is_json=is_json)
    if is_json:
        return
    what = counted(read, "file") if files else f"as far as page {read}"
    posts = counted(new_posts, "post was", "posts were")
    click.echo(f"Read the archive, {what}: {posts} not known.")
    if app.stop.is_set():
        click.echo("Stopped before the end; the same command goes on from there.")


def _walk(steps: Iterator[Step], *, is_json: bool) -> tuple[int, int]:
    """Return the last page, or the number of files, and how many posts were not known."""
    read = new_posts = 0
    with progress_of("Reading the archive") as show:
        try:
            for step in steps:
                show(step.number, step.total)
                read, new_posts = step.number, new_posts + step.new_posts
                _print_step(step, is_json=is_json)
        except FeedError as error:
            posts = counted(new_posts, "unknown post was", "unknown posts were")
            raise FeedError(
                f"{error} Of the archive {posts} read until then; the same command goes on from "
                "there."
            ) from error
    return read, new_posts


def _print_step(step: Step, *, is_json: bool) -> None:
    for fault in step.faults:
        click.echo(f"warning: {fault.place}: {fault.reason}", err=True)
    for item in step.news:
        if is_json:
            print_json(news_record(item))
        else:
            click.echo(f"  {item.kind}: {item.reading.topic}")
