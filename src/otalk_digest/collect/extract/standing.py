"""Whether a chat is off, put off or moved, as its title or first lines say. Pure."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from otalk_digest.collect.patterns import Pattern


class Standing(Enum):
    """What the post says about its chat taking place."""

    CANCELLED = auto()
    POSTPONED = auto()
    #: Moved: the date beside the word is the new one.
    RESCHEDULED = auto()


_WORDS = (
    r"(?P<word>cancell?ed|cancell?ation|called\s+off|postponed|postponement|re-?scheduled"
    r"|new\s+date)"
)
#: One of these stands wherever a status does.
_STATUS = ("cancel", "called", "postpon", "schedul", "new", "moved")
_IN_TITLE = Pattern(
    r"\b(?:(?:now|sadly)\s+)?"
    + _WORDS
    + r"\b(?P<towards>\s*[:–—\-]?\s*(?:now\s+)?(?:to|until|till|from)\b(?=\s+[\w]*\s?\d))?",
    re.IGNORECASE,
    needs=_STATUS,
)
_TAG_END = Pattern(r"#\w+$")
_DAY_START = Pattern(r"(?:\w+day\s+)?\d{1,2}\s?(?:st|nd|rd|th|[/.\-]\d|\s[A-Z])")
_EDGE = "–—-:()[]!*,.|"
_STRIP = " –—-:()[]!*,|"
_LINE_START = Pattern(
    r"\W*(?:(?:please\s+note|update[d]?|important|nb|sorry)\b[\s:;,!–—\-]*)*"
    + _WORDS
    + r"\b\s*(?:[:!.,–—\-]|to\b|until\b|due\b|$|[A-Z#])",
    re.IGNORECASE,
    needs=_STATUS,
)
#: What may stand between "this chat" and "has been cancelled": when it was to be, no more.
_GAP = (
    r"(?:[\s,]+(?:chat|talk|tweet|event|session|on|at|for|of|scheduled|planned|due|tonight|tomorrow"
    r"|this|next|the|weeks?|week[’']s|evening|evening[’']s|\w{3,6}day|\d{1,2}(?:st|nd|rd|th|pm)?"
    r"|\d{4}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})){0,9}"
)
_SENTENCE = Pattern(
    r"\b(?:chat|talk|otalk|tonight|this\s+(?:week|evening|tuesday|event|session)(?:[’']s)?)\b"
    + _GAP
    + r"\s+(?:is|has\s+been|have\s+been|will\s+be|has|was|had)\s+"
    r"(?:now\s+|sadly\s+|unfortunately\s+|had\s+to\s+|to\s+be\s+|been\s+|being\s+)*"
    r"(?P<word>cancel(?:l?ed)?|called\s+off|postponed?|re-?scheduled?|moved)\b(?!\s+by\b)",
    re.IGNORECASE,
    needs=_STATUS,
)
_WE_HAD_TO = Pattern(
    r"\bwe(?:\s+have|[’']ve|\s+are|\s+had)?\s+(?:\w+\s+){0,3}?"
    r"(?P<word>cancel(?:l?(?:ed|ing))?|postpon(?:e|ed|ing)|re-?schedul(?:e|ed|ing))\s+"
    r"(?:this|tonight|the|our)\b.{0,30}?\b(?:chat|talk|#\w+)",
    re.IGNORECASE,
    needs=_STATUS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleStanding:
    """A title without its status word, and where the date that the word speaks of begins."""

    title: str
    standing: Standing | None
    #: "postponed to …": the date from here on is the new one.
    new_date_from: int | None = None
    #: "postponed from …": the date from here on is the old one.
    old_date_from: int | None = None


def strip_standing(title: str) -> TitleStanding:
    """Take a word like CANCELLED off a title when it stands apart from the topic."""
    for match in _IN_TITLE.finditer(title):
        before, after = title[: match.start()], title[match.end() :]
        if not _stands_apart(before, after, match):
            continue
        left, right = before.rstrip(_STRIP), after.lstrip(_STRIP)
        joint = " | " if left and right else ""
        towards = (match["towards"] or "").split()[-1:]
        standing, start = _standing(match["word"]), len(left + joint)
        if not towards or standing is Standing.CANCELLED:
            return TitleStanding(title=left + joint + right, standing=standing)
        is_old = towards[0].casefold() == "from"
        return TitleStanding(
            title=left + joint + right,
            standing=Standing.RESCHEDULED,
            new_date_from=None if is_old else start,
            old_date_from=start if is_old else None,
        )
    return TitleStanding(title=title, standing=None)


def _stands_apart(before: str, after: str, match: re.Match[str]) -> bool:
    left, right = before.rstrip(), after.lstrip()
    opens = not left or left[-1] in _EDGE
    closes = not right or right[0] in _EDGE or right.startswith("#")
    if match["towards"] or (opens and closes):
        return True
    is_beside_tag = _TAG_END.search(left) is not None
    is_beside_day = _DAY_START.match(right) is not None
    is_loud = match["word"].isupper()
    return (is_loud and (opens or closes or is_beside_tag)) or is_beside_day


def read_standing(lines: tuple[str, ...]) -> tuple[Standing, str] | None:
    """Return what a note at the top of the text says, and the line that says it."""
    for line in lines:
        match = _LINE_START.match(line) or _SENTENCE.search(line) or _WE_HAD_TO.search(line)
        if match:
            return _standing(match["word"]), line
    return None


def _standing(word: str) -> Standing:
    lower = word.casefold()
    if lower.startswith("cancel") or "off" in lower:
        return Standing.CANCELLED
    if lower.startswith("postpone"):
        return Standing.POSTPONED
    return Standing.RESCHEDULED
