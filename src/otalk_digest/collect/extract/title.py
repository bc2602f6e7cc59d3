"""The grammar of a title: tag, series, day, hour, topic, host clause. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from otalk_digest.collect.extract.dates import WrittenDate, find_dates
from otalk_digest.collect.extract.lines import fold
from otalk_digest.collect.extract.standing import Standing, TitleStanding, strip_standing
from otalk_digest.collect.extract.times import CLOCK, Clock, read_clock
from otalk_digest.collect.patterns import Pattern
from otalk_digest.model.chat import ChatProfile

_TITLE_LIMIT = 500
_SEPARATORS = " \t–—-:;,.)]/|"
_DASHES = Pattern(r"^\s*[)\]]?\s*[–—\-:|]")
_HOSTED = Pattern(
    r"[\s,;–—\-(]*\b(?:chat\s+)?(?:co-?)?hosted\s+by\s+"
    r"(?P<who>[^.?!]+(?:\.(?=\S)[^.?!]*)*)[.)]*(?P<rest>.*)$",
    re.IGNORECASE,
    needs=("hosted",),
)
_BY_NAME = Pattern(
    r"\s*,\s+by\s+(?P<who>@\w+|[A-Z][\w’'\-]+(?:\s+[A-Z][\w’'\-]+){1,3})(?P<rest>\.\s.*|\.?)$",
    needs=("by",),
)
_TRANSCRIPT = Pattern(
    r"\s*(?:post[\s\-]?)?(?:chat\s+)?(?:transcript\b(?:\s+of)?|summary(?=\s*(?:$|[–—\-:(#\d])))\s*",
    re.IGNORECASE,
    needs=("transcript", "summary"),
)
_TRANSCRIPT_END = Pattern(
    r"\s[–—\-:(]\s*(?:chat\s+)?transcript\s*\)?$", re.IGNORECASE, needs=("transcript",)
)
_LONE_WEEKDAY = Pattern(
    r"(?:^|[\s–—\-,(])(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\s*$",
    re.IGNORECASE,
)
_BEFORE_TAG_COSTS = 8
_TWO_DATES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleParts:
    """What a title says."""

    #: Without tag, day, hour and hosts; None when nothing is left.
    topic: str | None
    day: WrittenDate | None
    clock: Clock | None
    #: The words after "hosted by".
    host_clause: str | None
    has_tag: bool
    #: T21: a tag that only begins like ours.
    is_of_other_tag: bool
    #: Nothing but tags, series and punctuation stands before the day.
    is_day_first: bool
    series: str | None
    is_transcript: bool
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class _Words:
    """The profile's words as patterns."""

    tag: re.Pattern[str]
    leading: re.Pattern[str]
    trailing: re.Pattern[str]
    series: re.Pattern[str]
    alike: re.Pattern[str]


@lru_cache(maxsize=16)
def _words(tags: tuple[str, ...], series: tuple[str, ...]) -> _Words:
    names = "|".join(re.escape(name) for name in sorted(tags, key=len, reverse=True)) or r"(?!)"
    # T21: whole tags only; "OTalk2US" and "OTalk's" are other words.
    tag = rf"(?<![\w@#])(?:#\s?)?(?:{names})(?![\w’']|-\w)"
    group = rf"{tag}(?:\s*[/&+,]?\s*{tag})*"
    kinds = "|".join(re.escape(name) for name in sorted(series, key=len, reverse=True)) or r"(?!)"
    return _Words(
        tag=re.compile(tag, re.IGNORECASE),
        leading=re.compile(rf"\s*{group}", re.IGNORECASE),
        trailing=re.compile(rf"{group}\s*$", re.IGNORECASE),
        series=re.compile(rf"\s*(?P<name>{kinds})(?=\s*(?:[–—\-:|(]|$))", re.IGNORECASE),
        alike=re.compile(rf"(?<![\w@])#?(?:{names})[\w’'\-]", re.IGNORECASE),
    )


def tag_pattern(profile: ChatProfile) -> re.Pattern[str]:
    """Return what finds the profile's tags, whole and in any case."""
    return _words(profile.tags, profile.series).tag


def read_title(title: str, profile: ChatProfile, *, published_year: int | None) -> TitleParts:
    """Take a title apart; the publish year settles whether "14" is a year (T4)."""
    stripped = strip_standing(fold(title)[:_TITLE_LIMIT])
    words = _words(profile.tags, profile.series)
    text = _without_old_date(stripped, profile, published_year)
    tags = [match.span() for match in words.tag.finditer(text)]
    dates = _title_dates(text, profile, published_year)
    day = min(dates, key=lambda found: _distance(found, tags), default=None)
    left, right = (text[: day.start], text[day.end :]) if day else (text, "")
    left, clause_left = _without_hosts(left)
    right, clause_right = _without_hosts(right)
    left, series, is_transcript = _lead(left, words, is_only_tag=len(tags) <= 1)
    left, clock_left = _clock_at_end(left)
    left = _tail(left, words, is_cut=day is not None)
    right, clock_right = _clock_at_start(right)
    is_transcript = is_transcript or _TRANSCRIPT_END.search(right) is not None
    joint = " – " if _DASHES.match(right) else " "
    right = _TRANSCRIPT_END.sub("", right).lstrip(_SEPARATORS)
    if not left and len(tags) == 1 and (leading := words.leading.match(right)):
        right = right[leading.end() :]
    right = _right(right, words, is_only_tag=len(tags) <= 1)
    right, clock_end = (right, None) if clock_right or clock_left else _clock_in_brackets(right)
    return TitleParts(
        topic=(left + joint + right if left and right else left or right) or None,
        day=day,
        clock=clock_left or clock_right or clock_end,
        host_clause=clause_right or clause_left,
        has_tag=bool(tags),
        is_of_other_tag=not tags and words.alike.search(text) is not None,
        is_day_first=day is not None and not left,
        series=series,
        is_transcript=is_transcript,
        standing=stripped.standing,
    )


def _without_old_date(
    stripped: TitleStanding, profile: ChatProfile, published_year: int | None
) -> str:
    """Of two dates around "postponed to" or "from", take the old one out."""
    text = stripped.title
    cut = stripped.new_date_from if stripped.old_date_from is None else stripped.old_date_from
    dates = _title_dates(text, profile, published_year)
    if cut is None or len(dates) < _TWO_DATES:
        return text
    before = [day for day in dates if day.start < cut]
    after = [day for day in dates if day.start >= cut]
    old = after[:1] if stripped.old_date_from is not None else before[-1:]
    for day in old:
        text = text[: day.start] + text[day.end :]
    return text


def _title_dates(text: str, profile: ChatProfile, published_year: int | None) -> list[WrittenDate]:
    found = find_dates(text, is_day_first=profile.is_day_first, allows_typos=True)
    return [_settle_year(day, text, published_year) for day in found if not day.is_range]


def _settle_year(day: WrittenDate, text: str, published_year: int | None) -> WrittenDate:
    """Give back two figures that are no year: "8th May 15 Ways to …" in 2019."""
    short = re.search(r"[A-Za-z.]\s*['’]?(\d\d)$", text[day.start : day.end])
    is_far = published_year is not None and day.year and abs(day.year - published_year) > 1
    if not (short and is_far):
        return day
    end = day.start + short.start(1)
    return WrittenDate(
        start=day.start,
        end=end,
        day=day.day,
        month=day.month,
        weekday=day.weekday,
        text=text[day.start : end].strip(),
    )


def _distance(day: WrittenDate, tags: list[tuple[int, int]]) -> int:
    """T22: the date that goes with the tag; a tag before the day is the usual order."""
    gaps = [
        day.start - end if end <= day.start else start - day.end + _BEFORE_TAG_COSTS
        for start, end in tags
    ]
    return min(gaps, default=day.start)


def _lead(text: str, words: _Words, *, is_only_tag: bool) -> tuple[str, str | None, bool]:
    """Take tags, "Transcript" and a series word off the front."""
    series: str | None = None
    is_transcript = False
    for _ in range(4):
        text = text.lstrip(_SEPARATORS)
        if match := words.leading.match(text):
            text = text[match.end() :]
        elif not is_transcript and (match := _TRANSCRIPT.match(text)):
            is_transcript, text = True, text[match.end() :]
        elif match := words.series.match(text):
            series, text = match["name"], text[match.end() :]
        else:
            break
    if is_only_tag and (match := words.trailing.search(text)):
        text = text[: match.start()]
    return text.lstrip(_SEPARATORS), series, is_transcript


def _tail(text: str, words: _Words, *, is_cut: bool) -> str:
    """Take separators, and before a day also the tag and a lone weekday, off the end."""
    if not is_cut:
        return text.rstrip(" –—-:;,(")
    text = text.rstrip(" –—-:;,([/|")
    for pattern in (_LONE_WEEKDAY, words.trailing):
        text = pattern.sub("", text).rstrip(" –—-:;,([/|")
    return text


def _right(text: str, words: _Words, *, is_only_tag: bool) -> str:
    text = text.lstrip(_SEPARATORS)
    # The tag a second time, alone between separators.
    match = words.leading.match(text)
    if match and _DASHES.match(text[match.end() :]):
        text = text[match.end() :].lstrip(_SEPARATORS)
    match = words.trailing.search(text)
    if match and (is_only_tag or match.start() == 0):
        text = text[: match.start()]
    return text.rstrip(" –—-:;,(")


def _without_hosts(text: str) -> tuple[str, str | None]:
    for pattern in (_HOSTED, _BY_NAME):
        if match := pattern.search(text):
            rest = match["rest"].strip(" .")
            return f"{text[: match.start()]} {rest}".rstrip(), match["who"].strip(" .,")
    return text, None


def _clock_at_start(text: str) -> tuple[str, Clock | None]:
    start = re.match(r"[\s,;.–—\-:(|]*(?:(?:at|from|@)\s+)?", text)
    offset = start.end() if start else 0
    match = CLOCK.match(text, offset)
    clock = read_clock(match) if match else None
    if match is None or clock is None:
        return text, None
    return text[match.end() :], clock


def _clock_at_end(text: str) -> tuple[str, Clock | None]:
    for match in CLOCK.finditer(text):
        if not text[match.end() :].strip(" ,–—-:on"):
            clock = read_clock(match)
            if clock:
                return re.sub(r"\s(?:at|from)\s*$", "", text[: match.start()]), clock
    return text, None


def _clock_in_brackets(text: str) -> tuple[str, Clock | None]:
    """Read an hour that ends the title, after a bracket or a dash."""
    for match in CLOCK.finditer(text):
        before = text[: match.start()].rstrip()
        if not text[match.end() :].strip(" .)") and before[-1:] in ("(", "–", "—", "-", ","):
            clock = read_clock(match)
            return (before.rstrip(" (–—-,"), clock) if clock else (text, None)
    return text, None
