"""`store copy`: from one database to another."""

import contextlib
from typing import TYPE_CHECKING

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.printing import counted, print_table
from otalk_digest.errors import InputError
from otalk_digest.settings import find_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otalk_digest.store.database import Store


@click.group()
def store() -> None:
    """Move to another database."""


@store.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.pass_obj
def copy(app: App, source: str, target: str) -> None:
    """Copy everything from one database into another that is new.

    Both are written as store.url is: sqlite:///FILE or postgresql://USER@HOST/DATABASE, with the
    server's password in OTALK_DIGEST_STORE_PASSWORD. All of it is copied, or nothing; both
    sides are counted and compared. FROM is left as it was.
    """
    from otalk_digest.store.copying import copy_store

    with _opened(app, source, must_exist=True) as old, _opened(app, target) as new:
        if old.place == new.place:
            raise InputError(f"{old.name} cannot be copied into itself. Name another database.")
        copied = copy_store(old, new)
    print_table(
        ("table", "rows", "checksum"),
        ((each.table, each.rows, each.checksum[:12]) for each in copied),
    )
    rows = sum(each.rows for each in copied)
    click.echo(f"{counted(rows, 'row')} copied and compared. Now set store.url to {target}")


@contextlib.contextmanager
def _opened(app: App, url: str, *, must_exist: bool = False) -> "Iterator[Store]":
    from otalk_digest.store.database import open_store

    opened = open_store(
        find_database(url, folder=app.settings.folder),
        password=app.settings.secret("STORE_PASSWORD"),
        must_exist=must_exist,
    )
    try:
        yield opened
    finally:
        opened.close()
