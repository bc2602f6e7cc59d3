"""How each text of a mail is set, by style attributes alone: size, line, side, family. Pure.

What a length cannot be worked out for is not known, and nothing is said about it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from lxml import html as lxml_html

from otalk_digest.check.mail import Mail
from otalk_digest.check.stylesheet import Declaration, declarations_of
from otalk_digest.check.styling import inline

#: CSS pixels that a browser begins with.
_ROOT: Final = 16.0
_PIXELS: Final[Mapping[str, float]] = {
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "rem": _ROOT,
}
#: CSS Fonts 4 §2.5, at 16 pixels.
_NAMED: Final[Mapping[str, float]] = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
    "xxx-large": 48.0,
}
#: HTML §15.3: what browsers make of elements that say nothing.
_USUAL: Final[Mapping[str, float]] = {
    "h1": 2.0,
    "h2": 1.5,
    "h3": 1.17,
    "h5": 0.83,
    "h6": 0.67,
    "small": 5 / 6,
    "sub": 5 / 6,
    "sup": 5 / 6,
    "code": 13 / 16,
    "kbd": 13 / 16,
    "pre": 13 / 16,
    "samp": 13 / 16,
    "tt": 13 / 16,
}
_OLD_SIZES: Final[Mapping[str, float]] = {"1": 10.0, "2": 13.0, "3": 16.0, "4": 18.0, "5": 24.0}
_LENGTH: Final = re.compile(r"\+?(\d*\.?\d+(?:e[+-]?\d+)?)([a-z%]*)")
#: The end of a `font`: size, perhaps a line height, families.
_FONT: Final = re.compile(
    rf"(?:.*\s)?(?P<size>\d*\.?\d+(?:[a-z]+|%)|{'|'.join(_NAMED)}|smaller|larger)"
    r"(?:\s?/\s?(?P<line>[\d.]+(?:[a-z]+|%)?|normal))?\s(?P<family>.+)"
)
_SILENT: Final = frozenset({"style", "script", "title", "template", "head"})
#: Characters that take no ink.
_NO_INK: Final = str.maketrans("", "", "\u00ad\u034f\u200b\u200c\u200d\u2060\ufeff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How text in an element is set; None is not known."""

    size: float | None = _ROOT
    #: Pixels, or a multiple of the size where `is_multiple`; None is as the program likes.
    line: float | None = None
    is_multiple: bool = False
    is_line_known: bool = True
    align: str = "start"
    family: str | None = None

    @property
    def line_px(self) -> float | None:
        """The height of a line in pixels."""
        if self.line is None or not self.is_line_known:
            return None
        if not self.is_multiple:
            return self.line
        return None if self.size is None else self.line * self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An element with words of its own that are seen."""

    element: lxml_html.HtmlElement
    #: Its own words, not those of elements within.
    words: str
    setting: Setting


def visible(text: str | None) -> str:
    """Return what of a text can be seen: no blanks at its ends, no fillers."""
    return (text or "").translate(_NO_INK).strip()


@lru_cache(maxsize=2)
def texts(mail: Mail) -> tuple[Text, ...]:
    """Return every element with visible words of its own, in the order of the page."""
    return tuple(text for body in mail.elements("body") for text in _walk(body, Setting()))


def is_hidden(element: lxml_html.HtmlElement) -> bool:
    """Whether an element says of itself that it is not shown."""
    return "hidden" in element.attrib or any(
        (each.name, each.value) in {("display", "none"), ("visibility", "hidden")}
        for each in inline(element)
    )


def pixels(value: str, size: float | None) -> float | None:
    """Return a length in CSS pixels; `size` is what one em and 100 % come to."""
    found = _LENGTH.fullmatch(value)
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if unit in {"em", "%"}:
        return None if size is None else number * size / (100 if unit == "%" else 1)
    if not unit:
        return 0.0 if number == 0 else None
    scale = _PIXELS.get(unit)
    return None if scale is None else number * scale


def families(declaration: Declaration) -> str | None:
    """Return the stack that a declaration names."""
    if declaration.name == "font-family":
        return declaration.value
    if declaration.name != "font":
        return None
    found = _FONT.fullmatch(declaration.value)
    return declaration.value if found is None else found["family"]


def sizes(declaration: Declaration) -> str | None:
    """Return the font size that a declaration names."""
    if declaration.name == "font-size":
        return declaration.value
    found = _FONT.fullmatch(declaration.value) if declaration.name == "font" else None
    return None if found is None else found["size"]


def lines(declaration: Declaration) -> str | None:
    """Return the line height that a declaration names; `font` puts it back to normal."""
    if declaration.name == "line-height":
        return declaration.value
    found = _FONT.fullmatch(declaration.value) if declaration.name == "font" else None
    return None if found is None else (found["line"] or "normal")


def resized(value: str, parent: float | None) -> float | None:
    """Return the font size that a value comes to."""
    if value in _NAMED:
        return _NAMED[value]
    if value in {"smaller", "larger"}:
        return None if parent is None else parent * (5 / 6 if value == "smaller" else 6 / 5)
    if value in {"inherit", "unset"}:
        return parent
    return pixels(value, parent)


def _walk(top: lxml_html.HtmlElement, around: Setting) -> Iterator[Text]:
    """Walk without recursion: a post may nest deeper than Python likes."""
    waiting = [(top, around)]
    while waiting:
        element, outer = waiting.pop()
        if not isinstance(element.tag, str) or element.tag in _SILENT or is_hidden(element):
            continue
        setting = _set(element, outer)
        words = visible("".join((element.text or "", *(child.tail or "" for child in element))))
        if words:
            yield Text(element=element, words=words, setting=setting)
        waiting += [(child, setting) for child in reversed(element)]


def _set(element: lxml_html.HtmlElement, outer: Setting) -> Setting:
    markup = (str(element.tag), element.get("align", ""), element.get("size", ""))
    return _setting(markup, element.get("style", ""), outer)


@lru_cache(maxsize=4096)
def _setting(markup: tuple[str, str, str], css: str, outer: Setting) -> Setting:
    """Work out one setting; most elements of a mail are set like one before."""
    tag, align, old_size = markup
    declarations = sorted(declarations_of(css), key=lambda each: each.is_important)
    size = None if outer.size is None else outer.size * _USUAL.get(tag, 1.0)
    if tag == "font":
        size = _OLD_SIZES.get(old_size, size)
    for each in declarations:
        if (value := sizes(each)) is not None:
            size = resized(value, outer.size)
    setting = replace(outer, size=size, align=_align(tag, align.strip().lower(), outer.align))
    for each in declarations:
        setting = _declared(setting, each, outer)
    return setting


def _declared(setting: Setting, said: Declaration, outer: Setting) -> Setting:
    if (family := families(said)) is not None and family not in {"inherit", "unset"}:
        setting = replace(setting, family=family)
    if said.name == "text-align":
        setting = replace(setting, align=_side(said.value, outer.align))
    if (line := lines(said)) is not None:
        setting = _lined(setting, line, outer)
    return setting


def _align(tag: str, said: str, outer: str) -> str:
    if tag == "center":
        return "center"
    # On a table the attribute moves the table, not its words.
    if tag in {"table", "img"} or said not in {"left", "right", "center", "justify"}:
        return outer
    return said


def _side(value: str, outer: str) -> str:
    return outer if value in {"inherit", "unset", "match-parent"} else value


def _lined(setting: Setting, value: str, outer: Setting) -> Setting:
    if value in {"inherit", "unset"}:
        return replace(
            setting,
            line=outer.line,
            is_multiple=outer.is_multiple,
            is_line_known=outer.is_line_known,
        )
    if value == "normal":
        return replace(setting, line=None, is_multiple=False, is_line_known=True)
    try:
        return replace(setting, line=float(value), is_multiple=True, is_line_known=True)
    except ValueError:
        line = pixels(value, setting.size)
    return replace(setting, line=line, is_multiple=False, is_line_known=line is not None)
