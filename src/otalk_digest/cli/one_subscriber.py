"""`subscribers add`, `show` and `erase`: one person, as they ask for it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from zoneinfo import available_timezones

import click

from otalk_digest.audience import cells
from otalk_digest.audience.identity import hash_identity, normalise_address
from otalk_digest.cli.app import App
from otalk_digest.cli.consent import consent_options
from otalk_digest.cli.printing import counted, moment, print_json, print_table
from otalk_digest.errors import InputError
from otalk_digest.model.audience import Cadence, Consent, Listed, Proof, Reminder, Subscriber
from otalk_digest.model.news import NewsKind
from otalk_digest.store import subscribers as people
from otalk_digest.store.database import secret_key
from otalk_digest.store.dossier import Dossier, dossier_of, record_of
from otalk_digest.store.intake import take_in

T = TypeVar("T")


@click.command()
@click.argument("address")
@click.option("--name", help="For the greeting.")
@click.option("--zone", metavar="ZONE", default="", help="Such as Europe/London.")
@click.option("--country", metavar="CC", default="", help="Two letters, such as GB.")
@click.option("--language", metavar="TAG", help="Such as en or pt-BR.")
@click.option("--tag", "tags", multiple=True, help="For the rules of segments; once for each.")
@click.option(
    "--wants",
    multiple=True,
    type=click.Choice([kind.value for kind in NewsKind]),
    help="What they want to get; once for each. Without it, everything.",
)
@click.option(
    "--cadence",
    type=click.Choice([each.value for each in Cadence]),
    help="How often: each edition, or one a week or a month.",
)
@click.option(
    "--reminder",
    type=click.Choice([each.value for each in Reminder]),
    help="On the day of a chat: in the morning, or an hour before.",
)
@consent_options(default_source="added by hand")
@click.pass_obj
def add(app: App, /, address: str, **said: Any) -> int:  # noqa: ANN401 - click's options
    """Add one subscriber, or change what one has said; nobody who left is brought back."""
    person = _person(address, **said)
    with app.store() as store, store.begin() as connection:
        identity_hash = hash_identity(person.identity, secret_key(connection))
        known = people.find_subscriber(connection, identity_hash)
        is_out = known is not None and known.consent is Consent.WITHDRAWN
        if is_out or people.is_suppressed(connection, identity_hash):
            raise InputError(
                "That address has left or is never mailed, so nothing was changed. Only its "
                "owner can come back, through the sign-up page."
            )
        take_in(connection, [(Listed.of([person]), [identity_hash])], now=app.clock())
        wishes = {name: said[name] for name in ("cadence", "reminder") if said[name]}
        people.change_wishes(connection, identity_hash, **wishes)
    done = "Added" if known is None else "Changed"
    if person.consent is Consent.CONFIRMED or (known and known.consent is Consent.CONFIRMED):
        click.echo(f"{done}: confirmed, and in the next edition that fits.")
    else:
        days = app.settings.privacy.unconfirmed_days
        click.echo(
            f"{done}: pending. Nothing is sent before they confirm; without it, they are "
            f"forgotten after {counted(days, 'day')}."
        )
    return 0


def _person(address: str, **said: Any) -> Subscriber:  # noqa: ANN401 - click's options
    """Raises InputError for what a list would be refused for too."""
    as_written, identity = normalise_address(address)
    return Subscriber(
        as_written,
        identity,
        name=said["name"],
        zone=_read("--zone", cells.zone_reader(available_timezones()), said["zone"]),
        country=_read("--country", cells.country_of, said["country"]),
        language=said["language"],
        tags=frozenset(tag.strip().lower() for tag in said["tags"] if tag.strip()),
        wants=frozenset(said["wants"]),
        consent=Consent(said["consent"]),
        source=said["source"],
        cadence=Cadence(said["cadence"] or Cadence.EACH),
        reminder=Reminder(said["reminder"] or Reminder.NONE),
        proof=Proof(method=said["method"], wording=said["wording"]),
    )


def _read(option: str, read: Callable[[str], T], cell: str) -> T:
    try:
        return read(cell)
    except InputError as error:
        raise click.BadParameter(str(error), param_hint=option) from error


@click.command()
@click.argument("address")
@click.option("--json", "is_json", is_flag=True, help="Everything, as one object to hand over.")
@click.pass_obj
def show(app: App, address: str, is_json: bool) -> int:
    """Show all that is held about one person: the answer to a subject access request."""
    address, identity = normalise_address(address)
    with app.store(must_exist=True) as store, store.read() as connection:
        identity_hash = hash_identity(identity, secret_key(connection))
        found = dossier_of(connection, address, identity=identity, identity_hash=identity_hash)
    if is_json:
        print_json(record_of(found))
    elif found.is_empty:
        click.echo("Nothing is held about that address.")
    else:
        _print(found)
    return 0


@click.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase(app: App, address: str, yes: bool) -> int:
    """Delete all that is known about one person, and never mail them again.

    Kept are a keyed hash, so that no list brings them back, and proof of their consent under it.
    """
    from otalk_digest.store import forgetting

    address, identity = normalise_address(address)
    if not yes:
        _require_a_yes()
    with app.store(must_exist=True) as store, store.begin() as connection:
        identity_hash = hash_identity(identity, secret_key(connection))
        erased = forgetting.erase(connection, address, identity_hash, now=app.clock())
    who = "Erased" if erased.was_known else "No subscriber had that address; kept out from now on"
    deliveries = counted(
        erased.deliveries,
        "delivery no longer names anybody",
        "deliveries no longer name anybody",
    )
    events = counted(erased.events, "event was blanked", "events were blanked")
    click.echo(f"{who}. {deliveries}, {events}.")
    click.echo(
        "Not in the database, so left to you: lists and exports, rejects files, back-ups, "
        f"messages in {app.settings.delivery.files.folder}, and what your provider keeps "
        "(docs/privacy.md says how to ask for it)."
    )
    return 0


def _require_a_yes() -> None:
    """Ask. Raises InputError for a no, and where there is nobody to answer."""
    try:
        is_meant = click.confirm("Delete all that is known about this person, for good?")
    except click.Abort:
        click.echo()
        is_meant = False
    if not is_meant:
        raise InputError("Nothing was erased. To erase without being asked, add --yes.")


def _print(found: Dossier) -> None:
    if (person := found.subscriber) is not None:
        print_table(("what", ""), _profile(person))
    if found.suppressed is not None:
        reason, since = found.suppressed
        click.echo(f"Never mailed: {reason}, since {moment(since)}.")
    _print_some(
        ("consent", "when", "where", "how", "to what"),
        [(c.consent, moment(c.at), c.source, c.method, c.wording) for c in found.consents],
    )
    _print_some(
        ("edition", "segment", "subject", "status", "why", "when"),
        [
            (d.edition, d.segment, d.subject, d.status, d.reason, moment(d.updated_at))
            for d in found.deliveries
        ],
    )
    _print_some(("event", "when", "why"), [(e.name, moment(e.at), e.reason) for e in found.events])
    for table, rows in found.elsewhere.items():
        click.echo(f"{len(rows)} in {table}: see --json.")


def _print_some(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        click.echo()
        print_table(headings, rows)


def _profile(person: Subscriber) -> Sequence[tuple[str, object]]:
    return (
        ("address", person.address),
        ("name", person.name),
        ("consent", person.consent),
        ("joined", moment(person.joined_at)),
        ("from", person.source),
        ("zone", person.zone),
        ("country", person.country),
        ("language", person.language),
        ("tags", " ".join(sorted(person.tags))),
        ("wants", " ".join(sorted(person.wants)) or "everything"),
        ("cadence", person.cadence),
        ("reminder", person.reminder),
        ("paused until", moment(person.paused_until)),
    )
