"""`collect`: what is new on the blog."""

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.printing import moment, print_json
from otalk_digest.cli.records import news_record
from otalk_digest.model.chat import Flag
from otalk_digest.pipeline import collecting
from otalk_digest.pipeline.collecting import Collected


@click.command()
@click.option("--feed", metavar="URL|FILE", help="Read this feed, not the one of the settings.")
@click.option("--json", "is_json", is_flag=True, help="One news item a line.")
@click.pass_obj
def collect(app: App, feed: str | None, is_json: bool) -> None:
    """Pull the feed and print what is new since the last time."""
    with app.store() as store, store.lease():
        collected = collecting.collect(store, app.source(feed), now=app.clock())
    if is_json:
        for item in collected.news:
            print_json(news_record(item))
        print_warnings(collected)
        return
    print_collected(collected)


def print_collected(collected: Collected) -> None:
    """Say what one look at the feed brought."""
    if collected.is_unchanged:
        click.echo("The feed has not changed since the last time.")
        return
    first = " First look at this blog: what is old is known now, and is not mailed."
    click.echo(
        f"Read {collected.entries} entries: {collected.new_posts} new, "
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
            "right address, and is the job run often enough?",
            err=True,
        )
    if not collected.entries and not collected.is_unchanged:
        click.echo(
            f"warning: the feed at {collected.address} has no entries: is the address right?",
            err=True,
        )
    if collected.moved_to:
        click.echo(
            f"warning: the feed has moved to {collected.moved_to}; set feed.address to that",
            err=True,
        )
