"""Pure. More markup than any post has, thinned out before a parser pays for it.

Parsers compare each attribute of a tag with all others of it: 100,000 of them took 9 s in
html5ever and minutes in feedparser, which also needs 50 µs for each tag of its own.
"""

import re
from collections.abc import Iterable, Iterator

#: Of one tag, and of one post: no post comes near.
MOST_ATTRIBUTES = 200
MOST_TAGS = 20_000
#: XML tags of one item, and of all items together that have more than the usual few.
MOST_MARKS = 10_000
_MOST_MARKS_OF_ALL = 100_000
_USUAL_MARKS = 50

# Possessive throughout: what was read once is never read again.
_ATTRIBUTE = r"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+"
_TAG = re.compile(rf"<[A-Za-z][^\s/>]*+(?:{_ATTRIBUTE})*+")
_FIRST_ATTRIBUTES = re.compile(rf"<[A-Za-z][^\s/>]*+(?:{_ATTRIBUTE}){{0,{MOST_ATTRIBUTES}}}+")
#: A tag with so many attributes is at least this long.
_LONG = 2 * MOST_ATTRIBUTES
_OPENING = re.compile(r"</?[A-Za-z]")
#: All but those whose content is dropped later.
_SHOWN_TAG = re.compile(
    r"</?(?!(?:script|style|form|noscript|svg|textarea)[\s/>])[a-z][^<>]*>", re.IGNORECASE
)
_CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)


def thin_attributes(markup: str) -> str:
    """The same markup; of a tag with too many attributes, only the first ones stay."""
    return _TAG.sub(_thinned, markup) if len(markup) > _LONG else markup


def _thinned(tag: re.Match[str]) -> str:
    if tag.end() - tag.start() <= _LONG:
        return tag[0]
    first = _FIRST_ATTRIBUTES.match(tag[0])
    return tag[0] if first is None else first[0]


def thin_tags(html: str) -> str:
    """The same HTML; after too many tags the text stays, and the tags between its words go."""
    if html.count("<") <= MOST_TAGS:
        return html
    openings = _OPENING.finditer(html)
    for _ in zip(range(MOST_TAGS), openings, strict=False):
        pass
    last = next(openings, None)
    if last is None:
        return html
    return html[: last.start()] + _SHOWN_TAG.sub("\n", html[last.start() :])


def bearable(items: Iterable[str]) -> Iterator[str]:
    """Each item of a feed, or "" for one whose own markup is more than a parser should see."""
    left = _MOST_MARKS_OF_ALL
    for item in items:
        marks = _marks(item)
        is_crowded = marks > _USUAL_MARKS
        left -= marks if is_crowded else 0
        is_too_much = marks > MOST_MARKS or (is_crowded and left < 0)
        yield "" if is_too_much else thin_attributes(item)


def _marks(item: str) -> int:
    """How many XML tags it has; those in CDATA are text."""
    marks = item.count("<")
    return marks if marks <= _USUAL_MARKS else _CDATA.sub("", item).count("<")
