"""`editions` and `deliveries`."""

from collections.abc import Sequence

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.approval import by_option, named, said
from otalk_digest.cli.numbers import NUMBER
from otalk_digest.cli.printing import moment, print_json, print_table
from otalk_digest.cli.run import equation, print_reasons
from otalk_digest.errors import InputError
from otalk_digest.model.delivery import DeliveryRecord, Status, Tally
from otalk_digest.pipeline.delivering import close_books
from otalk_digest.pipeline.proposing import Standing, State, standing
from otalk_digest.store import books, settlements
from otalk_digest.store import editions as edition_store
from otalk_digest.store.decisions import Decision, newest_decisions

_SOME = 200


@click.command()
@click.option("--json", "is_json", is_flag=True, help="One edition a line.")
@click.pass_obj
def editions(app: App, is_json: bool) -> None:
    """List the editions, newest first, with their books."""
    with app.store(must_exist=True) as store, store.read() as connection:
        records = edition_store.list_editions(connection)
        tallies = books.tallies(connection)
        decided = newest_decisions(connection)
        upcoming = standing(
            connection,
            edition_store.next_number(connection),
            is_required=app.is_approval_required,
        )
    if not records and not is_json:
        click.echo("No edition yet. Make the first with: otalk-digest run.")
        _print_next(upcoming)
        return
    if is_json:
        for record in records:
            print_json(
                {
                    "edition": record.number,
                    "kind": str(record.kind),
                    "frozen_at": record.frozen_at,
                    "completed_at": record.completed_at,
                    "subjects": record.subjects,
                    **_decision_record(decided.get(record.number)),
                    **_tally_record(tallies[record.number]),
                }
            )
        return
    print_table(
        (
            *(
                "edition",
                "kind",
                "frozen",
                "complete",
                "accepted",
                "refused",
                "in doubt",
                "waiting",
            ),
            *("decided", "subject"),
        ),
        (
            (
                record.number,
                record.kind,
                moment(record.frozen_at),
                moment(record.completed_at, unknown="no"),
                tallies[record.number].accepted,
                tallies[record.number].rejected,
                tallies[record.number].in_doubt,
                tallies[record.number].planned + tallies[record.number].sending,
                said(decided.get(record.number)),
                " · ".join(dict.fromkeys(record.subjects.values())),
            )
            for record in records
        ),
    )
    _print_next(upcoming)


def _print_next(upcoming: Standing) -> None:
    """Say what was decided about the edition that is not frozen yet; `plan` says more."""
    if upcoming.state is not State.NOTHING_ASKED:
        by_whom = said(upcoming.decision) or "nobody has approved it"
        click.echo(f"The next edition is {upcoming.number}: {by_whom}.")


@click.group(invoke_without_command=True)
@click.option("--edition", type=NUMBER, metavar="N", help="Only this edition.")
@click.option(
    "--status",
    type=click.Choice([str(status) for status in Status]),
    help="Only what stands so; docs/operations.md says what each means.",
)
@click.option("--addresses", is_flag=True, help="Show addresses; without it, numbers only.")
@click.option("--json", "is_json", is_flag=True, help="One delivery a line, all of them.")
@click.pass_context
def deliveries(
    ctx: click.Context,
    edition: int | None,
    status: str | None,
    addresses: bool,
    is_json: bool,
) -> None:
    """List who got an edition and who did not; settle what is in doubt."""
    if ctx.invoked_subcommand is not None:
        return
    app: App = ctx.obj
    of_status = Status(status) if status else None
    with app.store(must_exist=True) as store, store.read() as connection:
        if edition is not None and not edition_store.is_frozen(connection, edition):
            raise InputError(f"There is no edition {edition}. See: otalk-digest editions.")
        if is_json:
            for record in books.iterate_deliveries(
                connection, edition=edition, status=of_status, limit=None
            ):
                print_json(_delivery_record(record, has_address=addresses))
            return
        records = tuple(
            books.iterate_deliveries(connection, edition=edition, status=of_status, limit=_SOME)
        )
        if records and edition is not None:
            print_reasons(books.count_by_reason(connection, edition))
            click.echo(equation(edition, books.tally(connection, edition)))
            click.echo()
    _print_deliveries(records, has_address=addresses)


def _print_deliveries(records: Sequence[DeliveryRecord], *, has_address: bool) -> None:
    if not records:
        click.echo("No delivery matches.")
        return
    print_table(
        ("delivery", "edition", "segment", "status", "why", "since", "reader"),
        (
            (
                record.id,
                record.edition,
                record.segment,
                record.status,
                (record.reason or "").replace("_", " "),
                moment(record.updated_at),
                record.address if has_address else "hidden",
            )
            for record in records
        ),
    )
    if len(records) == _SOME:
        click.echo(f"The first {_SOME} are shown; all of them with --json.")


@deliveries.command()
@click.option("--edition", type=NUMBER, metavar="N", help="Only this edition.")
@click.option("--resend", is_flag=True, help="Send them again.")
@click.option("--assume-sent", is_flag=True, help="Take them as sent.")
@by_option
@click.pass_obj
def settle(
    app: App, *, edition: int | None, resend: bool, assume_sent: bool, by: str | None
) -> None:
    """Decide what is in doubt: send again (someone may get it twice), or take as sent."""
    if resend == assume_sent:
        raise click.UsageError("Say which: --resend or --assume-sent.")
    what = "they are sent again" if resend else "they count as sent"
    now = app.clock()
    with app.store(must_exist=True) as store, store.lease():
        with store.begin() as connection:
            count = settlements.settle(connection, edition, resend=resend, by=named(by), now=now)
        close_books(store, now=now)
    after = " The next run sends them." if resend and count else ""
    click.echo(f"{count} settled: {what}.{after}")


def _decision_record(decision: Decision | None) -> dict[str, object]:
    return {
        "decided": decision and str(decision.what),
        "decided_by": decision and decision.by,
        "decided_at": decision and decision.at,
    }


def _tally_record(tally: Tally) -> dict[str, object]:
    return {
        "candidates": tally.candidates,
        "skipped": tally.skipped,
        "planned": tally.planned,
        "sending": tally.sending,
        "accepted": tally.accepted,
        "rejected": tally.rejected,
        "in_doubt": tally.in_doubt,
    }


def _delivery_record(record: DeliveryRecord, *, has_address: bool) -> dict[str, object]:
    fields: dict[str, object] = {
        "delivery": record.id,
        "edition": record.edition,
        "segment": record.segment,
        "status": str(record.status),
        "reason": record.reason,
        "updated_at": record.updated_at,
    }
    return {**fields, "address": record.address} if has_address else fields
