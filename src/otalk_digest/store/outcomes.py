"""Write what became of deliveries: the one statement that is said for every reader."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from json import dumps
from operator import itemgetter
from typing import Final

from sqlalchemy import ARRAY, Connection, Integer, String, bindparam, column, func, update

from otalk_digest.model.delivery import Action, Outcome, OutcomeKind, Status, after_action
from otalk_digest.store.moment import moment_binder
from otalk_digest.store.schema import deliveries

# What an outcome means for a delivery that is being sent. As plain text: looked up for every
# reader, and the hash of an enumeration's member is a call of its own.
_AFTER = {
    str(kind): str(status)
    for kind, status in (
        (OutcomeKind.ACCEPTED, Status.ACCEPTED),
        (OutcomeKind.REJECTED, Status.REJECTED),
        (OutcomeKind.RELEASED, after_action(Status.SENDING, Action.RELEASE)),
        (OutcomeKind.IN_DOUBT, after_action(Status.SENDING, Action.LOSE_TRACK)),
    )
}

_D = deliveries.c
# In the driver's own words: a row of names costs SQLAlchemy more than the database.
_MOVE = (
    "UPDATE deliveries SET status = ?, reason = ?, provider_message_id = ?, updated_at = ?"  # noqa: S608 - made of constants
    f" WHERE status = '{Status.SENDING}' AND id "
)
_ONE_BY_ONE = f"{_MOVE} = ?"
# Those of whom the same is said: half of what it costs to move each alone.
_ALIKE = f"{_MOVE} IN (SELECT value FROM json_each(?))"  # noqa: S608 - the same
# Those among them who follow each other without a gap, as they mostly do.
_IN_A_ROW = f"{_MOVE} BETWEEN ? AND ?"
#: What is said in an outcome: its kind, diagnostic and message id.
_said: Final = itemgetter(1, 2, 3)
# A server is far: the whole group in one statement, as columns.
_SAID = (
    func.unnest(
        bindparam("deliveries", type_=ARRAY(Integer)),
        bindparam("statuses", type_=ARRAY(String)),
        bindparam("reasons", type_=ARRAY(String)),
        bindparam("message_ids", type_=ARRAY(String)),
    )
    .table_valued(
        column("delivery", Integer),
        column("status", String),
        column("reason", String),
        column("message_id", String),
    )
    .render_derived("said")
)
_TOGETHER = (
    update(deliveries)
    .where(_D.id == _SAID.c.delivery, _D.status == Status.SENDING)
    .values(
        status=_SAID.c.status,
        reason=_SAID.c.reason,
        provider_message_id=_SAID.c.message_id,
        updated_at=bindparam("now"),
    )
)


def write_outcomes(connection: Connection, outcomes: Sequence[Outcome], *, now: datetime) -> int:
    """Move the deliveries that are being sent to what became of them; return how many did.

    Others stay.
    """
    if not outcomes:
        return 0
    if connection.dialect.name == "postgresql":
        columns = {
            "deliveries": [outcome.delivery_id for outcome in outcomes],
            "statuses": [_AFTER[str(outcome.kind)] for outcome in outcomes],
            "reasons": [outcome.diagnostic for outcome in outcomes],
            "message_ids": [outcome.provider_message_id for outcome in outcomes],
        }
        return connection.execute(_TOGETHER, {**columns, "now": now}).rowcount
    return _write_in_groups(connection, outcomes, stamp=moment_binder(connection)(now))


def _write_in_groups(connection: Connection, outcomes: Sequence[Outcome], *, stamp: object) -> int:
    alone, moved = [], 0
    for (kind, diagnostic, message_id), alike in groupby(outcomes, key=_said):
        ids = [each.delivery_id for each in alike]
        said = (_AFTER[str(kind)], diagnostic, message_id, stamp)
        first, last = min(ids), max(ids)
        if len(ids) == 1:
            alone.append((*said, first))
        elif last - first + 1 == len(set(ids)):
            moved += connection.exec_driver_sql(_IN_A_ROW, (*said, first, last)).rowcount
        else:
            moved += connection.exec_driver_sql(_ALIKE, (*said, dumps(ids))).rowcount
    if alone:
        moved += connection.exec_driver_sql(_ONE_BY_ONE, alone).rowcount
    return moved
