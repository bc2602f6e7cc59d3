"""`archive build`: past editions as files for any web space."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.printing import counted
from otalk_digest.cli.serve import archive_segment

if TYPE_CHECKING:
    from otalk_digest.web.public.static import Built


@click.group()
def archive() -> None:
    """Past editions for everybody to read."""


@archive.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder: empty, or written by this command before.",
)
@click.pass_obj
def build(app: App, out: Path) -> None:
    """Write the archive, its feed and the chats' calendar into a folder, for any web space.

    Only what was sent, and nothing of any reader. Start it after each run; it may be stopped at
    any moment and started again, and changes no file that it did not write.
    """
    from otalk_digest.digest.themes import load_pages
    from otalk_digest.web.public.shelf import Shelf
    from otalk_digest.web.public.static import build_archive, lie_at

    press = app.press()
    shelf = Shelf(
        press=press,
        pages=load_pages(folders=press.theme_folders, cache=press.cache),
        segments=app.segments,
        only=archive_segment(app),
        addresses=lie_at(app.settings.web.archive_url),
    )
    with app.store(must_exist=True) as store:
        built = build_archive(store, shelf, out, now=app.clock())
    for line in _lines(built, out):
        click.echo(line)


def _lines(built: "Built", out: Path) -> list[str]:
    names = [f"  {name}" for name in built.written]
    gone = [f"  {name} removed" for name in built.removed]
    counts = f"{counted(len(built.written), 'file')} written, {built.unchanged} unchanged"
    return [*names, *gone, f"{out}: {counts}, {len(built.removed)} removed."]
