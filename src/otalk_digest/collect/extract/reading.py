"""One post, read: the small readers of this room put together. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace

from otalk_digest.collect.extract.cpd import find_cpd
from otalk_digest.collect.extract.hosts import Hosts, find_hosts
from otalk_digest.collect.extract.introduction import find_introduction, first_sentences
from otalk_digest.collect.extract.kind import is_chat
from otalk_digest.collect.extract.lines import fold, sentences, split_lines
from otalk_digest.collect.extract.markup import first_bold_line
from otalk_digest.collect.extract.numbers import created_lines, read_numbers
from otalk_digest.collect.extract.people import is_account
from otalk_digest.collect.extract.questions import find_questions
from otalk_digest.collect.extract.resolve import SettledDay
from otalk_digest.collect.extract.sections import Sections, divide
from otalk_digest.collect.extract.standing import Standing, read_standing
from otalk_digest.collect.extract.title import TitleParts, read_title, tag_pattern
from otalk_digest.collect.extract.transcript import find_transcript
from otalk_digest.collect.extract.when import When, find_day, find_when, local_day, new_day
from otalk_digest.collect.extract.wrapup import is_written_up
from otalk_digest.collect.fold import squash
from otalk_digest.collect.patterns import Pattern
from otalk_digest.model.chat import ChatProfile, Evidence, Flag, Numbers, Reading
from otalk_digest.model.feed import Post

_TOPIC_OF = Pattern(
    r"\bon\s+the\s+(?:topic|subject|theme)\s+of:?\s+(?:[“\"‘](?P<quoted>[^”\"]{3,160})[”\"’]"
    r"|(?P<plain>[^.?!“\"]{3,120}?)"
    r"(?=\s+(?:and\s+(?:will|is)|hosted|with\s+@|will\s+be)|[.?!,]|$))",
    re.IGNORECASE,
    needs=("topic", "subject", "theme"),
)
_EVIDENCE_LIMIT = 200


def read_post(post: Post, profile: ChatProfile) -> Reading:
    """Return what a post says; a post about no chat gives its title and nothing else (T20)."""
    title = _title(post, profile)
    if post.is_protected:
        return _notice(title, post)
    published = local_day(post.published_at, profile)
    parts = read_title(title, profile, published_year=published.year if published else None)
    sections = divide(post.text, title)
    tag = tag_pattern(profile)
    day = find_day(parts, sections, profile, tag=tag, published=published)
    if not is_chat(parts, sections, profile, day=day):
        # A known chat may have lost its date when it was called off.
        return replace(
            _notice(title, post),
            is_cancelled=parts.standing is Standing.CANCELLED,
            is_postponed=parts.standing is Standing.POSTPONED,
        )
    return _chat(post, profile, title=title, parts=parts, sections=sections, day=day)


def _notice(title: str, post: Post) -> Reading:
    introduction = (
        None if post.is_protected else first_sentences(divide(post.text, title).all_lines)
    )
    # F21: a title may be empty, a heading must not be.
    topic = title or next(iter(sentences(introduction or "")), "")
    flags = (Flag.SUMMARY_ONLY,) if post.is_summary else ()
    return Reading(is_chat=False, title=title, topic=topic, introduction=introduction, flags=flags)


def _chat(
    post: Post,
    profile: ChatProfile,
    *,
    title: str,
    parts: TitleParts,
    sections: Sections,
    day: SettledDay,
) -> Reading:
    tag = tag_pattern(profile)
    standing, note = _standing(parts, sections)
    published = local_day(post.published_at, profile)
    moved = new_day(note, profile, published=published) if note else None
    if moved:
        day = replace(day, day=moved, flags=(), text=note)
    when = find_when(day, parts, sections, profile, tag=tag)
    hosts = find_hosts(
        sections,
        profile,
        tag=tag,
        title_clause=parts.host_clause,
        author=_author(post, profile),
        is_research="research" in (parts.series or "").casefold(),
    )
    topic = _topic(parts, post, sections, title=title)
    numbers = _numbers(parts, sections)
    transcript = find_transcript(sections, post.html, is_transcript_post=parts.is_transcript)
    has_results = bool(transcript) or not numbers.is_empty or parts.is_transcript
    return Reading(
        is_chat=True,
        title=title,
        topic=topic,
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        hosts=hosts.hosts,
        support=hosts.support,
        introduction=find_introduction(sections.main, topic),
        questions=find_questions(sections.main),
        transcript_url=transcript,
        numbers=numbers,
        is_wrapped_up=has_results or is_written_up(sections, post.html),
        is_transcript_post=parts.is_transcript,
        is_cancelled=standing is Standing.CANCELLED,
        is_postponed=standing is Standing.POSTPONED and moved is None,
        cpd=find_cpd(sections.block),
        flags=_flags(post, when, hosts),
        evidence=tuple(_evidence(when, hosts, numbers, transcript=transcript, note=note)),
    )


def _title(post: Post, profile: ChatProfile) -> str:
    """Return the title, or for an empty one (F21) a first line that has the shape of one."""
    title = fold(post.title)
    if title:
        return title
    first = next(iter(split_lines(post.text[:2000])), "")
    parts = read_title(first, profile, published_year=None)
    return first if parts.has_tag and parts.day and len(first) < _EVIDENCE_LIMIT else ""


def _author(post: Post, profile: ChatProfile) -> str | None:
    """Return who wrote the post, unless it is the chat's own account (T9)."""
    author = fold(post.author or "")
    return author if author and not is_account(author.lstrip("#"), profile) else None


def _topic(parts: TitleParts, post: Post, sections: Sections, *, title: str) -> str:
    """T6, T7: the title's wording; without one the text's; never empty if the title is not."""
    if parts.topic:
        return parts.topic
    bold = first_bold_line(post.html)
    if bold and _is_topic_line(bold, sections):
        return bold
    for line in sections.main[:6]:
        if match := _TOPIC_OF.search(line):
            return (match["quoted"] or match["plain"]).strip()
    return title


def _is_topic_line(bold: str, sections: Sections) -> bool:
    """A bold line of the text above any list; a host line or a label is none."""
    key = squash(bold)
    is_label = bold.rstrip().endswith(":") or "@" in bold or "question" in bold.casefold()
    return not is_label and any(squash(line) == key for line in sections.main[:8])


def _standing(parts: TitleParts, sections: Sections) -> tuple[Standing | None, str]:
    in_text = read_standing(sections.main[:3])
    if parts.standing is not None:
        return parts.standing, in_text[1] if in_text else ""
    return in_text or (None, "")


def _numbers(parts: TitleParts, sections: Sections) -> Numbers:
    numbers = read_numbers(sections.block)
    if numbers.is_empty and parts.is_transcript:
        return read_numbers(created_lines(sections.main))
    return numbers


def _flags(post: Post, when: When, hosts: Hosts) -> tuple[Flag, ...]:
    flags = list(when.flags)
    if hosts.is_fallback:
        flags.append(Flag.FALLBACK_HOST)
    if post.is_summary:
        flags.append(Flag.SUMMARY_ONLY)
    return tuple(flags)


def _evidence(
    when: When, hosts: Hosts, numbers: Numbers, *, transcript: str | None, note: str
) -> Iterable[Evidence]:
    read = {
        "starts_at": when.day_text,
        "clock": when.clock_text,
        "hosts": hosts.host_text,
        "support": hosts.support_text,
        "transcript_url": transcript or "",
        "standing": note,
        "impressions": numbers.impressions.printed if numbers.impressions else "",
    }
    for name, text in read.items():
        if text:
            yield Evidence(field=name, text=text[:_EVIDENCE_LIMIT])
