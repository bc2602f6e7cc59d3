import pytest
from sqlalchemy import Connection, select, update
from tests.builders import NOW, a_subscriber
from tests.stores import a_planned_edition

from otalk_digest.model.delivery import Status
from otalk_digest.store import books, claims, editions
from otalk_digest.store.database import Store
from otalk_digest.store.schema import deliveries
from otalk_digest.store.standing import stands_at

PEOPLE = [a_subscriber(f"reader{number}@example.org") for number in range(6)]
PLACE = claims.Place(edition=1, segment="everyone", content_hash="everyone")
FOUND_BY = {
    Status.PLANNED: "ix_deliveries_planned (edition=? AND status=?)",
    Status.SENDING: "ix_deliveries_sending (attempt_id=?)",
}
ENDED = "ix_deliveries_ended (edition=? AND status=?)"


def one_of_each(connection: Connection) -> None:
    """Two readers are planned, two are being sent to, and two have an end."""
    a_planned_edition(connection, PEOPLE)
    claims.claim(connection, PLACE, provider="smtp", limit=2, now=NOW)
    ends = zip((5, 6), (Status.ACCEPTED, Status.IN_DOUBT), strict=True)
    for number, status in ends:
        moved = update(deliveries).where(deliveries.c.id == number)
        connection.execute(moved.values(status=status))


@pytest.mark.parametrize("status", Status)
def test_where_a_delivery_stands_is_looked_up_and_never_searched_for(
    sqlite: Store, status: Status
) -> None:
    query = select(deliveries.c.id).where(stands_at(1, status))
    with sqlite.read() as connection:
        said = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}")]

    steps = [step for step in plan if "deliveries" in step]
    assert [step.partition("INDEX ")[2] for step in steps] == [FOUND_BY.get(status, ENDED)]


def test_all_are_found_where_they_stand_and_nowhere_else(store: Store) -> None:
    with store.begin() as connection:
        one_of_each(connection)
        found = {
            status: connection.scalars(select(deliveries.c.id).where(stands_at(1, status))).all()
            for status in Status
        }
        counted = books.count_by_status(connection, 1)
        elsewhere = [
            connection.scalars(select(deliveries.c.id).where(stands_at(2, status))).all()
            for status in Status
        ]

    assert {status: sorted(ids) for status, ids in found.items() if ids} == {
        Status.SENDING: [1, 2],
        Status.PLANNED: [3, 4],
        Status.ACCEPTED: [5],
        Status.IN_DOUBT: [6],
    }
    assert counted == {"sending": 2, "planned": 2, "accepted": 1, "in_doubt": 1}
    assert not any(elsewhere)


@pytest.mark.parametrize(
    ("planned", "sending", "is_unfinished"),
    [(True, False, True), (False, True, True), (False, False, False)],
)
def test_an_edition_is_unfinished_while_anybody_is_planned_or_being_sent_to(
    store: Store, *, planned: bool, sending: bool, is_unfinished: bool
) -> None:
    with store.begin() as connection:
        one_of_each(connection)
        for status, stays in ((Status.PLANNED, planned), (Status.SENDING, sending)):
            if not stays:
                ended = update(deliveries).where(stands_at(1, status))
                connection.execute(ended.values(status=Status.ACCEPTED))

        assert (list(editions.unfinished(connection)) == [1]) is is_unfinished
