"""Readers whom a server puts off: how long they are tried."""

from datetime import timedelta

from sqlalchemy import Connection, select
from tests.builders import DAY, NOW, a_subscriber
from tests.stores import a_planned_edition

from otalk_digest.model.delivery import Outcome, OutcomeKind
from otalk_digest.store.database import Store
from otalk_digest.store.put_offs import weigh
from otalk_digest.store.told import put_offs

GREYLISTED = Outcome(
    delivery_id=1, kind=OutcomeKind.RELEASED, diagnostic="450 4.2.0 later", is_put_off=True
)
#: The run was asked to stop, or the relay was not there: nobody said anything of the reader.
GIVEN_BACK = Outcome(delivery_id=2, kind=OutcomeKind.RELEASED, diagnostic="the run was stopped")


def weighed(connection: Connection, *, after: timedelta) -> list[OutcomeKind]:
    outcomes = [GREYLISTED, GIVEN_BACK]
    found = weigh(connection, outcomes, patience=5 * DAY, now=NOW + after)
    assert [each.diagnostic for each in found] == [each.diagnostic for each in outcomes]
    return [each.kind for each in found]


def test_who_is_put_off_is_tried_for_days_and_then_refused_with_what_was_said_last(
    store: Store,
) -> None:
    released, refused = OutcomeKind.RELEASED, OutcomeKind.REJECTED
    with store.begin() as connection:
        a_planned_edition(connection, [a_subscriber("ann@example.org"), a_subscriber("b@e.org")])

        assert weighed(connection, after=0 * DAY) == [released, released]
        assert weighed(connection, after=5 * DAY - timedelta(minutes=1)) == [released, released]
        assert weighed(connection, after=5 * DAY) == [refused, released]

        rows = connection.execute(select(put_offs)).all()
        assert [(row.delivery_id, row.first_at, row.times) for row in rows] == [(1, NOW, 3)]
