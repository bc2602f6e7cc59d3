"""`edit`: a note before the next edition, and its items hidden or moved."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.approval import by_option, named
from otalk_digest.cli.numbers import NUMBER
from otalk_digest.cli.printing import moment, print_json, print_table
from otalk_digest.errors import InputError
from otalk_digest.pipeline import editing
from otalk_digest.store import editions

if TYPE_CHECKING:
    from otalk_digest.model.edition import Edits
    from otalk_digest.pipeline.editing import Direction, Edit, Item
    from otalk_digest.store.database import Store


@click.group(invoke_without_command=True)
@click.option("--json", "is_json", is_flag=True, help="One item a line.")
@click.pass_context
def edit(ctx: click.Context, is_json: bool) -> None:
    """List the items of the next edition; put a note before them, hide or move them.

    What is done belongs to that edition and ends with it. Who did it, and when, is kept.
    """
    if ctx.invoked_subcommand is not None:
        if is_json:
            raise click.UsageError("--json lists the items: otalk-digest edit --json.")
        return
    app: App = ctx.obj
    with app.store(must_exist=True) as store, store.read() as connection:
        number = editions.next_number(connection)
        found = editing.items(connection, app.segments, now=app.clock())
        edits = editing.current_edits(connection, number)
        last = editing.last_edit(connection, number)
    if is_json:
        for item in found:
            print_json(_record(item))
        return
    _print_items(number, found)
    _print_edits(edits, last)


@edit.command()
@click.argument("text", required=False)
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Read it from a file; - is standard input.",
)
@click.option("--clear", is_flag=True, help="Take the note away.")
@by_option
@click.pass_obj
def note(app: App, text: str | None, file: Path | None, clear: bool, by: str | None) -> None:
    """Put TEXT, which is Markdown, before everything else of the next edition.

    At most 5,000 characters. A note alone makes no edition.
    """
    if (text is not None) + (file is not None) + clear != 1:
        raise click.UsageError("Say one: the text, --file FILE or --clear.")
    words = _read(file) if file is not None else text
    if not clear and not (words or "").strip():
        raise InputError("The note is empty. Write something, or take it away with --clear.")
    with app.store(must_exist=True) as store:
        number = _upcoming(store)
        editing.set_note(store, number, words, by=named(by), now=app.clock())
        with store.read() as connection:
            has_items = bool(editing.items(connection, app.segments, now=app.clock()))
    click.echo(f"Edition {number} has {'no note any more' if clear else 'this note'}.")
    if not (clear or has_items):
        click.echo("There is no news for it yet, and a note alone makes no edition.")


@edit.command()
@click.argument("item", type=NUMBER, metavar="ID")
@by_option
@click.pass_obj
def hide(app: App, item: int, by: str | None) -> None:
    """Leave an item out of the next edition, for every segment.

    When that edition is frozen, it is left out for good.
    """
    with app.store(must_exist=True) as store:
        number = _upcoming(store)
        editing.hide(store, app.segments, number, item, by=named(by), now=app.clock())
    click.echo(f"Edition {number} leaves out item {item}.")


@edit.command()
@click.argument("item", type=NUMBER, metavar="ID")
@by_option
@click.pass_obj
def show(app: App, item: int, by: str | None) -> None:
    """Put a hidden item back."""
    with app.store(must_exist=True) as store:
        number = _upcoming(store)
        editing.show(store, number, item, by=named(by), now=app.clock())
    click.echo(f"Edition {number} tells item {item} again.")


@edit.command()
@click.argument("item", type=NUMBER, metavar="ID")
@click.argument("direction", type=click.Choice(["up", "down"]))
@by_option
@click.pass_obj
def move(app: App, item: int, direction: "Direction", by: str | None) -> None:
    """Move an item up or down within its part.

    The first of the chats ahead leads the e-mail and gives it its subject.
    """
    with app.store(must_exist=True) as store:
        number = _upcoming(store)
        editing.move(
            store,
            app.segments,
            number,
            item,
            direction=direction,
            by=named(by),
            now=app.clock(),
        )
    click.echo(f"Edition {number} has item {item} further {direction}.")


def _upcoming(store: "Store") -> int:
    with store.read() as connection:
        return editions.next_number(connection)


def _read(file: Path) -> str:
    try:
        with click.open_file(str(file), encoding="utf-8-sig") as opened:
            text: str = opened.read()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as UTF-8 text. Name another file.") from error
    return text


def _print_items(number: int, found: "tuple[Item, ...]") -> None:
    if not found:
        click.echo(f"Edition {number} has no news yet. Look for some with: otalk-digest collect.")
        return
    click.echo(f"Edition {number}, the next one:")
    print_table(
        ("item", "part", "kind", "starts", "topic", "segments", ""),
        (
            (
                item.news_id,
                item.part.replace("_", "-"),
                item.news.kind,
                moment(item.news.reading.starts_at),
                item.news.reading.topic,
                ", ".join(item.segments),
                "hidden" if item.is_hidden else "",
            )
            for item in found
        ),
    )


def _print_edits(edits: "Edits", last: "Edit | None") -> None:
    if edits.note is not None:
        click.echo("Its note:")
        for line in edits.note.splitlines():
            click.echo(f"  {line}".rstrip())
    if last is not None:
        click.echo(f"Last edited by {last.by}, {moment(last.at)}.")


def _record(item: "Item") -> dict[str, object]:
    return {
        "item": item.news_id,
        "part": item.part,
        "kind": item.news.kind,
        "guid": item.news.guid,
        "url": item.news.url,
        "topic": item.news.reading.topic,
        "starts_at": item.news.reading.starts_at,
        "segments": list(item.segments),
        "is_hidden": item.is_hidden,
    }
