"""Take a mail apart for a maintainer: headers, weights, links, calendar. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from email.errors import HeaderParseError

from otalk_digest.check import clients, outline
from otalk_digest.check.mail import Mail
from otalk_digest.check.mime import MESSAGE_ADVISED, MESSAGE_MOST
from otalk_digest.check.outline import MARK, Link
from otalk_digest.check.structure import HTML_ADVISED, HTML_MOST
from otalk_digest.check.style import STYLE_MOST
from otalk_digest.digest.agenda import Appointment, read_calendar

__all__ = ["MARK", "Appointment", "Link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """How heavy a part is, in bytes."""

    label: str
    value: int
    advised: int | None
    limit: int
    #: What happens beyond it.
    beyond: str


def headers_of(mail: Mail) -> tuple[tuple[str, str], ...]:
    """Return name and decoded value of each header field, in their order."""
    return tuple((name, _decoded(mail, index)) for index, name in enumerate(mail.message.keys()))


def weights_of(mail: Mail) -> tuple[Weight, ...]:
    """Return what mail programs count."""
    styles = sum(len((element.text or "").encode()) for element in mail.elements("style"))
    return (
        Weight(
            label="HTML",
            value=len(mail.html.encode()),
            advised=HTML_ADVISED,
            limit=HTML_MOST,
            beyond="Gmail cuts off what is beyond it",
        ),
        Weight(
            label="Style block",
            value=styles,
            advised=None,
            limit=STYLE_MOST,
            beyond="Gmail ignores the whole block",
        ),
        Weight(
            label="Whole message",
            value=len(mail.raw),
            advised=MESSAGE_ADVISED,
            limit=MESSAGE_MOST,
            beyond="some servers refuse it",
        ),
    )


def links_of(mail: Mail) -> tuple[Link, ...]:
    """Return every link in the order of the page."""
    return outline.links_of(mail)


def can_be_outlined(path: str | None) -> bool:
    """Whether the path leads to something that a page shows."""
    return outline.can_be_outlined(path)


def outlined(html: str, path: str) -> str:
    """Return the page with one element outlined, under the id MARK."""
    return outline.outlined(html, path)


def agenda_of(calendar: str | None) -> tuple[Appointment, ...]:
    """Return the events of a calendar file."""
    return () if calendar is None else read_calendar(calendar)


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What mail programs leave out, and where that is known from."""

    #: Program → features, each with what becomes of it.
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    source: str


def losses_of(mail: Mail) -> Losses:
    """Return what each mail program leaves out of a mail."""
    return Losses(
        rows=tuple(
            (each.client, tuple((loss.feature, loss.why) for loss in each.lost))
            for each in clients.losses(mail)
        ),
        source=clients.source(),
    )


def in_words(moment: datetime | date | None) -> str:
    """Return a calendar's moment with its zone."""
    if isinstance(moment, datetime):
        return f"{moment:%A} {moment.day} {moment:%B %Y, %H:%M %Z}".strip()
    return "" if moment is None else f"{moment:%A} {moment.day} {moment:%B %Y}"


def _decoded(mail: Mail, index: int) -> str:
    try:
        return str(mail.message.values()[index])
    except (HeaderParseError, ValueError):
        return "cannot be read"
