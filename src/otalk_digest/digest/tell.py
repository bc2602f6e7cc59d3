"""News put into the words of a theme. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from otalk_digest.digest import limits, times, wording
from otalk_digest.digest.calendar import event_uid
from otalk_digest.digest.note import read_note
from otalk_digest.digest.stories import ON, ChangeWords, FigureWords, Stories, Story, Turn, When
from otalk_digest.digest.themes import Theme
from otalk_digest.digest.times import TimeWords
from otalk_digest.digest.trend import draw_trend
from otalk_digest.model.chat import Figure, Flag, Numbers, Reading
from otalk_digest.model.edition import Digest, EditionKind, Publication
from otalk_digest.model.news import Change, KnownNews, News, NewsKind

#: A link should fit on two lines of a phone.
_LINKED_TOPIC: Final = 60
#: The field of a change that moves a chat.
_START: Final = "starts_at"
#: The other fields that matter to someone who is planning to come.
_TOLD_CHANGES: Final = ("topic", "hosts")
#: How the link to a chat's own calendar file is named.
_CALENDAR: Final = {"announcement": "calendar", "change": "calendar_update"}
#: What readers ask first comes first.
_FIGURES: Final = (
    "tweets",
    "participants",
    "impressions",
    "tweets_per_participant",
    "tweets_per_hour",
)


@dataclass(slots=True, kw_only=True)
class Teller:
    """Tells news in the words of one theme; gives out places and link names, each once."""

    theme: Theme
    words: TimeWords
    zone: ZoneInfo
    now: datetime
    publication: Publication
    _places: int = 0
    _links: set[str] = field(default_factory=set)
    _spare_links: int = 0

    def tell(self, digest: Digest) -> Stories:
        """Put a digest into words: as much of it as one mail holds, a maintainer's note first."""
        # The footer's links have these names in every mail.
        self._links |= {*self.theme.words["footer"].values(), *dict(self.publication.links)}
        note = read_note(digest.note, name_link=self._unique) if digest.note else ()
        links = len(self.publication.links) + sum(len(block.links) for block in note)
        links += digest.reminder is not None
        selection = limits.select(digest, links=links)
        self._spare_links = selection.spare_links
        shown = selection.digest
        headline = (shown.headline,) if shown.headline else ()
        is_reminder = digest.kind is EditionKind.REMINDER
        return Stories(
            alerts=self._all(shown.alerts),
            headline=next(iter(self._all(headline, is_known=is_reminder)), None),
            reminder=None
            if digest.reminder is None
            else self._story(digest.reminder, is_known=True),
            is_any_ahead=digest.is_any_ahead,
            coming_up=self._all(shown.coming_up),
            wrap_ups=self._with_trend(self._all(shown.wrap_ups), digest),
            notices=self._all(shown.notices),
            note=note,
            left_out=selection.left_out,
            is_reminder=is_reminder,
        )

    def _all(self, items: Iterable[KnownNews], *, is_known: bool = False) -> tuple[Story, ...]:
        return tuple(self._story(item.news, is_known=is_known) for item in items)

    def _story(self, news: News, *, is_known: bool = False) -> Story:
        fitted = limits.fit_reading(news.reading)
        reading = fitted.reading
        kind = _kind(news)
        when = None if kind == "notice" else self._when(reading, has_place=kind in ON)
        before = self._move(news.changes)
        topic = self._topic(reading)
        in_calendar = self._is_in_calendar(kind, when)
        linked = "whole" if kind == "announcement" and fitted.is_cut else kind
        calendar_url = self._calendar_url(news) if in_calendar and kind in ON else None
        return Story(
            kind=kind,
            guid=news.guid,
            topic=topic,
            url=wording.web_address(news.url),
            link=self._link("reminder" if is_known else linked, topic, when),
            transcript_link=self._link("transcript", topic, when) if kind == "wrap_up" else "",
            calendar_url=calendar_url,
            calendar_link=self._link(_CALENDAR[kind], topic, when) if calendar_url else "",
            reading=replace(
                reading,
                hosts=self._with_others(reading.hosts, fitted.hosts_left),
                support=self._with_others(reading.support, fitted.support_left),
            ),
            questions_left=fitted.questions_left,
            when=when,
            moved_from=None if before is None else self._start(before),
            turn=self._turn(news.changes, before, when) if kind == "change" else None,
            changes=tuple(self._changes(news.changes)),
            figures=self._figures(reading.numbers),
            in_calendar=in_calendar,
            happened_at=news.happened_at,
        )

    def _calendar_url(self, news: News) -> str | None:
        """Give out an address while the mail has room for another link."""
        web = self.publication.web_url
        if web is None or self._spare_links < 1:
            return None
        self._spare_links -= 1
        return f"{web}/calendar/{event_uid(news.guid)}.ics"

    def _with_others(self, names: tuple[str, ...], left: int) -> tuple[str, ...]:
        return (*names, self.theme.phrase("list", "others", count=left)) if left else names

    def _topic(self, reading: Reading) -> str:
        """Never without words, which a subject needs: a blog can publish a post that has none."""
        for said in (wording.one_line(reading.topic), wording.one_line(reading.title)):
            if wording.calm(said):
                return limits.clip_topic(said)
        part, name = ("chat", "no_topic") if reading.is_chat else ("lead", "notices")
        return self.theme.phrase(part, name)

    def _when(self, reading: Reading, *, has_place: bool) -> When | None:
        start, end = reading.starts_at, reading.ends_at
        if start is None:
            return None
        is_sure = Flag.CHECK_DATE not in reading.flags
        place = None
        if has_place and is_sure and start > self.now:
            place, self._places = self._places, self._places + 1
        return When(
            starts_at=start,
            ends_at=end,
            moment=times.say_moment(start, end, self.zone, self.words),
            date=self._date(start, self.words.full_date),
            day=self._date(start, self.words.day),
            short=self._date(start, self.words.short_date),
            is_sure=is_sure,
            is_usual_hour=Flag.DEFAULT_TIME in reading.flags,
            is_corrected=Flag.DATE_CORRECTED in reading.flags,
            place=place,
        )

    def _is_in_calendar(self, kind: str, when: When | None) -> bool:
        """Only a settled date ahead of us; a cancellation takes its event off."""
        if when is None or not when.is_sure or when.starts_at <= self.now:
            return False
        return kind in ON or kind in {"cancellation", "postponed"}

    def _date(self, moment: datetime, pattern: str) -> str:
        return times.say_date(moment, self.zone, pattern, self.words)

    def _start(self, moment: datetime) -> str:
        return times.say_moment(moment, None, self.zone, self.words)

    def _link(self, kind: str, topic: str, when: When | None) -> str:
        """Say where a link goes, in words that no other link has; no date that is not sure."""
        short = wording.clip(topic, _LINKED_TOPIC)
        if when is None or not when.is_sure:
            return self._unique(self.theme.phrase("links", f"{kind}_undated", topic=short))
        name = self.theme.phrase("links", kind, day=when.day)
        return self._unique(f"{name}: {short}" if name in self._links else name)

    def _unique(self, name: str) -> str:
        others = sum(link == name or link.startswith(f"{name} (") for link in self._links)
        unique = f"{name} ({others + 1})" if others else name
        self._links.add(unique)
        return unique

    def _move(self, changes: Iterable[Change]) -> datetime | None:
        """Return the moment at which the chat was planned before."""
        olds = (change.old for change in changes if change.field == _START)
        return next((_moment(old) for old in olds if old), None)

    def _turn(self, changes: Iterable[Change], before: datetime | None, when: When | None) -> Turn:
        """Name what a change means to someone who is planning to come."""
        if before is not None and when is not None:
            days = {moment.astimezone(self.zone).date() for moment in (before, when.starts_at)}
            return "new_time" if len(days) == 1 else "new_date"
        new = {change.field: change.new for change in changes}
        if "phase" in new:
            return "back_on"
        has_new_host = new.get("hosts") and not new.keys() & {_START, "topic"}
        return "new_host" if has_new_host else "change"

    def _changes(self, changes: Iterable[Change]) -> Iterator[ChangeWords]:
        """Name the other fields that count."""
        for change in changes:
            if change.field in _TOLD_CHANGES:
                yield ChangeWords(
                    label=self.theme.phrase("changes", change.field),
                    old=change.old and limits.clip_value(change.old),
                    new=change.new and limits.clip_value(change.new),
                )

    def _figures(self, numbers: Numbers) -> tuple[FigureWords, ...]:
        """Print what is there; a gap is left out, never computed, and nothing is not news."""
        separator = self.theme.phrase("list", "thousands")
        found = ((name, getattr(numbers, name)) for name in _FIGURES)
        return tuple(
            FigureWords(
                number=wording.group_digits(figure.printed, separator),
                label=self.theme.phrase("figures", f"{name}_one" if figure.value == 1 else name),
            )
            for name, figure in found
            if isinstance(figure, Figure) and figure.value
        )

    def _with_trend(self, wrap_ups: tuple[Story, ...], digest: Digest) -> tuple[Story, ...]:
        """Hang the bars on the story that the last of them is about."""
        trend = draw_trend(digest.trend, zone=self.zone, words=self.words, theme=self.theme)
        if trend is None:
            return wrap_ups
        newest = digest.trend[-1].starts_at
        return tuple(
            replace(s, trend=trend) if s.reading.starts_at == newest else s for s in wrap_ups
        )


def _kind(news: News) -> str:
    """Name what happened; a chat that is put off is not the same as one that is dropped."""
    reading = news.reading
    if news.kind is NewsKind.CANCELLATION and reading.is_postponed and not reading.is_cancelled:
        return "postponed"
    return news.kind.value.replace("-", "_")


def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
