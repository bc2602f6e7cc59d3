"""`suppressions`."""

import click

from otalk_digest.audience.identity import hash_identity, normalise_address
from otalk_digest.cli.app import App
from otalk_digest.cli.printing import print_table
from otalk_digest.store import subscribers as people
from otalk_digest.store.database import secret_key

_SUPPRESSION_REASONS = ("unsubscribed", "bounced", "complained", "erased")


@click.group(invoke_without_command=True)
@click.pass_context
def suppressions(ctx: click.Context) -> None:
    """Count or add addresses that are never mailed."""
    if ctx.invoked_subcommand is not None:
        return
    app: App = ctx.obj
    with app.store(must_exist=True) as store, store.read() as connection:
        counts = people.count_suppressions(connection)
    print_table(("reason", "addresses"), sorted(counts.items()))
    click.echo("Only keyed hashes are kept, so no address can be listed.")


@suppressions.command()
@click.argument("address")
@click.option(
    "--reason",
    type=click.Choice(_SUPPRESSION_REASONS),
    default="unsubscribed",
    show_default=True,
    help="Why, for the counts.",
)
@click.pass_obj
def add(app: App, address: str, reason: str) -> None:
    """Never mail ADDRESS again, from the next message on."""
    _, identity = normalise_address(address)
    with app.store() as store, store.begin() as connection:
        identity_hash = hash_identity(identity, secret_key(connection))
        people.suppress(connection, identity_hash, reason, now=app.clock())
    click.echo(f"Done: that address is never mailed again ({reason}).")
