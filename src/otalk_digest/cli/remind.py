"""`remind`."""

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.run import leave_with, print_report
from otalk_digest.pipeline import reminding


@click.command()
@click.option("--dry-run", is_flag=True, help="Say who would be reminded now; send nothing.")
@click.pass_obj
def remind(app: App, dry_run: bool) -> int:
    """Remind those who asked for it of the chat of the day: in their morning, or an hour before.

    Start it every 15 to 30 minutes: nobody is reminded twice, or after the chat has begun.
    """
    with app.store(must_exist=True) as store:
        job = app.job(store)
        if dry_run:
            report = reminding.rehearse_reminders(job)
            click.echo("Dry run: nothing was sent and nothing was kept.")
        else:
            with app.stopping_on_sigterm():
                report = reminding.remind(job)
    for topic in report.unapproved:
        click.echo(
            f"No reminder of {topic}: what is told of it is not approved as it is now. "
            "See: otalk-digest plan."
        )
    if report.tallies:
        print_report(report)
    elif not report.unapproved and report.error is None:
        click.echo("Nobody is to be reminded now.")
    return leave_with(report)
