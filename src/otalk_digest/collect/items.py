"""Pure. A feed's text, cut into a head and whole items, so that no item can harm another.

A document that broke off still gives every item that is complete, and an item that is
ill-formed is read alone (RELIABILITY 1.11, 1.12).
"""

import re
from dataclasses import dataclass

from otalk_digest.model.feed import FeedKind

_ROOT = re.compile(r"<((?:[A-Za-z_][\w.-]{0,40}:)?)(rss|feed)(?=[\s>])[^<>]{0,10000}>")
#: RSS 0.92 and older have neither guids nor dates, so no post could be known again (T33).
_OLD_RSS = re.compile(r"""<[^<>]*\sversion\s*=\s*["'](0\.\d{1,2})["']""")
_CHANNEL = re.compile(r"<channel(?=[\s>])[^<>]{0,10000}>")
_BLANKS = re.compile(r"\s*")
_HTML = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
#: No blog shows so many; a document that does is not worth its time.
_MOST_ITEMS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Where the parts of a feed are."""

    kind: FeedKind
    #: The root element's opening, with its namespaces, and the channel's.
    opening: str
    closing: str
    #: What describes the feed itself.
    head: str
    items: tuple[str, ...]
    #: What stands before the root element.
    preamble: str
    #: What is missing of the document as a whole.
    faults: tuple[str, ...]

    def document(self, part: str) -> bytes:
        """A feed of its own, UTF-8, that holds only this part."""
        return f"{self.opening}{part}{self.closing}".encode()


def outline(text: str) -> Outline | None:
    """None when there is no RSS 2.0 and no Atom in it."""
    root = _ROOT.search(text)
    if root is None or _OLD_RSS.match(root.group()) or _HTML.search(text, 0, root.start()):
        return None
    prefix, name = root.groups()
    is_rss = name == "rss"
    channel = _CHANNEL.match(text, _past_blanks(text, root.end())) if is_rss else None
    start = root.end() if channel is None else channel.end()
    head_end, items, faults = _cut(text, start, "item" if is_rss else f"{prefix}entry")
    closing = f"</{prefix}{name}>"
    if closing not in text[root.end() :]:
        faults = (*faults, "the document breaks off")
    opening = channel.group() if channel else "<channel>"
    return Outline(
        kind=FeedKind.RSS2 if is_rss else FeedKind.ATOM,
        opening=root.group() + (opening if is_rss else ""),
        closing=("</channel>" if is_rss else "") + closing,
        head=text[start:head_end],
        items=items,
        preamble=text[: root.start()],
        faults=faults,
    )


def _past_blanks(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return position if match is None else match.end()


def _cut(text: str, start: int, name: str) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """The end of the head, the complete items, and what was left out."""
    marks = re.compile(
        rf"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<(?P<close>/?){name}(?=[\s>/])[^<>]*>",
        re.DOTALL,
    )
    head_end: int | None = None
    opened: int | None = None
    items: list[str] = []
    unfinished = 0
    for mark in marks.finditer(text, start):
        closing = mark["close"]
        if closing is None or mark.group().endswith("/>"):
            continue
        if not closing:
            head_end = mark.start() if head_end is None else head_end
            unfinished += opened is not None
            opened = mark.start()
        elif opened is not None:
            items.append(text[opened : mark.end()])
            opened = None
        if len(items) > _MOST_ITEMS:
            break
    unfinished += opened is not None
    faults = [f"{unfinished} of its items have no end and were left out"] if unfinished else []
    if len(items) > _MOST_ITEMS:
        faults.append(f"only its first {_MOST_ITEMS:,} items were read")
    head_end = len(text) if head_end is None else head_end
    return head_end, tuple(items[:_MOST_ITEMS]), tuple(faults)
