"""Sentences that name this chat's hosts: "… will be hosted by @x", "@x will host". Pure."""

import re
from collections.abc import Sequence

from otalk_digest.collect.extract.lines import sentences
from otalk_digest.collect.extract.people import (
    HANDLE,
    Found,
    handles_in,
    has_handle,
    names_in,
    people_in,
    unique,
)
from otalk_digest.collect.extract.support import BOTH
from otalk_digest.collect.patterns import Pattern
from otalk_digest.model.chat import ChatProfile

_BY = Pattern(
    r"\bhosted\s+(?:(?:this\s+(?:week|month|time|evening)|jointly|kindly|again)\s+)*by\b\s*[:;]?\s*"
    r"(?P<who>.*)",
    re.IGNORECASE | re.DOTALL,
)
_YOUR_HOST = Pattern(
    r"\byour\s+(?:co-?)?hosts?\s+(?:is|are|will\s+be|for\s+[^,.]{1,40}?(?:is|are))\b\s*(?P<who>.*)",
    re.IGNORECASE,
)
_WILL_HOST = Pattern(
    r"^(?P<who>.{0,200}?)\b(?:will|shall|(?:is|are)\s+going\s+to|is|are)\s+"
    r"(?:be\s+)?(?:(?:kindly|also|again|jointly)\s+)?(?:co-?)?host(?:ing)?\b"
    r"|^(?P<now>.{0,200}?)\bhosts\b(?=\s*(?:this|tonight|our|#|[.,!]|$))",
    re.IGNORECASE,
)
_WAS_HOSTED = Pattern(r"\bw(?:as|ere)\s+hosted\b", re.IGNORECASE)
_CO_HOST = Pattern(r"\bco-?host", re.IGNORECASE)
#: The sentence is about another chat (T9).
_OTHER_CHAT = Pattern(
    r"\b(?:last|previous(?:ly)?|earlier|next|another|other)\s+"
    r"(?:week|month|year|time|chats?|hour|spring|summer|autumn|winter|#?\w+\s?chat)"
    r"|\b(?:has|have|had|also|once|already|first|regularly|usually)\s+(?:been\s+)?hosted\b"
    r"|\bhad\s+been\b|\bin\s+(?:19|20)\d\d\b|\bhosted\s+(?:live|from|at|in|on)\b",
    re.IGNORECASE,
)
_OTHER_TAG = Pattern(r"#\w*chat\b", re.IGNORECASE, needs=("chat",))
_OURS = Pattern(r"\b(?:this|joint(?:ly)?|tonight)\b", re.IGNORECASE)
#: Where the hosts end and the rest of the sentence begins.
_STOP = Pattern(
    r"\b(?:who(?:se)?|which|where|thank|thanks|about|following|inspired|please|use|authors?)\b"
    r"|\bwith\s+(?:support|thanks|help)\b|\bbased\s+on\b|\bas\s+part\b"
    r"|\bto\s+(?:discuss|explore|talk|share|think|consider)\b"
    r"|\bon\s+(?:behalf|the\s+(?:topic|subject|theme|#?@?\w+\s+account))\b",
    re.IGNORECASE,
)
#: "from @TheHarbourTrust": where a host works, unless no handle came before it.
_PLACE = Pattern(
    r"\b(?:from|at|of|for|via|with\s+thanks\s+to|works?\s+with)\s+(?:the\s+)?"
    r"(?:[A-Z]\w+\s+){0,5}\(?$"
)


def hosts_of(clause: str, profile: ChatProfile) -> tuple[str, ...]:
    """Return every handle of a clause; without any, the names it begins with."""
    stop = _STOP.search(clause)
    near = clause[: stop.start()] if stop else clause
    found: list[str] = []
    for match in HANDLE.finditer(near):
        if not (found and _PLACE.search(near[: match.start()])):
            found.extend(handles_in(match.group(), profile))
    return unique(found) or names_in(near, profile)


def find_clause(lines: Sequence[str], profile: ChatProfile, tag: re.Pattern[str]) -> Found:
    """Return the hosts that a sentence about this chat names; co-hosts may stand in another."""
    first: Found = ((), "")
    late: Found = ((), "")
    co_hosts: list[str] = []
    for sentence in _candidates(lines, tag):
        people = _people(sentence, profile)
        if not people:
            continue
        if _CO_HOST.search(sentence) and first[0]:
            co_hosts.extend(people)
        elif _WAS_HOSTED.search(sentence) and not late[0]:
            late = people, sentence
        elif not first[0] or (has_handle(people) and not has_handle(first[0])):
            first = people, sentence
    return (unique((*first[0], *co_hosts)), first[1]) if first[0] else late


def _candidates(lines: Sequence[str], tag: re.Pattern[str]) -> list[str]:
    return [
        sentence
        for line in lines
        if "host" in line or "Host" in line
        for sentence in sentences(line)
        if "host" in sentence.lower() and not _is_other_chat(sentence, tag)
    ]


def _people(sentence: str, profile: ChatProfile) -> tuple[str, ...]:
    if match := BOTH.search(sentence):
        return handles_in(match["who"], profile)
    if match := _BY.search(sentence) or _YOUR_HOST.search(sentence):
        return hosts_of(match["who"], profile)
    if match := _WILL_HOST.search(sentence):
        return people_in(match["who"] or match["now"] or "", profile)
    return ()


def _is_other_chat(sentence: str, tag: re.Pattern[str]) -> bool:
    if _OTHER_CHAT.search(sentence):
        return True
    is_ours = tag.search(sentence) or _OURS.search(sentence)
    return bool(_OTHER_TAG.search(sentence)) and not is_ours
