"""The archive's pages, whether a server answers with them or they lie there as files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from otalk_digest.digest.atom import Entry, Feed, write_feed
from otalk_digest.digest.publicly import framed, public_html
from otalk_digest.digest.themes import Theme, load_theme
from otalk_digest.digest.times import TimeWords, read_time_words, say_date
from otalk_digest.model.audience import Segment
from otalk_digest.model.edition import Variant
from otalk_digest.pipeline import archiving
from otalk_digest.pipeline.archiving import Diary, Issue
from otalk_digest.pipeline.freezing import Press
from otalk_digest.web.public.pages import in_language

#: A year of a weekly digest.
PAGE: Final = 52
#: Of the feed: who has not looked for longer finds the rest on the page.
_IN_FEED: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the pages lie. Patterns hold the number of an edition or a page as `{}`."""

    #: Before page.css.
    root: str
    index: str
    later: str
    edition: str
    feed: str
    calendar: str
    #: What makes the others whole; None where the files will lie is not known.
    origin: str | None
    #: Only a server has it.
    subscribe: str | None = None

    def page(self, number: int) -> str:
        """Return the address of a page of the list; the first is 1."""
        return self.index if number == 1 else self.later.format(number)

    def issue(self, number: int) -> str:
        """Return the address of an edition."""
        return self.edition.format(number)

    def whole(self, address: str) -> str:
        """Return it with a host, as long as we know one."""
        return address if self.origin is None else f"{self.origin}{address}"

    @property
    def webcal(self) -> str | None:
        """What makes a phone subscribe to the chats at a touch."""
        if self.origin is None:
            return None
        return f"webcal://{self.whole(self.calendar).partition('://')[2]}"


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Draws the pages of the archive."""

    press: Press
    #: Words, templates and style of the pages.
    pages: Theme
    segments: tuple[Segment, ...]
    #: Whose variant is shown; None for the first segment that has one.
    only: str | None
    addresses: Addresses

    @cached_property
    def voice(self) -> Theme:
        """The theme whose words dates and calendars are in."""
        press = self.press
        name = self.segments[0].theme
        theme = load_theme(name, folders=press.theme_folders, cache=press.cache)
        return theme.speaking(press.publication.language)

    @cached_property
    def diary(self) -> Diary:
        """How chats are put into a calendar."""
        name = self.press.publication.name
        return Diary(theme=self.voice, profile=self.press.profile, name=name)

    def issues(self, connection: Connection) -> tuple[Issue, ...]:
        """Return what there is to read, newest first."""
        return archiving.list_issues(connection, self.segments, only=self.only)

    def index(self, issues: Sequence[Issue], number: int) -> str:
        """Return a page of the list; the first is 1."""
        last = page_count(issues)
        shown = issues[(number - 1) * PAGE : number * PAGE]
        return self._page(
            "archive.html.j2",
            years=[(year, list(found)) for year, found in groupby(shown, key=self._year)],
            canonical=self.addresses.page(number),
            newer=self.addresses.page(number - 1) if number > 1 else None,
            older=self.addresses.page(number + 1) if number < last else None,
        )

    def edition(self, issues: Sequence[Issue], place: int, variant: Variant) -> str:
        """Return the issue at this place of the list, as it was sent, under a bar of ours."""
        issue = issues[place]
        part = partial(
            self._page,
            issue=issue,
            canonical=self.addresses.issue(issue.number),
            newer=issues[place - 1] if place else None,
            older=issues[place + 1] if place + 1 < len(issues) else None,
        )
        return framed(
            public_html(variant),
            head=part("edition_head.html.j2"),
            body=part("edition_bar.html.j2"),
        )

    def feed(self, issues: Sequence[Issue], summaries: Sequence[str]) -> bytes:
        """Return the newest issues as a feed, with a few words of each."""
        publication, addresses = self.press.publication, self.addresses
        address = None if addresses.origin is None else addresses.whole(addresses.feed)
        return write_feed(
            Feed(
                id=archiving.name_of(publication),
                title=publication.name,
                author=publication.name,
                language=publication.language,
                address=address,
                page=addresses.whole(addresses.index),
                entries=tuple(
                    Entry(
                        id=issue.id,
                        title=issue.title,
                        summary=summary,
                        address=addresses.whole(addresses.issue(issue.number)),
                        published_at=issue.published_at,
                    )
                    for issue, summary in zip(issues, summaries, strict=True)
                ),
            )
        )

    def summaries(
        self, connection: Connection, issues: Sequence[Issue]
    ) -> tuple[Sequence[Issue], Sequence[str]]:
        """Return what the feed tells of, and a few words of each."""
        told = [
            (issue, variant.preheader)
            for issue in issues[:_IN_FEED]
            if (variant := archiving.variant_of(connection, issue)) is not None
        ]
        return [issue for issue, _ in told], [words for _, words in told]

    def front(self) -> str:
        """Return the page that leads to all others."""
        return self._page("front.html.j2", canonical=f"{self.addresses.root}/")

    def _page(self, template: str, *, canonical: str, **values: object) -> str:
        whole = self.addresses.whole(canonical)
        names = {
            "publication": self.press.publication,
            "language": self._spoken.language,
            "root": self.addresses.root,
            "at": self.addresses,
            "canonical": None if self.addresses.origin is None else whole,
            "day": self._day,
            **values,
        }
        return self._spoken.render(template, names).strip() + "\n"

    @cached_property
    def _spoken(self) -> Theme:
        return in_language(self.pages, self.press.publication.language)

    def _day(self, moment: datetime) -> str:
        return say_date(moment, self._zone, self._words.full_date, self._words)

    def _year(self, issue: Issue) -> int:
        return issue.published_at.astimezone(self._zone).year

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.press.profile.zone)

    @cached_property
    def _words(self) -> TimeWords:
        return read_time_words(self.voice.words["time"])


def page_count(issues: Sequence[Issue]) -> int:
    """Return how many pages the list has; one when there is nothing in it."""
    return max(1, -(-len(issues) // PAGE))


def pages_of(issues: Sequence[Issue]) -> Iterator[int]:
    """Yield the numbers of the pages of the list."""
    yield from range(1, page_count(issues) + 1)
