"""A maintainer's note: Markdown into a small tree that every theme can print. Pure.

The home of markdown-it, imported only when there is a note. What a mail should not carry
becomes words: raw HTML loses its tags, a picture is its description, a heading is a bold
paragraph, and a link that is neither https nor mailto is its text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final, Literal

from otalk_digest.digest import wording

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_ADDRESS: Final = re.compile(r"https?://[^\s<>\"\[]*[^\s<>\".,;:!?)\]'’”]", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:https?://(?:www\.)?|mailto:)([^/?#]+)", re.IGNORECASE)
_MAILTO: Final = re.compile(r"mailto:[^\s<>\"@]+@[^\s<>\"@]+", re.IGNORECASE)
_LISTS: Final = ("bullet_list", "ordered_list")
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
    from markdown_it.tree import SyntaxTreeNode  # noqa: PLC0415 - as above

    # Without the rule for blocks of HTML its tags are found one by one, and left out.
    parser = MarkdownIt("commonmark").disable("html_block")
    root = SyntaxTreeNode(parser.parse(wording.strip_unfit(markdown)))
    return tuple(_Reader(name_link=name_link).blocks(root.children))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    name_link: Callable[[str], str]

    def blocks(self, nodes: Iterable["SyntaxTreeNode"]) -> Iterator[Block]:
        for node in nodes:
            if node.type in _LISTS:
                yield self._list(node)
            elif node.type in {"code_block", "fence"}:
                yield from _paragraph(Run(text=line) for line in _lines(node.content))
            elif node.type in {"paragraph", "heading"}:
                runs = chain(*(self._runs(part) for part in node.children))
                if node.type == "heading":
                    runs = chain(replace(run, is_strong=True) for run in runs)
                yield from _paragraph(runs)
            else:
                # A quotation is its paragraphs; a rule is nothing.
                yield from self.blocks(node.children)

    def _list(self, node: "SyntaxTreeNode") -> Block:
        items = (tuple(self.blocks(item.children)) for item in node.children)
        return Block(
            kind="bullets" if node.type == "bullet_list" else "steps",
            items=tuple(item for item in items if item),
            start=int(node.attrs.get("start", 1)),
        )

    def _runs(self, node: "SyntaxTreeNode") -> Iterator[Run]:
        if node.type in _BREAKS:
            yield Run(text=_BREAKS[node.type])
        elif node.type == "link":
            yield self._link(_words(node), str(node.attrs.get("href", "")))
        elif node.type == "text":
            yield from self._with_addresses(node.content)
        elif node.type in {"code_inline", "image"}:
            yield Run(text=_words(node))
        elif node.type != "html_inline":
            for run in chain(*(self._runs(child) for child in node.children)):
                yield replace(
                    run,
                    is_strong=run.is_strong or node.type == "strong",
                    is_emphasis=run.is_emphasis or node.type == "em",
                )

    def _with_addresses(self, text: str) -> Iterator[Run]:
        """Let an address that stands in the text lead there, under its host's name."""
        place = 0
        for found in _ADDRESS.finditer(text):
            yield Run(text=text[place : found.start()])
            yield self._link("", found[0])
            place = found.end()
        yield Run(text=text[place:])

    def _link(self, text: str, url: str) -> Run:
        is_address = not text or _ADDRESS.match(text) is not None
        words = _host(url) if is_address else wording.one_line(text)
        is_kept = _is_https(url) or _MAILTO.fullmatch(url) is not None
        return Run(text=self.name_link(words), url=url) if is_kept else Run(text=words)


def _paragraph(runs: Iterable[Run]) -> Iterator[Block]:
    """Leave out what has no words."""
    filled = tuple(run for run in runs if run.text)
    if any(run.text.strip() for run in filled):
        yield Block(kind="paragraph", runs=filled)


def _lines(code: str) -> Iterator[str]:
    """Return lines with a break between each two."""
    for number, line in enumerate(code.strip().splitlines()):
        yield from ("\n", line) if number else (line,)


def _words(node: "SyntaxTreeNode") -> str:
    """Return all that is said within."""
    if node.type in {"text", "code_inline"}:
        return node.content
    if node.type == "html_inline":
        return ""
    return _BREAKS.get(node.type) or "".join(_words(child) for child in node.children)


def _is_https(url: str) -> bool:
    return url.lower().startswith("https://") and wording.is_web_address(url)


def _host(url: str) -> str:
    """Say the host of a web address, or whom a mailto is for."""
    found = _HOST.match(url)
    return found[1] if found else wording.one_line(url)
