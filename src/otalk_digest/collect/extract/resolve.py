"""The day of a chat, from all the places where a post writes one, with the reason. Pure.

The rule of docs/domain-notes "dates": the title's day if it is in range and on the right
weekday; else a header's or the text's day that is; else the title's day, to be checked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from otalk_digest.collect.extract.dates import WrittenDate
from otalk_digest.model.chat import Flag

#: Posts go live up to eight days before; three weeks is the most that is plausible.
_AHEAD_DAYS = 22
#: A transcript post comes after its chat.
_BEHIND_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRule:
    """What makes a day plausible for a chat."""

    #: In the profile's zone.
    published: date | None
    weekday: int
    is_transcript: bool

    def years(self, written: WrittenDate) -> list[date]:
        """Return the days that a written one can mean; without any year, none."""
        if written.year is not None:
            return [written.full] if written.full else []
        if self.published is None:
            return []
        years = (self.published.year, self.published.year + 1, self.published.year - 1)
        days = [day for year in years if (day := written.in_year(year))]
        # T1: the first such day from the publish date on, rolling over at New Year.
        return sorted(days, key=lambda day: (not self.is_in_range(day), self._distance(day)))[:1]

    def is_in_range(self, day: date) -> bool:
        """Whether the post can be about this day, seen from its publish date."""
        if self.published is None:
            return True
        behind = _BEHIND_DAYS if self.is_transcript else 0
        first = self.published - timedelta(days=behind)
        return first <= day <= self.published + timedelta(days=_AHEAD_DAYS)

    def fits(self, day: date, weekday: int | None) -> bool:
        """Whether the day is in range and is the weekday named beside it, or else the usual one."""
        expected = self.weekday if weekday is None else weekday
        return self.is_in_range(day) and day.weekday() == expected

    def _distance(self, day: date) -> int:
        return abs((day - self.published).days) if self.published else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledDay:
    """A day, how sure it is, and the words it was read from."""

    day: date | None
    flags: tuple[Flag, ...] = ()
    text: str = ""


def settle_day(
    title: WrittenDate | None,
    rule: DayRule,
    *,
    header: Sequence[WrittenDate],
    body: Iterable[WrittenDate],
) -> SettledDay:
    """Decide the chat's day; a day that could not be confirmed carries a flag."""
    written = next(iter(rule.years(title)), None) if title else None
    if title and written and rule.fits(written, title.weekday):
        return SettledDay(day=written, text=title.text)
    others = [*header, *body] if _may_search(title, rule) else list(header)
    if title and written and _is_confirmed(written, others, rule):
        return SettledDay(day=written, text=title.text)
    for other in others:
        for day in rule.years(other):
            if rule.fits(day, other.weekday) and _may_replace(title, other, rule):
                is_other = title is not None and (other.day, other.month) != (
                    title.day,
                    title.month,
                )
                is_corrected = is_other or (title is not None and written not in (None, day))
                flags = (Flag.DATE_CORRECTED,) if is_corrected else ()
                return SettledDay(day=day, flags=flags, text=other.text)
    return SettledDay(day=written, flags=(Flag.CHECK_DATE,), text=title.text if title else "")


def _may_search(title: WrittenDate | None, rule: DayRule) -> bool:
    """Without a publish date any Tuesday would do, so only the title's own day counts (D6)."""
    return rule.published is not None or title is None or title.year is None


def _may_replace(title: WrittenDate | None, other: WrittenDate, rule: DayRule) -> bool:
    if rule.published is not None or title is None:
        return True
    return (title.day, title.month) == (other.day, other.month) or title.year is not None


def _is_confirmed(day: date, others: Sequence[WrittenDate], rule: DayRule) -> bool:
    """T5: an unusual weekday counts when the text names it beside the same day."""
    return rule.is_in_range(day) and any(
        other.weekday == day.weekday() and (other.day, other.month) == (day.day, day.month)
        for other in others
    )
