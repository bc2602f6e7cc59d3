"""`preview`: the next edition in a browser."""

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.send import edition_to_show
from otalk_digest.pipeline import proofing
from otalk_digest.pipeline.proofing import ProofReader


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--edition", type=int, metavar="N", help="A past edition, not the next one.")
@click.option("--zone", metavar="ZONE", help="As a reader there sees it, such as Asia/Kolkata.")
@click.pass_obj
def preview(app: App, port: int, edition: int | None, zone: str | None) -> None:
    """Show the next edition in a browser on this machine, a page per variant.

    Readers are invented. Stop it with Ctrl-C.
    """
    from otalk_digest.web.preview.app import serve_preview

    with app.store(must_exist=True) as store:
        shown = edition_to_show(app, store, edition, None)
        proofs = proofing.proofs(store, shown, app.post(), ProofReader(zone=zone))
    serve_preview(
        proofs, number=shown.number, port=port, announce=lambda url: click.echo(f"Open {url}")
    )
