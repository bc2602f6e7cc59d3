"""Rules about the skeleton of the HTML part: language, head, headings, size. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import html as lxml_html

from otalk_digest.check import head, outlook
from otalk_digest.check.mail import Mail, at
from otalk_digest.check.rule import Rule
from otalk_digest.check.source import read_source
from otalk_digest.model.finding import Level, Part, Place

DOCTYPE: Final = "<!DOCTYPE html>"
#: Bytes, a thousand to the kilobyte, which is the careful way to count Gmail's limit.
HTML_MOST: Final = 102_000
HTML_ADVISED: Final = 60_000
HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_DIRECTIONS: Final = frozenset({"ltr", "rtl"})
#: Their text is not shown, or is the page's own.
_SILENT: Final = frozenset({"style", "script", "title", "template"})


def html_bytes(mail: Mail) -> int:
    """Return the size of the HTML part as it arrives, after decoding."""
    for part in mail.message.walk():
        if part.get_content_type() == "text/html" and not part.is_multipart():
            payload = part.get_payload(decode=True)
            return len(payload) if isinstance(payload, bytes) else 0
    return 0


def missing(what: str) -> Place:
    """Return the place of something that the HTML part lacks."""
    return Place(part=Part.HTML, excerpt=what)


def _doctype(mail: Mail) -> Iterator[Place]:
    if not mail.html.startswith(DOCTYPE):
        yield read_source(mail.html).place(0) if mail.html else missing("no HTML part")


def _has_language(element: lxml_html.HtmlElement) -> bool:
    return bool(_LANGUAGE.fullmatch(element.get("lang", ""))) and _has_direction(element)


def _has_direction(element: lxml_html.HtmlElement) -> bool:
    return element.get("dir", "").lower() in _DIRECTIONS


def _page_language(mail: Mail) -> Iterator[Place]:
    page = mail.tree
    if not _has_language(page):
        yield at(page, f"<html lang={page.get('lang')!r} dir={page.get('dir')!r}>")


def _body_language(mail: Mail) -> Iterator[Place]:
    """Yield content that stands in no element with lang and dir, below the body."""
    waiting = list(mail.elements("body"))
    while waiting:
        element = waiting.pop()
        if _says(element.text) or element.tag == "img":
            yield at(element, element.text or None)
        for child in element:
            if _says(child.tail):
                yield at(element, child.tail)
            is_plain = isinstance(child.tag, str) and child.tag not in _SILENT
            if is_plain and not _has_language(child):
                waiting.append(child)


def _says(text: str | None) -> bool:
    return bool(text and text.strip())


def _attributes_once(mail: Mail) -> Iterator[Place]:
    source = read_source(mail.html)
    for tag in (*source.tags_for_others(), *source.tags_of_outlook_only()):
        names = [name for name, _ in tag.attributes]
        if len(names) != len(set(names)):
            yield source.place(tag.offset)


def _one_h1(mail: Mail) -> Iterator[Place]:
    found = list(mail.elements("h1"))
    if not found:
        yield missing("no h1")
    for extra in found[1:]:
        yield at(extra)


def _heading_levels(mail: Mail) -> Iterator[Place]:
    before = 0
    for heading in mail.elements(*HEADINGS):
        level = int(heading.tag[1])
        if level > before + 1:
            yield at(heading, f"{heading.tag} after {f'h{before}' if before else 'nothing'}")
        before = level


def _has_h2(mail: Mail) -> Iterator[Place]:
    if next(mail.elements("h2"), None) is None:
        yield missing("no h2")


def _empty_headings(mail: Mail) -> Iterator[Place]:
    for heading in mail.elements(*HEADINGS):
        pictures = heading.iter("img")
        if not _says(heading.text_content()) and not any(_says(p.get("alt")) for p in pictures):
            yield at(heading)


def _too_big(mail: Mail) -> Iterator[Place]:
    size = html_bytes(mail)
    if size >= HTML_MOST:
        yield missing(f"the HTML has {size:,} bytes; {HTML_MOST:,} is where Gmail cuts")


def _big(mail: Mail) -> Iterator[Place]:
    size = html_bytes(mail)
    if HTML_ADVISED <= size < HTML_MOST:
        yield missing(f"the HTML has {size:,} bytes; fewer than {HTML_ADVISED:,} are better")


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="doctype",
        level=Level.MUST,
        why="Without it programs lay the page out by the rules of the nineties.",
        mend=f"Let digest.html.j2 begin with {DOCTYPE}, in exactly that spelling.",
        find=_doctype,
    ),
    Rule(
        name="page-language",
        level=Level.MUST,
        why="A screen reader picks its voice by lang (WCAG 3.1.1); dir says where lines begin.",
        mend='Give <html> both, e.g. lang="en-GB" dir="ltr".',
        find=_page_language,
    ),
    Rule(
        name="body-language",
        level=Level.MUST,
        why="Mail programs throw <html> away, and its language with it (WCAG 3.1.1).",
        mend="Put everything in the body into one element that has lang and dir again.",
        find=_body_language,
    ),
    Rule(
        name="attribute-once",
        level=Level.MUST,
        why="Programs do not agree which of two equal attributes counts.",
        mend="Write each attribute once.",
        find=_attributes_once,
    ),
    Rule(
        name="one-h1",
        level=Level.MUST,
        why="Screen readers jump to the h1 to learn what a page is about (WCAG 1.3.1).",
        mend="Have one h1, and make the other headings h2 or lower.",
        find=_one_h1,
    ),
    Rule(
        name="heading-levels",
        level=Level.MUST,
        why="A level left out sounds like a part that is missing (WCAG 1.3.1).",
        mend="Let each heading be at most one level below the one before it.",
        find=_heading_levels,
    ),
    Rule(
        name="heading-two",
        level=Level.MUST,
        why="Without a second level nobody can jump from part to part (WCAG 2.4.6).",
        mend="Give each part of the digest an h2.",
        find=_has_h2,
    ),
    Rule(
        name="heading-words",
        level=Level.MUST,
        why="An empty heading is read out as a heading about nothing (WCAG 2.4.6).",
        mend="Leave the heading out where it has no words.",
        find=_empty_headings,
    ),
    Rule(
        name="html-size",
        level=Level.MUST,
        why="Gmail cuts a message at about 102 KB: the way out and the address are then gone.",
        mend="Send fewer or shorter items; hide the longest in the preview.",
        find=_too_big,
    ),
    Rule(
        name="html-size-advised",
        level=Level.SHOULD,
        why="Above 60 KB a reply or a forwarded copy soon reaches Gmail's limit.",
        mend="See whether an item can be shorter or wait.",
        find=_big,
    ),
    *head.RULES,
    *outlook.RULES,
)
