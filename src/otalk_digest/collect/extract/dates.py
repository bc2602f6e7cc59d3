"""Days as people write them. Pure."""

import re
from dataclasses import dataclass
from datetime import date

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_DAYS = 31
_MIN_FUZZY = 4
_CENTURY = 100

#: Looked for backwards from a date: as a prefix of each pattern it would cost far more.
_WEEKDAY_BEFORE = re.compile(
    r"\b(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?\s+"
    r"(?:evening,?\s+|night,?\s+)?(?:the\s+)?$",
    re.IGNORECASE,
)
_WEEKDAY_SPAN = 28
#: Not the beginning of a clock time, a figure or a list.
_YEAR = (
    r"(?:,?\s*(?P<year>(?:19|20)\d\d(?!\d)"
    r"|['’]?\d\d(?=\s*(?:$|[–—\-:,;)\]]\s|[.](?:\s|$)|\)|\s[A-Z“‘#]))(?!\s*[–\-]\s*\d)))?"
)
_DAY_FIRST = re.compile(
    r"(?<![\d:./£$])(?P<day>\d{1,2})\s?(?P<ordinal>st|nd|rd|th)?(?:\s+of)?[\s\-]*"
    r"(?P<month>[A-Za-z]{3,9})(?![A-Za-z])\.?" + _YEAR,
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"\b(?P<month>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov"
    r"|dec)[a-z]{0,6})\.?\s+(?P<day>\d{1,2})(?!\d)"
    r"(?P<ordinal>st|nd|rd|th)?\b" + _YEAR,
    re.IGNORECASE,
)
_NUMERIC = re.compile(
    r"(?<![\d./\-])(?P<day>\d{1,2})(?P<sep>[/.\-])(?P<month>\d{1,2})(?P=sep)"
    r"(?P<year>\d{4}|\d\d)(?![\d/])",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"(?<![\d\-])(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?![\d\-])",
    re.IGNORECASE,
)
_LIST_BEFORE = re.compile(r"\d\s?(?:st|nd|rd|th)?\s*(?:[–—\-&,]|to|and)\s*$", re.IGNORECASE)
_LIST_AFTER = re.compile(
    r"\s*(?:[–—\-&]|to\b|and\b)\s*(?:\d{1,2})\s?(?:st|nd|rd|th)\b", re.IGNORECASE
)
_CLOCK_BEFORE = re.compile(r"\d\s*[–—\-]\s*\d{1,2}\s*[ap]m\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDate:
    """A day as it stands in a text; the year and the weekday only if they are written."""

    start: int
    end: int
    day: int
    month: int
    year: int | None = None
    #: 0 is Monday.
    weekday: int | None = None
    #: One of several days joined by a dash, a comma or "and".
    is_range: bool = False
    text: str = ""

    def in_year(self, year: int) -> date | None:
        """Return the day in that year; None for a day that month does not have."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None

    @property
    def full(self) -> date | None:
        """Return the day, if the year is written and the day exists."""
        return None if self.year is None else self.in_year(self.year)


def find_dates(text: str, *, is_day_first: bool, allows_typos: bool = False) -> list[WrittenDate]:
    """Return the dates of a line in their order; of two that overlap, the longer one."""
    found = [
        written
        for pattern in (_ISO, _NUMERIC, _DAY_FIRST, _MONTH_FIRST)
        for match in pattern.finditer(text)
        if (written := _read(match, is_day_first=is_day_first, allows_typos=allows_typos))
    ]
    # Of two that begin together the longer one; a weekday belongs to the date after it.
    found.sort(key=lambda written: (written.start, -written.end))
    kept: list[WrittenDate] = []
    for written in found:
        if not kept or written.start >= kept[-1].end:
            kept.append(written)
    return kept


def _read(match: re.Match[str], *, is_day_first: bool, allows_typos: bool) -> WrittenDate | None:
    parts = match.groupdict()
    named = parts["month"]
    is_lenient = allows_typos and bool(parts.get("ordinal"))
    month = int(named) if named.isdigit() else _month(named, allows_typos=is_lenient)
    day = int(parts["day"])
    if month is None:
        return None
    is_swapped = "sep" in parts and not is_day_first
    if is_swapped or (named.isdigit() and month > len(_MONTHS) >= day):
        day, month = month, day
    if not (1 <= month <= len(_MONTHS) and 1 <= day <= _MOST_DAYS):
        return None
    first = max(0, match.start() - _WEEKDAY_SPAN)
    named_day = _WEEKDAY_BEFORE.search(match.string[first : match.start()])
    if match.re is _MONTH_FIRST and not (parts["ordinal"] or parts["year"] or named_day):
        return None
    start = first + named_day.start() if named_day else match.start()
    return WrittenDate(
        start=start,
        end=match.end(),
        day=day,
        month=month,
        year=_year(parts["year"]),
        weekday=_weekday(named_day["weekday"]) if named_day else None,
        is_range=_is_range(match),
        text=match.string[start : match.end()].strip(),
    )


def _is_range(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 20) : match.start()]
    if _LIST_BEFORE.search(before) and not _CLOCK_BEFORE.search(before):
        return True
    return _LIST_AFTER.match(match.string, match.end()) is not None


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    year = int(text.lstrip("'’"))
    return year + 2000 if year < _CENTURY else year


def _weekday(text: str) -> int:
    return _WEEKDAYS.index(text[:3].lower())


def _month(word: str, *, allows_typos: bool) -> int | None:
    lower = word.lower().replace("sept", "sep") if len(word) == len("sept") else word.lower()
    for number, name in enumerate(_MONTHS, start=1):
        if lower in (name, name[:3]):
            return number
    if allows_typos and len(lower) >= _MIN_FUZZY and word[0].isupper():
        return next((n for n, name in enumerate(_MONTHS, start=1) if _is_typo(lower, name)), None)
    return None


def _is_typo(word: str, name: str) -> bool:
    """Whether one letter was added, dropped or mistaken ("Aril")."""
    if abs(len(word) - len(name)) > 1 or len(name) < _MIN_FUZZY:
        return False
    same = 0
    while same < min(len(word), len(name)) and word[same] == name[same]:
        same += 1
    rest, other = word[same:], name[same:]
    return rest[1:] == other[1:] or rest == other[1:] or rest[1:] == other
