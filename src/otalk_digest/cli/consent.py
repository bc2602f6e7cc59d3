"""The options with which a maintainer says what people agreed to, and can show it."""

from collections.abc import Callable
from typing import Any

import click

from otalk_digest.model.audience import Consent

Command = Callable[..., Any]


def consent_options(*, default_source: str, whose: str = "") -> Callable[[Command], Command]:
    """Give a command `consent`, `source`, `method` and `wording`; `whose` begins the first help."""
    options = (
        click.option(
            "--consent",
            type=click.Choice([Consent.CONFIRMED.value, Consent.PENDING.value]),
            default=Consent.PENDING.value,
            show_default=True,
            help=f"{whose}confirmed only when they asked for it, and you can show it.",
        ),
        click.option("--source", default=default_source, help="Where they gave it, in words."),
        click.option("--method", help="How they gave it, such as 'double opt-in' or 'on paper'."),
        click.option("--wording", help="What they agreed to: the words, or their version."),
    )

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
