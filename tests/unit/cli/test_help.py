"""What `--help` says."""

from collections.abc import Iterator
from pathlib import Path

import click

from otalk_digest.cli.main import COMMANDS, cli
from otalk_digest.model.delivery import Status

_OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def all_commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", each) for inner, each in command.commands.items())


def test_every_command_and_every_option_says_what_it_is_for() -> None:
    silent = [
        f"{name} {option.opts[0]}"
        for name, command in all_commands()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]

    assert silent == []
    assert [name for name, command in all_commands() if not command.help] == []


def test_what_became_of_a_reader_is_explained_in_the_docs() -> None:
    told = _OPERATIONS.read_text(encoding="utf-8")
    rows = {line.split(" | ")[0].removeprefix("| ") for line in told.splitlines()}

    assert {str(status).replace("_", " ") for status in Status} <= rows
