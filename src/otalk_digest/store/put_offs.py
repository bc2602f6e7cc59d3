"""Readers whom a server puts off: tried by later runs, but not for ever (RFC 5321 §4.5.4.1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from otalk_digest.model.delivery import Outcome, OutcomeKind
from otalk_digest.store.told import put_offs

_P = put_offs.c


def weigh(
    connection: Connection, outcomes: Sequence[Outcome], *, patience: timedelta, now: datetime
) -> Sequence[Outcome]:
    """Note who was put off; who has been for longer than we are patient is refused for good.

    The diagnostic stays what the server said last.
    """
    put_off = [outcome.delivery_id for outcome in outcomes if outcome.is_put_off]
    if not put_off:
        return outcomes
    query = select(_P.delivery_id, _P.first_at).where(_P.delivery_id.in_(put_off))
    known = {row.delivery_id: row.first_at for row in connection.execute(query)}
    again = _P.delivery_id.in_(known)
    connection.execute(update(put_offs).where(again).values(times=_P.times + 1))
    new = [
        {"delivery_id": each, "first_at": now, "times": 1} for each in put_off if each not in known
    ]
    if new:
        connection.execute(insert(put_offs), new)
    given_up = {each for each, first_at in known.items() if now - first_at >= patience}
    return [
        outcome._replace(kind=OutcomeKind.REJECTED)
        if outcome.is_put_off and outcome.delivery_id in given_up
        else outcome
        for outcome in outcomes
    ]
