"""Days and hours that the text, not the title, gives for the chat. Pure."""

import re
from collections.abc import Sequence
from datetime import date

from otalk_digest.collect.extract.dates import WrittenDate, find_dates
from otalk_digest.collect.extract.lines import sentences, without_urls
from otalk_digest.collect.extract.times import CLOCK, Clock, find_clock
from otalk_digest.collect.patterns import Pattern
from otalk_digest.model.chat import ChatProfile

#: Days that are not the chat's: the last one, a break, a deadline, an edit note.
_OTHER_DAY = Pattern(
    r"\b(?:last|previous(?:ly)?|earlier|break|restart|return|resume|(?:back"
    r"|again)\s+on\s+(?:the\s+)?(?:\d|mon|tue|wed|thu|fri|sat|sun)|next\s+(?:chat|week|month)"
    r"|no\s+(?:#\w+|chats?)|skip|written\s+in|published|accessed|retrieved|deadline|closing|closes"
    r"|updated?|edited|amended|conference|born|since)(?!\w)|\(\d{4}\)",
    re.IGNORECASE,
)
_ABOUT_CHAT = Pattern(
    r"\b(?:chat|tweet\s?chat|join|hosted|tonight|this\s+evening)\b", re.IGNORECASE
)
_HOUR_HINT = Pattern(r"\d\s*[ap]\.?m\b|\d:\d\d", re.IGNORECASE)
_SIDE_EVENT = Pattern(
    r"\b(?:session|stall|stand|workshop|lecture|keynote|drinks|webinar)\b", re.IGNORECASE
)
_LINES = 60


def header_dates(lines: Sequence[str], *, is_day_first: bool) -> list[WrittenDate]:
    """Return the dates of a `Date: … Host: …` header."""
    return [
        written
        for line in lines
        for written in find_dates(without_urls(line), is_day_first=is_day_first)
        if not written.is_range
    ]


def body_dates(
    lines: Sequence[str], tag: re.Pattern[str], *, is_day_first: bool
) -> list[WrittenDate]:
    """Return the days the text may give for the chat, the likeliest first."""
    scored: list[tuple[int, WrittenDate]] = []
    for line in lines[:_LINES]:
        for sentence in sentences(line):
            if not any(ch.isdigit() for ch in sentence) or _OTHER_DAY.search(sentence):
                continue
            bare = without_urls(sentence)
            is_near = bool(tag.search(sentence) or _ABOUT_CHAT.search(sentence))
            for written in find_dates(bare, is_day_first=is_day_first, allows_typos=True):
                if not written.is_range:
                    signs = (written.weekday is not None, is_near, CLOCK.search(bare) is not None)
                    scored.append((-sum(signs), written))
    scored.sort(key=lambda pair: pair[0])
    return [written for _, written in scored]


def body_clock(
    lines: Sequence[str], tag: re.Pattern[str], profile: ChatProfile, *, day: date | None
) -> Clock | None:
    """Return the hour that a sentence about this chat gives (T5)."""
    for line in lines[:_LINES]:
        if not _HOUR_HINT.search(line):
            continue
        for sentence in sentences(line):
            if not _HOUR_HINT.search(sentence) or _OTHER_DAY.search(sentence):
                continue
            bare = without_urls(sentence)
            days = [
                d for d in find_dates(bare, is_day_first=profile.is_day_first) if not d.is_range
            ]
            is_about = _is_that_day(days, day) if day and days else _is_about(sentence, tag)
            if is_about and (clock := find_clock(bare, profile.zone)):
                return clock
    return None


def _is_that_day(written: Sequence[WrittenDate], day: date) -> bool:
    return any((each.day, each.month) == (day.day, day.month) for each in written)


def _is_about(sentence: str, tag: re.Pattern[str]) -> bool:
    if _SIDE_EVENT.search(sentence):
        return False
    return bool(tag.search(sentence) or _ABOUT_CHAT.search(sentence))
