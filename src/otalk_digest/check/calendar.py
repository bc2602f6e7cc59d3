"""Rules over the calendar file, on its bytes (RFC 5545). Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from otalk_digest.check.mail import Mail, in_part, kind_of
from otalk_digest.check.rule import Rule
from otalk_digest.model.finding import Level, Part, Place

#: §3.1, without the line end.
_LONGEST_LINE: Final = 75
_UTC: Final = re.compile(r"\d{8}T\d{6}Z")
_LOCAL: Final = re.compile(r"\d{8}T\d{6}")
_LONE_END: Final = re.compile(rb"(?<!\r)\n|\r(?!\n)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One unfolded line of a component."""

    name: str
    #: Parameters as written, such as ";TZID=Europe/London".
    parameters: str
    value: str
    number: int

    @property
    def zone(self) -> str | None:
        """The zone that the line names."""
        found = re.search(r";TZID=\"?([^;\":]+)", self.parameters, re.IGNORECASE)
        return found[1] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A VEVENT, or what else stands between BEGIN and END, without what is nested in it."""

    kind: str
    #: Where it begins, counted from 1.
    number: int
    lines: tuple[Line, ...]

    def line(self, name: str) -> Line | None:
        """Return the first line of that name."""
        return next((line for line in self.lines if line.name == name), None)

    def value(self, name: str) -> str | None:
        """Return the first value of that name."""
        line = self.line(name)
        return None if line is None else line.value


@lru_cache(maxsize=4)
def components(calendar: bytes) -> tuple[Component, ...]:
    """Read what stands in the file, once for all rules; what is not closed is left out."""
    done: list[Component] = []
    open_ones: list[tuple[str, int, list[Line]]] = []
    for line in _unfolded(calendar):
        if line.name == "BEGIN":
            open_ones.append((line.value.upper(), line.number, []))
        elif line.name == "END":
            if open_ones and open_ones[-1][0] == line.value.upper():
                kind, number, lines = open_ones.pop()
                done.append(Component(kind=kind, number=number, lines=tuple(lines)))
        elif open_ones:
            open_ones[-1][2].append(line)
    return tuple(done)


def events(mail: Mail) -> tuple[Component, ...]:
    """Return the events of every calendar file."""
    return tuple(
        part
        for calendar in mail.calendars
        for part in components(calendar)
        if part.kind == "VEVENT"
    )


def is_on(event: Component) -> bool:
    """Whether the event takes place."""
    return (event.value("STATUS") or "").upper() != "CANCELLED"


def _unfolded(calendar: bytes) -> Iterator[Line]:
    whole, begun = b"", 0
    for number, line in enumerate(_lines(calendar), start=1):
        if line[:1] in {b" ", b"\t"}:
            whole += line[1:]
            continue
        if whole:
            yield _line(whole, begun)
        whole, begun = line, number
    if whole:
        yield _line(whole, begun)


def _lines(calendar: bytes) -> list[bytes]:
    return re.split(rb"\r\n|\r|\n", calendar)


def _line(whole: bytes, number: int) -> Line:
    text = whole.decode("utf-8", "replace")
    head, _, value = text.partition(":")
    name, semicolon, parameters = head.partition(";")
    return Line(
        name=name.strip().upper(),
        parameters=f"{semicolon}{parameters}",
        value=value.strip(),
        number=number,
    )


def _place(said: str, number: int | None = None) -> Place:
    return in_part(Part.CALENDAR, said, number)


def _unclosed(mail: Mail) -> Iterator[Place]:
    for calendar in mail.calendars:
        kinds = [component.kind for component in components(calendar)]
        begun = sum(line.name == "BEGIN" for line in _unfolded(calendar))
        if begun != len(kinds) or "VCALENDAR" not in kinds or "VEVENT" not in kinds:
            yield _place("BEGIN and END do not match, or there is no VEVENT")


def _wrong_ends(mail: Mail) -> Iterator[Place]:
    for calendar in mail.calendars:
        if _LONE_END.search(calendar):
            yield _place("lines that end otherwise than in CRLF")


def _long_lines(mail: Mail) -> Iterator[Place]:
    for calendar in mail.calendars:
        for number, line in enumerate(_lines(calendar), start=1):
            if len(line) > _LONGEST_LINE:
                yield _place(line.decode("utf-8", "replace"), number)


def _no_uid(mail: Mail) -> Iterator[Place]:
    seen: set[str] = set()
    for event in events(mail):
        uid = event.value("UID")
        if not uid or uid in seen:
            yield _place(f"UID:{uid}" if uid else "an event without a UID", event.number)
        seen.add(uid or "")


def _no_stamp(mail: Mail) -> Iterator[Place]:
    for event in events(mail):
        stamp = event.value("DTSTAMP") or ""
        if not _UTC.fullmatch(stamp):
            yield _place(f"DTSTAMP:{stamp}", event.number)


def _no_start(mail: Mail) -> Iterator[Place]:
    for calendar in mail.calendars:
        parts = components(calendar)
        zones = {part.value("TZID") for part in parts if part.kind == "VTIMEZONE"}
        for event in parts:
            if event.kind == "VEVENT" and not _is_zoned(event.line("DTSTART"), zones):
                start = event.line("DTSTART")
                said = f"DTSTART{start.parameters}:{start.value}" if start else "no DTSTART"
                yield _place(said, start.number if start else event.number)


def _is_zoned(start: Line | None, zones: set[str | None]) -> bool:
    if start is None:
        return False
    is_local = _LOCAL.fullmatch(start.value) is not None and start.zone in zones
    return _UTC.fullmatch(start.value) is not None or (is_local and start.zone is not None)


def _no_end(mail: Mail) -> Iterator[Place]:
    for event in events(mail):
        start, end = event.line("DTSTART"), event.line("DTEND")
        if end is None and event.value("DURATION"):
            continue
        if end is None or (start is not None and not _is_after(end, start)):
            said = f"DTEND{end.parameters}:{end.value}" if end else "no DTEND"
            yield _place(said, end.number if end else event.number)


def _is_after(end: Line, start: Line) -> bool:
    """Whether it ends later; times in two zones are not compared."""
    try:
        return end.zone != start.zone or _moment(end) > _moment(start)
    except ValueError:
        return False


def _moment(line: Line) -> datetime:
    return datetime.strptime(line.value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - compared within one zone


def _wrong_method(mail: Mail) -> Iterator[Place]:
    for part in mail.message.walk():
        if kind_of(part) != "text/calendar":
            continue
        payload = part.get_payload(decode=True)
        named = str(part.get_param("method") or "").upper()
        for component in components(payload if isinstance(payload, bytes) else b""):
            method = (component.value("METHOD") or "").upper()
            if component.kind == "VCALENDAR" and (not method or method != named):
                yield _place(f"METHOD:{method}, and method={named} in the Content-Type")


_MEND: Final = (
    "Messages that this program makes are so. If one is not, that is our mistake; "
    "send us the message."
)

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        name="calendar-parses",
        level=Level.MUST,
        why="A calendar refuses a file that is cut short or holds no event (RFC 5545 §3.4).",
        mend=_MEND,
        find=_unclosed,
    ),
    Rule(
        name="calendar-crlf",
        level=Level.MUST,
        why="Outlook refuses a calendar file whose lines do not end in CRLF (RFC 5545 §3.1).",
        mend=f"A program changed the file on its way. {_MEND}",
        find=_wrong_ends,
    ),
    Rule(
        name="calendar-folded",
        level=Level.MUST,
        why="Calendars may cut a line of more than 75 octets (RFC 5545 §3.1).",
        mend=_MEND,
        find=_long_lines,
    ),
    Rule(
        name="calendar-uid",
        level=Level.MUST,
        why="Without a UID of its own, a changed chat stands in the calendar twice "
        "(RFC 5545 §3.8.4.7).",
        mend=_MEND,
        find=_no_uid,
    ),
    Rule(
        name="calendar-stamp",
        level=Level.MUST,
        why="A calendar tells the newer of two versions by a DTSTAMP in UTC (RFC 5545 §3.8.7.2).",
        mend=_MEND,
        find=_no_stamp,
    ),
    Rule(
        name="calendar-start",
        level=Level.MUST,
        why="Without a zone the chat is at the wrong hour for readers abroad (RFC 5545 §3.3.5).",
        mend=_MEND,
        find=_no_start,
    ),
    Rule(
        name="calendar-end",
        level=Level.MUST,
        why="Without an end, calendars show a chat of no length or of a whole day "
        "(RFC 5545 §3.6.1).",
        mend="Set the chat's time with “otalk-digest chats set”: the end comes after the start.",
        find=_no_end,
    ),
    Rule(
        name="calendar-method",
        level=Level.MUST,
        why="Outlook ignores a file whose METHOD is not the one of its Content-Type "
        "(RFC 6047 §2.4).",
        mend=_MEND,
        find=_wrong_method,
    ),
)
