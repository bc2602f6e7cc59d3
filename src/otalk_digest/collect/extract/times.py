"""The chat's hour, as written: "8pm", "8 – 9pm (UK)", "20:00". Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_HALF = r"(?P<ap>[ap])\.?m\b\.?"
_ZONE = (
    r"(?:\s*[(,]?\s*(?P<zone>(?:UK|British)(?:\s+(?:summer\s+)?time)?|UK\s+summer\s+time"
    r"|GMT(?:\s?\+\s?\d{1,2})?|UTC|[A-Z]{1,4}T|local\s+time|Eastern|Central"
    r"|Pacific)\b(?:\s+time)?\s*\)?)?"
)
CLOCK = re.compile(
    r"(?<![\d:.,/£$#@+])(?:"
    r"(?P<h1>\d{1,2})(?:[:.](?P<m1>[0-5]\d))?\s*(?P<ap1>[ap])?(?:\.?m\b\.?)?\s*"
    r"(?:[–—\-]|to|until|till)\s*(?P<h2>\d{1,2})(?:[:.](?P<m2>[0-5]\d))?\s*(?P<ap2>[ap])\.?m\b\.?"
    r"|(?P<h3>\d{1,2})(?:[:.](?P<m3>[0-5]\d))?\s*(?P<ap3>[ap])\.?m\b\.?"
    r"|(?P<h4>[01]?\d|2[0-3]):(?P<m4>[0-5]\d)(?![\d:])\s*(?:hrs?\b)?"
    r"(?:\s*(?:[–—\-]|to|until)\s*(?P<h5>[01]?\d|2[0-3]):(?P<m5>[0-5]\d)(?![\d:])\s*(?:hrs?\b)?)?"
    r")" + _ZONE,
    re.IGNORECASE,
)
_NOON = 12
_MIDNIGHT = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A written hour; the end only if a range is written."""

    start: time
    end: time | None
    #: As written, or None: the profile's zone is meant.
    zone: str | None
    text: str


def read_clock(match: re.Match[str]) -> Clock | None:
    """Return the hour a match of CLOCK stands for; None if no clock shows it."""
    part = match.groupdict()
    end: time | None = None
    if part["h1"]:
        end = _time(part["h2"], part["m2"], part["ap2"])
        start = _time(part["h1"], part["m1"], part["ap1"] or part["ap2"])
        if start and end and not part["ap1"] and start > end:
            # "11 – 1pm" begins before noon.
            start = _time(part["h1"], part["m1"], "a")
    elif part["h3"]:
        start = _time(part["h3"], part["m3"], part["ap3"])
    else:
        start = _time(part["h4"], part["m4"], None)
        end = _time(part["h5"], part["m5"], None) if part["h5"] else None
    if start is None:
        return None
    return Clock(start=start, end=end, zone=part["zone"], text=match.group().strip())


def find_clock(text: str, zone: str) -> Clock | None:
    """Return the first hour of a text that is given in the chat's own zone."""
    for match in CLOCK.finditer(text):
        clock = read_clock(match)
        if clock and is_home_zone(clock.zone, zone):
            return clock
    return None


def is_home_zone(written: str | None, zone: str) -> bool:
    """Whether a zone written after an hour is the chat's own, never an offset to reckon with."""
    if written is None:
        return True
    return " ".join(written.casefold().split()).split("+")[0].strip() in _home_names(zone)


@lru_cache(maxsize=16)
def _home_names(zone: str) -> frozenset[str]:
    """Summer and winter names of the zone; in July "8pm GMT" still means the hour in London."""
    info = ZoneInfo(zone)
    names = {datetime(2021, month, 1, tzinfo=info).tzname() or "" for month in (1, 7)}
    names = {name.casefold() for name in names}
    if zone == "Europe/London":
        names |= {
            "uk",
            "uk time",
            "uk summer time",
            "british",
            "british time",
            "british summer time",
        }
    # EST and EDT are both also written ET.
    names |= {name[0] + "t" for name in names if name[1:] in ("st", "dt")}
    return frozenset(names | {"local time"})


def _time(hour: str, minute: str | None, half: str | None) -> time | None:
    value = int(hour)
    if half:
        if not 1 <= value <= _NOON:
            return None
        value = value % _NOON + (_NOON if half.lower() == "p" else 0)
    return time(value, int(minute or 0)) if value < _MIDNIGHT else None


def moments(
    day: date, start: time, end: time | None, *, zone: str, minutes: int
) -> tuple[datetime, datetime]:
    """Return both ends of a chat in UTC; the length counts where no end is written."""
    info = ZoneInfo(zone)
    starts_at = datetime.combine(day, start, tzinfo=info).astimezone(UTC)
    if end is None:
        return starts_at, starts_at + timedelta(minutes=minutes)
    ends_at = datetime.combine(day, end, tzinfo=info).astimezone(UTC)
    if ends_at <= starts_at:
        ends_at += timedelta(days=1)
    return starts_at, ends_at
