"""`segments` and `suppressions`."""

import click

from otalk_digest.audience.identity import hash_identity, normalise_address
from otalk_digest.cli.app import App
from otalk_digest.cli.printing import print_json, print_table
from otalk_digest.store import subscribers as people
from otalk_digest.store.database import secret_key

_SUPPRESSION_REASONS = ("unsubscribed", "bounced", "complained", "erased")


@click.command()
@click.option("--json", "is_json", is_flag=True, help="One segment a line.")
@click.pass_obj
def segments(app: App, is_json: bool) -> None:
    """Count the readers of each segment; each reader belongs to the first that matches."""
    with app.store(must_exist=True) as store, store.read() as connection:
        counts = people.count_by_segment(connection, app.segments)
    if is_json:
        for segment in app.segments:
            record = {"segment": segment.name, "readers": counts.get(segment.name, 0)}
            print_json(record | {"receives": sorted(segment.kinds), "theme": segment.theme})
        return
    rows: list[tuple[object, ...]] = [
        (segment.name, counts.get(segment.name, 0), " ".join(sorted(segment.kinds)), segment.theme)
        for segment in app.segments
    ]
    if none := counts.get(None):
        rows.append(("(in no segment)", none, "nothing", ""))
    print_table(("segment", "readers", "receives", "theme"), rows)


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
    "--reason", type=click.Choice(_SUPPRESSION_REASONS), default="unsubscribed", show_default=True
)
@click.pass_obj
def add(app: App, address: str, reason: str) -> None:
    """Never mail ADDRESS again, from the next message on."""
    _, identity = normalise_address(address)
    with app.store() as store, store.begin() as connection:
        identity_hash = hash_identity(identity, secret_key(connection))
        people.suppress(connection, identity_hash, reason, now=app.clock())
    click.echo(f"Done: that address is never mailed again ({reason}).")
