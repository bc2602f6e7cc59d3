"""`subscribers import`: a list that somebody else has kept so far."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from otalk_digest.audience.identity import identity_hasher
from otalk_digest.audience.imports import SubscriberList, read_subscribers
from otalk_digest.audience.refusals import Refusals, Reject
from otalk_digest.cli.app import App
from otalk_digest.cli.consent import consent_options
from otalk_digest.cli.printing import counted
from otalk_digest.cli.writing import writing
from otalk_digest.memory import seldom_searched
from otalk_digest.model.audience import Consent, Listed, Proof
from otalk_digest.store.database import Store, secret_key
from otalk_digest.store.intake import Taken, take_in


@dataclass(slots=True)
class _Seen:
    """What passed on its way into the store."""

    pending: int = 0


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--column",
    "named",
    metavar="FIELD=TITLE",
    multiple=True,
    help="Which column holds what, such as email=Kontakt or name=2; zone= to leave one out.",
)
@consent_options(default_source="import", whose="For rows that do not say: ")
@click.option(
    "--rejects", type=click.Path(path_type=Path), help="Write refused rows here; else beside FILE."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and keep nothing.")
@click.pass_obj
def import_(
    app: App,
    /,
    file: Path,
    named: Sequence[str],
    rejects: Path | None,
    dry_run: bool,
    **said: str,
) -> int:
    """Add or update subscribers from a CSV file: a spreadsheet's, or another program's export.

    Nobody who left, bounced, complained or was erased is brought back. Rows that cannot be
    used go to a rejects file with their numbers; the others are imported, all or none.
    """
    people = read_subscribers(
        file,
        default_consent=Consent(said["consent"]),
        default_source=said["source"],
        default_proof=Proof(method=said["method"], wording=said["wording"]),
        named=_named(named),
    )
    _print_understood(people)
    rejects = rejects or (None if dry_run else file.with_suffix(".rejects.csv"))
    with contextlib.closing(Refusals()) as refused, app.store() as store:
        seen = _Seen()
        taken = _take_in(app, store, _Work(people, refused, seen), rejects, is_kept=not dry_run)
        click.echo(_summary(taken, refused.count, is_kept=not dry_run))
        if seen.pending:
            days = app.settings.privacy.unconfirmed_days
            rows = counted(seen.pending, "row does not say", "rows do not say")
            click.echo(
                f"{rows} that their owner agreed: who has not confirmed before gets nothing until "
                f"they do, and is forgotten after {counted(days, 'day')}."
            )
        return _print_refused(refused, rejects)


@dataclass(frozen=True, slots=True)
class _Work:
    people: SubscriberList
    refused: Refusals
    seen: _Seen


def _named(pairs: Sequence[str]) -> dict[str, str]:
    named = {}
    for pair in pairs:
        field, is_pair, title = pair.partition("=")
        if not is_pair:
            raise click.BadParameter(
                f"{pair!r} is no pair; write FIELD=TITLE, such as email=Kontakt",
                param_hint="--column",
            )
        named[field.strip().lower()] = title
    return named


def _take_in(app: App, store: Store, work: _Work, rejects: Path | None, *, is_kept: bool) -> Taken:
    """Take in the whole list in one transaction: killed half-way, it leaves nothing (C16)."""
    with seldom_searched(), store.begin() if is_kept else store.rehearse() as connection:
        hashed = identity_hasher(secret_key(connection))
        taken = take_in(connection, _usable(work, hashed), now=app.clock())
        if work.refused.count and rejects is not None:
            # Before the commit: what cannot be listed is not half imported.
            with writing(rejects) as file:
                work.refused.write(file)
    return taken


def _usable(work: _Work, hashed: Callable[[str], str]) -> Iterator[tuple[Listed, list[str]]]:
    """Yield the subscribers with the hashes of their identities; put the other rows aside."""
    for rows in work.people:
        if isinstance(rows, Reject):
            work.refused.add(rows)
        else:
            work.seen.pending += [said.consent for said in rows.said].count(Consent.PENDING)
            yield rows, list(map(hashed, rows.identities))


def _print_understood(people: SubscriberList) -> None:
    columns = people.columns
    whose = f"{columns.program}'s export" if columns.program else "a list"
    titles = "" if columns.has_titles else ", no titles: the first row is a subscriber"
    click.echo(f"Read as {whose} in {people.encoding}, parted by {people.delimiter}{titles}.")
    read = ", ".join(
        name if name == title.lower() else f"{name} ({title})" for name, title in columns.read
    )
    click.echo(f"  read: {read}")
    if columns.ignored:
        click.echo(f"  not read: {', '.join(columns.ignored)}")


def _summary(taken: Taken, refused: int, *, is_kept: bool) -> str:
    if is_kept:
        return (
            f"{taken.added} added, {taken.updated} updated, {taken.kept_out} kept out because "
            f"they left, {counted(refused, 'row')} refused."
        )
    return (
        f"Dry run, nothing was kept: {taken.added} would be added, {taken.updated} updated, "
        f"{taken.kept_out} kept out because they left, {counted(refused, 'row')} refused."
    )


def _print_refused(refused: Refusals, rejects: Path | None) -> int:
    """Return the exit status."""
    if not refused.count:
        return 0
    for reject in refused.first:
        click.echo(f"  row {reject.row}: {reject.reason}", err=True)
    if rejects is not None:
        click.echo(f"The refused rows are in {rejects}: mend them and import that file.", err=True)
    return 3
