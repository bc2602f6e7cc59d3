"""Who hosts, and who is on the account. Pure.

Sources in the order of trust: post-chat block, header, title, a clause of the text, a label,
an invitation, a signature, handles at the foot; last the post's author, flagged.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from otalk_digest.collect.extract.clauses import find_clause, hosts_of
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
from otalk_digest.collect.extract.sections import Sections
from otalk_digest.collect.extract.signature import signed_by
from otalk_digest.collect.extract.support import BOTH, find_support
from otalk_digest.collect.patterns import Pattern
from otalk_digest.model.chat import ChatProfile

_LABEL = Pattern(
    r"(?:^|(?<=\s))(?:your\s+|chat\s+)?(?:co-?)?hosts?(?:\s*\(s\))?\s*[:;]\s*(?P<who>.*)",
    re.IGNORECASE,
)
_LABEL_ALONE = Pattern(
    r"^\W*(?:your\s+|chat\s+|(?:to|will)\s+be\s+)?(?:co-?)?host(?:s|ed\s+by)?\s*[:;]?\W*$",
    re.IGNORECASE,
)
_OTHER_LABEL = Pattern(r"support|account|transcript", re.IGNORECASE)
_INVITES = Pattern(
    r"^(?P<who>.{1,160}?)\s+(?:invites?\s+you|wants?\s+to\s+(?:hear|know|ask)|asks?\s+for"
    r"|(?:is|are)\s+(?:looking\s+for|asking|inviting|keen\s+to)"
    r"|would\s+like\s+(?:to\s+(?:invite|hear|ask|know)|your))\b",
    re.IGNORECASE,
)
#: A label, a name or a handle stands this near to the start of its line.
_FAR = 60
_LABEL_LINES = 8
#: A longer line is a biography.
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
    support, support_text = find_support(sections, profile, is_research=is_research)
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
        if has_handle(people):
            return people, text
        if people and not named[0]:
            named = people, text
    return named


def _sources(
    sections: Sections, profile: ChatProfile, tag: re.Pattern[str], *, title_clause: str | None
) -> Iterator[Found]:
    yield _labelled(sections.block, profile)
    yield _labelled(sections.header, profile)
    clause = find_clause(sections.main, profile, tag)
    if title_clause:
        from_title = hosts_of(title_clause, profile)
        fuller = {name.casefold() for name in clause[0]}
        if not fuller.issuperset(name.casefold() for name in from_title):
            yield from_title, title_clause
    yield clause
    yield _labelled(sections.main, profile)
    yield _inviting(sections.main, profile)


def _labelled(lines: Sequence[str], profile: ChatProfile) -> Found:
    """Read `Host: @x`, on one line or over the lines below the label."""
    for index, line in enumerate(lines):
        start, below = line[:_LONG], lines[index + 1 : index + 1 + _LABEL_LINES]
        people: tuple[str, ...] = ()
        if "host" not in start.lower():
            continue
        if match := BOTH.search(start):
            people = handles_in(match["who"], profile)
        elif _LABEL_ALONE.match(line):
            people = _below(below, profile)
        elif (match := _LABEL.search(start)) and match.start() < _FAR:
            people = hosts_of(match["who"], profile)
            if people and len(line) > _LONG:
                people = unique((people[0], *_below(below[:1], profile)))
        if people:
            return people, line
    return (), ""


def _below(lines: Sequence[str], profile: ChatProfile) -> tuple[str, ...]:
    """One host a line, the rest of each line a biography."""
    found: list[str] = []
    for line in lines:
        match = HANDLE.search(line[:_FAR])
        if match and not _OTHER_LABEL.search(line[: match.start()]):
            is_short = len(line) < _FAR
            found.extend(handles_in(line if is_short else match.group(), profile))
        elif not found and not match:
            return names_in(line, profile) if len(line) < _FAR else ()
        elif len(line) < _LONG:
            break
    return unique(found)


def _inviting(lines: Sequence[str], profile: ChatProfile) -> Found:
    """Read "The Ferry Forum invites you …": no form of "host", only in the first lines."""
    for line in lines[:3]:
        for sentence in sentences(line)[:2]:
            match = _INVITES.match(sentence)
            if match and (people := people_in(match["who"], profile)):
                return people, sentence
    return (), ""
