"""Where a mail declares its styles: attributes and blocks, with their places. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lxml import html as lxml_html

from otalk_digest.check.mail import Mail, at
from otalk_digest.check.stylesheet import (
    Declaration,
    Sheet,
    StyleRule,
    declarations_of,
    read_sheet,
)
from otalk_digest.model.finding import Part, Place

#: A quotation no longer than this says enough.
_EXCERPT: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A style element and what is in it."""

    element: lxml_html.HtmlElement
    css: str
    sheet: Sheet

    def at(self, line: int, excerpt: str) -> Place:
        """Return a place in the block."""
        first = self.element.sourceline
        path = self.element.getroottree().getpath(self.element)
        where = None if first is None else first + line - 1
        return Place(part=Part.HTML, excerpt=_one_line(excerpt), line=where, path=path)


def inline(element: lxml_html.HtmlElement) -> tuple[Declaration, ...]:
    """Return what an element's own style attribute declares, in its order."""
    css = element.get("style")
    return declarations_of(css) if css else ()


def blocks(mail: Mail) -> tuple[Block, ...]:
    """Return the style elements."""
    found = []
    for element in mail.elements("style"):
        css = element.text or ""
        found.append(Block(element=element, css=css, sheet=read_sheet(css)))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A declaration where it stands: in an attribute, or in a rule of a block."""

    declaration: Declaration
    element: lxml_html.HtmlElement
    block: Block | None = None
    rule: StyleRule | None = None

    @property
    def place(self) -> Place:
        """Where it stands, and what it says."""
        if self.block is None or self.rule is None:
            return at(self.element, str(self.declaration))
        excerpt = f"{self.rule.selector} {{ {self.declaration} }}"
        return self.block.at(self.declaration.line, excerpt)


@lru_cache(maxsize=2)
def declared(mail: Mail) -> tuple[Stated, ...]:
    """Return everything declared, in attributes and then in blocks."""
    own = (
        Stated(declaration=declaration, element=element)
        for element in mail.elements()
        for declaration in inline(element)
    )
    shared = (
        Stated(declaration=declaration, element=block.element, block=block, rule=rule)
        for block in blocks(mail)
        for rule in block.sheet.rules
        for declaration in rule.declarations
    )
    return (*own, *shared)


def value_of(declarations: Sequence[Declaration], name: str) -> str | None:
    """Return the value that counts: the last of the important ones, or else the last."""
    found = [each for each in declarations if each.name == name]
    weighty = [each for each in found if each.is_important]
    return (weighty or found)[-1].value if found else None


def _one_line(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= _EXCERPT else f"{said[: _EXCERPT - 1]}…"
