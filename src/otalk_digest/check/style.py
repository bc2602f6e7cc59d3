"""Rules about CSS: what it may use, where it stands, and that it reaches each program. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from otalk_digest.check import reading, targets
from otalk_digest.check.head import is_dark, is_for_dark_outlook
from otalk_digest.check.mail import Mail, at
from otalk_digest.check.rule import Rule
from otalk_digest.check.source import read_source
from otalk_digest.check.stylesheet import (
    URL,
    AtRule,
    Declaration,
    Sheet,
    StyleRule,
    read_declarations,
)
from otalk_digest.check.styling import blocks, declared, inline
from otalk_digest.check.typeset import texts
from otalk_digest.model.finding import Level, Part, Place

#: Bytes. Gmail drops a block of more than 16 KB.
STYLE_MOST: Final = 16_000
#: How many of a hundred texts carry their style with them.
STYLED_LEAST: Final = 80
_TEXTS: Final = frozenset(
    (
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "td", "th", "a"),
        *("div", "blockquote", "caption", "center"),
    )
)
_NOT_BLOCK: Final = frozenset({"flex", "inline-flex", "grid", "inline-grid"})
_PAINTING: Final = frozenset({URL, "element", "cross-fade", "-webkit-cross-fade", "paint"})
_FETCHES: Final = frozenset({"import", "font-face", "font-feature-values", "namespace"})
_NARROW: Final = re.compile(r"max-width\s*:|width\s*<", re.IGNORECASE)
_SHOUTED: Final = re.compile(r"!\s*(important)\b", re.IGNORECASE)
#: Nothing is inlined on the root, so nothing needs to win there.
_ROOTS: Final = frozenset({":root", "html"})


def style_bytes(mail: Mail) -> int:
    """Return the size of all style blocks together."""
    return sum(len(block.css.encode()) for block in blocks(mail))


def _absent(what: str) -> Place:
    return Place(part=Part.HTML, excerpt=what)


def _placing(mail: Mail) -> Iterator[Place]:
    for stated in declared(mail):
        if _places(stated.declaration):
            yield stated.place


def _places(declaration: Declaration) -> bool:
    name, words = declaration.name, declaration.value.split()
    if name in {"position", "float"}:
        return not {"static", "none"}.issuperset(words)
    if name == "display":
        return any(word.removeprefix("-webkit-") in _NOT_BLOCK for word in words)
    if name.startswith("margin"):
        return declaration.is_negative
    return name.startswith(("flex", "grid", "-webkit-box-flex"))


def _pictures(mail: Mail) -> Iterator[Place]:
    for stated in declared(mail):
        if _paints(stated.declaration):
            yield stated.place
    for element in mail.elements():
        if element.get("background") is not None:
            yield at(element, f'<{element.tag} background="{element.get("background")}">')


def _paints(declaration: Declaration) -> bool:
    return declaration.name.startswith("background") and any(
        name in _PAINTING or name.endswith("gradient") for name in declaration.functions
    )


def _fetching(mail: Mail) -> Iterator[Place]:
    for stated in declared(mail):
        is_picture = stated.declaration.name.startswith("background")
        if URL in stated.declaration.functions and not is_picture:
            yield stated.place
    for block in blocks(mail):
        for rule in block.sheet.at_rules:
            if rule.name in _FETCHES:
                yield block.at(rule.line, f"@{rule.name} {rule.prelude}")


def _unreadable(mail: Mail) -> Iterator[Place]:
    for element in mail.elements():
        css = element.get("style")
        sheet = None if css is None else read_declarations(css)
        if sheet is not None and (sheet.errors or sheet.at_rules or _has_selector(sheet)):
            yield at(element, f'style="{css}"')
    for block in blocks(mail):
        for line, complaint in block.sheet.errors:
            yield block.at(line, complaint)


def _has_selector(sheet: Sheet) -> bool:
    return any(rule.selector for rule in sheet.rules)


def _too_big(mail: Mail) -> Iterator[Place]:
    size = style_bytes(mail)
    if size >= STYLE_MOST:
        yield _absent(f"the style blocks have {size:,} bytes; {STYLE_MOST:,} is where Gmail stops")


def _nested(mail: Mail) -> Iterator[Place]:
    for block in blocks(mail):
        for rule in block.sheet.at_rules:
            if rule.is_nested:
                yield block.at(rule.line, f"@{rule.name} {rule.prelude}")


def _outside_head(mail: Mail) -> Iterator[Place]:
    for block in blocks(mail):
        parent = block.element.getparent()
        if parent is None or parent.tag != "head":
            yield at(block.element)
    source = read_source(mail.html)
    body = mail.html.lower().find("<body")
    for tag in source.tags_of_outlook_only():
        if tag.name == "style" and not tag.is_end and 0 <= body < tag.offset:
            yield source.place(tag.offset)


def _share(mail: Mail) -> Iterator[Place]:
    said = [text.element for text in texts(mail) if text.element.tag in _TEXTS]
    plain = [element for element in said if not inline(element)]
    styled = len(said) - len(plain)
    if styled * 100 < STYLED_LEAST * len(said):
        percent = styled * 100 // len(said)
        first = at(plain[0])
        excerpt = f"{percent}% ({styled} of {len(said)}); the first without: {first.excerpt}"
        yield Place(part=first.part, excerpt=excerpt, line=first.line, path=first.path)


def _is_narrow(rule: AtRule) -> bool:
    return rule.name == "media" and bool(_NARROW.search(rule.prelude))


def _phone_query(mail: Mail) -> Iterator[Place]:
    rules = [rule for block in blocks(mail) for rule in block.sheet.at_rules]
    if not any(_is_narrow(rule) for rule in rules):
        yield _absent("no @media (max-width: …)")


def _weak(mail: Mail) -> Iterator[Place]:
    for block in blocks(mail):
        for rule in block.sheet.rules:
            for declaration in rule.declarations if _must_win(rule) else ():
                if not declaration.is_important:
                    yield block.at(declaration.line, f"{rule.selector} {{ {declaration} }}")
        for found in _SHOUTED.finditer(block.css):
            if found[1] != "important":
                yield block.at(block.css.count("\n", 0, found.start()) + 1, found[0])


def _must_win(rule: StyleRule) -> bool:
    if {part.strip().lower() for part in rule.selector.split(",")} <= _ROOTS:
        return False
    is_narrow = rule.within is not None and bool(_NARROW.search(rule.within))
    return is_narrow or is_dark(rule) or is_for_dark_outlook(rule)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="plain-layout",
        level=Level.MUST,
        why="Classic Outlook knows no position, float, flex, grid or negative margin: boxes fall "
        "on each other (caniemail).",
        mend="Lay out with tables, padding in cells and margins of 0 or more.",
        find=_placing,
    ),
    Rule(
        name="background-picture",
        level=Level.MUST,
        why="Classic Outlook shows no background picture: light words may stand on white "
        "(caniemail).",
        mend="Use a background colour, and an <img> with alt for what must be seen.",
        find=_pictures,
    ),
    Rule(
        name="nothing-fetched",
        level=Level.MUST,
        why="Gmail and Yahoo drop @import and web fonts, and whatever is fetched tells a server "
        "who reads.",
        mend="Take url(…), @import and @font-face out; use fonts that readers have.",
        find=_fetching,
    ),
    Rule(
        name="css-readable",
        level=Level.MUST,
        why="Where CSS does not parse, each program throws away something else; Gmail the lot.",
        mend="Look for a missing colon, semicolon or bracket at this place.",
        find=_unreadable,
    ),
    Rule(
        name="style-size",
        level=Level.MUST,
        why="Gmail drops a style block that is larger: no phone layout, no dark colours.",
        mend="Shorten client.css.",
        find=_too_big,
    ),
    Rule(
        name="style-flat",
        level=Level.MUST,
        why="Gmail drops the whole style block for an at-rule within an at-rule.",
        mend="Write the inner one after the outer one, with both conditions joined by “and”.",
        find=_nested,
    ),
    Rule(
        name="style-in-head",
        level=Level.MUST,
        why="Gmail and others read style blocks in the head only.",
        mend="Move it into the head.",
        find=_outside_head,
    ),
    Rule(
        name="text-styled",
        level=Level.MUST,
        why="Some Gmail apps drop every style block: what is not inline is then bare.",
        mend="Let inline.css name the element or its class, so that its style goes inline.",
        find=_share,
    ),
    Rule(
        name="phone-query",
        level=Level.MUST,
        why="Without a rule for narrow displays phones waste their width on our margins.",
        mend="Keep @media (max-width: 480px) in client.css.",
        find=_phone_query,
    ),
    Rule(
        name="query-important",
        level=Level.MUST,
        why="Style attributes win over the block: what is not !important there does nothing. "
        "Gmail reads it in lower case only.",
        mend="Add !important, in lower case, to each line in @media and under [data-ogsc].",
        find=_weak,
    ),
    *reading.RULES,
    *targets.RULES,
)
