"""Take in a list of any length: stage it, put it in order, let the database move it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from otalk_digest.model.audience import Cadence, Consent, Reminder, Subscriber
from otalk_digest.store.numbers import counting_on
from otalk_digest.store.schema import consents, subscriber_facets, subscribers
from otalk_digest.store.staging import (
    FIELDS,
    WISHES,
    number_turns,
    rows_of,
    sayings,
    sort_staged,
    sorted_rows,
    stage,
    staged_facets,
    temporary,
)

#: A list up to this length keeps its order; sorting a longer one pays.
KEEPS_ORDER: Final = 20_000
_CACHE_KIB: Final = 24_000

_R, _S, _SAID = sorted_rows.c, subscribers.c, sayings.c
# A list that does not say takes nothing back that its reader, or an earlier one, has said.
_SAID_OR_NOT: Final = ("zone", "country", "language", "paused_until")
_UNSAID: Final = {"cadence": Cadence.EACH, "reminder": Reminder.NONE}
_ROWS = sorted_rows.join(sayings, _R.said == _SAID.id)
_IS_NEW = _R.subscriber_id.is_(None)
# Consent may go to yes from pending and to no from both; nobody is brought back.
_MAY_BECOME = or_(
    and_(_R.before == Consent.PENDING, _SAID.consent != Consent.PENDING),
    and_(_R.before == Consent.CONFIRMED, _SAID.consent == Consent.WITHDRAWN),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of the rows of a list."""

    added: int
    updated: int
    #: They had left: nobody is brought back.
    kept_out: int


def take_in(
    connection: Connection, people: Iterable[tuple[Subscriber, str]], *, now: datetime
) -> Taken:
    """Add or update subscribers, each given with the hash of its identity, in their order.

    Consent that was withdrawn stays withdrawn, and who is suppressed is left alone. Memory
    stays flat; nothing is left behind but subscribers, what they chose, and proof of consent.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    temporary.create_all(connection, checkfirst=False)
    usual = connection.exec_driver_sql("PRAGMA cache_size").scalar() if is_sqlite else None
    if is_sqlite:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
    try:
        return _take_in(connection, people, now=now)
    finally:
        if is_sqlite:
            connection.exec_driver_sql(f"PRAGMA cache_size = {usual}")
        temporary.drop_all(connection, checkfirst=False)


def _take_in(
    connection: Connection, people: Iterable[tuple[Subscriber, str]], *, now: datetime
) -> Taken:
    staged, has_facets = stage(connection, people, now=now)
    sort_staged(connection)
    added = updated = 0
    order = _R.position if staged <= KEEPS_ORDER else _R.id
    for turn in range(number_turns(connection) + 1):
        if turn:
            _look_again(connection, turn)
        is_next = and_(rows_of(turn), ~_R.is_kept_out)
        new, known = _count(connection, is_next)
        _record_consents(connection, and_(is_next, or_(_IS_NEW, _MAY_BECOME)), order)
        if known:
            _update_known(connection, is_next)
        if new:
            with counting_on(connection):
                _insert_new(connection, and_(is_next, _IS_NEW), order)
        if has_facets:
            _delete_facets(connection, is_next)
            _insert_facets(connection, is_next)
        added, updated = added + new, updated + known
    return Taken(added=added, updated=updated, kept_out=staged - added - updated)


def _look_again(connection: Connection, turn: int) -> None:
    """Find the readers whom the turn before has made or changed."""
    known = _S.identity_hash == _R.identity_hash
    connection.execute(
        update(sorted_rows)
        .where(rows_of(turn))
        .values(
            subscriber_id=select(_S.id).where(known).scalar_subquery(),
            before=select(_S.consent).where(known).scalar_subquery(),
        )
    )


def _count(connection: Connection, is_next: ColumnElement[bool]) -> tuple[int, int]:
    query = select(func.count(), func.count(_R.subscriber_id)).where(is_next)
    rows, known = connection.execute(query).one()
    return rows - known, known


def _record_consents(
    connection: Connection, is_change: ColumnElement[bool], order: ColumnElement[int]
) -> None:
    proof = (_SAID.consented_at, _SAID.source, _SAID.method, _SAID.wording)
    rows = select(_R.identity_hash, _SAID.consent, *proof).select_from(_ROWS)
    names = ["identity_hash", "consent", "at", "source", "method", "wording"]
    connection.execute(insert(consents).from_select(names, rows.where(is_change).order_by(order)))


def _update_known(connection: Connection, is_next: ColumnElement[bool]) -> None:
    connection.execute(
        update(subscribers)
        .where(_S.id == _R.subscriber_id, _R.said == _SAID.id, is_next)
        .values(
            address=_R.address,
            name=func.coalesce(_R.name, _S.name),
            **{name: func.coalesce(_SAID[name], _S[name]) for name in _SAID_OR_NOT},
            **{
                name: case((_SAID[name] == unsaid, _S[name]), else_=_SAID[name])
                for name, unsaid in _UNSAID.items()
            },
            consent=case((_MAY_BECOME, _SAID.consent), else_=_S.consent),
        )
    )


def _delete_facets(connection: Connection, is_next: ColumnElement[bool]) -> None:
    """Make room for what the rows choose; what they say nothing about stays chosen."""
    rows = (
        select(_R.subscriber_id, staged_facets.c.facet)
        .join_from(staged_facets, sorted_rows, _R.position == staged_facets.c.position)
        .where(is_next, ~_IS_NEW)
    )
    chosen = tuple_(subscriber_facets.c.subscriber_id, subscriber_facets.c.facet)
    connection.execute(delete(subscriber_facets).where(chosen.in_(rows)))


def _insert_new(
    connection: Connection, is_new: ColumnElement[bool], order: ColumnElement[int]
) -> None:
    said = [*_SAID_OR_NOT, "consent", "source", "joined_at", *WISHES]
    identity = func.coalesce(_R.identity, _R.address)
    columns = [identity, *(_R[name] for name in FIELDS[1:]), *(_SAID[name] for name in said)]
    rows = select(*columns).select_from(_ROWS).where(is_new).order_by(order)
    connection.execute(insert(subscribers).from_select([*FIELDS, *said], rows))


def _insert_facets(connection: Connection, is_next: ColumnElement[bool]) -> None:
    facets = staged_facets.c
    rows = (
        select(_S.id, facets.facet, facets.value)
        .select_from(staged_facets)
        .join(sorted_rows, _R.position == facets.position)
        .join(subscribers, _S.identity_hash == _R.identity_hash)
        .where(is_next)
        .order_by(_S.id)
    )
    names = ["subscriber_id", "facet", "value"]
    connection.execute(insert(subscriber_facets).from_select(names, rows))
