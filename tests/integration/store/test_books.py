from sqlalchemy import update
from tests.builders import a_subscriber
from tests.stores import a_planned_edition

from otalk_digest.model.delivery import Status
from otalk_digest.store.books import iterate_deliveries
from otalk_digest.store.database import Store
from otalk_digest.store.schema import deliveries


def test_the_first_lines_of_an_edition_are_its_first_whatever_became_of_them(store: Store) -> None:
    statuses = (Status.REJECTED, Status.ACCEPTED, Status.IN_DOUBT, Status.ACCEPTED, Status.PLANNED)
    people = [a_subscriber(f"reader{number}@example.org") for number in range(len(statuses))]
    with store.begin() as connection:
        a_planned_edition(connection, people)
        for number, status in enumerate(statuses, 1):
            moved = update(deliveries).where(deliveries.c.id == number)
            connection.execute(moved.values(status=status))

        for limit in (1, 2, 3, 4, 5, 200, None):
            found = iterate_deliveries(connection, edition=1, status=None, limit=limit)
            assert [record.status for record in found] == list(statuses[:limit])
