"""A post's text in three parts: the header on top, the text, the post-chat block. Pure."""

import re
from dataclasses import dataclass

from otalk_digest.collect.extract.lines import LINES_LIMIT, split_lines
from otalk_digest.collect.fold import squash
from otalk_digest.collect.patterns import Pattern

_HEADER_LABEL = Pattern(r"^(?:date|host(?:s|ed by)?|support|otalk support)\s*[:;]", re.IGNORECASE)
_HEADER_LINKS = Pattern(
    r"^(?:blog post|transcript|post chat summary|storify)(?:\s*[–—\-|/]\s*"
    r"(?:blog post|transcript|post chat summary|storify))*\s*[.:]?$",
    re.IGNORECASE,
    needs=("post", "transcript", "storify"),
)
_DATE_LABEL = Pattern(r"^date\s*[:;]\s*\d", re.IGNORECASE, needs=("date",))
_HEADING = Pattern(
    r"^\W*post[\s\-]?chat(?:\s+(?:transcripts?|updates?|summary|info(?:rmation)?|stats|details"
    r"|round[\s-]?up))?"
    r"\s*(?:\(.{0,30}\))?\W*$",
    re.IGNORECASE,
    needs=("post",),
)
_NUMBERS_HEADING = Pattern(
    r"^\W*(?:(?:the|our|chat|this\s+week['’]?s|this\s+chat['’]?s|tonight['’]?s)\s+)*"
    r"(?:numbers|stats|statistics|analytics)\s*\W*$",
    re.IGNORECASE,
    needs=("number", "stat", "analytics"),
)
_BLOCK_LABEL = Pattern(
    r"^\W*(?:host(?:s|ed\s+by)?\s*[:;]|(?:\w+\s+)?support(?:\s+on\s+\w+\s+account)?\s*[:;]"
    r"|on\s+(?:the\s+)?[@#]?\w+\s+account\b|online\s+transcript|pdf\s+of|whole\s+transcript"
    r"|#?\w+\s+(?:healthcare\s+|social\s+media\s+)*transcript\b|transcript\s*[:;]"
    r"|all\s+#\w+\s+participants"
    r"|hosting\s+and\b)",
    re.IGNORECASE,
)
_TRANSCRIPT_LABEL = Pattern(
    r"^\W*(?:online\s+transcript|pdf\s+of\b.{0,40}transcript|whole\s+transcript|transcript\b"
    r"|#\w+\s+(?:healthcare\s+)?(?:social\s+media\s+)?transcript\b)",
    re.IGNORECASE,
    needs=("transcript",),
)
FIGURE_LINE = Pattern(
    r"^\W*\d[\d.,]*\s?[KM]?\s*(?:impressions|tweets|participants|avg\.?\s+tweets)\b",
    re.IGNORECASE,
    needs=("impressions", "tweets", "participants"),
)
_LABEL_LINE = Pattern(
    r"^(?:avg\.?\s+tweets\s*/\s*(?:hour|participant)|impressions|tweets)$",
    re.IGNORECASE,
    needs=("impressions", "tweets"),
)
#: Whole lines of a page; the same words may begin a sentence of the text.
_TAIL = Pattern(
    r"^(?:leave a (?:reply|comment)(?:\s+cancel reply)?|fill in your details below\b.*"
    r"|(?:\d+|one) (?:thoughts?|responses?|comments?|replies) (?:on|to) [“\"‘'#].*"
    r"|log in to reply|continue reading\W*)$",
    re.IGNORECASE,
    needs=("leave a", "details", "thought", "response", "comment", "repl", "continue"),
)
_NOISE = Pattern(
    r"^(?:advertisements?|share this:?|like this:?|like(?:like)?|loading\W*|related|report this ad"
    r"|like\s*loading\W*|occasionally,? some of your visitors.*)$",
    re.IGNORECASE,
    needs=("advert", "share", "like", "loading", "related", "report", "visitors"),
)
_PROMISE = Pattern(
    r"\b(?:will|should|shall|to)\s+(?:be|go|follow|appear)\b|\bto follow\b|\bat least \d+ hours\b"
    r"|\bonce the chat\b|\bcoming soon\b|\bwithin \d+ hours\b",
    re.IGNORECASE,
)
_TWEET = Pattern(
    r"^(?:RT\s+)?@\w{1,20}\b(?::|\s+\S)|^[^@]{1,40}@\w{1,20}\s*(?:[·•:|\-–—]|\d{1,2}[:.]\d\d)"
    r"|^[—–]\s?.{1,60}\(@\w{1,20}\)\s|^\d{1,2}[:.]\d\d\b.{0,40}@\w",
    needs=("@",),
)
_GLUED_LABEL = Pattern(
    r"POST CHAT|The Numbers|Online Transcript|\w+ Support: ?@\w+|#\w+ Participants"
)
_HEADING_LENGTH = 80
_LABEL_LENGTH = 160
_TAIL_LENGTH = 200
#: Two copies of a title differ in blanks and dashes at most.
_TITLE_SLACK = 12
_FOOT_LINES = 14
_WINDOW = 8
_TWEETS_IN_WINDOW = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """A post's lines, each in one part, tail noise and pasted tweets left out."""

    header: tuple[str, ...]
    main: tuple[str, ...]
    block: tuple[str, ...]

    @property
    def all_lines(self) -> tuple[str, ...]:
        """Header, text and block."""
        return (*self.header, *self.main, *self.block)


def divide(text: str, title: str) -> Sections:
    """Cut a post's text into its parts."""
    lines = _without_tail(split_lines(_unglued(text)), title)
    header_end = _header_end(lines)
    header, rest = lines[:header_end], lines[header_end:]
    start = _block_start(rest)
    main, block = rest[:start], rest[start:]
    return Sections(
        header=header,
        main=_without_tweets(main)[:LINES_LIMIT],
        block=_without_tweets(block)[:LINES_LIMIT],
    )


def _unglued(text: str) -> str:
    """F23: in an excerpt all tags go without a space, also between heading and figures."""
    before, _, after = text.partition("POST CHAT")
    is_glued = before.rstrip(" ")[-1:] not in ("", "\n") or after.lstrip(" ")[:1].isalnum()
    return _GLUED_LABEL.sub(r"\n\g<0>\n", text) if after and is_glued else text


def is_promise(line: str) -> bool:
    """Whether a line only says that a transcript will come (T18)."""
    return _PROMISE.search(line) is not None


def is_numbers_heading(line: str) -> bool:
    """Whether a line is a heading like "The Numbers"."""
    return _NUMBERS_HEADING.match(line) is not None


def is_block_label(line: str) -> bool:
    """Whether a line is a label of the block: "Host:", "OTalk Support:", "Online Transcript"."""
    return _BLOCK_LABEL.match(line) is not None


def is_block_heading(line: str) -> bool:
    """Whether a line is a heading like "POST CHAT"."""
    return _HEADING.match(line) is not None


def _without_tail(lines: tuple[str, ...], title: str) -> tuple[str, ...]:
    """Cut what page copies carry: the title on top, comment forms, the title once more."""
    kept: list[str] = []
    key = squash(title)
    for index, line in enumerate(lines):
        if len(line) < _TAIL_LENGTH and _TAIL.match(line):
            break
        if key and abs(len(line) - len(title)) < _TITLE_SLACK and squash(line) == key:
            if index == 0:
                continue
            if index > len(lines) // 2:
                _drop_glued_edit(kept)
                break
        if len(line) > _TAIL_LENGTH or not _NOISE.match(line):
            kept.append(line)
    return tuple(kept)


def _drop_glued_edit(kept: list[str]) -> None:
    """The editor's "Edit" sticks to the handle before it."""
    if kept and kept[-1].endswith("Edit"):
        kept[-1] = kept[-1].removesuffix("Edit").rstrip()


def _header_end(lines: tuple[str, ...]) -> int:
    """Return how many lines the header of 2013 to 2015 takes; notes may stand above it."""
    top = lines[:5]
    starts = [
        i for i, line in enumerate(top) if _DATE_LABEL.match(line) or _HEADER_LINKS.match(line)
    ]
    if not starts:
        return 0
    end = starts[0] + 1
    while end < len(lines) and end < starts[0] + 6 and _is_header_line(lines[end]):
        end += 1
    return end


def _is_header_line(line: str) -> bool:
    return bool(_HEADER_LABEL.match(line) or _HEADER_LINKS.match(line))


def _block_start(lines: tuple[str, ...]) -> int:
    """Return where the post-chat block begins; past the end if there is none (T18, T19)."""
    for index, line in enumerate(lines):
        if len(line) <= _HEADING_LENGTH and _HEADING.match(line):
            return index
    for index, line in enumerate(lines):
        if len(line) <= _HEADING_LENGTH and _is_headless_start(index, lines):
            return _back_to_labels(index, lines)
    return _foot_start(lines)


def _is_headless_start(index: int, lines: tuple[str, ...]) -> bool:
    line = lines[index]
    if _NUMBERS_HEADING.match(line):
        return True
    if FIGURE_LINE.match(line):
        near = lines[index + 1 : index + 4]
        return any(FIGURE_LINE.match(other) or _LABEL_LINE.match(other) for other in near)
    return False


def _back_to_labels(index: int, lines: tuple[str, ...]) -> int:
    """Host, support and transcript lines above "The Numbers" belong to the block."""
    start = index
    for back in range(index - 1, max(-1, index - _WINDOW), -1):
        if _BLOCK_LABEL.match(lines[back]) and not is_promise(lines[back]):
            start = back
    return start


def _foot_start(lines: tuple[str, ...]) -> int:
    """A transcript line near the foot begins a block when neither heading nor figures do."""
    first = max(0, len(lines) - _FOOT_LINES)
    for index in range(first, len(lines)):
        line = lines[index]
        is_label = len(line) <= _LABEL_LENGTH and _TRANSCRIPT_LABEL.match(line)
        if is_label and not is_promise(line):
            return _back_to_labels(index, lines)
    return len(lines)


def _without_tweets(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out a pasted chat: where most lines look like tweets, none is read."""
    is_tweet = [bool(_TWEET.match(line[:200])) for line in lines]
    if sum(is_tweet) < _TWEETS_IN_WINDOW:
        return lines
    drop = [False] * len(lines)
    for start in range(max(1, len(lines) - _WINDOW + 1)):
        tweets = [i for i in range(start, min(start + _WINDOW, len(lines))) if is_tweet[i]]
        if len(tweets) >= _TWEETS_IN_WINDOW:
            # What stands around the first and the last tweet may be the post's own.
            drop[tweets[0] : tweets[-1] + 1] = [True] * (tweets[-1] + 1 - tweets[0])
    return tuple(line for line, is_dropped in zip(lines, drop, strict=True) if not is_dropped)
