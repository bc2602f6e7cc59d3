"""Numbers of editions and items, as people type them."""

from typing import Any, Final

import click

#: What PostgreSQL calls an integer ends here; SQLite's own go further, and not for ever.
_MOST: Final = 2**31 - 1


class _Number(click.types.IntParamType):
    """A whole number that the database can look for."""

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        number = int(super().convert(value, param, ctx))
        if abs(number) > _MOST:
            self.fail(f"there is none with the number {value}.", param, ctx)
        return number


NUMBER: Final = _Number()
