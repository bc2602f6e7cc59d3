"""`archive build`: past editions as files for any web space."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.serve import make_desk

if TYPE_CHECKING:
    from otalk_digest.web.public.static import Built


@click.group()
def archive() -> None:
    """Past editions for everybody to read."""


@archive.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.pass_obj
def build(app: App, out: Path) -> None:
    """Write the archive, its feed and the chats' calendar into a folder, for any web space.

    Only what was sent, and nothing of any reader. Start it after each run; it may be stopped at
    any moment and started again, and changes no file that it did not write.
    """
    from otalk_digest.web.public.static import build_archive

    with app.store(must_exist=True) as store:
        built = build_archive(make_desk(app, store), out, url=app.settings.web.archive_url)
    for line in _lines(built, out):
        click.echo(line)


def _lines(built: "Built", out: Path) -> list[str]:
    names = [f"  {name}" for name in built.written]
    gone = [f"  {name} removed" for name in built.removed]
    counts = f"{len(built.written)} files written, {built.unchanged} unchanged"
    return [*names, *gone, f"{out}: {counts}, {len(built.removed)} removed."]
