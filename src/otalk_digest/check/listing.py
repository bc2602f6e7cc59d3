"""Finds lists that are typed instead of made. Pure.

A post may hold such lines, and they stay as its author wrote them. Templates put words of
posts into elements with dir="auto"; a mark outside of one is the template's own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lxml import html as lxml_html

from otalk_digest.check.mail import Mail, at
from otalk_digest.model.finding import Place

_BULLET: Final = re.compile(r"[•‣◦▪▫●○■□∙⁃·►▶➢✓✔]")
#: These begin sentences too, so that one alone says nothing.
_DASH: Final = re.compile(r"[-–—*+](?=\s|$)")
_NUMBER: Final = re.compile(r"\(?(\d{1,2})[.)](?=\s|$)")
_BLOCKS: Final = frozenset(
    (
        *("p", "div", "td", "th", "li", "dd", "dt", "blockquote", "center", "body", "caption"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "tbody", "ul", "ol", "dl"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    element: lxml_html.HtmlElement
    said: str
    #: Whether its first words are the template's own.
    is_ours: bool


def typed_lists(mail: Mail) -> Iterator[Place]:
    """Yield the first line of each list that a template typed."""
    lines = [line for body in mail.elements("body") for line in _lines(body)]
    for line in lines:
        if line.is_ours and _BULLET.match(line.said):
            yield at(line.element, line.said)
    # "1." in one cell and the words in the next: only the marks follow each other.
    alone = [line for line in lines if _is_mark(line.said)]
    seen: set[int] = set()
    for before, after in (*pairwise(lines), *pairwise(alone)):
        if _follows(before, after) and id(before) not in seen:
            yield from () if id(before) in seen else (at(before.element, before.said),)
        if _follows(before, after):
            seen |= {id(before), id(after)}


def _is_mark(said: str) -> bool:
    return any(mark.fullmatch(said) for mark in (_NUMBER, _DASH))


def _follows(before: _Line, after: _Line) -> bool:
    if not (before.is_ours and after.is_ours):
        return False
    first, second = _NUMBER.match(before.said), _NUMBER.match(after.said)
    if first is not None and second is not None:
        return int(second[1]) == int(first[1]) + 1
    return bool(_DASH.match(before.said) and _DASH.match(after.said))


def _lines(body: lxml_html.HtmlElement) -> Iterator[_Line]:
    """Yield lines as they are broken by blocks and by <br>."""
    pieces: list[tuple[str, lxml_html.HtmlElement]] = []
    for text, owner, is_break in _pieces(body):
        if is_break:
            yield from _line(pieces)
            pieces = []
        if text:
            pieces.append((text, owner))
    yield from _line(pieces)


def _pieces(
    body: lxml_html.HtmlElement,
) -> Iterator[tuple[str | None, lxml_html.HtmlElement, bool]]:
    """Yield texts with who holds them, and whether a line ends before them."""
    waiting: list[tuple[lxml_html.HtmlElement, bool]] = [(body, False)]
    while waiting:
        element, is_left = waiting.pop()
        is_break = element.tag in _BLOCKS or element.tag in {"br", "hr", "img"}
        if is_left:
            parent = element.getparent()
            if element is not body and parent is not None:
                yield element.tail, parent, is_break
            continue
        waiting.append((element, True))
        if isinstance(element.tag, str) and element.tag not in {"style", "script"}:
            yield element.text, element, is_break
            waiting += [(child, False) for child in reversed(element)]


def _line(pieces: list[tuple[str, lxml_html.HtmlElement]]) -> Iterator[_Line]:
    said = " ".join("".join(text for text, _ in pieces).split())
    if said:
        owner = next(owner for text, owner in pieces if text.strip())
        yield _Line(element=owner, said=said, is_ours=not _is_posts(owner))


def _is_posts(element: lxml_html.HtmlElement) -> bool:
    """Whether words in it are a post's, by the nearest element that says a direction."""
    for each in (element, *element.iterancestors()):
        if (direction := each.get("dir")) is not None:
            return str(direction).strip().lower() == "auto"
    return False
