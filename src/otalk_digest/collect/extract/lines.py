"""Lines of a post's text, folded so that patterns can trust them. Pure."""

import re
from functools import lru_cache

from otalk_digest.collect.patterns import Pattern

#: What one pattern is given to see at most: a megabyte on one line costs no more than this.
LINE_LIMIT = 4000
#: A pasted chat is cut off here; its block is looked for among all lines.
LINES_LIMIT = 6000

_FOLD = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u2010": "-",
        "\u2011": "-",
        "\u200b": None,
        "\u200c": None,
        "\u200d": None,
        "\u2060": None,
        "\ufeff": None,
        "\ufffc": None,
        "\u00ad": None,
    }
)
_FOLDED = Pattern(f"[{''.join(map(chr, _FOLD))}]")
_URL = Pattern(
    r"(?:https?://|www\.)\S+|(?<!\S)\S{1,300}\.(?:com|org|co|net|uk|example)/\S*", re.IGNORECASE
)
#: A full stop after one of these ends no sentence.
_ABBREVIATION = Pattern(r"\b(?:Dr|Mr|Mrs|Ms|Prof|St|vs|e\.g|i\.e|etc|al|No|pp?)\.$")
_SENTENCE_END = Pattern(r"(?<![.!?…])[.!?…]+[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9@#“‘])")
#: What stands before an item: "1." "1)" "1:" "Q1." "Q4 " "Question 1:" "•" ">" "-".
MARKER = Pattern(
    r"\s*(?:"
    r"(?P<number>\d{1,2})\s?[.):](?=\s|[A-Z“‘\"'])"
    r"|(?:Question|Qu?)\s?(?P<q>\d{1,2})\s?[.:);\-–]?(?=\s|[A-Z“‘\"'])"
    r"|(?P<bullet>[•◦▪●‣⁃·*>])\s*"
    r"|(?P<dash>[-–])\s+"
    r")\s*",
    re.IGNORECASE,
)


def fold(text: str) -> str:
    """Make every blank a space and drop what has no width (F21)."""
    return " ".join(_plain(text).split())


def _plain(text: str) -> str:
    """Translating costs more than looking whether it must be done."""
    return text.translate(_FOLD) if _FOLDED.search(text) else text


def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines that hold something, folded and none longer than the limit."""
    lines = (" ".join(line[:LINE_LIMIT].split()) for line in _plain(text).splitlines())
    return tuple(line for line in lines if line)


def without_urls(text: str) -> str:
    """Return the text with addresses blanked: dates and numbers in them mean nothing."""
    if "/" not in text and "www." not in text:
        return text
    return _URL.sub(" ", text)


def without_marker(line: str) -> str:
    """Return an item without its number or bullet."""
    match = MARKER.match(line)
    return line[match.end() :] if match else line


@lru_cache(maxsize=256)
def sentences(line: str) -> tuple[str, ...]:
    """Cut a paragraph into sentences, good enough for names with titles and initials."""
    found: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(line):
        end = match.end()
        if _ABBREVIATION.search(line, max(start, end - 8), match.start() + 1):
            continue
        found.append(line[start:end].strip())
        start = end
    rest = line[start:].strip()
    if rest:
        found.append(rest)
    return tuple(found)
