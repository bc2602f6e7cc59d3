"""Rules over what templates and encodings leave behind. Pure.

A post may say `{{7*7}}`, `<%tag%>` or `<script>`, and its readers see just that. What our own
templates left behind is told from it by where it stands: a theme puts the words of a post
into an element with dir="auto" (so that an Arabic name turns nothing round) or into a link;
everything else, and everything that is not text, is the theme's. Where only the form differs,
the two parts are compared: what a post says stands in both, a double escape in one.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from lxml import etree

from otalk_digest.check.mail import Mail, at, in_part
from otalk_digest.check.page import shown, squeezed, visible_text
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Part, Place

#: The fields of the theme's own words; a brace around another word is a post's.
_FIELDS: Final = (
    "after|before|chats|city|date|day|end|end_zone|figure|half|hosts|hour12|hour24|hours|label"
    "|minute|moment|month|name|new|number|old|place|platform|posts|short_month|short_weekday"
    "|start|step|subject|summary|tag|title|topic|weekday|year|zone"
)
#: What a template engine or a provider fills in.
MARK: Final = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<%.*?%>|\$\{\w+\}|\*\|\w+\|\*"
    r"|\{\{|\}\}|\{%|%\}|\{#|#\}|<%|%>"
    rf"|\{{(?:{_FIELDS})\}}"
)
#: Taken out of a topic before it becomes a subject, so that there they are never a post's.
_CALMED: Final = re.compile(r"\{[{%#]|[}%#]\}|<%|%>")
#: In CSS "}}" and "{#" are plain rules, and in an address of a post braces may stand.
_NAMED_MARK: Final = re.compile(r"(?:\{\{|%7B%7B)(?:\s|%20)*[a-z_][\w.]*|\{%|<%", re.IGNORECASE)
#: The marks of readers' own fields, before they are filled in.
_TOKEN: Final = re.compile(r"OTD[0-9A-F]{10}x[A-Z]\d\d[HT]z")
#: Invisible characters in a row, as the filler trick puts behind a preheader.
FILLER: Final = re.compile("(?:[\u00ad\u034f\u180e\u200b-\u200d\u2007\u2060\ufeff][\\s\u00a0]*){3}")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,9});")
_TAG: Final = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]{0,200})?/?>|<!--|<!DOCTYPE", re.IGNORECASE)
#: UTF-8 read as Windows-1252 or Latin-1; and what stands for bytes that nobody could read.
_MOJIBAKE: Final = re.compile(
    "\u00e2\u20ac[\u2122\u0153\u009d\u201c\u201d\u2013\u2014\u02dc\u00a6]|\u00e2\u0080[\u0080-\u00bf]"
    "|\u00c3[\u0080-\u009f\u00a1-\u00bf\u0192\u0152\u2030]|\u00c2[\u0080-\u00bf]|\u00ef\u00bb\u00bf|\ufffd"
)
#: C0 and C1 but tab and newline, marks that turn a whole line round, and non-characters.
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffc\ufeff\ufffe\uffff]"
)
#: What code says of nothing.
_NOTHING: Final = re.compile(r"None|null|undefined|Undefined|NaN|nan|\[object Object\]|\[\]|\{\}")
#: Attributes that hold words, which may be a post's.
_WORDED: Final = frozenset(("alt", "aria-label", "summary", "title"))
_ADDRESSES: Final = frozenset(("href", "src"))


def mark_in(line: str, mail: Mail) -> str | None:
    """Return a template's mark in a line that holds a topic too; a post's own marks are none."""
    for found in MARK.finditer(line):
        if _CALMED.search(found[0]) or squeezed(found[0]) not in "".join(_post_lines(mail)):
            return found[0]
    return None


def _post_lines(mail: Mail) -> set[str]:
    """Return what is, or may be, a post's: what stands in an element with dir="auto", or a link."""
    found = (visible_text(each) for each in mail.body.xpath(".//a | .//*[@dir='auto']"))
    return {squeezed(line) for text in found for line in text.split("\n")}


def _in_lines(mail: Mail, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], Place]]:
    for number, line in enumerate(mail.lines, start=1):
        for match in pattern.finditer(line):
            yield match, in_part(Part.TEXT, line, number)


def _in_html(mail: Mail, pattern: re.Pattern[str]) -> Iterator[Place]:
    for number, line in enumerate(mail.html.split("\n"), start=1):
        match = pattern.search(line)
        if match:
            around = line[max(match.start() - 30, 0) : match.end() + 30]
            yield in_part(Part.HTML, around.encode("unicode_escape").decode(), number)


def _everywhere(mail: Mail, pattern: re.Pattern[str]) -> Iterator[Place]:
    yield from _in_html(mail, pattern)
    for _, place in _in_lines(mail, pattern):
        yield place
    for calendar in mail.calendars:
        if match := pattern.search(calendar.replace(b"\r\n", b"\n").decode("utf-8", "replace")):
            yield in_part(Part.CALENDAR, match[0].encode("unicode_escape").decode())
    if match := pattern.search(mail.header("Subject") or ""):
        yield in_part(Part.HEADER, f"Subject: {match[0].encode('unicode_escape').decode()}")


def _tokens(mail: Mail) -> Iterator[Place]:
    yield from _everywhere(mail, _TOKEN)


def _marks(mail: Mail) -> Iterator[Place]:
    yield from _marks_in_markup(mail)
    for line in visible_text(mail.body, skip=frozenset(("a",)), has_posts=False).split("\n"):
        if MARK.search(line):
            yield in_part(Part.HTML, line)
    said: str | None = None
    for match, place in _in_lines(mail, MARK):
        said = "\n".join(_post_lines(mail)) if said is None else said
        if squeezed(match[0]) not in said:
            yield place


def _marks_in_markup(mail: Mail) -> Iterator[Place]:
    for element in mail.elements():
        for name, value in element.attrib.items():
            pattern = _NAMED_MARK if name in _ADDRESSES else MARK
            if name not in _WORDED and pattern.search(f"{name} {value}"):
                yield at(element, f'{name}="{value}"')
        if element.tag == "style" and _NAMED_MARK.search(element.text or ""):
            yield at(element)
        if element.tag == "title" and mark_in(element.text or "", mail):
            yield at(element)
    for comment in mail.tree.iter(etree.Comment):
        if MARK.search(comment.text or ""):
            yield in_part(Part.HTML, f"<!--{comment.text}-->", comment.sourceline)


def _entities(mail: Mail) -> Iterator[Place]:
    """A double escape stands in the HTML only; a post that speaks of entities, in both parts."""
    said = squeezed(mail.text)
    for line in mail.seen.split("\n"):
        # Long words have places to break, of no width, within them.
        if any(squeezed(found[0]) not in said for found in _ENTITY.finditer(shown(line))):
            yield in_part(Part.HTML, line)


def tags_in_text(mail: Mail) -> Iterator[Place]:
    """Yield lines of text with tags or entities that the HTML does not show as words."""
    said = squeezed(mail.seen)
    for pattern in (_TAG, _ENTITY):
        for match, place in _in_lines(mail, pattern):
            if squeezed(match[0]) not in said:
                yield place


def _nothing(mail: Mail) -> Iterator[Place]:
    """A whole line that is what code says of an absent value; a post's own words may be so."""
    for line in visible_text(mail.body, has_posts=False).split("\n"):
        if _NOTHING.fullmatch(line):
            yield in_part(Part.HTML, line)
    for number, line in enumerate(mail.lines, start=1):
        last = line.rpartition(": ")[2].strip()
        if _NOTHING.fullmatch(last) and squeezed(last) not in _post_lines(mail):
            yield in_part(Part.TEXT, line, number)


_THEME: Final = "Look for it in the theme's templates and in its theme.toml, and mend it there."

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="residue-token",
        level=Level.MUST,
        why="A field of the reader's own, such as the link to unsubscribe, was not filled in.",
        mend="Make the message again. If it stays, that is our mistake; send us the message.",
        find=_tokens,
    ),
    Rule(
        name="residue-mark",
        level=Level.MUST,
        why="The reader sees a template's own marks in place of words, or a mail program trips "
        "over them.",
        mend=f'{_THEME} Words of a post belong into an element with dir="auto".',
        find=_marks,
    ),
    Rule(
        name="residue-nothing",
        level=Level.MUST,
        why="The reader sees what a program says of an absent value.",
        mend="Ask for the value with {% if … %} in the theme's template, so that the part goes.",
        find=_nothing,
    ),
    Rule(
        name="double-escape",
        level=Level.MUST,
        why="The reader sees “&amp;” or the like in place of a letter.",
        mend="Take the second “escape” or “e” filter out of the theme's template.",
        find=_entities,
    ),
    Rule(
        name="mojibake",
        level=Level.MUST,
        why="Letters come out as others, because a text was read in the wrong encoding.",
        mend="Mend the words in the post on the blog and collect again; or save the theme's "
        "file as UTF-8.",
        find=partial(_everywhere, pattern=_MOJIBAKE),
    ),
    Rule(
        name="control-characters",
        level=Level.MUST,
        why="Invisible characters that steer can turn a text round or cut it off (Unicode TR36).",
        mend="Type the words anew, in the post on the blog or in the theme's file.",
        find=partial(_everywhere, pattern=_CONTROL),
    ),
)
