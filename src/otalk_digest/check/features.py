"""What a mail uses of HTML and CSS, by the names that caniemail gives it. Pure.

Names that nobody lacks are not told apart from names that do not exist: both lose nothing.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lxml import html as lxml_html

from otalk_digest.check.mail import Mail, at
from otalk_digest.check.properties import features_of
from otalk_digest.check.stylesheet import declarations_of
from otalk_digest.check.styling import Block, blocks
from otalk_digest.model.finding import Place

_SEMANTIC: Final = frozenset(
    (
        *("article", "aside", "details", "figcaption", "figure", "footer", "header", "main"),
        *("mark", "nav", "section", "summary", "time"),
    )
)
_ATTRIBUTES: Final = {
    **{name: f"html-{name}" for name in ("hidden", "popover", "required", "srcset", "target")},
    "inert": "css-inert-attribute",
    "loading": "html-loading-attribute",
    "sizes": "html-srcset",
    "usemap": "html-image-maps",
}
_IMAGE: Final = re.compile(
    r"\.(apng|avif|hdr|heic|heif|ico|mp4|svg|tiff?|webp)(?:[?#]|$)", re.IGNORECASE
)
#: Attributes whose value is part of the name.
_KINDS: Final = frozenset({("button", "type"), ("input", "type"), ("meta", "name")})
_SAME_IMAGE: Final = {"heic": "heif", "tif": "tiff"}
_PSEUDO: Final = re.compile(r"(::?)([a-z-]+)", re.IGNORECASE)
_OLD_ELEMENTS: Final = frozenset({"before", "after", "first-letter", "first-line"})
_IN_MEDIA: Final = {
    "prefers-color-scheme": "css-at-media-prefers-color-scheme",
    "prefers-reduced-motion": "css-at-media-prefers-reduced-motion",
    "device-pixel-ratio": "css-at-media-device-pixel-ratio",
    "orientation": "css-at-media-orientation",
    "hover": "css-at-media-hover",
}
#: Signs in a selector, and what they make of it.
_SIGNS: Final = {
    "[": "css-selector-attribute",
    "*": "css-selector-universal",
    ".": "css-selector-class",
    "#": "css-selector-id",
    ",": "css-selector-grouping",
    ">": "css-selector-child",
    "+": "css-selector-adjacent-sibling",
    "~": "css-selector-general-sibling",
    "&": "css-nesting",
}
_DESCENDANT: Final = re.compile(r"[\w\]*)-]\s+[\w.#\[*:]")
_CHAINED: Final = re.compile(r"[\w\])-][.#]|[\w)-]\[")
_TYPE: Final = re.compile(r"(?:^|[\s,>+~])[a-z]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One feature at one place."""

    #: E.g. "css-border-radius".
    slug: str
    #: How it stands there.
    said: str
    element: lxml_html.HtmlElement
    #: Where it is CSS of a style block, and at which line of it.
    block: Block | None = None
    line: int = 1

    @property
    def place(self) -> Place:
        """Where it stands."""
        if self.block is not None:
            return self.block.at(self.line, self.said)
        return at(self.element, self.said)


def used(mail: Mail, wanted: Container[str]) -> Iterator[Use]:
    """Yield what a mail uses of what is wanted: outside of its style blocks, then in them."""
    for element in mail.elements():
        if element.tag != "style":
            for slug, said in _said(element):
                if slug in wanted:
                    yield Use(slug=slug, said=said, element=element)
    for block in blocks(mail):
        for slug, said, line in _styles(block):
            if slug in wanted:
                yield Use(slug=slug, said=said, element=block.element, block=block, line=line)


def _said(element: lxml_html.HtmlElement) -> Iterator[tuple[str, str]]:
    tag = str(element.tag).lower()
    yield "html-semantics" if tag in _SEMANTIC else f"html-{tag}", f"<{tag}>"
    if tag == "html":
        yield "html-doctype", "<!DOCTYPE html>"
    for name, value in element.items():
        if name == "style":
            yield from _styled(value)
        else:
            yield from ((slug, f'<{tag} {name}="{value}">') for slug in _by(tag, name, value))


def _by(tag: str, name: str, value: str) -> Iterator[str]:
    """Yield what an attribute uses."""
    if name in _ATTRIBUTES or name.startswith("aria-"):
        yield _ATTRIBUTES.get(name, f"html-{name}")
    elif name == "href" and value.strip().startswith("#"):
        yield "html-anchor-links"
    elif name == "src" and tag == "img":
        yield _image(value)
    elif (tag, name) in _KINDS:
        yield f"html-{tag}-{value.lower()}"


@lru_cache(maxsize=4096)
def _styled(css: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (slug, str(declaration))
        for declaration in declarations_of(css)
        for slug in features_of(declaration)
    )


def _image(address: str) -> str:
    if address.strip().lower().startswith("data:"):
        return "image-base64"
    found = _IMAGE.search(address)
    kind = "" if found is None else found[1].lower()
    return f"image-{_SAME_IMAGE.get(kind, kind)}"


def _styles(block: Block) -> Iterator[tuple[str, str, int]]:
    yield "html-style", "<style>", 1
    for rule in block.sheet.at_rules:
        said = f"@{rule.name} {rule.prelude}"
        yield f"css-at-{rule.name}", said, rule.line
        for words, slug in _IN_MEDIA.items():
            if rule.name == "media" and words in rule.prelude:
                yield slug, said, rule.line
    for style in block.sheet.rules:
        for slug in _selected(style.selector):
            yield slug, style.selector, style.line
        for declaration in style.declarations:
            for slug in features_of(declaration):
                yield slug, f"{style.selector} {{ {declaration} }}", declaration.line


@lru_cache(maxsize=1024)
def _selected(selector: str) -> tuple[str, ...]:
    """Return what a selector uses."""
    if selector.startswith("@"):
        return ()
    found = [slug for sign, slug in _SIGNS.items() if sign in selector]
    for pattern, name in (
        (_DESCENDANT, "descendant"),
        (_CHAINED, "chaining"),
        (_TYPE, "type"),
    ):
        if pattern.search(selector):
            found.append(f"css-selector-{name}")
    for colons, name in _PSEUDO.findall(selector):
        is_element = colons == "::" or name.lower() in _OLD_ELEMENTS
        found.append(f"css-pseudo-{'element' if is_element else 'class'}-{name.lower()}")
    return tuple(found)
