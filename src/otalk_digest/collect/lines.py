"""Pure. Sanitised HTML as the lines that a reader sees: one block, one line."""

from dataclasses import dataclass, field

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from otalk_digest.collect.fold import fold_line

_BLOCKS = frozenset(
    {
        *(
            "p",
            "div",
            "blockquote",
            "pre",
            "figure",
            "figcaption",
            "hr",
            "li",
            "ul",
            "ol",
            "dl",
            "dt",
        ),
        *("dd", "table", "caption", "thead", "tbody", "tfoot", "tr"),
        *("h1", "h2", "h3", "h4", "h5", "h6"),
    }
)
_CELLS = frozenset({"td", "th"})
_BULLET = "• "
_LONGEST_NUMBER = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: what the list put in front of it, and the words themselves."""

    marker: str
    words: str

    @property
    def text(self) -> str:
        """As it is read."""
        return self.marker + self.words


@dataclass(slots=True, kw_only=True)
class _Reader:
    """The line being read, and the lists that it stands in."""

    lines: list[Line] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    marker: str = ""
    #: For each open list its next number; None where it has bullets.
    lists: list[int | None] = field(default_factory=list)
    open_pres: int = 0

    def start(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in _BLOCKS or tag == "br":
            self.end_line()
        elif tag in _CELLS:
            self.pieces.append(" ")
        if tag == "a" and (target := element.get("href")):
            self.targets.append(target)
        elif tag in {"ol", "ul"}:
            self.lists.append(_number(element.get("start"), 1) if tag == "ol" else None)
        elif tag == "li":
            self.marker = self._next_marker(element)
        elif tag == "pre":
            self.open_pres += 1
        self.read(element.text)

    def end(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self.end_line()
        elif tag in _CELLS:
            self.pieces.append(" ")
        if tag in {"ol", "ul"}:
            self.lists.pop()
        elif tag == "li":
            self.marker = ""
        elif tag == "pre":
            self.open_pres -= 1
        self.read(element.tail)

    def read(self, text: str | None) -> None:
        if not text:
            return
        if not self.open_pres:
            self.pieces.append(text)
            return
        for number, line in enumerate(text.splitlines()):
            if number:
                self.end_line()
            self.pieces.append(line)

    def end_line(self) -> None:
        if not self.pieces:
            return
        words = fold_line("".join(self.pieces))
        self.pieces.clear()
        if words:
            self.lines.append(Line(marker=self.marker, words=words))
            self.marker = ""

    def _next_marker(self, item: HtmlElement) -> str:
        following = self.lists[-1] if self.lists else None
        if following is None:
            return _BULLET
        number = _number(item.get("value"), following)
        self.lists[-1] = number + 1
        return f"{number}. "


def read_lines(html: str) -> tuple[list[Line], list[str]]:
    """The lines, none of them empty, and where the links lead, in order.

    Cells of a row share a line, a space apart.
    """
    reader = _Reader()
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
    root = lxml_html.document_fromstring(f"<div>{html}</div>".encode(), parser=parser)
    # Events instead of recursion: a post may be nested deeper than Python's stack.
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            reader.start(element)
        else:
            reader.end(element)
    reader.end_line()
    return reader.lines, reader.targets


def _number(value: str | None, otherwise: int) -> int:
    text = (value or "").strip()
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_NUMBER
    return int(text) if is_number else otherwise
