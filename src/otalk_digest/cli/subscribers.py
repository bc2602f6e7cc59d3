"""`subscribers`: the group, and what lists, counts and exports them."""

from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Final

import click

from otalk_digest.audience.exports import write_subscribers
from otalk_digest.audience.identity import identity_hasher
from otalk_digest.cli import streams
from otalk_digest.cli.app import App
from otalk_digest.cli.one_subscriber import add, erase, show
from otalk_digest.cli.printing import counted, moment, print_json, print_table
from otalk_digest.cli.subscriber_lists import import_
from otalk_digest.cli.writing import writing
from otalk_digest.model.audience import Subscriber
from otalk_digest.store import subscribers as people
from otalk_digest.store.consents import with_proofs
from otalk_digest.store.database import secret_key
from otalk_digest.store.statistics import statistics_of

#: As many as a person may want to look through.
_SOME: Final = 1_000


@click.group()
def subscribers() -> None:
    """Import, add, look up, count, export and erase subscribers."""


@subscribers.command(name="list")
@click.option("--addresses", is_flag=True, help="Show addresses; without it, they are masked.")
@click.option("--json", "is_json", is_flag=True, help="One subscriber a line, all of them.")
@click.pass_obj
def list_(app: App, addresses: bool, is_json: bool) -> None:
    """List subscribers in the order in which they joined."""
    with app.store(must_exist=True) as store, store.read() as connection:
        if is_json:
            for person in people.iterate_subscribers(connection):
                print_json(_subscriber_record(person, has_address=addresses))
            return
        known = list(islice(people.iterate_subscribers(connection), _SOME))
        count = sum(people.count_by_consent(connection).values())
    print_table(
        ("reader", "consent", "zone", "country", "tags", "wants", "cadence", "joined"),
        (
            (
                person.address if addresses else _masked(person.address),
                person.consent,
                person.zone,
                person.country,
                " ".join(sorted(person.tags)),
                " ".join(sorted(person.wants)) or "everything",
                person.cadence,
                moment(person.joined_at),
            )
            for person in known
        ),
    )
    click.echo(f"{counted(count, 'subscriber')}.")
    if count > len(known):
        click.echo(f"The first {_SOME} are shown; all of them with --json.")


@subscribers.command()
@click.option("--out", type=click.Path(path_type=Path), help="A file; else standard output.")
@click.pass_obj
def export(app: App, out: Path | None) -> None:
    """Write all subscribers as CSV, which `import` reads back unchanged."""
    with app.store(must_exist=True) as store, store.read() as connection:
        hashed = identity_hasher(secret_key(connection))
        rows = with_proofs(connection, people.iterate_subscribers(connection), hashed)
        if out is None:
            write_subscribers(streams.output_in_utf8(), rows)
            return
        with writing(out) as file, TextIOWrapper(file, encoding="utf-8", newline="") as text:
            write_subscribers(text, rows)
    click.echo(
        f"Written to {out}. It holds real addresses: keep it safe, delete it soon.", err=True
    )


@subscribers.command()
@click.option("--json", "is_json", is_flag=True, help="One object.")
@click.pass_obj
def stats(app: App, is_json: bool) -> None:
    """Count subscribers by consent, zone, country, language, wishes and month; name nobody."""
    with app.store(must_exist=True) as store, store.read() as connection:
        found = statistics_of(connection)
    if is_json:
        facets = {
            name: {value or "": count for value, count in counts.items()}
            for name, counts in found.by_facet.items()
        }
        rest = {"joined": found.joined, "suppressed": found.suppressed}
        print_json({"consent": found.by_consent, **facets, **rest})
        return
    print_table(("consent", "subscribers"), sorted(found.by_consent.items()))
    for name, counts in found.by_facet.items():
        rows = ((value or "(not said)", count) for value, count in counts.items())
        print_table((f"confirmed, by {name}", "readers"), rows)
    print_table(("joined in", "subscribers"), found.joined.items())
    print_table(("never mailed because", "addresses"), sorted(found.suppressed.items()))


subscribers.add_command(import_)
subscribers.add_command(add)
subscribers.add_command(show)
subscribers.add_command(erase)


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
        "cadence": str(person.cadence),
        "reminder": str(person.reminder),
        "paused_until": person.paused_until,
        "joined_at": person.joined_at,
    }


def _masked(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain[:1]}…"
