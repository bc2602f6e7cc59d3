"""What a reader sees of the HTML part, without a browser. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree
from lxml import html as lxml_html

_UNSEEN: Final = frozenset(("head", "script", "style", "template", "title"))
_BLOCKS: Final = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "br", "dd", "div", "dl", "dt"),
        *("figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
        *("li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "td", "tfoot"),
        *("th", "thead", "tr", "ul"),
    )
)
_HIDING: Final = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|font-size\s*:\s*0|max-height\s*:\s*0|opacity\s*:\s*0(?![.\d]))",
    re.IGNORECASE,
)
#: Characters without width: breaks, joiners, marks of direction, soft hyphens.
_NO_WIDTH: Final = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060\ufeff]")
_WORD: Final = re.compile(r"\w+(?:['’]\w+)*")


def is_hidden(element: lxml_html.HtmlElement) -> bool:
    """Whether the element itself, not one around it, is kept from view."""
    style = element.get("style")
    return element.get("hidden") is not None or (style is not None and bool(_HIDING.search(style)))


def is_seen(element: lxml_html.HtmlElement) -> bool:
    """Whether neither the element nor one around it is kept from view."""
    return not any(is_hidden(each) for each in (element, *element.iterancestors()))


def pieces(
    root: lxml_html.HtmlElement, *, skip: frozenset[str] = frozenset(), has_posts: bool = True
) -> Iterator[str]:
    """Yield the visible text in order, with a line end wherever a block begins or ends.

    Left out are elements of the tags in `skip`, and, without `has_posts`, what a theme marks
    as the words of a post.
    """
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        if event == "start":
            if element is not root and (
                element.tag in _UNSEEN
                or element.tag in skip
                or is_hidden(element)
                or (not has_posts and element.get("dir") == "auto")
            ):
                walk.skip_subtree()
                continue
            if element.tag in _BLOCKS:
                yield "\n"
            if element.text:
                yield " ".join(element.text.split("\n"))
        else:
            if event == "end" and element.tag in _BLOCKS:
                yield "\n"
            if element.tail and element is not root:
                yield " ".join(element.tail.split("\n"))


def visible_text(
    root: lxml_html.HtmlElement, *, skip: frozenset[str] = frozenset(), has_posts: bool = True
) -> str:
    """Return the visible text of an element, a line per block, without empty ones."""
    joined = "".join(pieces(root, skip=skip, has_posts=has_posts))
    lines = (" ".join(line.split()) for line in joined.split("\n"))
    return "\n".join(line for line in lines if line)


def shown(text: str) -> str:
    """Return text as it is seen: characters without width left out, blanks folded."""
    return " ".join(_NO_WIDTH.sub("", text).split())


def squeezed(text: str) -> str:
    """Return text for a comparison that line ends and cuts in long words do not disturb."""
    return "".join(_NO_WIDTH.sub("", text).split()).casefold()


def words(text: str) -> list[str]:
    """Return the words, in lower case."""
    return [word.casefold() for word in _WORD.findall(_NO_WIDTH.sub("", text))]


def spoken(element: lxml_html.HtmlElement) -> str:
    """Return what a screen reader says of a link or a heading: its words and its pictures'."""
    alts = " ".join(image.get("alt") or "" for image in element.iter("img"))
    return shown(f"{visible_text(element)} {alts}")
