"""`init`: a folder to begin from."""

import contextlib
import shutil
from pathlib import Path

import click

from otalk_digest.errors import InputError
from otalk_digest.resources import bundled, starter_settings


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
def init(folder: Path) -> None:
    """Write commented settings, segments and an example list into FOLDER.

    Nothing that is there already is overwritten.
    """
    files = {
        folder / "otalk-digest.toml": starter_settings(),
        folder / "subscribers" / "segments.toml": bundled("subscribers") / "segments.toml",
        folder / "subscribers" / "example.csv": bundled("subscribers") / "example.csv",
    }
    if there := [path for path in files if path.exists()]:
        raise InputError(f"{there[0]} is there already. Name another folder, or move it away.")
    with contextlib.ExitStack() as undo:
        for target, source in files.items():
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                undo.callback(target.unlink, missing_ok=True)
                shutil.copyfile(source, target)
            except OSError as error:
                raise InputError(
                    f"{target} cannot be written: {error.strerror}. Name another folder."
                ) from error
        undo.pop_all()
    for target in files:
        click.echo(f"wrote {target}")
    click.echo(
        "Next: fill in otalk-digest.toml (every line says what it is for), then:\n"
        "  otalk-digest subscribers import YOUR-LIST.csv --consent confirmed "
        '--source "where they asked for it"\n'
        "  otalk-digest doctor\n"
        "  otalk-digest run --dry-run"
    )
