"""The five figures of a post-chat block, each with its printed form. Pure.

A figure belongs to the label right after it; a missing one stays None and nothing shifts (T10).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from otalk_digest.collect.extract.lines import without_urls
from otalk_digest.collect.patterns import Pattern
from otalk_digest.model.chat import Figure, Numbers

_TOKEN = Pattern(
    r"(?P<label>(?:avg\.?|average)\s+tweets\s*(?:/|per)\s*(?:hour|participant)"
    r"|tweets\s*(?:/|per)\s*(?:hour|participant)|impressions|tweets|participants)\b"
    r"|(?P<figure>(?<![\w.,£$#@/:+\-])\d{1,3}(?:,\d{3})+(?![\d%])"
    r"|(?<![\w.,£$#@/:+\-])\d+(?:\.\d+)?\s?[KM](?=[\W_]|$|impressions|tweets|participants)"
    r"|(?<![\w.,£$#@/:+\-])\d+(?:\.\d+)?(?![\d%]))",
    re.IGNORECASE,
)
#: "#OTalk Participants" heads a widget; "196Tweets17Participants" is figures run together.
_GLUED = Pattern(r"(?<=[A-Za-z])(?=\d)")
_WE_HAD = Pattern(r"participants?\W{1,3}we\s+had\s+(?P<figure>\d[\d,]*)\b", re.IGNORECASE)
_JOINED = Pattern(
    r"(?<![\d.,])(?<!about )(?<!over )(?<!around )(?<!nearly )(?<!some )"
    r"(?P<figure>\d[\d,]*)\s+(?:people|participants|tweeters|of\s+us|of\s+you)\s+"
    r"(?:joined|took\s+part|participated|contributed|tweeted)\b",
    re.IGNORECASE,
)
_CREATED = Pattern(r"\bchat\s+created\b", re.IGNORECASE)
_NAMES = {"impressions": "impressions", "tweets": "tweets", "participants": "participants"}
_THOUSAND = {"K": 1000, "M": 1_000_000}
_LONGEST_GAP = 4
_MOST_DIGITS = 12
_MOST_WORDS = 4
_WORD = Pattern(r"[A-Za-z]{2,}")
_HEADING_WORDS = Pattern(r"\b(?:the|our|numbers|stats|statistics|post|chat|avg)\b", re.IGNORECASE)
_LONGEST_LINE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """A figure or a label and where it stands; labels carry the field's name."""

    line: int
    start: int
    end: int
    text: str
    name: str | None


def read_numbers(lines: Sequence[str]) -> Numbers:
    """Return the figures of a block's lines."""
    spaced = [_spaced(line) for line in lines]
    found: dict[str, Figure] = {}
    for figure, label in _pairs(_tokens(spaced), spaced):
        if label.name and label.name not in found:
            value = read_figure(figure.text)
            if value:
                found[label.name] = value
    if "participants" not in found and (in_prose := _participants(lines)):
        found["participants"] = in_prose
    return Numbers(**found)


def created_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the "chat created …" lines of a transcript post."""
    return tuple(line for line in lines if _CREATED.search(line))


def read_figure(text: str) -> Figure | None:
    """Read "538.417K", "2.046M" or "1,324,906" (T11); None if it is no number."""
    printed = text.strip()
    bare = printed.replace(",", "")
    factor = _THOUSAND.get(bare[-1:].upper(), 1)
    if factor > 1:
        bare = bare[:-1].strip()
    if len(bare) > _MOST_DIGITS:
        return None
    try:
        value = (Decimal(bare) * factor).to_integral_value(rounding=ROUND_HALF_UP)
    except ArithmeticError:
        return None
    return Figure(value=int(value), printed=printed)


def _tokens(lines: Sequence[str]) -> list[_Token]:
    tokens: list[_Token] = []
    for number, line in enumerate(lines):
        if _is_prose(line):
            continue
        for match in _TOKEN.finditer(line):
            label = match["label"]
            tokens.append(
                _Token(
                    line=number,
                    start=match.start(),
                    end=match.end(),
                    text=match.group(),
                    name=_name(label) if label else None,
                )
            )
    return tokens


def _is_prose(line: str) -> bool:
    """Whether figures stand among words: "about 300 tweets" is no figure (T10)."""
    if _CREATED.search(line):
        return False
    first = _TOKEN.search(line)
    if not first:
        return False
    lead = _HEADING_WORDS.sub(" ", line[: first.start()])
    return (
        bool(_WORD.search(lead))
        or sum(1 for _ in _WORD.finditer(_TOKEN.sub(" ", line))) > _MOST_WORDS
    )


def _spaced(line: str) -> str:
    return _GLUED.sub(" ", without_urls(line[:_LONGEST_LINE]))


def _name(label: str) -> str:
    lower = label.casefold()
    if lower.endswith("hour"):
        return "tweets_per_hour"
    if lower.endswith("participant"):
        return "tweets_per_participant"
    return _NAMES[lower]


def _pairs(tokens: Sequence[_Token], lines: Sequence[str]) -> list[tuple[_Token, _Token]]:
    """Pair figures with labels: in one line first, then across a line or cell break."""
    runs = _runs(tokens, lines)
    return [pair for run in runs for pair in _pair_run(run)]


def _runs(tokens: Sequence[_Token], lines: Sequence[str]) -> list[list[_Token]]:
    """Cut where anything but blanks stands between two tokens, or more than a line break."""
    runs: list[list[_Token]] = []
    for token in tokens:
        if runs and _touch(runs[-1][-1], token, lines):
            runs[-1].append(token)
        else:
            runs.append([token])
    return runs


def _touch(one: _Token, other: _Token, lines: Sequence[str]) -> bool:
    if one.line == other.line:
        between = lines[one.line][one.end : other.start]
        return len(between.strip()) <= 1 and len(between) <= _LONGEST_GAP
    if other.line != one.line + 1:
        return False
    after, before = lines[one.line][one.end :], lines[other.line][: other.start]
    return not after.strip(" :|•.") and not before.strip(" :|•-–1234567890.)")


def _pair_run(run: Sequence[_Token]) -> list[tuple[_Token, _Token]]:
    if columns := _columns(run):
        return columns
    is_label_first = run[0].name is not None and run[-1].name is None
    pairs = []
    for index, (one, other) in enumerate(pairwise(run)):
        first, second = (other, one) if is_label_first else (one, other)
        if first.name is not None or second.name is None:
            continue
        is_lonely = index == 0 or run[index - 1].name is not None
        if one.line == other.line or is_lonely or is_label_first:
            pairs.append((first, second))
    return pairs


def _columns(run: Sequence[_Token]) -> list[tuple[_Token, _Token]]:
    """Read a table of two rows: all figures, then as many labels, or the other way round."""
    half, odd = divmod(len(run), 2)
    if odd or half == 1:
        return []
    first, second = run[:half], run[half:]
    if all(t.name is None for t in first) and all(t.name for t in second):
        return list(zip(first, second, strict=True))
    if all(t.name for t in first) and all(t.name is None for t in second):
        return list(zip(second, first, strict=True))
    return []


def _participants(lines: Sequence[str]) -> Figure | None:
    for line in lines:
        match = _WE_HAD.search(line[:_LONGEST_LINE]) or _JOINED.search(line[:_LONGEST_LINE])
        if match:
            return read_figure(match["figure"].rstrip(","))
    return None
