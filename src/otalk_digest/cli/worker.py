"""`worker`: deliver beside other machines."""

import click

from otalk_digest.cli.app import App
from otalk_digest.errors import SettingsError


@click.command()
@click.option(
    "--jobs",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="Parts of an edition to work on at the same time.",
)
@click.pass_obj
def worker(app: App, jobs: int) -> None:
    """Deliver what runs have planned, beside other workers, until asked to stop.

    `run` hands editions over when delivery.workers.enabled is true. Start as many workers as
    you like, on as many machines: each reader gets each edition once. SIGTERM or Ctrl-C lets
    what is in flight finish. When one is killed the others take over.
    """
    queue = app.queue()
    from otalk_digest.pipeline.working import Hand
    from otalk_digest.workers import work

    if not app.settings.delivery.workers.enabled:
        raise SettingsError(
            f"{app.config}: delivery.workers.enabled is not set, so `run` would deliver by itself "
            "and leave nothing to workers. Set it to true."
        )
    with app.store(must_exist=True) as store, app.stopping_on_sigterm():
        store.check()
        with store.begin() as connection:
            queue.prepare(connection)
        job = app.job(store)
        with store.shift() as number:
            hand = Hand(
                job,
                queue,
                number=number,
                per_minute=app.settings.delivery.workers.messages_per_minute,
            )
            click.echo(f"Worker {number} is ready.")
            try:
                work(
                    hand,
                    url=str(app.settings.database),
                    password=app.settings.secret("STORE_PASSWORD"),
                    jobs=jobs,
                    stop=app.stop,
                )
            finally:
                hand.close()
    click.echo("Stopped; what was not sent is in the queue.")
