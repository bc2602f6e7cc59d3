"""`subscribers` and `suppressions`."""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from otalk_digest.audience.identity import hash_identity, identity_hasher, normalise_address
from otalk_digest.audience.imports import Refusals, Reject, read_subscribers, write_subscribers
from otalk_digest.cli.app import App
from otalk_digest.cli.printing import moment, print_json, print_table
from otalk_digest.errors import InputError
from otalk_digest.model.audience import Consent, Subscriber
from otalk_digest.store import subscribers as people
from otalk_digest.store.database import secret_key
from otalk_digest.store.intake import take_in

_SUPPRESSION_REASONS = ("unsubscribed", "bounced", "complained", "erased")


@click.group()
def subscribers() -> None:
    """Import, list and export subscribers."""


@subscribers.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--consent",
    type=click.Choice([Consent.CONFIRMED.value, Consent.PENDING.value]),
    default=Consent.PENDING.value,
    show_default=True,
    help="For rows that do not say: confirmed only when these people asked for it.",
)
@click.option("--source", default="import", help="Where they gave their consent, in words.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Write refused rows here.")
@click.pass_obj
def import_(app: App, file: Path, consent: str, source: str, rejects: Path | None) -> int:
    """Add or update subscribers from a CSV file.

    Nobody who left, bounced or complained is brought back. Rows that cannot be used go to a
    rejects file with their numbers; the others are imported.
    """
    rows = read_subscribers(file, default_consent=Consent(consent), default_source=source)
    with contextlib.closing(Refusals()) as refused, app.store() as store:
        with store.begin() as connection:
            hashed = identity_hasher(secret_key(connection))
            taken = take_in(connection, _usable(rows, refused, hashed), now=app.clock())
            if refused.count:
                # Before the commit: what cannot be listed is not half imported.
                rejects = rejects or file.with_suffix(".rejects.csv")
                refused.write(rejects)
        click.echo(
            f"{taken.added} added, {taken.updated} updated, {taken.kept_out} kept out because "
            f"they left, {refused.count} rows refused."
        )
        if not refused.count:
            return 0
        for reject in refused.first:
            click.echo(f"  row {reject.row}: {reject.reason}", err=True)
        click.echo(f"The refused rows are in {rejects}: mend them and import that file.", err=True)
        return 3


def _usable(
    rows: Iterable[Subscriber | Reject], refused: Refusals, hashed: Callable[[str], str]
) -> Iterator[tuple[Subscriber, str]]:
    """Yield the subscribers with the hashes of their identities; put the other rows aside."""
    for row in rows:
        if isinstance(row, Reject):
            refused.add(row)
        else:
            yield row, hashed(row.identity)


@subscribers.command(name="list")
@click.option("--addresses", is_flag=True, help="Show addresses; without it, they are masked.")
@click.option("--json", "is_json", is_flag=True, help="One subscriber a line.")
@click.pass_obj
def list_(app: App, addresses: bool, is_json: bool) -> None:
    """List subscribers in the order in which they joined."""
    with app.store(must_exist=True) as store, store.read() as connection:
        known = list(people.iterate_subscribers(connection))
    if is_json:
        for person in known:
            print_json(_subscriber_record(person, has_address=addresses))
        return
    print_table(
        ("reader", "consent", "zone", "country", "tags", "wants", "joined"),
        (
            (
                person.address if addresses else _masked(person.address),
                person.consent,
                person.zone,
                person.country,
                " ".join(sorted(person.tags)),
                " ".join(sorted(person.wants)) or "everything",
                moment(person.joined_at),
            )
            for person in known
        ),
    )
    click.echo(f"{len(known)} subscribers.")


@subscribers.command()
@click.option("--out", type=click.Path(path_type=Path), help="A file; else standard output.")
@click.pass_obj
def export(app: App, out: Path | None) -> None:
    """Write all subscribers as CSV, which `import` reads back unchanged."""
    with app.store(must_exist=True) as store, store.read() as connection:
        rows = people.iterate_subscribers(connection)
        if out is None:
            write_subscribers(sys.stdout, rows)
            return
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                write_subscribers(file, rows)
        except OSError as error:
            raise InputError(f"{out} cannot be written: {error.strerror}.") from error
    click.echo(
        f"Written to {out}. It holds real addresses: keep it safe, delete it soon.", err=True
    )


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


def _subscriber_record(person: Subscriber, *, has_address: bool) -> dict[str, object]:
    return {
        "address": person.address if has_address else _masked(person.address),
        "name": person.name if has_address else None,
        "consent": str(person.consent),
        "zone": person.zone,
        "country": person.country,
        "language": person.language,
        "tags": sorted(person.tags),
        "wants": sorted(person.wants),
        "joined_at": person.joined_at,
    }


def _masked(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain[:1]}…"
