"""Who hosts, and who is on the account. Pure.

Sources in the order of trust: post-chat block, header, title, a clause of the text, a label,
a signature, handles at the foot; last the post's author, flagged.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from otalk_digest.collect.extract.lines import sentences
from otalk_digest.collect.extract.people import HANDLE, handles_in, names_in, unique
from otalk_digest.collect.extract.sections import Sections
from otalk_digest.collect.extract.signature import signed_by
from otalk_digest.model.chat import ChatProfile

_BY = re.compile(
    r"\b(?P<co>co-?)?hosted\s+(?:this\s+(?:week|month|time|evening)\s+|jointly\s+|kindly\s+|again\s+)*by\b\s*[:;]?\s*(?P<who>.*)",
    re.IGNORECASE | re.DOTALL,
)
_LABEL = re.compile(
    r"(?:^|\bHost\b(?<=Host)|(?<=\s))(?P<word>(?:co-?)?hosts?|your\s+hosts?|chat\s+hosts?)(?:\s*\(s\))?\s*[:;]\s*(?P<who>.*)",
    re.IGNORECASE,
)
_LABEL_ALONE = re.compile(
    r"^\W*(?:your\s+|chat\s+|(?:to\s+be\s+|will\s+be\s+)?(?:co-?)?)?host(?:s|ed\s+by)?\s*[:;]?\W*$",
    re.IGNORECASE,
)
_WILL_HOST = re.compile(
    r"^(?P<who>.{0,200}?)\b(?:will|shall|is\s+going\s+to|are\s+going\s+to|is|are)\s+"
    r"(?:be\s+)?(?:(?:kindly|also|again|jointly)\s+)?(?:co-?)?host(?:ing)?\b"
    r"|^(?P<now>.{0,200}?)\bhosts\b(?=\s*(?:this|tonight|our|#|[.,!]|$))",
    re.IGNORECASE,
)
_YOUR_HOST = re.compile(
    r"\byour\s+(?:co-?)?hosts?\s+(?:is|are|will\s+be|for\s+[^,.]{1,40}?(?:is|are))\b\s*(?P<who>.*)",
    re.IGNORECASE,
)
_INVITES = re.compile(
    r"^(?P<who>.{1,160}?)\s+(?:invites?\s+you|(?:is|are)\s+(?:looking\s+for|asking|inviting|keen\s+to)"
    r"|would\s+like\s+(?:to\s+(?:invite|hear|ask|know)|your)|wants?\s+to\s+(?:hear|know|ask)|asks?\s+for)\b",
    re.IGNORECASE,
)
_BOTH = re.compile(r"\bhosting\s+and\s+on\s+the\b.{0,30}?\baccount\b(?P<who>.*)", re.IGNORECASE)
#: The sentence is about another chat (T9).
_OTHER_CHAT = re.compile(
    r"\b(?:last|previous(?:ly)?|earlier|next|another|other)\s+(?:week|month|year|time|chats?|hour|#?\w+\s?chat)|\blast\s+(?:spring|summer|autumn|winter)\b"
    r"|\b(?:has|have|had|also|once|already|first|regularly|usually)\s+(?:been\s+)?hosted\b|\bhad\s+been\b|\bin\s+(?:19|20)\d\d\b"
    r"|\bhosted\s+(?:live|from|at|in|on)\b",
    re.IGNORECASE,
)
_OTHER_TAG = re.compile(r"#\w*chat\b", re.IGNORECASE)
_OURS = re.compile(r"\b(?:this|joint(?:ly)?|tonight)\b", re.IGNORECASE)
_STOP = re.compile(
    r"\bwho(?:se)?\b|\bthank|\bthanks\b|\bwith\s+(?:support|thanks|help)\b|\bto\s+(?:discuss|explore|talk|share|think|consider)\b"
    r"|\babout\b|\bfollowing\b|\binspired\b|\bon\s+(?:behalf|the\s+(?:topic|subject|theme|#?@?\w+\s+account))\b|\bbased\s+on\b|\bplease\b|\buse\b|\bauthors?\b|\bwhich\b|\bwhere\b|\bas\s+part\b",
    re.IGNORECASE,
)
#: "from @TheHarbourTrust": where a host works, unless no handle came before it.
_PLACE = re.compile(
    r"\b(?:from|at|of|for|via|with\s+thanks\s+to|works?\s+with)\s+(?:the\s+)?(?:[A-Z]\w+\s+){0,5}\(?$"
)
_SUPPORTED = re.compile(r"\bsupported\s+by\b\s*(?P<who>[^.;]{1,120})", re.IGNORECASE)
_SUPPORT = re.compile(
    r"\b(?:support(?:\s+on\s+(?:the\s+)?[#@]?\w+\s+account)?\s*[:;]\s*|on\s+(?:the\s+)?[#@]?\w+\s+account\b(?:\s+(?:is|will\s+be|tonight|was))?\s*[:;,\-–]?\s*)(?P<who>[^.]{1,120})",
    re.IGNORECASE,
)
_ON_ACCOUNT = re.compile(
    r"(?P<who>@\w{1,30})\W{0,3}(?:\([^)]{1,40}\)\s*)?"
    r"(?:(?:will\s+be|is|was|are)\s+)?(?:supporting\s+)?on\s+(?:the\s+)?(?:[#@]?\w+\s+)?account\b",
    re.IGNORECASE,
)
_FAR = 60
_LABEL_LINES = 8
_LONG = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """Hosts and support, and the words they were read from."""

    hosts: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    host_text: str = ""
    support_text: str = ""
    #: Nobody is named: this is the post's author.
    is_fallback: bool = False


Found = tuple[tuple[str, ...], str]


def find_hosts(
    sections: Sections,
    profile: ChatProfile,
    *,
    tag: re.Pattern[str],
    title_clause: str | None,
    author: str | None,
    is_research: bool,
) -> Hosts:
    """Return hosts and support; handles before names, every source in its order."""
    support, support_text = _support(sections, profile, is_research=is_research)
    hosts, text = _best(_sources(sections, profile, tag, title_clause=title_clause))
    if is_research or (support_text and text in support_text and "account" in text):
        # In these sentences support stands beside the hosts; alone, one person is both.
        hosts = tuple(name for name in hosts if name not in support) or hosts
    if not hosts:
        hosts, text = signed_by(sections.main, profile, support)
    is_fallback = not hosts and bool(author)
    return Hosts(
        hosts=(author,) if is_fallback and author else hosts,
        support=support,
        host_text=author if is_fallback and author else text,
        support_text=support_text,
        is_fallback=is_fallback,
    )


def _best(sources: Iterator[Found]) -> Found:
    """Return the first source with a handle, else the first with a name."""
    named: Found = ((), "")
    for people, text in sources:
        if _has_handle(people):
            return people, text
        if people and not named[0]:
            named = people, text
    return named


def _sources(
    sections: Sections, profile: ChatProfile, tag: re.Pattern[str], *, title_clause: str | None
) -> Iterator[Found]:
    yield _labelled(sections.block, profile)
    yield _labelled(sections.header, profile)
    clauses = _clauses(sections.main, profile, tag)
    if title_clause:
        from_title = _people(title_clause, profile)
        fuller = {name.casefold() for name in clauses[0]}
        if not fuller.issuperset(name.casefold() for name in from_title):
            yield from_title, title_clause
    yield clauses
    yield _labelled(sections.main, profile)
    yield _inviting(sections.main, profile)


def _people(clause: str, profile: ChatProfile) -> tuple[str, ...]:
    """Every handle of a clause; without any, the names it begins with."""
    stop = _STOP.search(clause)
    near = clause[: stop.start()] if stop else clause
    found: list[str] = []
    for match in HANDLE.finditer(near):
        is_place = bool(found) and _PLACE.search(near[: match.start()])
        if not is_place:
            found.extend(handles_in(match.group(), profile))
    return unique(found) or names_in(near, profile)


def _labelled(lines: Sequence[str], profile: ChatProfile) -> Found:
    """`Host: @x`, on one line or over the lines below the label."""
    for index, line in enumerate(lines):
        if match := _BOTH.search(line[:_LONG]):
            return handles_in(match["who"], profile), line
        if "host" not in line[:_LONG].lower():
            continue
        if _LABEL_ALONE.match(line):
            people = _below(lines[index + 1 : index + 1 + _LABEL_LINES], profile)
            if people:
                return people, line
        elif (match := _LABEL.search(line[:_LONG])) and match.start() < _FAR:
            people = _people(match["who"], profile)
            if len(line) > _LONG:
                people = people[:1]
            more = _below(lines[index + 1 : index + 2], profile) if len(line) > _LONG else ()
            if people:
                return unique((*people, *more)), line
    return (), ""


def _below(lines: Sequence[str], profile: ChatProfile) -> tuple[str, ...]:
    """One host a line, the rest of each line a biography."""
    found: list[str] = []
    for line in lines:
        match = HANDLE.search(line[:_FAR])
        if not match or re.search(
            r"support|account|transcript", line[: match.start()], re.IGNORECASE
        ):
            if not found and not match:
                return names_in(line, profile) if len(line) < _FAR else ()
            if len(line) < _LONG:
                break
            continue
        short = (
            handles_in(line, profile) if len(line) < _FAR else handles_in(match.group(), profile)
        )
        found.extend(short)
    return unique(found)


def _clauses(lines: Sequence[str], profile: ChatProfile, tag: re.Pattern[str]) -> Found:
    late: Found = ((), "")
    co_hosts: list[str] = []
    first: Found = ((), "")
    for line in lines:
        if "host" not in line and "Host" not in line:
            continue
        for sentence in sentences(line):
            if "host" not in sentence.lower() or _is_other_chat(sentence, tag):
                continue
            people = _clause_people(sentence, profile)
            if not people:
                continue
            if re.search(r"\bco-?host", sentence, re.IGNORECASE) and first[0]:
                co_hosts.extend(people)
            elif re.search(r"\bw(?:as|ere)\s+hosted\b", sentence) and not late[0]:
                late = people, sentence
            elif not first[0] or (_has_handle(people) and not _has_handle(first[0])):
                first = people, sentence
    if first[0]:
        return unique((*first[0], *co_hosts)), first[1]
    return late


def _has_handle(people: Sequence[str]) -> bool:
    return any(name.startswith("@") for name in people)


def _clause_people(sentence: str, profile: ChatProfile) -> tuple[str, ...]:
    if match := _BOTH.search(sentence):
        return handles_in(match["who"], profile)
    match = _BY.search(sentence) or _YOUR_HOST.search(sentence)
    if match:
        return _people(match["who"], profile)
    match = _WILL_HOST.search(sentence)
    if match:
        who = match["who"] or match["now"] or ""
        return handles_in(who, profile) or names_in(who, profile)
    return ()


def _is_other_chat(sentence: str, tag: re.Pattern[str]) -> bool:
    if _OTHER_CHAT.search(sentence):
        return True
    is_ours = tag.search(sentence) or _OURS.search(sentence)
    return bool(_OTHER_TAG.search(sentence)) and not is_ours


def _inviting(lines: Sequence[str], profile: ChatProfile) -> Found:
    """Read "The Ferry Forum invites you …": no form of "host", only in the first lines."""
    for line in lines[:3]:
        for sentence in sentences(line)[:2]:
            match = _INVITES.match(sentence)
            if match and (
                people := handles_in(match["who"], profile) or names_in(match["who"], profile)
            ):
                return people, sentence
    return (), ""


def _support(sections: Sections, profile: ChatProfile, *, is_research: bool) -> Found:
    for line in (*sections.block, *sections.header, *sections.main):
        if len(line) > 1200:  # noqa: PLR2004 - a paragraph that long is no duty line
            continue
        lower = line.lower()
        if "account" not in lower and "support" not in lower:
            continue
        if match := _BOTH.search(line) or _SUPPORT.search(line):
            people = handles_in(match["who"], profile)
            if not people and len(line) < 2 * _FAR:
                people = names_in(match["who"], profile)
            if people:
                return people, line
        if match := _ON_ACCOUNT.search(line):
            people = handles_in(match["who"], profile)
            if people:
                return people, line
    return _research_support(sections.main, profile) if is_research else ((), "")


def _research_support(lines: Sequence[str], profile: ChatProfile) -> Found:
    for line in lines[:2]:
        for sentence in sentences(line):
            if (match := _SUPPORTED.search(sentence)) and (
                people := handles_in(match["who"], profile) or names_in(match["who"], profile)
            ):
                return people, sentence
    return (), ""
