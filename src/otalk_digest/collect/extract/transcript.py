"""Where the transcript is. Pure. The word "transcript" is the sign."""

import re
from collections.abc import Sequence
from itertools import pairwise

from otalk_digest.collect.extract.lines import without_marker
from otalk_digest.collect.extract.markup import Link, read_links
from otalk_digest.collect.extract.sections import Sections, is_promise
from otalk_digest.collect.fold import squash
from otalk_digest.collect.patterns import Pattern

_WORD = Pattern(r"transcript", re.IGNORECASE)
#: Neighbours of the transcript in a header of 2013 to 2015.
_OTHER = Pattern(r"summary|storify|blog\s+post", re.IGNORECASE)
_URL = Pattern(r"https?://[^\s<>\"]+")
_TRAILING = ".,;:)]’”'\""


def find_transcript(sections: Sections, html: str, *, is_transcript_post: bool) -> str | None:
    """Return the transcript's address from header or block; from anywhere in a transcript post."""
    lines = sections.all_lines if is_transcript_post else (*sections.header, *sections.block)
    if not lines:
        return None
    links = read_links(html)
    keys = frozenset(_key(line) for line in lines) if links else frozenset()
    for link in links:
        if _is_transcript(link) and _key(link.line) in keys:
            return link.url
    return _after_heading(lines, links) or _in_text(lines)


def _is_transcript(link: Link) -> bool:
    if is_promise(link.line):
        return False
    if _WORD.search(link.text) or _WORD.search(link.url):
        return True
    # A whole sentence with a link: "Read the transcript here".
    return bool(_WORD.search(link.line)) and not _OTHER.search(link.text)


def _key(line: str) -> str:
    return squash(without_marker(line))


def _after_heading(lines: Sequence[str], links: Sequence[Link]) -> str | None:
    """The link on the line under "Online Transcript", when it does not repeat the word."""
    by_line = {_key(link.line): link.url for link in reversed(links)}
    for line, after in pairwise(lines):
        if _WORD.search(line) and not is_promise(line) and _key(after) in by_line:
            return by_line[_key(after)]
    return None


def _in_text(lines: Sequence[str]) -> str | None:
    for index, line in enumerate(lines):
        if not _WORD.search(line) or is_promise(line):
            continue
        for near in lines[index : index + 2]:
            if match := _URL.search(near):
                return match.group().rstrip(_TRAILING)
    return None
