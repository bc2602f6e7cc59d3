"""A chat in the words of a calendar: the same in an e-mail's file and on the web. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from otalk_digest.digest import limits, wording
from otalk_digest.digest.calendar import Event
from otalk_digest.digest.themes import Theme
from otalk_digest.model.chat import Chat, ChatProfile, Flag, Phase

_OFF = frozenset({Phase.CANCELLED, Phase.POSTPONED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """What a calendar is told of a chat."""

    guid: str
    topic: str
    #: Those whom the post names.
    hosts: Sequence[str]
    url: str | None
    #: UTC.
    starts_at: datetime
    #: UTC. The profile's length where the post names no end.
    ends_at: datetime | None
    is_cancelled: bool
    sequence: int


def make_event(chat: Appointment, *, theme: Theme, profile: ChatProfile) -> Event:
    """Return the event. Raises TemplateError when the theme lacks words."""
    phrase, tag, platform = theme.phrase, profile.tags[0], profile.platform
    summary = phrase("calendar", "summary", tag=tag, topic=chat.topic)
    join = phrase("calendar", "join", platform=platform, tag=tag)
    hosts = wording.one_line(wording.join(tuple(chat.hosts), phrase("list", "last")))
    lines = (
        phrase("calendar", "hosts", hosts=hosts) if chat.hosts else None,
        join,
        profile.who_can_join,
        chat.url,
    )
    length = timedelta(minutes=profile.duration_minutes)
    return Event(
        guid=chat.guid,
        summary=phrase("calendar", "cancelled", summary=summary) if chat.is_cancelled else summary,
        description="\n".join(line for line in lines if line),
        location=wording.web_address(profile.join_url) or join,
        url=chat.url,
        starts_at=chat.starts_at,
        ends_at=chat.ends_at or chat.starts_at + length,
        is_cancelled=chat.is_cancelled,
        sequence=chat.sequence,
    )


def say_reminder(theme: Theme, profile: ChatProfile) -> str:
    """Return what rings before a chat. Raises TemplateError when the theme lacks words."""
    return theme.phrase("calendar", "reminder", tag=f"#{profile.tags[0]}")


def appointment_of(chat: Chat, *, sequence: int, theme: Theme) -> Appointment | None:
    """Return what a calendar is told of a chat; None while its date is not settled."""
    reading = chat.reading
    if reading.starts_at is None or Flag.CHECK_DATE in reading.flags:
        return None
    said = wording.one_line(reading.topic) or wording.one_line(reading.title)
    return Appointment(
        guid=chat.guid,
        topic=limits.clip_topic(said) if said else theme.phrase("chat", "no_topic"),
        hosts=() if Flag.FALLBACK_HOST in reading.flags else reading.hosts,
        url=wording.web_address(chat.url),
        starts_at=reading.starts_at,
        ends_at=reading.ends_at,
        is_cancelled=chat.phase in _OFF,
        sequence=sequence,
    )
