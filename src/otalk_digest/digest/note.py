"""A maintainer's note: Markdown into a small tree that every theme can print. Pure.

The home of markdown-it, imported only when there is a note. What a mail should not carry
becomes words: raw HTML loses its tags, a picture is its description, a heading is a bold
paragraph, and a link that is neither https nor mailto is its text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, takewhile
from typing import TYPE_CHECKING, Final, Literal

from otalk_digest.digest import wording

if TYPE_CHECKING:
    from markdown_it.token import Token

_ADDRESS: Final = re.compile(r"https?://[^\s<>\"\[]*[^\s<>\"\[\].,;:!?)'’”]", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:https?://(?:www\.)?|mailto:)([^/?#]+)", re.IGNORECASE)
_MAILTO: Final = re.compile(r"mailto:[^\s<>\"@]+@[^\s<>\"@]+", re.IGNORECASE)
_LISTS: Final[Mapping[str, Literal["bullets", "steps"]]] = {
    "bullet_list_open": "bullets",
    "ordered_list_open": "steps",
}
_LIST_ENDS: Final = ("bullet_list_close", "ordered_list_close")
_BREAKS: Final = {"softbreak": " ", "hardbreak": "\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words of one kind within a line."""

    text: str
    is_strong: bool = False
    is_emphasis: bool = False
    #: https or mailto.
    url: str | None = None

    @property
    def is_break(self) -> bool:
        """The line ends here."""
        return self.text == "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, or a list whose items hold blocks."""

    kind: Literal["paragraph", "bullets", "steps"]
    #: Of a paragraph.
    runs: tuple[Run, ...] = ()
    #: Of a list.
    items: "tuple[tuple[Block, ...], ...]" = ()
    #: The number of the first step.
    start: int = 1

    @property
    def links(self) -> tuple[Run, ...]:
        """All links in it, in order: the text prints their addresses after the words."""
        own = (run for run in self.runs if run.url is not None)
        return (*own, *(run for block in chain(*self.items) for run in block.links))


def read_note(markdown: str, *, name_link: Callable[[str], str]) -> tuple[Block, ...]:
    """Read a note; `name_link` makes a link's words ones that no other link has."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - needed only where there is a note

    # Without the rule for blocks of HTML its tags are found one by one, and left out.
    parser = MarkdownIt("commonmark").disable("html_block")
    tokens = parser.parse(wording.strip_unfit(markdown))
    return tuple(_Reader(name_link=name_link).blocks(iter(tokens)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    name_link: Callable[[str], str]

    def blocks(self, tokens: Iterator["Token"]) -> Iterator[Block]:
        """Read up to the end of a list's item, or of the note. A quotation is its paragraphs.

        Lists within lists go no deeper than the parser's own limit of twenty.
        """
        is_title = False
        for token in tokens:
            if token.type == "list_item_close":
                return
            if token.type in _LISTS:
                yield from self._list(token, tokens)
            elif token.type in {"code_block", "fence"}:
                yield from _paragraph(Run(text=line) for line in _lines(token.content))
            elif token.type == "inline":
                runs = self._runs(token.children or ())
                yield from _paragraph(_strong(runs) if is_title else runs)
            is_title = token.type == "heading_open"

    def _list(self, opening: "Token", tokens: Iterator["Token"]) -> Iterator[Block]:
        items: list[tuple[Block, ...]] = []
        for token in tokens:
            if token.type in _LIST_ENDS:
                break
            items.append(tuple(self.blocks(tokens)))
        if filled := tuple(item for item in items if item):
            start = int(opening.attrs.get("start", 1))
            yield Block(kind=_LISTS[opening.type], items=filled, start=start)

    def _runs(self, tokens: Sequence["Token"]) -> Iterator[Run]:
        """Walk the tokens of a line in a row: emphasis may be nested to any depth."""
        strong = emphasis = 0
        walk = iter(tokens)
        for token in walk:
            strong += {"strong_open": 1, "strong_close": -1}.get(token.type, 0)
            emphasis += {"em_open": 1, "em_close": -1}.get(token.type, 0)
            if token.type == "link_open":
                within = takewhile(lambda inner: inner.type != "link_close", walk)
                words = "".join(_words(inner) for inner in within)
                runs = iter((self._link(words, str(token.attrs.get("href", ""))),))
            elif token.type == "text":
                runs = self._with_addresses(token.content)
            else:
                runs = iter((Run(text=_words(token)),))
            for run in runs:
                yield replace(run, is_strong=strong > 0, is_emphasis=emphasis > 0)

    def _with_addresses(self, text: str) -> Iterator[Run]:
        """Let an address that stands in the text lead there, under its host's name."""
        place = 0
        for found in _ADDRESS.finditer(text):
            yield Run(text=text[place : found.start()])
            yield self._link("", found[0])
            place = found.end()
        yield Run(text=text[place:])

    def _link(self, text: str, url: str) -> Run:
        said = wording.one_line(text)
        words = _host(url) if not said or _ADDRESS.match(said) else said
        is_kept = _is_https(url) or _MAILTO.fullmatch(url) is not None
        return Run(text=self.name_link(words), url=url) if is_kept else Run(text=words)


def _strong(runs: Iterable[Run]) -> Iterator[Run]:
    return (replace(run, is_strong=True) for run in runs)


def _paragraph(runs: Iterable[Run]) -> Iterator[Block]:
    """Leave out what has no words."""
    filled = tuple(run for run in runs if run.text)
    if any(run.text.strip() for run in filled):
        yield Block(kind="paragraph", runs=filled)


def _lines(code: str) -> Iterator[str]:
    """Return lines with a break between each two."""
    for number, line in enumerate(code.strip().splitlines()):
        yield from ("\n", line) if number else (line,)


def _words(token: "Token") -> str:
    """Return what an inline token says: a picture its description, a tag nothing."""
    if token.type == "image":
        return "".join(_words(inner) for inner in token.children or ())
    if token.type in {"text", "code_inline"}:
        return token.content
    return _BREAKS.get(token.type, "")


def _is_https(url: str) -> bool:
    return url.lower().startswith("https://") and wording.is_web_address(url)


def _host(url: str) -> str:
    """Say the host of a web address, or whom a mailto is for."""
    found = _HOST.match(url)
    return found[1] if found else wording.one_line(url)
