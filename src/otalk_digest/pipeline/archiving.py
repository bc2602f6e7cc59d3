"""What has left, as anybody may read it: past editions, and the chats as a calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from otalk_digest.audience.personalise import fill
from otalk_digest.digest.appointments import appointment_of, make_event, say_reminder
from otalk_digest.digest.atom import lasting_id
from otalk_digest.digest.calendar import (
    Event,
    event_sequence,
    event_uid,
    write_calendar,
    write_calendar_feed,
)
from otalk_digest.digest.themes import Theme
from otalk_digest.model.audience import Segment
from otalk_digest.model.chat import ChatProfile
from otalk_digest.model.edition import Publication, Variant
from otalk_digest.pipeline.delivering import Post
from otalk_digest.store import diary, past
from otalk_digest.store.diary import DatedChat
from otalk_digest.store.past import PastEdition

#: A chat that is over, or was called off, stays in subscribers' calendars for so long.
_KEPT: Final = timedelta(days=60)
#: Of the greatest number that a database holds in a column of ours.
_MOST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One edition in the archive."""

    number: int
    #: Whose variant is shown.
    segment: str
    title: str
    #: UTC.
    published_at: datetime
    #: The same wherever the archive lies.
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """How chats are put into a calendar: in a theme's words."""

    theme: Theme
    profile: ChatProfile
    name: str

    @property
    def zone(self) -> ZoneInfo:
        """Where the chats take place, as clocks go."""
        return ZoneInfo(self.profile.zone)


def list_issues(
    connection: Connection, segments: Sequence[Segment], *, only: str | None
) -> tuple[Issue, ...]:
    """Return the archive, newest first: only this segment's, or the first that has a variant."""
    order = [segment.name for segment in segments] if only is None else [only]
    found = []
    for edition in past.past_editions(connection):
        segment = next((name for name in order if name in edition.subjects), None)
        if segment is not None:
            found.append(_issue(edition, segment))
    return tuple(found)


def variant_of(connection: Connection, issue: Issue) -> Variant | None:
    """Return what the archive shows; None when it was held back just now."""
    return past.public_variant(connection, issue.number, issue.segment)


def readers_page(
    connection: Connection, post: Post, *, number: int, token: str, key: bytes
) -> str | None:
    """Return an edition as this reader's mail looks; None when it never left for them."""
    reader = post.links(key).subscriber_of(token)
    if reader is None or reader > _MOST or not 0 < abs(number) <= _MOST:
        return None
    copy = past.readers_copy(connection, number, reader)
    if copy is None:
        return None
    recipient = post.personaliser(copy.variant, key, edition=number).recipient(
        delivery_id=0, token=token, address="", name=copy.name, zone=copy.zone
    )
    return fill(copy.variant.html, copy.variant, recipient)


def calendar_feed(connection: Connection, diary_: Diary, *, now: datetime) -> str:
    """Return the coming chats for calendar programs to subscribe to, and those just gone by."""
    found = diary.dated_chats(connection, since=now - _KEPT)
    return write_calendar_feed(
        [event for _, event in _events(found, diary_)],
        name=diary_.name,
        reminder=say_reminder(diary_.theme, diary_.profile),
        zone=diary_.zone,
        # Not the moment of asking: the same chats are the same bytes.
        now=max((each.updated_at for each in found), default=_day_of(now)),
    )


def calendar_files(
    connection: Connection, diary_: Diary, *, since: datetime | None = None
) -> dict[str, str]:
    """Return UID → a calendar with that chat alone, for every chat with a settled date."""
    found = diary.dated_chats(connection, since=since)
    return {
        event_uid(event.guid): _alone(chat, event, diary_) for chat, event in _events(found, diary_)
    }


def calendar_file(connection: Connection, diary_: Diary, uid: str) -> str | None:
    """Return a calendar with one chat; None when there is none of that UID."""
    found = [each for each in diary.dated_chats(connection) if event_uid(each.chat.guid) == uid]
    return next((_alone(chat, event, diary_) for chat, event in _events(found, diary_)), None)


def name_of(publication: Publication) -> str:
    """Return the id of the archive's feed."""
    return lasting_id(f"archive:{publication.blog_url}")


def _issue(edition: PastEdition, segment: str) -> Issue:
    return Issue(
        number=edition.number,
        segment=segment,
        title=edition.subjects[segment],
        published_at=edition.frozen_at,
        id=lasting_id(f"edition:{edition.number}:{edition.content_hash}"),
    )


def _events(found: Iterable[DatedChat], diary_: Diary) -> Iterable[tuple[DatedChat, Event]]:
    for each in found:
        sequence = 0 if each.changed_at is None else event_sequence(each.changed_at)
        appointment = appointment_of(each.chat, sequence=sequence, theme=diary_.theme)
        if appointment is not None:
            yield each, make_event(appointment, theme=diary_.theme, profile=diary_.profile)


def _alone(chat: DatedChat, event: Event, diary_: Diary) -> str:
    text = write_calendar(
        [event],
        name=diary_.name,
        reminder=say_reminder(diary_.theme, diary_.profile),
        zone=diary_.zone,
        now=chat.updated_at,
    )
    return text or ""


def _day_of(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
