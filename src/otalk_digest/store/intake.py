"""Take in a list of any length: part by part, moved by the database."""

from collections.abc import Iterable, Sequence
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

from otalk_digest.model.audience import Cadence, Consent, Listed, Reminder
from otalk_digest.store.newcomers import take_in_new
from otalk_digest.store.numbers import counting_on
from otalk_digest.store.parts import in_parts
from otalk_digest.store.sayings import (
    PROOF,
    SAID_ONCE,
    SAID_OR_NOT,
    Sayings,
    said_facets,
    sayings,
    tables,
)
from otalk_digest.store.schema import consents, subscriber_facets, subscribers, suppressions
from otalk_digest.store.staging import Round, stage, staged_rows, unstage

_R, _S, _SAID = staged_rows.c, subscribers.c, sayings.c
_UNSAID: Final = {"cadence": Cadence.EACH, "reminder": Reminder.NONE}
_ROWS = staged_rows.join(sayings, _R.said == _SAID.id)
_NAME = func.nullif(_R.name, "")
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
    connection: Connection, people: Iterable[tuple[Listed, Sequence[str]]], *, now: datetime
) -> Taken:
    """Add or update subscribers, given with the hashes of their identities, in their order.

    Consent that was withdrawn stays withdrawn, and who is suppressed is left alone. Memory
    stays flat; nothing is left behind but subscribers, what they chose, and proof of consent.
    """
    tables.create_all(connection, checkfirst=False)
    said = Sayings(connection, now)
    added = updated = kept_out = 0
    for part in in_parts(people, said):
        new, rows = take_in_new(connection, part, has_facets=said.has_facets)
        added += new
        # Before the next one is read.
        del part
        for round_ in stage(connection, rows):
            taken = _take_in(connection, round_, has_facets=said.has_facets)
            added, updated = added + taken.added, updated + taken.updated
            kept_out += taken.kept_out
        unstage(connection)
    tables.drop_all(connection, checkfirst=False)
    return Taken(added=added, updated=updated, kept_out=kept_out)


def _take_in(connection: Connection, round_: Round, *, has_facets: bool) -> Taken:
    is_next = round_.is_in
    kept_out = _leave_out(connection, is_next)
    known = _recognise(connection, is_next)
    new = round_.count - kept_out - known
    _record_consents(connection, and_(is_next, or_(_IS_NEW, _MAY_BECOME)))
    if known:
        _update_known(connection, is_next)
    if new:
        with counting_on(connection):
            _insert_new(connection, and_(is_next, _IS_NEW))
    if has_facets:
        _delete_facets(connection, is_next)
        _insert_facets(connection, is_next)
    return Taken(added=new, updated=known, kept_out=kept_out)


def _leave_out(connection: Connection, is_next: ColumnElement[bool]) -> int:
    """Drop the rows of those who are never mailed; return how many they were."""
    is_suppressed = _R.identity_hash.in_(select(suppressions.c.identity_hash))
    return connection.execute(delete(staged_rows).where(is_next, is_suppressed)).rowcount


def _recognise(connection: Connection, is_next: ColumnElement[bool]) -> int:
    """Note who is a subscriber, the rounds before included; return how many they are."""
    known = (
        update(staged_rows)
        .where(is_next, _S.identity_hash == _R.identity_hash)
        .values(subscriber_id=_S.id, before=_S.consent)
    )
    return connection.execute(known).rowcount


def _record_consents(connection: Connection, is_change: ColumnElement[bool]) -> None:
    proof = (_SAID[name] for name in PROOF.values())
    rows = select(_R.identity_hash, *proof).select_from(_ROWS)
    names = ["identity_hash", *PROOF]
    connection.execute(insert(consents).from_select(names, rows.where(is_change).order_by(_R.id)))


def _update_known(connection: Connection, is_next: ColumnElement[bool]) -> None:
    values = {
        "address": _R.address,
        "name": func.coalesce(_NAME, _S.name),
        **{name: func.coalesce(_SAID[name], _S[name]) for name in SAID_OR_NOT},
        **{
            name: case((_SAID[name] == unsaid, _S[name]), else_=_SAID[name])
            for name, unsaid in _UNSAID.items()
        },
        "consent": case((_MAY_BECOME, _SAID.consent), else_=_S.consent),
    }
    # A list that is imported again writes nothing that is there.
    is_news = or_(*(value.is_distinct_from(_S[name]) for name, value in values.items()))
    connection.execute(
        update(subscribers)
        .where(_S.id == _R.subscriber_id, _R.said == _SAID.id, is_next, is_news)
        .values(values)
    )


def _delete_facets(connection: Connection, is_next: ColumnElement[bool]) -> None:
    """Make room for what the rows choose; what they say nothing about stays chosen."""
    rows = (
        select(_R.subscriber_id, said_facets.c.facet)
        .join_from(said_facets, staged_rows, _R.said == said_facets.c.said)
        .where(is_next, ~_IS_NEW)
    )
    chosen = tuple_(subscriber_facets.c.subscriber_id, subscriber_facets.c.facet)
    connection.execute(delete(subscriber_facets).where(chosen.in_(rows)))


def _insert_new(connection: Connection, is_new: ColumnElement[bool]) -> None:
    identity = func.coalesce(func.nullif(_R.identity, ""), _R.address)
    columns = [identity, _R.identity_hash, _R.address, _NAME, *(_SAID[name] for name in SAID_ONCE)]
    rows = select(*columns).select_from(_ROWS).where(is_new).order_by(_R.id)
    names = ["identity", "identity_hash", "address", "name", *SAID_ONCE]
    connection.execute(insert(subscribers).from_select(names, rows))


def _insert_facets(connection: Connection, is_next: ColumnElement[bool]) -> None:
    facets = said_facets.c
    rows = (
        select(_S.id, facets.facet, facets.value)
        .select_from(said_facets)
        .join(staged_rows, _R.said == facets.said)
        .join(subscribers, _S.identity_hash == _R.identity_hash)
        .where(is_next)
        .order_by(_S.id)
    )
    names = ["subscriber_id", "facet", "value"]
    connection.execute(insert(subscriber_facets).from_select(names, rows))
