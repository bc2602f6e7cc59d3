"""Show where in a mail something is: its links in order, and one element outlined. Pure."""

from dataclasses import dataclass
from typing import Final

from lxml import etree
from lxml import html as lxml_html

from otalk_digest.check.mail import Mail

#: The id of the outlined element: what an address ends in to scroll there.
MARK: Final = "otd-mark"
_BODY: Final = "/html/body"
_STYLE: Final = (
    f"#{MARK}{{outline:4px solid #d4006a!important;outline-offset:2px!important;"
    "scroll-margin:80px}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of the HTML part."""

    text: str
    url: str
    #: XPath, as in `Place.path`.
    path: str


def links_of(mail: Mail) -> tuple[Link, ...]:
    """Return every link in the order of the page; a picture's words stand for it."""
    return tuple(
        Link(
            text=_words(element),
            url=element.get("href", ""),
            path=element.getroottree().getpath(element),
        )
        for element in mail.elements("a")
        if element.get("href") is not None
    )


def can_be_outlined(path: str | None) -> bool:
    """Whether the path leads to something that a page shows."""
    return path is not None and path.startswith(_BODY)


def outlined(html: str, path: str) -> str:
    """Return the page with the element at this XPath outlined; as it is when there is none."""
    tree = lxml_html.document_fromstring(html or "<html></html>")
    element = _element_at(tree, path)
    head = tree.find("head")
    if element is None or head is None:
        return html
    for other in tree.iter():
        if other.get("id") == MARK:
            del other.attrib["id"]
    element.set("id", MARK)
    style = etree.SubElement(head, "style")
    style.text = _STYLE
    written: str = lxml_html.tostring(tree, encoding="unicode", doctype="<!DOCTYPE html>")
    return written


def _element_at(tree: lxml_html.HtmlElement, path: str) -> lxml_html.HtmlElement | None:
    if not can_be_outlined(path):
        return None
    try:
        found = tree.getroottree().xpath(path)
    except etree.XPathError:
        return None
    if not isinstance(found, list):
        return None
    elements = [each for each in found if isinstance(each, lxml_html.HtmlElement)]
    return elements[0] if elements and isinstance(elements[0].tag, str) else None


def _words(element: lxml_html.HtmlElement) -> str:
    pictures = [image.get("alt", "") for image in element.iter("img")]
    return " ".join(" ".join((element.text_content(), *pictures)).split())
