"""Tables for people, one JSON object a line for programs."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import click


def print_json(record: Mapping[str, object]) -> None:
    """Print one object on one line; moments in UTC with an offset."""
    click.echo(json.dumps(record, ensure_ascii=False, default=_plain))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table that fits the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        # A file or a pipe has no width: never fold there.
        console.width = 1_000
    with console.capture() as printed:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()))


@contextlib.contextmanager
def progress_of(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """Give a way to show how far something is; it shows on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun; `many` is for what does not just end in s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def moment(value: datetime | None, *, unknown: str = "") -> str:
    """Return a moment for a table, in UTC to the minute."""
    return unknown if value is None else value.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(type(value).__name__)
