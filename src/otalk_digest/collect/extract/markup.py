"""What only the markup knows: where links lead, and which line is bold. Pure; never raises.

The one module that reads HTML. Everything else reads the post's text.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree, html

from otalk_digest.collect.extract.lines import fold
from otalk_digest.collect.fold import squash

_BREAKS = frozenset(
    {
        *("address", "article", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "figure"),
        *("figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"),
        *("section", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    }
)
_BOLD = frozenset(("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6"))
_SHORTEST_TOPIC = 4
_LONGEST_TOPIC = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link, its words, and the whole line it stands in."""

    url: str
    text: str
    line: str


@dataclass(slots=True)
class _Line:
    """A line while it is gathered."""

    parts: list[str]
    bold: list[str]
    links: list[tuple[str, str]]


def read_links(source: str) -> tuple[Link, ...]:
    """Return the links to web pages, in order."""
    if "href" not in source:
        return ()
    return tuple(
        Link(url=url, text=fold(text), line=fold("".join(line.parts)))
        for line in _lines(source)
        for url, text in line.links
    )


def first_bold_line(source: str) -> str | None:
    """Return the first line that is bold from end to end."""
    for line in _lines(source):
        text = fold("".join(line.parts))
        if not _SHORTEST_TOPIC <= len(text) <= _LONGEST_TOPIC:
            continue
        if squash(text) == squash("".join(line.bold)):
            return text
    return None


def _lines(source: str) -> Iterator[_Line]:
    root = _parse(source)
    if root is None:
        return
    line = _Line([], [], [])
    for event, node in etree.iterwalk(root, events=("start", "end")):
        tag = node.tag
        if not isinstance(tag, str):
            continue
        if tag in _BREAKS and line.parts:
            yield line
            line = _Line([], [], [])
        text = node.text if event == "start" else node.tail
        if event == "end" and tag == "a":
            url = (node.get("href") or "").strip()
            if url.startswith(("http://", "https://")):
                line.links.append((url, "".join(node.itertext())))
        if text:
            line.parts.append(text)
            if _is_bold(node if event == "start" else node.getparent()):
                line.bold.append(text)
    if line.parts:
        yield line


def _is_bold(node: html.HtmlElement | None) -> bool:
    while node is not None:
        if node.tag in _BOLD:
            return True
        node = node.getparent()
    return False


def _parse(source: str) -> html.HtmlElement | None:
    if "<" not in source:
        return None
    try:
        return html.fragment_fromstring(source, create_parent="div")
    except (etree.LxmlError, ValueError):
        # An HTML parser may refuse what holds no element or a control character.
        return None
