"""`collect`: what is new on the blog."""

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.printing import counted, moment, print_json
from otalk_digest.cli.records import news_record
from otalk_digest.model.chat import Flag
from otalk_digest.model.feed import FeedKind
from otalk_digest.pipeline import collecting
from otalk_digest.pipeline.collecting import Collected

#: What people call the formats.
FORMATS = {FeedKind.RSS2: "RSS 2.0", FeedKind.ATOM: "Atom", FeedKind.REST: "REST"}


@click.command()
@click.option(
    "--feed",
    "feeds",
    metavar="URL|FILE",
    multiple=True,
    help="Read this, not the blog of the settings; with --backfill also folders, or several.",
)
@click.option("--backfill", "is_backfill", is_flag=True, help="Read the whole archive as well.")
@click.option("--json", "is_json", is_flag=True, help="One news item a line.")
@click.pass_obj
def collect(app: App, feeds: tuple[str, ...], *, is_backfill: bool, is_json: bool) -> None:
    """Pull the feed and print what is new since the last time.

    With --backfill every older post becomes known too, so that trends have a past; what is old is
    never mailed. Stopped at any moment, the same command goes on from there.
    """
    if len(feeds) > 1 and not is_backfill:
        raise click.UsageError("Several feeds can be read with --backfill only.")
    source = app.source(feeds[0] if feeds else None)
    if is_backfill:
        # The weekly look should not pay for it.
        from otalk_digest.cli.backfill import read_archive

        read_archive(app, source, feeds or (source.address,), is_json=is_json)
        return
    with app.store() as store, store.lease():
        print_news(collecting.collect(store, source, now=app.clock()), is_json=is_json)


def print_news(collected: Collected, *, is_json: bool) -> None:
    """Say what one look brought, to people or to a program."""
    if not is_json:
        print_collected(collected)
        return
    for item in collected.news:
        print_json(news_record(item))
    print_warnings(collected)


def print_collected(collected: Collected) -> None:
    """Say what one look at the feed brought."""
    if collected.new_route is not None:
        route = collected.new_route
        click.echo(f"Reads this blog by {FORMATS[route.kind]} from {route.address}.")
    if collected.is_unchanged:
        click.echo("The feed has not changed since the last time.")
        print_warnings(collected)
        return
    first = " First look at this blog: what is old is known now, and is not mailed."
    click.echo(
        f"Read {counted(collected.entries, 'entry', 'entries')}: {collected.new_posts} new, "
        f"{collected.changed_posts} changed.{first if collected.is_first_run else ''}"
    )
    for item in collected.news:
        when = moment(item.reading.starts_at)
        click.echo(f"  {item.kind}: {item.reading.topic}{f' ({when})' if when else ''}")
        for change in item.changes:
            click.echo(f"    {change.field}: {change.old} → {change.new}")
        for flag in item.reading.flags:
            if flag is not Flag.DEFAULT_TIME:
                click.echo(f"    look at this: {flag}")
    print_warnings(collected)


def print_warnings(collected: Collected) -> None:
    """Say on stderr what a maintainer should look after."""
    for fault in collected.faults:
        click.echo(f"warning: {fault.place}: {fault.reason}", err=True)
    if collected.is_partial:
        click.echo("warning: the feed broke off; what is missing is read next time", err=True)
    if not collected.has_overlap:
        click.echo(
            "warning: no entry of the feed was known, so posts may have been missed: is it the "
            "right address, and is the job run often enough? Read what was missed with: "
            "otalk-digest collect --backfill",
            err=True,
        )
    for post in collected.gone:
        click.echo(
            f"warning: this post has gone from the blog: {post}. Nobody is told by mail; if its "
            "chat is off, the blog should say so",
            err=True,
        )
    if collected.is_empty:
        click.echo(
            f"warning: the feed at {collected.address} has no entries: is the address right?",
            err=True,
        )
    if collected.moved_to:
        click.echo(
            f"warning: the blog or its feed has moved to {collected.moved_to}; set feed.address "
            "to that",
            err=True,
        )
