"""Rules about what only classic Outlook reads: its comments, their tables, its drawings. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from otalk_digest.check.conditions import OUTLOOKS
from otalk_digest.check.mail import Mail
from otalk_digest.check.rule import Rule
from otalk_digest.check.source import Source, Tag, read_source
from otalk_digest.model.finding import Level, Part, Place

#: CSS pixels; a column wider than this makes lines too long to read (WCAG 1.4.8).
COLUMN_MOST: Final = 640
_DPI: Final = re.compile(
    r"<o:OfficeDocumentSettings\b.*?<o:PixelsPerInch>\s*96\s*</o:PixelsPerInch>",
    re.DOTALL | re.IGNORECASE,
)
_WIDTH: Final = re.compile(r"\s*(\d+)\s*(?:px)?\s*", re.IGNORECASE)
_PARTS: Final = frozenset({"table", "tr", "td", "th"})
#: What VML draws, as opposed to how it is filled and lettered.
_SHAPES: Final = frozenset(
    f"v:{shape}"
    for shape in ("shape", "rect", "roundrect", "oval", "line", "polyline", "curve", "arc", "image")
)
_NOT_IN_VML: Final = frozenset({"a", "h1", "h2", "h3", "h4", "h5", "h6"})


def _dpi(mail: Mail) -> Iterator[Place]:
    head = mail.html.lower().find("<body")
    for condition in read_source(mail.html).conditions:
        is_in_head = head < 0 or condition.end < head
        is_set = _DPI.search(mail.html, condition.start, condition.end) is not None
        if is_in_head and is_set and not condition.is_open_to_all:
            return
    yield Place(part=Part.HTML, excerpt="no <o:PixelsPerInch>96 in a comment for Outlook")


def _comments(mail: Mail) -> Iterator[Place]:
    source = read_source(mail.html)
    for offset, complaint in source.errors:
        yield source.place(offset, f"{complaint}: {mail.html[offset : offset + 60]}")


def _tables(mail: Mail) -> Iterator[Place]:
    source = read_source(mail.html)
    # Versions mostly see the same.
    seen = (source.tags_for_others(), *map(source.tags_for_outlook, OUTLOOKS))
    views = {tuple(tag for tag in tags if tag.name in _PARTS) for tags in seen}
    for offset in sorted({tag.offset for view in views for tag in _unbalanced(view)}):
        yield source.place(offset)


def _unbalanced(tags: Iterable[Tag]) -> Iterator[Tag]:
    """Yield the first tag at which rows and cells do not close as they opened."""
    open_tags: list[Tag] = []
    for tag in tags:
        if not tag.is_end:
            open_tags.append(tag)
        elif open_tags and open_tags[-1].name == tag.name:
            open_tags.pop()
        else:
            yield tag
            return
    yield from open_tags[:1]


def _ghosts(source: Source) -> Iterator[Tag]:
    for tag in source.tags_of_outlook_only():
        if tag.name == "table" and not tag.is_end:
            yield tag


def _ghost_tables(mail: Mail) -> Iterator[Place]:
    source = read_source(mail.html)
    found = list(_ghosts(source))
    if not found:
        yield Place(part=Part.HTML, excerpt="no table of fixed width in a comment for Outlook")
    for table in found:
        width = _WIDTH.fullmatch(table.get("width") or "")
        is_fixed = width is not None and 0 < int(width[1]) <= COLUMN_MOST
        if not is_fixed or (table.get("role") or "").lower() not in {"presentation", "none"}:
            yield source.place(table.offset)


def _vml_links(mail: Mail) -> Iterator[Place]:
    source = read_source(mail.html)
    depth = 0
    for tag in source.tags_for_outlook():
        if tag.name.startswith("v:") and tag.name in _SHAPES | {"v:textbox", "v:group"}:
            depth += -1 if tag.is_end else not _is_closed(mail.html, tag)
            if not tag.is_end and tag.get("href") is not None:
                yield source.place(tag.offset)
        elif depth > 0 and tag.name in _NOT_IN_VML and not tag.is_end:
            yield source.place(tag.offset)


def _is_closed(html: str, tag: Tag) -> bool:
    return html[: html.find(">", tag.offset)].rstrip().endswith("/")


def _vml_alt(mail: Mail) -> Iterator[Place]:
    source = read_source(mail.html)
    for tag in source.tags_for_outlook():
        if tag.name in _SHAPES and not tag.is_end and not (tag.get("alt") or "").strip():
            yield source.place(tag.offset)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="outlook-dpi",
        level=Level.MUST,
        why="On displays at 120 % classic Outlook scales words and boxes differently without it.",
        mend="Keep the <o:OfficeDocumentSettings> comment in the head, with 96 pixels an inch.",
        find=_dpi,
    ),
    Rule(
        name="outlook-comments",
        level=Level.MUST,
        why="A comment that does not close hides the rest of the message from Outlook, or shows "
        "its innards to everyone.",
        mend="Write <!--[if mso]>…<![endif]-->, or <!--[if !mso]><!-->…<!--<![endif]--> for the "
        "others.",
        find=_comments,
    ),
    Rule(
        name="tables-balanced",
        level=Level.MUST,
        why="Classic Outlook puts what follows a table that is not closed anywhere.",
        mend="Close each table, row and cell in the order they opened, in the comments too.",
        find=_tables,
    ),
    Rule(
        name="ghost-table",
        level=Level.MUST,
        why="Classic Outlook heeds max-width on tables only; the column would fill the window.",
        mend='Put the column into a table in a comment for mso, with role="presentation" and a '
        f"width in pixels of at most {COLUMN_MOST}.",
        find=_ghost_tables,
    ),
    Rule(
        name="vml-no-link",
        level=Level.MUST,
        why="The keyboard cannot reach a link in a VML drawing, and its headings are not read.",
        mend="Use a link in a table cell with a background colour as a button.",
        find=_vml_links,
    ),
    Rule(
        name="vml-alt",
        level=Level.MUST,
        why="A drawing without alt is read out as an unnamed shape (WCAG 1.1.1).",
        mend="Give the drawing an alt, or leave it out.",
        find=_vml_alt,
    ),
)
