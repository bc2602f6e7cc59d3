"""`report`: what happened, in numbers."""

from collections.abc import Iterable
from pathlib import Path

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.numbers import NUMBER
from otalk_digest.cli.printing import moment, print_json, print_table
from otalk_digest.cli.run import equation
from otalk_digest.cli.writing import writing
from otalk_digest.errors import InputError
from otalk_digest.model.report import ChatFigures, EditionFigures, Report
from otalk_digest.store.report import make_report


@click.command()
@click.option("--edition", type=NUMBER, metavar="N", help="Only this edition.")
@click.option("--json", "is_json", is_flag=True, help="One edition or chat a line.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write one page with plots, which needs nothing else, into this file.",
)
@click.pass_obj
def report(app: App, edition: int | None, is_json: bool, html: Path | None) -> None:
    """Say what happened to each edition, and what the chats counted. It holds no address."""
    with app.store(must_exist=True) as store, store.read() as connection:
        found = make_report(connection, edition)
    if edition is not None and not found.editions:
        raise InputError(f"There is no edition {edition}. See: otalk-digest editions.")
    if html is not None:
        _write_page(app, html, found)
    elif is_json:
        _print_records(found)
    else:
        _print_tables(found)


def _write_page(app: App, path: Path, found: Report) -> None:
    from otalk_digest.web.report import report_page

    page = report_page(
        found,
        name=app.settings.publication().name,
        zone=app.settings.chat.profile().zone,
        made_at=app.clock(),
    )
    with writing(path) as file:
        file.write(page.encode())
    click.echo(f"Written to {path}.")


def _print_records(found: Report) -> None:
    for each in found.editions:
        print_json(_edition_record(each))
    for chat in found.chats:
        print_json(_chat_record(chat))


def _print_tables(found: Report) -> None:
    if not found.editions:
        click.echo("No edition yet. Make the first with: otalk-digest run.")
    else:
        _print_editions(found)
    if found.chats:
        click.echo()
        print_table(
            ("chat", "posts", "people", "topic"),
            ((moment(chat.starts_at), chat.posts, chat.people, chat.topic) for chat in found.chats),
        )


def _print_editions(found: Report) -> None:
    print_table(
        ("edition", "kind", "frozen", "complete", "readers", "attempts", "outcomes", "left out"),
        (
            (
                each.number,
                each.kind,
                moment(each.frozen_at),
                moment(each.completed_at, unknown="no"),
                each.readers,
                each.attempts,
                _listed(pair for pair in each.by_status if pair[0] != "skipped"),
                _listed(each.left_out),
            )
            for each in found.editions
        ),
    )
    click.echo()
    for each in found.editions:
        click.echo(equation(each.number, each.tally))


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts)


def _edition_record(each: EditionFigures) -> dict[str, object]:
    return {
        "edition": each.number,
        "kind": str(each.kind),
        "frozen_at": each.frozen_at,
        "completed_at": each.completed_at,
        "candidates": each.tally.candidates,
        "readers": each.readers,
        "attempts": each.attempts,
        "statuses": dict(each.by_status),
        "left_out": dict(each.left_out),
    }


def _chat_record(chat: ChatFigures) -> dict[str, object]:
    return {
        "chat": chat.topic,
        "starts_at": chat.starts_at,
        "posts": chat.posts,
        "people": chat.people,
    }
