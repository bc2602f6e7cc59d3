"""Rules over elements and attributes that have no place in a mail. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from otalk_digest.check.mail import Mail, at
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Place

_FORBIDDEN: Final = frozenset(
    (
        *("applet", "audio", "base", "button", "canvas", "embed", "form", "frame", "frameset"),
        *("iframe", "input", "link", "math", "noscript", "object", "picture", "portal", "script"),
        *("select", "source", "svg", "template", "textarea", "track", "video"),
    )
)
_WORDPRESS: Final = re.compile(r"(?:^|\s)wp-")
_NUMBER: Final = re.compile(r"\d{1,4}")
_LENGTH: Final = re.compile(r"\d{1,4}%?")
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}|[A-Za-z]{3,20}")
_WORD: Final = re.compile(r"[a-z]{2,12}")
#: What old programs understand; premailer writes more than that (peterbe/premailer#170).
_PLAIN: Final = {
    "align": _WORD,
    "bgcolor": _COLOUR,
    "border": _NUMBER,
    "cellpadding": _NUMBER,
    "cellspacing": _NUMBER,
    "colspan": _NUMBER,
    "dir": _WORD,
    "height": _LENGTH,
    "rowspan": _NUMBER,
    "scope": _WORD,
    "start": _NUMBER,
    "valign": _WORD,
    "width": _LENGTH,
}


def _forbidden(mail: Mail) -> Iterator[Place]:
    for element in mail.elements():
        if element.tag in _FORBIDDEN:
            yield at(element)
        elif element.tag == "meta" and (element.get("http-equiv") or "").lower() == "refresh":
            yield at(element, "<meta http-equiv=refresh>")


def _handlers(mail: Mail) -> Iterator[Place]:
    for element in mail.elements():
        for name in element.attrib:
            if name.lower().startswith("on"):
                yield at(element, f"{name}={element.get(name)}")


def _leftovers(mail: Mail) -> Iterator[Place]:
    for element in mail.elements():
        if _WORDPRESS.search(element.get("class") or ""):
            yield at(element, f'class="{element.get("class")}"')
        for name in element.attrib:
            if name == "srcset" or name.startswith("data-"):
                yield at(element, f'{name}="{element.get(name)}"')


def _odd_values(mail: Mail) -> Iterator[Place]:
    for element in mail.elements():
        for name, value in element.attrib.items():
            plain = _PLAIN.get(name)
            if plain is not None and not plain.fullmatch(value):
                yield at(element, f'{name}="{value}"')


_SANITISE: Final = (
    "Take it out of the theme's template; words of a post go in as text, never as HTML."
)

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="element-forbidden",
        level=Level.MUST,
        why="Mail programs strip scripts, forms, frames and media, and distrust such mail.",
        mend=_SANITISE,
        find=_forbidden,
    ),
    Rule(
        name="attribute-handler",
        level=Level.MUST,
        why="An attribute such as onclick is code: programs strip it and distrust the mail.",
        mend=_SANITISE,
        find=_handlers,
    ),
    Rule(
        name="post-leftovers",
        level=Level.MUST,
        why="Classes wp-…, srcset and data-… are a blog's own: a post has come in as HTML.",
        mend=_SANITISE,
        find=_leftovers,
    ),
    Rule(
        name="attribute-plain",
        level=Level.MUST,
        why='Outlook reads height="auto" or width="100px" as something else '
        "(peterbe/premailer#170).",
        mend="In the theme's templates write bare numbers, percentages and colours such as "
        "#EEF3F0; in inline.css leave out width, height or colour that is none of these.",
        find=_odd_values,
    ),
)
