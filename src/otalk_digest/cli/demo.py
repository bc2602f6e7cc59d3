"""`demo`: two weeks of the weekly job on an invented blog and invented readers, offline."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from otalk_digest.cli.main import cli
from otalk_digest.errors import InputError
from otalk_digest.resources import bundled, demo_file

#: Only a folder with this in it is ever emptied.
_MARK: Final = ".otalk-digest-demo"
_WEEKS: Final = (
    ("2026-11-18T09:00Z", "blog-1.xml", "Week 1: a chat is announced, and the team asks for help."),
    (
        "2026-11-25T09:00Z",
        "blog-2.xml",
        "Week 2: last week's posts have gained their wrap-ups, and the next chat is announced.",
    ),
)


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where to put it; an older demo there is replaced.",
)
def demo(out: Path) -> None:
    """Do the whole job on an invented blog and readers, offline.

    Every step is a command that you could type yourself.
    """
    _prepare(out)
    config = out / "otalk-digest.toml"
    _step(config, ["subscribers", "import", str(out / "subscribers" / "example.csv")])
    for number, (now, blog, story) in enumerate(_WEEKS, 1):
        click.secho(f"\n{story}", bold=True)
        shutil.copyfile(demo_file(blog), out / "blog.xml")
        _step(config, ["run"], now=now)
        folder = str(out / "preview" / f"edition-{number}")
        _step(config, ["render", "--edition", str(number), "--out", folder], now=now)
    click.secho("\nThe same job once more: nobody gets anything twice.", bold=True)
    _step(config, ["run"], now=_WEEKS[-1][0])
    click.secho("\nWho got the last edition, who did not, and why.", bold=True)
    _step(config, ["deliveries", "--edition", str(len(_WEEKS)), "--addresses"])
    _say_where(out)


def _prepare(out: Path) -> None:
    """Make the folder. Raises InputError when there is something else in it."""
    try:
        if out.exists() and any(out.iterdir()):
            if not (out / _MARK).exists():
                raise InputError(
                    f"{out} holds something else. Name another folder: otalk-digest demo --out DIR."
                )
            shutil.rmtree(out)
        (out / "subscribers").mkdir(parents=True)
        (out / _MARK).touch()
        shutil.copyfile(demo_file("otalk-digest.toml"), out / "otalk-digest.toml")
        for name in ("segments.toml", "example.csv"):
            shutil.copyfile(bundled("subscribers") / name, out / "subscribers" / name)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}. "
            "Name another folder: otalk-digest demo --out DIR."
        ) from error


def _step(config: Path, arguments: Sequence[str], *, now: str | None = None) -> None:
    moment = [] if now is None else ["--now", now]
    words = ["--config", str(config), *moment, *arguments]
    click.secho(f"$ otalk-digest {' '.join(words)}", fg="cyan")
    cli.main(words, prog_name="otalk-digest", standalone_mode=False)


def _say_where(out: Path) -> None:
    click.secho("\nWhat to look at", bold=True)
    pages = sorted((out / "preview").glob("*/*.html"))
    for page in pages:
        click.echo(f"  open in a browser:   {page}")
    click.echo(f"  the messages:        {out / 'outbox'}/*/*.eml (any mail program opens them)")
    click.echo(f"  the settings:        {out / 'otalk-digest.toml'}")
    click.secho("\nWhat to do next", bold=True)
    click.echo("  otalk-digest init my-digest     begin your own; README.md goes on from there")
