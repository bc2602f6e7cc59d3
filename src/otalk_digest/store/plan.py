"""Who gets an edition, who not, and why: one row per subscriber, decided by the database.

In one statement, so that no subscriber falls between two pages, however long the list is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from otalk_digest.model.audience import Consent, Facet, Segment, Strand
from otalk_digest.model.delivery import SkipReason, Status
from otalk_digest.model.news import NewsKind
from otalk_digest.store.rules import strand_of
from otalk_digest.store.schema import (
    carried,
    deliveries,
    editions,
    news,
    subscriber_facets,
    subscribers,
    suppressions,
)
from otalk_digest.store.strands import joined_to, last_parts, note_wishes, wishes_in_use

_Person = ReadOnlyColumnCollection[str, ColumnElement[Any]]

_CHANGES = {NewsKind.CHANGE, NewsKind.CANCELLATION}

# A reader in one of these has the edition, may have it, or is still going to get it.
TOLD = (
    Status.PLANNED,
    Status.SENDING,
    Status.IN_DOUBT,
    Status.ACCEPTED,
    Status.DEFERRED,
    Status.DELIVERED,
    Status.COMPLAINED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What a variant carries."""

    segment: str
    kinds: frozenset[str]
    news_ids: frozenset[int]


def plan_edition(
    connection: Connection,
    number: int,
    segments: Sequence[Segment],
    *,
    now: datetime,
    strands: Sequence[Strand] = (),
) -> int:
    """Write one delivery per subscriber, planned or left out with a reason; return how many.

    `segments` are all segments, in the file's order; `strands` are those that it was composed
    for. The edition is already stored.
    """
    wishes = wishes_in_use(connection)
    if wishes:
        note_wishes(connection)
    waiting = [strand.name for strand in strands if not strand.is_due]
    people = _people(strand_of(segments, wishes), strands, now=now).subquery("people")
    reason = _reason(connection, number, people.c, waiting=waiting)
    decided = select(people.c.id, people.c.segment, reason.label("reason")).subquery("decided")
    return write_plan(connection, number, decided, now=now)


def write_plan(connection: Connection, number: int, decided: Subquery, *, now: datetime) -> int:
    """Write one delivery for each row of id, segment and reason; without a reason it is planned.

    Returns how many: the edition's candidates from now on.
    """
    status = case((decided.c.reason.is_(None), Status.PLANNED), else_=Status.SKIPPED)
    rows = select(
        literal(number),
        decided.c.id,
        decided.c.segment,
        cast(status, String),
        decided.c.reason,
        literal(now, deliveries.c.updated_at.type),
    ).order_by(decided.c.id)
    names = ["edition", "subscriber_id", "segment", "status", "reason", "updated_at"]
    connection.execute(insert(deliveries).from_select(names, rows))
    written = select(func.count()).where(deliveries.c.edition == number)
    count = connection.scalar(written) or 0
    connection.execute(update(editions).where(editions.c.number == number).values(candidates=count))
    return count


def _people(
    name: ColumnElement[str | None], strands: Sequence[Strand], *, now: datetime
) -> Select[tuple[int, str, str, str | None, bool]]:
    """Return everybody with their strand, and whether they are paused."""
    apart = [(strand, strand.memory) for strand in strands if strand.memory is not None]
    last = last_parts(now)
    moved = [
        (
            and_(
                last.c.segment == memory.strand,
                last.c.edition == memory.edition,
                name == each.joins,
            ),
            each.name,
        )
        for each, memory in apart
    ]
    strand = case(*moved, else_=name) if moved else name
    # To ask everybody where they were last takes long, and changes nothing otherwise.
    source = joined_to(last) if moved else subscribers
    return select(
        subscribers.c.id,
        subscribers.c.consent,
        subscribers.c.identity_hash,
        strand.label("segment"),
        func.coalesce(subscribers.c.paused_until > now, false()).label("is_paused"),
    ).select_from(source)


def _reason(
    connection: Connection, number: int, person: _Person, *, waiting: Sequence[str]
) -> ColumnElement[str | None]:
    """Return why a person is left out; null for a reader."""
    contents = _contents(connection, number)
    told = [content.segment for content in contents]
    is_suppressed = exists().where(suppressions.c.identity_hash == person.identity_hash)
    reasons = (
        (is_suppressed, SkipReason.SUPPRESSED),
        (person.consent == Consent.WITHDRAWN, SkipReason.WITHDRAWN),
        (person.consent != Consent.CONFIRMED, SkipReason.UNCONFIRMED),
        (person.segment.is_(None), SkipReason.NO_SEGMENT),
        (
            person.segment.in_([name for name in waiting if name not in told]),
            SkipReason.NOT_DUE,
        ),
        (person.is_paused, SkipReason.PAUSED),
        (person.segment.not_in(told), SkipReason.NOTHING_FOR_SEGMENT),
        (_per_variant(contents, person, _does_not_want), SkipReason.NOT_WANTED),
        (
            _per_variant(_repeated(connection, number, contents), person, _was_told),
            SkipReason.ALREADY_TOLD,
        ),
    )
    return case(*((when, literal(str(reason))) for when, reason in reasons), else_=null())


def _contents(connection: Connection, number: int) -> list[_Content]:
    query = (
        select(carried.c.segment, news.c.kind, news.c.id)
        .join_from(carried, news, carried.c.news_id == news.c.id)
        .where(carried.c.edition == number)
    )
    rows = connection.execute(query).all()
    return [
        _Content(
            segment=segment,
            kinds=frozenset(row.kind for row in rows if row.segment == segment),
            news_ids=frozenset(row.id for row in rows if row.segment == segment),
        )
        for segment in sorted({row.segment for row in rows})
    ]


def _per_variant(
    contents: Sequence[_Content],
    person: _Person,
    condition: Callable[[_Content, ColumnElement[int]], ColumnElement[bool]],
) -> ColumnElement[bool]:
    return or_(
        false(),
        *(
            and_(person.segment == content.segment, condition(content, person.id))
            for content in contents
        ),
    )


def _does_not_want(content: _Content, subscriber_id: ColumnElement[int]) -> ColumnElement[bool]:
    """True when the reader chose kinds and the variant holds none of them."""
    columns = subscriber_facets.c
    chose = exists().where(columns.subscriber_id == subscriber_id, columns.facet == Facet.WANTS)
    return and_(chose, ~chose.where(columns.value.in_(_asked_for_as(content.kinds))))


def _asked_for_as(kinds: frozenset[str]) -> frozenset[str]:
    """Who wants to hear of chats wants to hear that one has changed or is off."""
    return kinds | {NewsKind.ANNOUNCEMENT} if kinds & _CHANGES else kinds


def _repeated(
    connection: Connection, number: int, contents: Sequence[_Content]
) -> Sequence[_Content]:
    """Return the variants that hold nothing but what another segment was told before."""
    before = frozenset(
        connection.scalars(select(carried.c.news_id).where(carried.c.edition < number))
    )
    return [content for content in contents if content.news_ids <= before]


def _was_told(content: _Content, subscriber_id: ColumnElement[int]) -> ColumnElement[bool]:
    """True when every piece reached this reader before, in the segment they were in then."""
    return and_(
        *(
            exists().where(
                carried.c.news_id == news_id,
                carried.c.edition == deliveries.c.edition,
                carried.c.segment == deliveries.c.segment,
                deliveries.c.subscriber_id == subscriber_id,
                deliveries.c.status.in_(TOLD),
            )
            for news_id in sorted(content.news_ids)
        )
    )
