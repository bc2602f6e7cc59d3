"""`run` and `plan`."""

from collections.abc import Iterable, Mapping
from typing import Final

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.approval import print_standing
from otalk_digest.cli.collect import print_collected
from otalk_digest.cli.printing import counted, print_table
from otalk_digest.errors import CheckFailedError, TryAgainError
from otalk_digest.model.delivery import Tally
from otalk_digest.model.edition import EditionKind
from otalk_digest.model.finding import Level
from otalk_digest.pipeline import running
from otalk_digest.pipeline.proposing import State
from otalk_digest.pipeline.readiness import Condition, Verdict
from otalk_digest.pipeline.running import RunReport

_VERDICTS: Final[Mapping[Verdict, str]] = {
    Verdict.MET: "yes",
    Verdict.OPEN: "look",
    Verdict.UNMET: "NO",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Do all of it but send, and keep nothing.")
@click.option("--segment", metavar="S", help="Compose for this segment only.")
@click.pass_obj
def run(app: App, dry_run: bool, segment: str | None) -> int:
    """Collect, compose and deliver, once: the cron job.

    Start it any number of times: each reader gets each edition once.
    """
    with app.store() as store:
        job = app.job(store, segment=segment)
        if dry_run:
            report = running.rehearse(job)
            click.echo("Dry run: nothing was sent and nothing was kept.")
        else:
            with app.stopping_on_sigterm():
                report = running.run(job)
    print_report(report)
    return leave_with(report)


@click.command()
@click.option("--segment", metavar="S", help="Compose for this segment only.")
@click.pass_obj
def plan(app: App, segment: str | None) -> int:
    """Show who would get the next edition, who not and why, and whether it may leave."""
    with app.store() as store:
        report = running.rehearse(app.job(store, segment=segment))
    print_report(report)
    if report.standing is not None and report.standing.state is State.NOTHING_ASKED:
        print_standing(report.standing)
    return leave_with(report)


def print_report(report: RunReport) -> None:
    """Say what a run did, with books that add up."""
    if report.collected is not None:
        print_collected(report.collected)
    _print_edition(report)
    for number, tally in sorted(report.tallies.items()):
        print_reasons(report.reasons.get(number, ()))
        click.echo(equation(number, tally, is_rehearsal=report.is_rehearsal))
    if report.ready and (report.is_rehearsal or isinstance(report.error, CheckFailedError)):
        print_ready(report.ready)
    for number, jobs in sorted(report.handed_over.items()):
        click.echo(f"Edition {number} is with the workers, in {counted(jobs, 'job')}.")
    _print_standings(report)
    _print_care(report)
    if report.settled:
        were = "was" if report.settled == 1 else "were"
        click.echo(f"{report.settled} in doubt for long {were} settled as the settings say.")
    if report.in_doubt:
        click.echo(
            f"{report.in_doubt} in doubt: nobody knows whether they arrived, so they are not sent "
            "again by themselves. See: otalk-digest deliveries --status in_doubt."
        )


def _print_care(report: RunReport) -> None:
    """Say what else was looked after."""
    if report.synced.faults:
        click.echo(
            "Not all suppression lists of the provider could be read "
            f"({'; '.join(report.synced.faults)}): went on with those that are known."
        )
    if report.called_back.released:
        what = counted(
            report.called_back.released,
            "that was in doubt was called back before it was",
            "that were in doubt were called back before they were",
        )
        click.echo(f"{what} due, and planned again.")
    if report.called_back.fault is not None:
        click.echo(f"What is in doubt could not be called back: {report.called_back.fault}")
    if not report.forgotten.is_nothing:
        old = report.forgotten
        click.echo(
            f"Forgotten, as the settings say: {old.unconfirmed} who never confirmed, "
            f"{old.left} who left long ago, {counted(old.events, 'old event')}."
        )


def _print_edition(report: RunReport) -> None:
    for edition in report.editions:
        kind = "" if edition.kind is EditionKind.DIGEST else f" ({edition.kind})"
        click.echo(f"Edition {edition.number}{kind}:")
        for variant in edition.variants:
            click.echo(f"  {variant.segment}: {variant.subject}")
        print_check(edition.number, report)
    if report.editions:
        return
    if report.standing is not None and not report.standing.may_leave:
        # There is one, and it is said below why it waits.
        return
    if report.tallies:
        click.echo("No new edition: going on with what was not finished.")
    # What stopped the run for good may have stopped it before it looked for news.
    elif report.error is None or isinstance(report.error, TryAgainError):
        click.echo("Nothing to say: no news that was not told before. No mail was sent.")


def _print_standings(report: RunReport) -> None:
    """Say what keeps an edition from leaving, and who approved the next one."""
    for _, held in sorted(report.held.items()):
        print_standing(held)
    found = report.standing
    if found is None or found.number in report.held or found.state is State.NOTHING_ASKED:
        return
    print_standing(found)


def print_check(number: int, report: RunReport) -> None:
    """Say how much the check has found, where it has found anything."""
    levels = [f.level for found in report.findings.get(number, {}).values() for f in found]
    if not levels:
        return
    failed = levels.count(Level.MUST)
    advice = len(levels) - failed
    result = "it would not be sent" if failed else "it may be sent"
    where = "" if report.is_rehearsal else f" --edition {number}"
    click.echo(
        f"Check: {failed} must be mended, {advice} should be, so {result}. "
        f"See: otalk-digest check{where}."
    )


def print_ready(rows: Iterable[Condition]) -> None:
    """Say whether the edition is ready to leave, as the preview does."""
    print_table(
        ("ready to send?", "", ""),
        ((row.about, _VERDICTS[row.verdict], row.detail) for row in rows),
    )


def equation(number: int, tally: Tally, *, is_rehearsal: bool = False) -> str:
    """Return the books of an edition as one line that adds up."""
    readers = tally.candidates - tally.skipped
    waiting = tally.planned + tally.sending
    candidates = counted(tally.candidates, "subscriber")
    if is_rehearsal:
        return f"Edition {number} would go to {waiting} of {candidates}."
    return (
        f"Edition {number}: {counted(readers, 'reader')} = {tally.accepted} accepted "
        f"+ {tally.rejected} refused + {tally.in_doubt} in doubt + {waiting} not yet sent"
        f"; {tally.skipped} of {candidates} left out."
    )


def print_reasons(rows: Iterable[tuple[str | None, str, str | None, int]]) -> None:
    """Say who gets it, who not, and why."""
    print_table(
        ("segment", "status", "why", "readers"),
        (
            (segment or "–", status, (reason or "").replace("_", " "), count)
            for segment, status, reason, count in rows
        ),
    )


def leave_with(report: RunReport) -> int:
    """Return the exit status of a run, printing what stopped it."""
    if report.error is not None:
        raise report.error
    if report.is_rehearsal:
        return 0
    # What is not finished may still be: the other statuses wait for that.
    planned = (number for number, tally in report.tallies.items() if tally.planned)
    if any(number not in {*report.held, *report.handed_over} for number in planned):
        raise TryAgainError("Some readers could not be reached yet; the next run tries again.")
    if report.in_doubt:
        return 4
    return 3 if any(tally.rejected for tally in report.tallies.values()) else 0
