"""Rules about what the head of the HTML part says to mail programs. Pure."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from lxml import html as lxml_html

from otalk_digest.check.mail import Mail, at
from otalk_digest.check.rule import Rule
from otalk_digest.check.source import read_source
from otalk_digest.check.stylesheet import StyleRule
from otalk_digest.check.styling import blocks
from otalk_digest.model.finding import Level, Part, Place

#: HTML §4.2.5.4: within the first 1024 bytes.
_EARLY: Final = 1024
#: WCAG 1.4.4 asks for twice the size; axe's best practice is five times.
_ZOOM_LEAST: Final = 5.0
_NOT_TO_DETECT: Final = ("telephone", "date", "address", "email")
_PAIR: Final = re.compile(r"([a-z-]+)\s*=\s*([^\s,;]+)", re.IGNORECASE)
_OGSC: Final = re.compile(r"\[\s*data-ogsc\s*\]", re.IGNORECASE)
_DARK: Final = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)


def is_dark(rule: StyleRule) -> bool:
    """Whether a rule is for readers who chose a dark display."""
    return rule.within is not None and bool(_DARK.search(rule.within))


def is_for_dark_outlook(rule: StyleRule) -> bool:
    """Whether a rule is for Outlook's own dark mode."""
    return bool(_OGSC.search(rule.selector))


def _absent(what: str) -> Place:
    return Place(part=Part.HTML, excerpt=what)


def _metas(mail: Mail, name: str) -> list[lxml_html.HtmlElement]:
    return [
        meta
        for meta in mail.elements("meta")
        if meta.get("name", "").strip().lower() == name
        and meta.getparent() is not None
        and meta.getparent().tag == "head"
    ]


def _pairs(meta: lxml_html.HtmlElement) -> dict[str, str]:
    return {name.lower(): value.lower() for name, value in _PAIR.findall(meta.get("content", ""))}


def _charset(mail: Mail) -> Iterator[Place]:
    source = read_source(mail.html)
    for tag in source.tags_for_others():
        charset = tag.get("charset") if tag.name == "meta" else None
        if charset is not None:
            end = mail.html.find(">", tag.offset) + 1
            late = len(mail.html[:end].encode()) > _EARLY
            if late or charset.strip().lower() != "utf-8":
                yield source.place(tag.offset)
            return
        if tag.name in {"title", "body"}:
            break
    yield _absent("no <meta charset> before the title")


def _title(mail: Mail) -> Iterator[Place]:
    found = [title for title in mail.elements("title") if title.getparent().tag == "head"]
    if not found:
        yield _absent("no title")
    for title in found:
        if not title.text_content().strip():
            yield at(title)


def _viewport(mail: Mail) -> Iterator[Place]:
    found = _metas(mail, "viewport")
    if not found:
        yield _absent('no <meta name="viewport">')
    for meta in found:
        if not _lets_zoom(_pairs(meta)):
            yield at(meta, meta.get("content", ""))


def _lets_zoom(said: dict[str, str]) -> bool:
    if said.get("width") != "device-width" or said.get("user-scalable") in {"no", "0"}:
        return False
    try:
        return float(said.get("maximum-scale", _ZOOM_LEAST)) >= _ZOOM_LEAST
    except ValueError:
        # HTML reads "yes" as 1 and any other word as 0.1.
        return False


def _colour_schemes(mail: Mail) -> Iterator[Place]:
    for name in ("color-scheme", "supported-color-schemes"):
        said = [set(meta.get("content", "").lower().split()) for meta in _metas(mail, name)]
        if not any({"light", "dark"} <= words and "only" not in words for words in said):
            yield _absent(f'no <meta name="{name}" content="light dark">')


def _dark(mail: Mail) -> Iterator[Place]:
    set_there = _set_by(mail, is_dark)
    if "color" not in set_there:
        yield _absent("no text colour in @media (prefers-color-scheme: dark)")
    if not {"background-color", "background"} & set_there:
        yield _absent("no background in @media (prefers-color-scheme: dark)")


def _dark_outlook(mail: Mail) -> Iterator[Place]:
    if "color" not in _set_by(mail, is_for_dark_outlook):
        yield _absent("no text colour under [data-ogsc]")


def _set_by(mail: Mail, is_asked: Callable[[StyleRule], bool]) -> set[str]:
    return {
        declaration.name
        for block in blocks(mail)
        for rule in block.sheet.rules
        if is_asked(rule)
        for declaration in rule.declarations
    }


def _detection(mail: Mail) -> Iterator[Place]:
    said = [_pairs(meta) for meta in _metas(mail, "format-detection")]
    for what in _NOT_TO_DETECT:
        if not any(pairs.get(what) == "no" for pairs in said):
            yield _absent(f'no <meta name="format-detection"> with {what}=no')


def _reformatting(mail: Mail) -> Iterator[Place]:
    if not _metas(mail, "x-apple-disable-message-reformatting"):
        yield _absent('no <meta name="x-apple-disable-message-reformatting">')


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="charset-early",
        level=Level.MUST,
        why="A saved or forwarded page has lost the header that names its characters.",
        mend='Let <meta charset="utf-8"> be the first line of the head.',
        find=_charset,
    ),
    Rule(
        name="title",
        level=Level.MUST,
        why="Screen readers and the web version name the page by it (WCAG 2.4.2).",
        mend="Put the subject into <title>.",
        find=_title,
    ),
    Rule(
        name="viewport",
        level=Level.MUST,
        why="Without it phones shrink the page; with zoom forbidden nobody can enlarge it "
        "(WCAG 1.4.4).",
        mend='Write <meta name="viewport" content="width=device-width, initial-scale=1">.',
        find=_viewport,
    ),
    Rule(
        name="colour-schemes",
        level=Level.MUST,
        why="Without them Apple Mail makes up a dark version of its own.",
        mend='Write both metas, color-scheme and supported-color-schemes, as "light dark".',
        find=_colour_schemes,
    ),
    Rule(
        name="dark-colours",
        level=Level.MUST,
        why="Only one of the two set leaves dark words on dark, or light words on light.",
        mend="Set color and background-color in @media (prefers-color-scheme: dark).",
        find=_dark,
    ),
    Rule(
        name="dark-outlook",
        level=Level.MUST,
        why="Outlook on the web and on phones changes colours itself and heeds [data-ogsc] only.",
        mend="Repeat the dark text colours under [data-ogsc] in client.css.",
        find=_dark_outlook,
    ),
    Rule(
        name="format-detection",
        level=Level.MUST,
        why="Phones turn dates and numbers into blue links that lead nowhere useful.",
        mend='Write <meta name="format-detection" content="telephone=no, date=no, address=no, '
        'email=no, url=no">.',
        find=_detection,
    ),
    Rule(
        name="apple-reformatting",
        level=Level.MUST,
        why="Apple Mail on older iPhones scales the whole message otherwise.",
        mend='Write <meta name="x-apple-disable-message-reformatting">.',
        find=_reformatting,
    ),
)
