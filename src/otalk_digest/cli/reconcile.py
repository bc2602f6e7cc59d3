"""`reconcile`: learn what became of what was sent."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.printing import counted
from otalk_digest.errors import InputError
from otalk_digest.pipeline import reconciling

if TYPE_CHECKING:
    from otalk_digest.delivery.providers.sendgrid_events import ReadEvents


@click.command()
@click.option(
    "--events",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Events of SendGrid, saved as JSON; may be given more than once.",
)
@click.pass_obj
def reconcile(app: App, files: tuple[Path, ...]) -> int:
    """Ask the provider whom not to mail, and apply the events that are stored.

    Any file may be read any number of times, in any order.
    """
    posts = [_events_of(file) for file in files]
    now = app.clock()
    with app.store(must_exist=True) as store, store.lease():
        new = sum(reconciling.take_events(store, post.events, now=now) for post in posts)
        provider = app.provider()
        try:
            done = reconciling.reconcile(
                store, provider, soft_bounces=app.settings.delivery.soft_bounces, now=now
            )
        finally:
            provider.close()
    if files:
        total = sum(len(post.events) for post in posts)
        click.echo(f"{counted(total, 'event')} read, {new} of them new.")
    moved = counted(done.applied.moved, "delivery stands elsewhere", "deliveries stand elsewhere")
    suppressed = counted(
        done.synced.suppressed + done.applied.suppressed + done.out_of_reach,
        "more address is",
        "more addresses are",
    )
    click.echo(f"{moved} now; {suppressed} never mailed again.")
    unreadable = sum(post.unreadable for post in posts)
    if unreadable:
        what = counted(unreadable, "entry is no event, and was", "entries are no events, and were")
        click.echo(f"{what} left out.", err=True)
    for fault in done.synced.faults:
        click.echo(f"Not read: {fault}.", err=True)
    return 3 if unreadable else 0


def _events_of(file: Path) -> "ReadEvents":
    from otalk_digest.delivery.providers.sendgrid_events import read_events

    body = _read(file)
    try:
        return read_events(body)
    except InputError as error:
        raise InputError(f"{file}: {error}. Name a file that SendGrid's webhook sent.") from error


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}. Name another.") from error
