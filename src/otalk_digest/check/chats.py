"""Rules over what a mail says of chats: hours with a zone, the calendar, the bars. Pure.

Which chats are ahead is known from the calendar file, and a line that is a whole moment.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lxml import html as lxml_html

from otalk_digest.check.calendar import Component, Line, events, is_on
from otalk_digest.check.mail import Mail, at, in_part
from otalk_digest.check.page import shown, squeezed, visible_text
from otalk_digest.check.rule import Rule
from otalk_digest.check.text import has_address
from otalk_digest.model.finding import Level, Part, Place

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
#: A line that is nothing but "Tuesday 25 November 2025, 8pm to 9pm GMT"; words before or after
#: it, such as "perhaps", make it another.
_MOMENT: Final = re.compile(
    rf"[a-z]+day (\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}}),"
    r" [^,]{3,30} (?:[A-Z]{2,5}|UTC[^ ]*)",
    re.IGNORECASE,
)
#: "calendar", and so in most languages of Europe.
_CALENDAR: Final = re.compile(r"[ck]alend", re.IGNORECASE)
_CALENDAR_LANGUAGES: Final = frozenset(("cy", "de", "en", "es", "fr", "it", "nl", "pt"))
_TAG: Final = re.compile(r"#\w+")
_SHARE: Final = re.compile(r"\d{1,3}%")
_COLOURED: Final = re.compile(r"background(?:-color)?\s*:", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d")
_PARAGRAPH: Final = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """When a chat begins, on its own clock."""

    local: datetime
    zone: str


def _ahead(mail: Mail) -> tuple[Component, ...]:
    """Return the chats that the calendar file adds."""
    return tuple(event for event in events(mail) if is_on(event))


def _start(event: Component) -> _Start | None:
    line = event.line("DTSTART")
    moment = None if line is None else _moment(line)
    if moment is None:
        return None
    name = moment.tzname() or ""
    return _Start(local=moment, zone=name if name.isalpha() else "UTC")


def _moment(line: Line) -> datetime | None:
    if line.zone is None and not line.value.endswith("Z"):
        # No hour of any place: another rule says so.
        return None
    try:
        bare = datetime.strptime(line.value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - zoned below
        return bare.replace(tzinfo=ZoneInfo(line.zone) if line.zone else UTC)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return None


def _without_zone(mail: Mail) -> Iterator[Place]:
    """Each chat's hour must stand with its zone's letters, in both parts."""
    for start in {event.value("DTSTART"): _start(event) for event in _ahead(mail)}.values():
        if start is None:
            continue
        for part, said in ((Part.HTML, mail.seen), (Part.TEXT, mail.text)):
            if not _says_hour(said, start):
                when = f"{start.local:%d %B %Y, %H:%M}"
                yield in_part(part, f"the chat of {when}: no hour with {start.zone}")


def _says_hour(said: str, start: _Start) -> bool:
    hour, zone = start.local.hour, re.escape(start.zone)
    if hour % 12 == 0 and start.local.minute == 0:
        # Midday and midnight have words of their own.
        return re.search(zone, said) is not None
    pattern = rf"(?<!\d)(?:{hour % 12 or 12}|{hour:02d}|{hour})(?!\d).{{0,40}}?{zone}"
    return re.search(pattern, said) is not None


def _not_offered(mail: Mail) -> Iterator[Place]:
    """A chat ahead, and nothing to put it into a calendar with, or not a word of it."""
    if _ahead(mail):
        language = (mail.tree.get("lang") or "en").partition("-")[0].lower()
        addresses = " ".join(link.get("href") or "" for link in mail.links)
        for part, said in ((Part.HTML, f"{mail.seen} {addresses}"), (Part.TEXT, mail.text)):
            is_said = _CALENDAR.search(said) or language not in _CALENDAR_LANGUAGES
            if not is_said and ".ics" not in said:
                yield in_part(part, "a calendar file is attached, and nothing says so")
        return
    written_on = _written_on(mail)
    for line in mail.seen.split("\n"):
        day = _day(line)
        if day and written_on and day > written_on and not events(mail):
            yield in_part(Part.CALENDAR, f"missing for: {line}")


def _written_on(mail: Mail) -> date | None:
    try:
        return parsedate_to_datetime(mail.header("Date") or "").date()
    except (TypeError, ValueError):
        return None


def _day(line: str) -> date | None:
    found = _MOMENT.fullmatch(shown(line))
    if found is None:
        return None
    try:
        return date(int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))
    except ValueError:
        return None


def _join_not_told(mail: Mail) -> Iterator[Place]:
    """The place of a chat is linked, or its tag is named, in both parts."""
    for event in _ahead(mail)[:1]:
        place = (event.value("LOCATION") or "").replace("\\", "")
        if place.startswith("https://"):
            if not any(link.get("href") == place for link in mail.links):
                yield in_part(Part.HTML, f"no link to {place}")
            if not has_address(mail.text, place):
                yield in_part(Part.TEXT, f"no address: {place}")
            continue
        tags = [squeezed(tag) for tag in _TAG.findall(place)]
        for part, said in ((Part.HTML, mail.seen), (Part.TEXT, mail.text)):
            if not all(tag in squeezed(said) for tag in tags) or not place:
                yield in_part(part, f"nothing about {place or 'where the chat is'}")


def _bars(mail: Mail) -> Iterator[lxml_html.HtmlElement]:
    """Yield the rows that hold a bar: a coloured cell of a share of the width, without words."""
    for cell in mail.elements("td"):
        is_bar = (
            _SHARE.fullmatch(cell.get("width") or "")
            and (cell.get("bgcolor") or _COLOURED.search(cell.get("style") or ""))
            and not len(cell)
            and not shown(cell.text_content())
        )
        if is_bar:
            rows = [row for row in cell.iterancestors("tr") if row.find("th") is not None]
            yield from rows[:1]


def _unnumbered(mail: Mail) -> Iterator[Place]:
    # A sentence may be wrapped between a bar's day and its number.
    paragraphs = [shown(paragraph) for paragraph in _PARAGRAPH.split(mail.text)]
    for row in dict.fromkeys(_bars(mail)):
        label = shown(visible_text(row.find("th")))
        numbers = [shown(visible_text(cell)) for cell in row.findall("td")]
        number = next((one for one in reversed(numbers) if _NUMBER.search(one)), None)
        if number is None:
            yield at(row)
        elif not any(_says_bar(said, label, number) for said in paragraphs):
            yield in_part(Part.TEXT, f"missing: {label}: {number}")


def _says_bar(said: str, label: str, number: str) -> bool:
    """Whether both are there: beside a bar "28 Oct. 2025" is short for "28 October 2025"."""
    words = (re.escape(word.rstrip(".,")) for word in label.split())
    day = "".join(rf"(?<!\w){word}\w*[.,]?\s*" for word in words)
    is_whole = rf"(?<![\w.,]){re.escape(number)}(?!\w)"
    return bool(re.search(day, said, re.IGNORECASE) and re.search(is_whole, said, re.IGNORECASE))


_TEMPLATE: Final = "Compare the theme's templates with those of the classic theme."

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="time-zone",
        level=Level.MUST,
        why="Readers in other zones, and all in the weeks when clocks change, miss a chat whose "
        "hour has no zone.",
        mend="Keep {zone} in [time] of the theme's theme.toml, and print the moment in the "
        "templates.",
        find=_without_zone,
    ),
    Rule(
        name="calendar-offered",
        level=Level.MUST,
        why="Who can put the chat into a calendar in one step comes to it.",
        mend=f"Say in the mail that the calendar file is there, or link to it. {_TEMPLATE}",
        find=_not_offered,
    ),
    Rule(
        name="join-told",
        level=Level.MUST,
        why="A newcomer does not know where the chat is, or that they may come.",
        mend="Set join_url in [chat] of the settings, and keep the part “How to join”. "
        f"{_TEMPLATE}",
        find=_join_not_told,
    ),
    Rule(
        name="bar-numbered",
        level=Level.MUST,
        why="Bars are invisible to screen readers, without colours and in plain text "
        "(WCAG 1.1.1, 1.4.1).",
        mend=f"Print the number beside the bar, and in the text. {_TEMPLATE}",
        find=_unnumbered,
    ),
)
