"""`send`: deliver what is frozen, or one test message."""

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.numbers import NUMBER
from otalk_digest.cli.run import leave_with, print_report
from otalk_digest.errors import InputError
from otalk_digest.model.delivery import OutcomeKind
from otalk_digest.model.edition import Edition
from otalk_digest.pipeline import checking, proofing, running
from otalk_digest.store.database import Store


@click.command()
@click.option("--edition", type=NUMBER, metavar="N", help="Only this edition.")
@click.option("--dry-run", is_flag=True, help="Show the books; send nothing.")
@click.option("--test-to", metavar="ADDR", help="Send one marked test message per segment here.")
@click.pass_obj
def send(app: App, edition: int | None, dry_run: bool, test_to: str | None) -> int:
    """Deliver a frozen edition, or go on with one that was interrupted.

    A test message goes to your own address only, is marked [TEST], and its unsubscribe link
    changes nothing. Without --edition it shows the next edition.
    """
    with app.store(must_exist=True) as store:
        if test_to is not None:
            return _send_test(app, store, edition, test_to)
        job = app.job(store)
        with app.stopping_on_sigterm():
            report = running.resume(job, edition, is_rehearsal=dry_run)
    if not report.tallies:
        click.echo("Nothing is waiting to be sent.")
    else:
        if dry_run:
            click.echo("Dry run: nothing was sent.")
        print_report(report)
    return leave_with(report)


def edition_to_show(app: App, store: Store, number: int | None, segment: str | None) -> Edition:
    """Return a past edition, or the next one. Raises InputError when there is nothing to show."""
    from otalk_digest.audience.segments import choose_segments

    if number is not None:
        return proofing.past_edition(store, number)
    chosen = choose_segments(app.segments, segment)
    edition = proofing.next_edition(store, app.press(), chosen, clock=app.clock)
    if edition is None:
        raise InputError(
            "There is nothing to show: no news that was not told before. "
            "Look for some with: otalk-digest collect."
        )
    return edition


def _warn(app: App, store: Store, edition: Edition, *, is_frozen: bool) -> None:
    """Say that readers would not get it; one's own address may, to see what is wrong."""
    found = checking.check_edition(store, edition, app.post(), expected=app.expected())
    failed = len(list(checking.musts(found)))
    if failed:
        which = f" --edition {edition.number}" if is_frozen else ""
        click.echo(
            f"Warning: readers would not get this: {failed} must be mended first. "
            f"See: otalk-digest check{which}.",
            err=True,
        )


def _send_test(app: App, store: Store, number: int | None, address: str) -> int:
    from otalk_digest.audience.identity import normalise_address

    reader = proofing.ProofReader(address=normalise_address(address)[0])
    edition = edition_to_show(app, store, number, None)
    _warn(app, store, edition, is_frozen=number is not None)
    provider = app.provider()
    try:
        outcomes = [
            outcome
            for batch in proofing.test_batches(store, edition, app.post(), reader)
            for outcome in provider.send(batch)
        ]
    finally:
        provider.close()
    for variant, outcome in zip(edition.variants, outcomes, strict=True):
        click.echo(f"{variant.segment}: {outcome.kind} {outcome.diagnostic or ''}".rstrip())
    return 0 if all(outcome.kind is OutcomeKind.ACCEPTED for outcome in outcomes) else 3
