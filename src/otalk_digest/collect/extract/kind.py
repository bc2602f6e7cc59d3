"""Whether a post is about a chat at all (T20, T21). Pure."""

import re

from otalk_digest.collect.extract.mentions import body_dates
from otalk_digest.collect.extract.questions import find_questions
from otalk_digest.collect.extract.resolve import SettledDay
from otalk_digest.collect.extract.sections import Sections, is_block_heading
from otalk_digest.collect.extract.title import TitleParts, tag_pattern
from otalk_digest.collect.patterns import Pattern
from otalk_digest.model.chat import ChatProfile, Flag

_HOSTED = Pattern(r"\bhosted\s+by\b|\bhost\s*:", re.IGNORECASE)
_ENOUGH_QUESTIONS = 2
_FIRST_LINES = 6


def is_chat(
    parts: TitleParts, sections: Sections, profile: ChatProfile, *, day: SettledDay
) -> bool:
    """The tag with a date makes a chat; without one of them the text must make up for it."""
    if parts.has_tag and parts.day:
        return True
    if sections.header and any("date" in line.casefold() for line in sections.header):
        return True
    if parts.day and not parts.is_of_other_tag:
        return _is_untagged_chat(parts, sections, profile, day=day)
    if parts.has_tag:
        return _has_block(sections) or _is_undated_chat(sections, profile)
    return False


def _is_untagged_chat(
    parts: TitleParts, sections: Sections, profile: ChatProfile, *, day: SettledDay
) -> bool:
    """Read "26th June – Bringing Moss …": the day opens the title, and is certain or ours."""
    if parts.is_transcript:
        return True
    if day.day is None or not parts.is_day_first:
        return False
    if Flag.CHECK_DATE not in day.flags:
        return True
    # D2 without a better date in the text: the usual weekday, and a text about our chat.
    top = " ".join(sections.main[:_FIRST_LINES])
    is_ours = bool(tag_pattern(profile).search(top)) and bool(_HOSTED.search(top))
    return is_ours and day.day.weekday() == profile.weekday


def _has_block(sections: Sections) -> bool:
    """A heading of its own; yearly totals in prose are no block."""
    return len(sections.block) > 1 and is_block_heading(sections.block[0])


def _is_undated_chat(sections: Sections, profile: ChatProfile) -> bool:
    """Three signs at once: a day beside the tag, a host, and questions."""
    top = sections.main[:_FIRST_LINES]
    tag = tag_pattern(profile)
    is_hosted = any(_HOSTED.search(line) and tag.search(line) for line in top)
    has_day = bool(body_dates(top, tag, is_day_first=profile.is_day_first))
    return is_hosted and has_day and len(find_questions(sections.main)) >= _ENOUGH_QUESTIONS
