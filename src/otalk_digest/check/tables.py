"""Rules about tables: those that lay out, and those that hold figures. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import html as lxml_html

from otalk_digest.check.mail import Mail, at
from otalk_digest.check.outlook import COLUMN_MOST
from otalk_digest.check.rule import Rule
from otalk_digest.check.source import Tag, read_source
from otalk_digest.check.styling import inline
from otalk_digest.model.finding import Level, Place

_RESET: Final = ("cellpadding", "cellspacing", "border")
_SCOPES: Final = frozenset({"col", "row", "colgroup", "rowgroup"})
_WIDTHS: Final = frozenset({"width", "max-width", "min-width"})
_PIXELS: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*", re.IGNORECASE)
_PARTS: Final = ("caption", "th", "td", "tr", "thead", "tbody", "tfoot", "colgroup", "col")
_LAYOUT: Final = frozenset({"presentation", "none"})


def is_layout(table: lxml_html.HtmlElement) -> bool:
    """Whether a table says of itself that it holds no figures."""
    return table.get("role", "").strip().lower() in _LAYOUT


def _own(table: lxml_html.HtmlElement, *names: str) -> Iterator[lxml_html.HtmlElement]:
    """Yield parts of a table that are not those of a table within."""
    for part in table.iter(*names):
        if next(part.iterancestors("table"), None) is table:
            yield part


def _roles(mail: Mail) -> Iterator[Place]:
    for table in mail.elements("table"):
        if not is_layout(table) and next(_own(table, "th"), None) is None:
            yield at(table)


def _reset(mail: Mail) -> Iterator[Place]:
    for table in mail.elements("table"):
        wrong = [name for name in _RESET if table.get(name, "").strip() != "0"]
        if is_layout(table) and wrong:
            yield at(table, f"<table> without {', '.join(f'{name}=0' for name in wrong)}")


def _ghost_reset(mail: Mail) -> Iterator[Place]:
    source = read_source(mail.html)
    for tag in source.tags_of_outlook_only():
        if _opens(tag, "table") and any((tag.get(name) or "").strip() != "0" for name in _RESET):
            yield source.place(tag.offset)


def _resets(mail: Mail) -> Iterator[Place]:
    yield from _reset(mail)
    yield from _ghost_reset(mail)


def _plain(mail: Mail) -> Iterator[Place]:
    for table in mail.elements("table"):
        if not is_layout(table):
            continue
        if table.get("summary") is not None:
            yield at(table, "<table> with a summary")
        for part in _own(table, *_PARTS):
            if part.tag in {"caption", "th"} or "scope" in part.attrib or "headers" in part.attrib:
                yield at(part)
    yield from _ghost_plain(mail)


def _ghost_plain(mail: Mail) -> Iterator[Place]:
    source = read_source(mail.html)
    for tag in source.tags_of_outlook_only():
        says = _opens(tag, "caption", "th") or tag.get("scope") is not None
        if says or (_opens(tag, "table") and tag.get("summary") is not None):
            yield source.place(tag.offset)


def _opens(tag: Tag, *names: str) -> bool:
    return tag.name in names and not tag.is_end


def _scopes(mail: Mail) -> Iterator[Place]:
    for table in mail.elements("table"):
        if is_layout(table):
            continue
        for cell in _own(table, "th"):
            if cell.get("scope", "").strip().lower() not in _SCOPES:
                yield at(cell)


def _columns(mail: Mail) -> Iterator[Place]:
    for element in mail.elements():
        said = [
            (f"{each.name}: {each.value}", each.value)
            for each in inline(element)
            if each.name in _WIDTHS
        ]
        if (width := element.get("width")) is not None:
            said.append((f'width="{width}"', width))
        for excerpt, value in said:
            found = _PIXELS.fullmatch(value)
            if found is not None and float(found[1]) > COLUMN_MOST:
                yield at(element, f"<{element.tag}> {excerpt}")


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="layout-table-role",
        level=Level.MUST,
        why="Screen readers announce rows and columns of a table that only lays things out "
        "(WCAG 1.3.1).",
        mend='Give it role="presentation"; a table of figures needs <th scope="…"> instead.',
        find=_roles,
    ),
    Rule(
        name="layout-table-reset",
        level=Level.MUST,
        why="Programs put space and lines of their own into a table that does not say 0.",
        mend='Write cellpadding="0" cellspacing="0" border="0".',
        find=_resets,
    ),
    Rule(
        name="layout-table-plain",
        level=Level.MUST,
        why="A caption, a header or a scope makes it a table of figures again for screen readers.",
        mend="Leave caption, th, scope, headers and summary out of tables for layout.",
        find=_plain,
    ),
    Rule(
        name="data-table-scope",
        level=Level.MUST,
        why="Without scope nobody hears which row or column a figure belongs to (WCAG 1.3.1).",
        mend='Give each <th> scope="row" or scope="col".',
        find=_scopes,
    ),
    Rule(
        name="column-width",
        level=Level.MUST,
        why=f"A column wider than {COLUMN_MOST} pixels has lines too long to read (WCAG 1.4.8).",
        mend=f"Keep widths at {COLUMN_MOST} pixels at most; 600 is what most programs show whole.",
        find=_columns,
    ),
)
