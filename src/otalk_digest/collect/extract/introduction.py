"""A few sentences of a post's background. Pure."""

import re
from collections.abc import Sequence

from otalk_digest.collect.extract.lines import MARKER, sentences
from otalk_digest.collect.extract.questions import is_question_heading
from otalk_digest.collect.fold import squash
from otalk_digest.collect.patterns import Pattern

_LIMIT = 500
_SHORTEST = 30
_END = Pattern(
    r"^\W*(?:references?|further\s+reading|bibliography)\b"
    r"|^[A-Z][\w’'\-]+,\s+[A-Z]\..{0,200}\((?:19|20)\d\d",
    re.IGNORECASE,
    needs=("reference", "reading", "bibliography", "(19", "(20"),
)
_BOILERPLATE = Pattern(
    r"\b(?:host(?:ed|ing)?|here(?:\s+is|[’']s)\s+what|support(?:ed)?\b.{0,20}@\w+|account|updated?"
    r"|transcript|join\s+us|thank(?:s|ed)?|see\s+you)\b"
    r"|^(?:this\s+week[’']?s|tonight[’']?s|our\s+next)\b.{0,60}\btopic\b"
    r"|^(?:the|our)\s+questions\b|^(?:date|time)\s*:",
    re.IGNORECASE,
)
_CUT_OFF = Pattern(r"\[(?:…|\.\.\.)\]$")
_SENTENCE = Pattern(r"[.!?…][\"'”’)\]]*$")


def find_introduction(lines: Sequence[str], topic: str) -> str | None:
    """Return whole sentences, about 500 characters at most, up to the questions."""
    kept: list[str] = []
    for line in lines:
        if _END.match(line):
            break
        if MARKER.match(line) or squash(line) == squash(topic):
            if kept:
                break
            continue
        is_last = is_question_heading(line)
        told = sentences(line)
        for sentence in told[:-1] if is_last else told:
            if sum(map(len, kept)) > _LIMIT:
                break
            if not _BOILERPLATE.search(sentence):
                kept.append(sentence)
        if is_last or sum(map(len, kept)) > _LIMIT:
            break
    return _whole(kept)


def first_sentences(lines: Sequence[str]) -> str | None:
    """Return how a post that is about no chat begins."""
    return _whole([sentence for line in lines[:20] for sentence in sentences(line)])


def _whole(told: Sequence[str]) -> str | None:
    """Join what ends like a sentence, as long as it fits; the first one always does."""
    kept: list[str] = []
    for sentence in told:
        if not _SENTENCE.search(sentence) or _CUT_OFF.search(sentence):
            continue
        if kept and len(" ".join(kept)) + len(sentence) + 1 > _LIMIT:
            break
        kept.append(sentence)
    text = " ".join(kept)[: 2 * _LIMIT]
    return text if len(text) >= _SHORTEST else None
