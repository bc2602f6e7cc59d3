"""Rules about links as things to see and to hit, where style attributes are certain. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import html as lxml_html

from otalk_digest.check.mail import Mail, at
from otalk_digest.check.rule import Rule
from otalk_digest.check.stylesheet import Declaration
from otalk_digest.check.styling import blocks, inline, value_of
from otalk_digest.check.typeset import pixels, texts, visible
from otalk_digest.model.finding import Level, Place

#: CSS pixels: WCAG 2.5.5, 2.5.8.
BUTTON_LEAST: Final = 44.0
LINK_LEAST: Final = 24.0
_BOXES: Final = frozenset({"block", "inline-block"})
_SIDES: Final = ("top", "bottom")
_A_HAIR: Final = 0.001


def _bare(mail: Mail) -> Iterator[Place]:
    for link in mail.elements("a"):
        line = _line_under(inline(link))
        if link.get("href") and visible(link.text_content()) and "underline" not in line:
            yield at(link)
    for block in blocks(mail):
        for rule in block.sheet.rules:
            if _line_under(rule.declarations).startswith("none"):
                yield block.at(rule.line, f"{rule.selector} {{ text-decoration: none }}")


def _line_under(declarations: tuple[Declaration, ...]) -> str:
    """Return the last word on the line under a link; a link that says nothing has one."""
    said = [
        each
        for each in declarations
        if each.name in {"text-decoration", "text-decoration-line"}
        and each.value not in {"inherit", "unset"}
    ]
    weighty = [each for each in said if each.is_important] or said
    return weighty[-1].value if weighty else "underline"


def _low_buttons(mail: Mail) -> Iterator[Place]:
    for link in _links(mail):
        height = link.line + link.padding
        if link.padding > 0 and height < BUTTON_LEAST - _A_HAIR:
            yield at(link.element, f"{height:g}px high: {link.element.text_content()}")


def _low_links(mail: Mail) -> Iterator[Place]:
    for link in _links(mail):
        if link.padding == 0 and link.line < LINK_LEAST - _A_HAIR and _is_alone(link.element):
            yield at(link.element, f"{link.line:g}px high: {link.element.text_content()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """A link with words, as high as its first line and what can be pressed around it."""

    element: lxml_html.HtmlElement
    line: float
    padding: float


def _links(mail: Mail) -> Iterator[_Link]:
    known: set[lxml_html.HtmlElement] = set()
    for text in texts(mail):
        link = _around(text.element)
        line = text.setting.line_px
        if link is not None and link not in known and line is not None:
            known.add(link)
            yield _Link(element=link, line=line, padding=_padding(link, text.setting.size))


def _around(element: lxml_html.HtmlElement) -> lxml_html.HtmlElement | None:
    """Return the link that an element is, or is in."""
    for each in (element, *element.iterancestors()):
        if each.tag == "a" and each.get("href"):
            return each
    return None


def _padding(link: lxml_html.HtmlElement, size: float | None) -> float:
    """Return the space above and below the words that can be pressed as well."""
    declarations = inline(link)
    if value_of(declarations, "display") not in _BOXES:
        return 0.0
    return sum(_side(declarations, side, size) for side in _SIDES)


def _side(declarations: tuple[Declaration, ...], side: str, size: float | None) -> float:
    space = edge = 0.0
    for each in sorted(declarations, key=lambda one: one.is_important):
        words = each.value.split()
        if each.name == "padding":
            # One value is for all sides, the third of three or four is for the bottom.
            word = words[2] if side == "bottom" and len(words) > 2 else words[0]  # noqa: PLR2004 - as said
            space = pixels(word, size) or 0.0
        elif each.name == f"padding-{side}":
            space = pixels(each.value, size) or 0.0
        elif each.name in {"border", f"border-{side}"}:
            edge = next((width for word in words if (width := pixels(word, size))), 0.0)
    return space + edge


def _is_alone(link: lxml_html.HtmlElement) -> bool:
    """Whether a link has its line for itself: no neighbouring words, nothing else to press."""
    parent = link.getparent()
    if parent is None or visible(parent.text) or visible(link.tail):
        return False
    others = (each for each in parent if each is not link)
    return not any(visible(each.tail) or _says(each) for each in others)


def _says(element: lxml_html.HtmlElement) -> bool:
    is_element = isinstance(element.tag, str)
    return is_element and any(visible(text) for text in element.itertext(with_tail=False))


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="links-underlined",
        level=Level.MUST,
        why="Who sees no colours cannot tell a link from text without a line (WCAG 1.4.1).",
        mend="Leave text-decoration: underline on links, buttons too.",
        find=_bare,
    ),
    Rule(
        name="button-height",
        level=Level.MUST,
        why=f"Fingers miss what is lower than {BUTTON_LEAST:g} pixels (WCAG 2.5.5).",
        mend="Give the link in the button more padding above and below.",
        find=_low_buttons,
    ),
    Rule(
        name="link-height",
        level=Level.MUST,
        why=f"A link that stands alone has to be {LINK_LEAST:g} pixels high (WCAG 2.5.8).",
        mend=f"Set the line-height of its paragraph to {LINK_LEAST:g}px or more.",
        find=_low_links,
    ),
)
