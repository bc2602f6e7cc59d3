"""Read a calendar file back, for whoever wants to see what it says. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icalendar import Component


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One event as a calendar program would read it."""

    summary: str
    #: In the zone that the file names.
    starts_at: datetime | date | None
    ends_at: datetime | date | None
    status: str
    sequence: int


def read_calendar(text: str) -> tuple[Appointment, ...]:
    """Return the events in the order of the file; none when it is no calendar."""
    # Slow to import, and needed only when somebody looks.
    from icalendar import Calendar  # noqa: PLC0415

    try:
        calendar = Calendar.from_ical(text)
    except ValueError:
        return ()
    return tuple(_appointment(event) for event in calendar.walk("VEVENT"))


def _appointment(event: "Component") -> Appointment:
    return Appointment(
        summary=str(event.get("SUMMARY", "")),
        starts_at=_moment(event, "DTSTART"),
        ends_at=_moment(event, "DTEND"),
        status=str(event.get("STATUS", "")),
        sequence=int(event.get("SEQUENCE", 0)),
    )


def _moment(event: "Component", name: str) -> datetime | date | None:
    value = getattr(event.get(name), "dt", None)
    return value if isinstance(value, date) else None
