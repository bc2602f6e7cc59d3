"""Who is on the chat's account while others host. Pure."""

import re
from collections.abc import Sequence

from otalk_digest.collect.extract.lines import sentences
from otalk_digest.collect.extract.people import Found, handles_in, names_in, people_in
from otalk_digest.collect.extract.sections import Sections
from otalk_digest.collect.patterns import Pattern
from otalk_digest.model.chat import ChatProfile

#: "Hosting and on the #OTalk account @x": one person is both.
BOTH = Pattern(r"\bhosting\s+and\s+on\s+the\b.{0,30}?\baccount\b(?P<who>.*)", re.IGNORECASE)
_SUPPORT = Pattern(
    r"\b(?:support(?:\s+on\s+(?:the\s+)?[#@]?\w+\s+account)?\s*[:;]\s*"
    r"|on\s+(?:the\s+)?[#@]?\w+\s+account\b(?:\s+(?:is|will\s+be|tonight|was))?\s*[:;,\-–]?\s*)"
    r"(?P<who>[^.]{1,120})",
    re.IGNORECASE,
)
_ON_ACCOUNT = Pattern(
    r"(?P<who>@\w{1,30})\W{0,3}(?:\([^)]{1,40}\)\s*)?"
    r"(?:(?:will\s+be|is|was|are)\s+)?(?:supporting\s+)?on\s+(?:the\s+)?(?:[#@]?\w+\s+)?account\b",
    re.IGNORECASE,
)
_SUPPORTED = Pattern(r"\bsupported\s+by\b\s*(?P<who>[^.;]{1,120})", re.IGNORECASE)
#: No duty line is longer; only in one this short does a bare name count.
_LONGEST_LINE = 1200
_LONGEST_LABEL = 120
_FIRST_LINES = 2


def find_support(sections: Sections, profile: ChatProfile, *, is_research: bool) -> Found:
    """Return who is on the account, and the line; block first, then header, then text."""
    for line in (*sections.block, *sections.header, *sections.main):
        lower = line.lower()
        if len(line) > _LONGEST_LINE or not ("account" in lower or "support" in lower):
            continue
        if people := _in_line(line, profile):
            return people, line
    return _supported(sections.main, profile) if is_research else ((), "")


def _in_line(line: str, profile: ChatProfile) -> tuple[str, ...]:
    people: tuple[str, ...] = ()
    if match := BOTH.search(line) or _SUPPORT.search(line):
        people = handles_in(match["who"], profile)
        if not people and len(line) < _LONGEST_LABEL:
            people = names_in(match["who"], profile)
    if not people and (match := _ON_ACCOUNT.search(line)):
        people = handles_in(match["who"], profile)
    return people


def _supported(lines: Sequence[str], profile: ChatProfile) -> Found:
    """In research chats "supported by" in the first lines; elsewhere it names a co-host."""
    for line in lines[:_FIRST_LINES]:
        for sentence in sentences(line):
            match = _SUPPORTED.search(sentence)
            if match and (people := people_in(match["who"], profile)):
                return people, sentence
    return (), ""
