"""A season of chats, runs and a reader who changes their mind, without mails: who is told what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st
from sqlalchemy import Connection, update
from tests.builders import a_chat, a_segment, a_subscriber, a_variant, an_edition, some_news
from tests.stores import add_people, planned

from otalk_digest.model.audience import Cadence, Segment
from otalk_digest.model.chat import Phase
from otalk_digest.model.delivery import Status
from otalk_digest.model.edition import Digest, EditionKind
from otalk_digest.model.news import Change, NewsKind
from otalk_digest.pipeline.freezing import compose_all, freeze
from otalk_digest.store import editions, news, posts
from otalk_digest.store.schema import deliveries, subscribers

#: A Sunday night in September.
BEGIN: Final = datetime(2026, 9, 27, 22, tzinfo=UTC)
READER: Final = "ann@example.org"
_CHANGE: Final = Change(field="topic", old="Knots", new="Ropes")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChat:
    """What becomes of a chat, on which day."""

    guid: str
    announced: int
    starts: int
    #: None where nothing of the kind happens.
    changed: int | None
    cancelled: int | None
    wrapped_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One piece of news that reached the reader."""

    day: int
    guid: str
    kind: NewsKind


@dataclass(slots=True)
class Season:
    """What happened to one reader."""

    told: list[Told] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)

    def days_of(self, guid: str, *kinds: NewsKind) -> list[int]:
        """The days on which the reader was told this."""
        return [each.day for each in self.told if each.guid == guid and each.kind in kinds]


@st.composite
def some_chats(draw: st.DrawFn) -> list[PlannedChat]:
    """Chats of about ten weeks, one after the other or all at once."""
    chats = []
    for number in range(draw(st.integers(min_value=1, max_value=5))):
        announced = draw(st.integers(min_value=0, max_value=60))
        starts = announced + draw(st.integers(min_value=2, max_value=12))
        between = st.one_of(st.none(), st.integers(min_value=announced + 1, max_value=starts - 1))
        chats.append(
            PlannedChat(
                guid=f"https://blog.otalk.example/?p={number}",
                announced=announced,
                starts=starts,
                changed=draw(between),
                cancelled=draw(between) if draw(st.booleans()) else None,
                wrapped_up=starts + draw(st.integers(min_value=1, max_value=6)),
            )
        )
    return chats


def live_through(
    connection: Connection,
    chats: Sequence[PlannedChat],
    *,
    wishes: Mapping[int, Cadence],
    schedule: Cadence = Cadence.EACH,
    runs: Sequence[int],
) -> Season:
    """Let the days pass: what happens on a day comes before its run."""
    segments = (a_segment(schedule=schedule, zone="Europe/London"),)
    add_people(connection, a_subscriber(READER))
    season = Season()
    for day in range(max(runs) + 1):
        now = BEGIN + timedelta(days=day)
        for chat in chats:
            _happen(connection, chat, day, now=now)
        if day in wishes:
            connection.execute(update(subscribers).values(cadence=wishes[day]))
        if day in runs:
            season.runs.append(day)
            season.told += _run(connection, segments, day, now=now)
    return season


def _happen(connection: Connection, chat: PlannedChat, day: int, *, now: datetime) -> None:
    is_off = chat.cancelled is not None and day >= chat.cancelled
    starts_at = BEGIN + timedelta(days=chat.starts, hours=1)
    kinds: dict[int, tuple[NewsKind, Phase]] = {}
    if not is_off:
        kinds[chat.wrapped_up] = (NewsKind.WRAP_UP, Phase.WRAPPED_UP)
    if chat.changed is not None and not is_off:
        kinds[chat.changed] = (NewsKind.CHANGE, Phase.ANNOUNCED)
    if chat.cancelled is not None:
        kinds[chat.cancelled] = (NewsKind.CANCELLATION, Phase.CANCELLED)
    kinds[chat.announced] = (NewsKind.ANNOUNCEMENT, Phase.ANNOUNCED)
    if day not in kinds:
        return
    kind, phase = kinds[day]
    topic = "Knots" if chat.changed is None or day < chat.changed else "Ropes"
    known = a_chat(chat.guid, phase, starts_at=starts_at, topic=topic)
    posts.save_chats(connection, [(chat.guid, known)], now=now)
    changes = (_CHANGE,) if kind is NewsKind.CHANGE else ()
    item = some_news(
        kind=kind,
        guid=chat.guid,
        starts_at=starts_at,
        topic=topic,
        happened_at=now,
        changes=changes,
    )
    news.save_news(connection, [item.news], now=now)


def _run(
    connection: Connection, segments: Sequence[Segment], day: int, *, now: datetime
) -> Sequence[Told]:
    """Corrections first, each an edition of its own, then the digest."""
    told: list[Told] = []
    is_more = True
    while is_more:
        digests = compose_all(connection, segments, now=now)
        full = {strand.name: digest for strand, digest in digests if not digest.is_empty}
        if not full:
            freeze(connection, None, digests, segments=segments, now=now)
            break
        first = next(iter(full.values()))
        number = editions.next_number(connection)
        edition = replace(
            an_edition(number, *map(a_variant, full)),
            frozen_at=now,
            kind=first.kind,
            about=first.about,
        )
        freeze(connection, edition, digests, segments=segments, now=now)
        strand, status, _ = planned(connection, number)[READER]
        if status == Status.PLANNED:
            mine = deliveries.c.edition == number
            connection.execute(update(deliveries).where(mine).values(status=Status.ACCEPTED))
            told += _told(full[strand or ""], day)
        is_more = first.kind is EditionKind.CORRECTION
    return told


def _told(digest: Digest, day: int) -> Sequence[Told]:
    return [Told(day=day, guid=item.news.guid, kind=item.news.kind) for item in digest.items]
