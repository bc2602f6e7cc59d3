"""Day and hour of a chat put together, in UTC. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from re import Pattern
from zoneinfo import ZoneInfo

from otalk_digest.collect.extract.dates import WrittenDate, find_dates
from otalk_digest.collect.extract.lines import without_urls
from otalk_digest.collect.extract.mentions import body_clock, body_dates, header_dates
from otalk_digest.collect.extract.resolve import DayRule, SettledDay, settle_day
from otalk_digest.collect.extract.sections import Sections
from otalk_digest.collect.extract.times import is_home_zone, moments
from otalk_digest.collect.extract.title import TitleParts
from otalk_digest.model.chat import ChatProfile, Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A chat's hour in UTC, its flags, and the words it was read from."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    flags: tuple[Flag, ...] = ()
    day_text: str = ""
    clock_text: str = ""


def local_day(moment: datetime | None, profile: ChatProfile) -> date | None:
    """Return the day in the chat's zone."""
    return moment.astimezone(ZoneInfo(profile.zone)).date() if moment else None


def find_day(
    parts: TitleParts,
    sections: Sections,
    profile: ChatProfile,
    *,
    tag: Pattern[str],
    published: date | None,
) -> SettledDay:
    """Settle the day from title, header and text."""
    rule = DayRule(published=published, weekday=profile.weekday, is_transcript=parts.is_transcript)
    header = header_dates(sections.header, is_day_first=profile.is_day_first)
    return settle_day(parts.day, rule, header=header, body=_later(sections, profile, tag))


def _later(sections: Sections, profile: ChatProfile, tag: Pattern[str]) -> Iterator[WrittenDate]:
    """Search the text only when the title's day does not settle it."""
    yield from body_dates(sections.main, tag, is_day_first=profile.is_day_first)


def new_day(line: str, profile: ChatProfile, *, published: date | None) -> date | None:
    """Return the day a note moves the chat to: "… postponed to Tuesday 26th March"."""
    rule = DayRule(published=published, weekday=profile.weekday, is_transcript=False)
    lower = line.casefold()
    for written in find_dates(without_urls(line), is_day_first=profile.is_day_first):
        before = lower[max(0, written.start - 25) : written.start]
        if any(
            word in before for word in (" to ", "until", "till", "new date", "now on", "instead on")
        ):
            return next(iter(rule.years(written)), None)
    return None


def find_when(
    day: SettledDay,
    parts: TitleParts,
    sections: Sections,
    profile: ChatProfile,
    *,
    tag: Pattern[str],
) -> When:
    """Add the written hour to a settled day, or the profile's with a flag (T5)."""
    if day.day is None:
        return When(flags=day.flags, day_text=day.text)
    clock = parts.clock
    if clock is None or not is_home_zone(clock.zone, profile.zone):
        lines = (*sections.header, *sections.main)
        clock = body_clock(lines, tag, profile, day=day.day)
    usual = time(profile.start_hour, profile.start_minute)
    starts_at, ends_at = moments(
        day.day,
        clock.start if clock else usual,
        clock.end if clock else None,
        zone=profile.zone,
        minutes=profile.duration_minutes,
    )
    return When(
        starts_at=starts_at,
        ends_at=ends_at,
        flags=day.flags if clock else (*day.flags, Flag.DEFAULT_TIME),
        day_text=day.text,
        clock_text=clock.text if clock else "",
    )
