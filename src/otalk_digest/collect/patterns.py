"""Regular expressions that are compiled when they are first needed. Pure.

A post is read by a hundred of them, and most posts need few. Compiling all would cost a run
more than reading its posts does.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property


class Pattern:
    """Like `re.compile`, later; and not at all while no text holds one of the words it needs."""

    def __init__(self, source: str, flags: int = 0, *, needs: tuple[str, ...] = ()) -> None:
        """Every text that matches holds one of `needs`, case-folded; none given, none needed."""
        self.source = source
        self.flags = flags
        self.needs = needs

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """Return the expression itself."""
        return re.compile(self.source, self.flags)

    def may_match(self, text: str) -> bool:
        """Whether it is worth looking."""
        if not self.needs:
            return True
        folded = text.casefold()
        return any(word in folded for word in self.needs)

    def search(self, text: str, *span: int) -> re.Match[str] | None:
        """Return the first match anywhere."""
        return self.compiled.search(text, *span) if self.may_match(text) else None

    def match(self, text: str, *span: int) -> re.Match[str] | None:
        """Return the match at the start."""
        return self.compiled.match(text, *span) if self.may_match(text) else None

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Return every match."""
        return self.compiled.finditer(text) if self.may_match(text) else iter(())

    def sub(self, by: str | Callable[[re.Match[str]], str], text: str) -> str:
        """Return the text with every match replaced."""
        return self.compiled.sub(by, text) if self.may_match(text) else text

    def split(self, text: str) -> list[str]:
        """Return what stands between the matches."""
        return self.compiled.split(text) if self.may_match(text) else [text]
