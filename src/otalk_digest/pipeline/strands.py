"""Divide segments into strands: the readers who are told together, each at their pace."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from otalk_digest.digest.pace import is_due
from otalk_digest.model.audience import Cadence, Memory, Segment, Strand, strand_name
from otalk_digest.model.chat import Chat
from otalk_digest.model.news import KnownNews
from otalk_digest.store import editions, news
from otalk_digest.store.strands import Move, last_told_at, moves, paces_in_use, wishes_in_use

#: News does not grow too old by waiting for its turn.
_WAIT: Final = {Cadence.EACH: 0, Cadence.WEEKLY: 7, Cadence.MONTHLY: 31}


def strands(
    connection: Connection, segments: Sequence[Segment], *, chats: Sequence[Chat], now: datetime
) -> Sequence[Strand]:
    """Return each segment's own strand, and those of slower readers where there are any."""
    wishes = wishes_in_use(connection)
    slower = paces_in_use(connection, segments, wishes)
    found: list[Strand] = []
    for segment in segments:
        paces = [
            pace for pace in Cadence if pace is segment.schedule or (segment.name, pace) in slower
        ]
        last = None if paces == [Cadence.EACH] else last_told_at(connection, segment.name)
        found += [
            _strand(segment, pace, is_due=is_due(pace, last, now, zone=segment.zone))
            for pace in paces
        ]
    moved = moves(connection, segments, wishes, now=now)
    return [*found, *_caught_up(connection, moved, found, chats=chats, now=now)]


def uncarried_of(connection: Connection, strand: Strand) -> Sequence[KnownNews]:
    """Return what this strand's readers were neither told nor spared."""
    if strand.memory is None:
        return news.uncarried_news(connection, strand.name)
    return news.uncarried_news(connection, strand.memory.strand, until=strand.memory.edition)


def told_of(connection: Connection, strand: Strand) -> frozenset[str]:
    """Return the chats that this strand's readers were told about."""
    if strand.memory is None:
        return news.told_chats(connection, strand.name)
    return news.told_chats(connection, strand.memory.strand, until=strand.memory.edition)


def _strand(segment: Segment, pace: Cadence, *, is_due: bool) -> Strand:
    values = {each.name: getattr(segment, each.name) for each in fields(segment)}
    title = segment.title if pace is segment.schedule else f"{segment.title} · {pace}"
    own = {
        "name": strand_name(segment, pace),
        "title": title,
        "schedule": pace,
        "max_age_days": segment.max_age_days + _WAIT[pace],
    }
    return Strand(**(values | own), segment=segment.name, is_due=is_due)


def _caught_up(
    connection: Connection,
    moved: Sequence[Move],
    found: Sequence[Strand],
    *,
    chats: Sequence[Chat],
    now: datetime,
) -> Sequence[Strand]:
    """Return a strand for those who changed their pace and hold something else than the others.

    They are told apart until they hold the same: after the next edition in which all that has
    gathered goes to both.
    """
    known = {strand.name: strand for strand in found}
    number = editions.next_number(connection)
    apart: list[Strand] = []
    for move in moved:
        strand = known.get(move.strand)
        if strand is None:
            continue
        other = _apart(strand, move.memory, name=f"{strand.name}_{number}-{len(apart) + 1}")
        if _holds(connection, other, chats, now) != _holds(connection, strand, chats, now):
            apart.append(other)
    return apart


def _apart(strand: Strand, memory: Memory, *, name: str) -> Strand:
    return replace(
        strand, name=name, title=f"{strand.title}, changed", memory=memory, joins=strand.name
    )


def _holds(
    connection: Connection, strand: Strand, chats: Sequence[Chat], now: datetime
) -> tuple[frozenset[int], frozenset[str]]:
    """Return all that decides what a strand is told next."""
    over = {
        chat.guid
        for chat in chats
        if chat.reading.starts_at is not None and chat.reading.starts_at <= now
    }
    waiting = frozenset(item.id for item in uncarried_of(connection, strand))
    return waiting, told_of(connection, strand) - over
