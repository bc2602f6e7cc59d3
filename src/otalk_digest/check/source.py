"""The HTML part as written: tags, comments, and what each Outlook makes of them. Pure.

A parser mends what is broken and keeps comments shut; these rules need to see both.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from otalk_digest.check.conditions import OUTLOOKS, holds, is_readable
from otalk_digest.model.finding import Part, Place

_EXCERPT: Final = 120

_TAG: Final = re.compile(
    r"""<(?P<slash>/?)(?P<name>[A-Za-z][^\s/>]*)(?P<rest>(?:"[^"]*"|'[^']*'|[^'">])*)>"""
)
_ATTRIBUTE: Final = re.compile(
    r"""([^\s"'>/=][^\s"'>/=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?"""
)
_COMMENT: Final = re.compile(
    r"<!--(?:-?>|(?P<body>.*?)(?:--!?>|\Z))|<!\[(?P<bogus>[^>]*)>", re.DOTALL
)
_IF: Final = re.compile(
    r"\s*\[if\s+(?P<when>[^\]]*)\]\s*>(?P<then>.*)\Z", re.DOTALL | re.IGNORECASE
)
_ENDIF: Final = re.compile(r"<!\[endif\]\s*\Z", re.IGNORECASE)
_RAW_TEXT: Final = re.compile(
    r"(<(style|script|title|textarea)\b[^>]*>)(.*?)(?=</\2\b|\Z)", re.DOTALL | re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A conditional comment."""

    #: What is asked, e.g. "mso" or "gte mso 9".
    when: str
    #: Of its body in the source.
    start: int
    end: int
    #: Whether other programs see the body as well.
    is_open_to_all: bool


@lru_cache(maxsize=4096)
def _attributes(rest: str) -> tuple[tuple[str, str], ...]:
    return tuple((name.lower(), value.strip("\"'")) for name, value in _ATTRIBUTE.findall(rest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A start or end tag as written."""

    #: In lower case.
    name: str
    is_end: bool
    #: What stands after the name.
    rest: str
    offset: int
    #: The conditional comments that it stands in.
    within: tuple[Condition, ...] = ()

    @property
    def attributes(self) -> tuple[tuple[str, str], ...]:
        """Names in lower case and values, in their order, doubled ones too."""
        return _attributes(self.rest)

    def get(self, name: str) -> str | None:
        """Return the first value of an attribute, as browsers do."""
        return next((value for own, value in self.attributes if own == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The HTML part with its comments told apart."""

    html: str
    conditions: tuple[Condition, ...]
    #: Offset and complaint, where conditional comments do not pair.
    errors: tuple[tuple[int, str], ...]
    #: Every tag that some program sees.
    tags: tuple[Tag, ...]

    def place(self, offset: int, excerpt: str | None = None) -> Place:
        """Return the place of something at an offset."""
        shown = " ".join((excerpt or self.html[offset : offset + _EXCERPT]).split())
        if len(shown) > _EXCERPT:
            shown = f"{shown[: _EXCERPT - 1]}…"
        return Place(part=Part.HTML, excerpt=shown, line=self.html.count("\n", 0, offset) + 1)

    def tags_for_others(self) -> Iterator[Tag]:
        """Yield the tags that programs see which know no conditional comments."""
        return (tag for tag in self.tags if all(each.is_open_to_all for each in tag.within))

    def tags_for_outlook(self, version: int = OUTLOOKS[-1]) -> Iterator[Tag]:
        """Yield the tags that a classic Outlook sees."""
        return (tag for tag in self.tags if all(holds(each.when, version) for each in tag.within))

    def tags_of_outlook_only(self) -> Iterator[Tag]:
        """Yield the tags in comments that only some Outlook opens."""
        return (tag for tag in self.tags if not all(each.is_open_to_all for each in tag.within))


@lru_cache(maxsize=4)
def read_source(html: str) -> Source:
    """Tell the comments of a page apart."""
    comments = _Comments()
    for found in _COMMENT.finditer(html):
        comments.take(found)
    unended = [(start, "this beginning has no end") for _, start, _ in comments.waiting]
    return Source(
        html=html,
        conditions=tuple(comments.conditions),
        errors=tuple(sorted((*comments.errors, *unended))),
        tags=tuple(_tags(_blanked(html, comments.marks), comments.conditions)),
    )


def _tags(html: str, conditions: list[Condition]) -> Iterator[Tag]:
    """Yield tags as written; the text of style and title holds none."""
    for found in _TAG.finditer(_RAW_TEXT.sub(_emptied, html)):
        yield Tag(
            name=found["name"].lower(),
            is_end=bool(found["slash"]),
            rest=found["rest"],
            offset=found.start(),
            within=tuple(each for each in conditions if each.start <= found.start() < each.end),
        )


class _Comments:
    """Pairs beginnings with ends."""

    def __init__(self) -> None:
        self.conditions: list[Condition] = []
        self.errors: list[tuple[int, str]] = []
        self.marks: list[tuple[int, int]] = []
        #: What is asked, where its comment starts, where its body does.
        self.waiting: list[tuple[str, int, int]] = []

    def take(self, found: re.Match[str]) -> None:
        body = found["body"] or ""
        if found["bogus"] is not None:
            self.errors.append((found.start(), "write <!--[if !mso]><!--> and <!--<![endif]-->"))
        elif _ENDIF.fullmatch(body.strip()):
            self._end(found)
        elif (asked := _IF.match(body)) is not None:
            self._begin(found, asked)
        else:
            self.marks.append(found.span())
            if "[endif]" in body.lower() or "[if" in body.lower():
                self.errors.append((found.start(), "this is neither a beginning nor an end"))

    def _end(self, found: re.Match[str]) -> None:
        self.marks.append(found.span())
        if not self.waiting:
            self.errors.append((found.start(), "this end has no beginning"))
            return
        when, _, body = self.waiting.pop()
        self.conditions.append(
            Condition(when=when, start=body, end=found.start(), is_open_to_all=True)
        )

    def _begin(self, found: re.Match[str], asked: re.Match[str]) -> None:
        when, then = asked["when"], asked["then"]
        if not is_readable(when):
            self.errors.append((found.start(), "no Outlook knows this condition"))
        if then.strip() in {"", "<!"} or then.lstrip().startswith("<!--"):
            self.marks.append(found.span())
            self.waiting.append((when, found.start(), found.end()))
        elif (close := _ENDIF.search(then)) is not None:
            start = found.start("body") + asked.start("then")
            end = start + close.start()
            self.marks += [(found.start(), start), (end, found.end())]
            self.conditions.append(Condition(when=when, start=start, end=end, is_open_to_all=False))
        else:
            self.marks.append(found.span())
            self.errors.append((found.start(), "this beginning has no end"))


def _emptied(found: re.Match[str]) -> str:
    return found[1] + " " * len(found[3])


def _blanked(html: str, spans: list[tuple[int, int]]) -> str:
    """Put blanks where something is not seen, so that offsets stay what they are."""
    pieces, after = [], 0
    for start, end in sorted(spans):
        if end <= after:
            continue
        begin = max(start, after)
        pieces += [html[after:begin], " " * (end - begin)]
        after = end
    return "".join((*pieces, html[after:]))
