"""Events are stored once and applied in any order, any number of times, with one result."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update
from tests.builders import DAY, NOW, a_subscriber, some_news
from tests.stores import a_planned_edition, add_news, examples_for, frozen_edition, hash_of

from otalk_digest.model.delivery import EventKind, Status
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.store.database import Store
from otalk_digest.store.events import Applied, apply_events, store_events, suppress_soft_bounces
from otalk_digest.store.schema import deliveries
from otalk_digest.store.subscribers import count_suppressions, is_suppressed

ANN, BEN = a_subscriber("ann@example.org"), a_subscriber("ben@example.org")
LATER = NOW + 30 * DAY


def an_event(
    delivery_id: int | None = 1, kind: EventKind | None = EventKind.DELIVERED, **fields: object
) -> DeliveryEvent:
    defaults: dict[str, Any] = {
        "delivery_key": f"{delivery_id}-key",
        "name": str(kind),
        "at": NOW,
        "kind": kind,
        "raw": "{}",
        "delivery_id": delivery_id,
    }
    return DeliveryEvent(**(defaults | fields))


HARD = an_event(kind=EventKind.BOUNCED, suppresses="bounced", reason="550 unknown")
SOFT = an_event(kind=EventKind.BOUNCED, name="blocked", reason="busy")


def sent(connection: Connection, status: Status = Status.ACCEPTED) -> None:
    """An edition to Ann, delivery 1, and Ben, delivery 2."""
    a_planned_edition(connection, [ANN, BEN])
    connection.execute(update(deliveries).values(status=status))


def statuses(connection: Connection) -> list[tuple[str, str | None]]:
    query = select(deliveries.c.status, deliveries.c.reason).order_by(deliveries.c.id)
    return [(row.status, row.reason) for row in connection.execute(query)]


def told(connection: Connection, *events: DeliveryEvent) -> Applied:
    store_events(connection, events, now=NOW)
    return apply_events(connection, now=NOW)


def test_an_event_is_stored_once_however_often_it_comes(scratch: Store) -> None:
    with scratch.rehearse() as connection:
        assert store_events(connection, [SOFT, SOFT], now=NOW) == 1
        assert store_events(connection, [SOFT], now=LATER) == 0
        later = an_event(kind=EventKind.BOUNCED, name="blocked", at=NOW + timedelta(seconds=1))
        assert store_events(connection, [later, HARD, an_event(2)], now=LATER) == 3


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        (Status.ACCEPTED, EventKind.DELIVERED, Status.DELIVERED),
        (Status.IN_DOUBT, EventKind.ACCEPTED, Status.ACCEPTED),
        (Status.IN_DOUBT, EventKind.BOUNCED, Status.BOUNCED),
        (Status.SENDING, EventKind.DELIVERED, Status.DELIVERED),
        (Status.DELIVERED, EventKind.ACCEPTED, Status.ACCEPTED),
        (Status.PLANNED, EventKind.DELIVERED, Status.PLANNED),
        (Status.SKIPPED, EventKind.DELIVERED, Status.SKIPPED),
    ],
)
def test_an_event_moves_its_delivery_and_no_other(
    scratch: Store, before: Status, kind: EventKind, after: Status
) -> None:
    with scratch.rehearse() as connection:
        sent(connection, before)

        told(connection, an_event(1, kind))

        assert [status for status, _ in statuses(connection)] == [after, before]


def test_a_hard_bounce_suppresses_and_a_soft_one_does_not(scratch: Store) -> None:
    with scratch.rehearse() as connection:
        sent(connection)

        found = told(connection, HARD, an_event(2, EventKind.BOUNCED, name="blocked"))

        assert found == Applied(moved=2, suppressed=1)
        assert is_suppressed(connection, hash_of(connection, ANN))
        assert not is_suppressed(connection, hash_of(connection, BEN))
        assert apply_events(connection, now=LATER) == Applied()


def test_an_event_of_nobody_is_kept_and_changes_nothing(scratch: Store) -> None:
    with scratch.rehearse() as connection:
        sent(connection)

        stray = an_event(None, EventKind.BOUNCED, suppresses="bounced")
        gone = an_event(99, EventKind.BOUNCED, suppresses="bounced")

        assert told(connection, stray, gone) == Applied()
        assert statuses(connection) == [("accepted", None)] * 2


KINDS = (
    (EventKind.ACCEPTED, None),
    (EventKind.DEFERRED, None),
    (EventKind.DELIVERED, None),
    (EventKind.REJECTED, None),
    (EventKind.BOUNCED, None),
    (EventKind.BOUNCED, "bounced"),
    (EventKind.COMPLAINED, "complained"),
    (None, "unsubscribed"),
)
EVENTS = st.builds(
    lambda delivery_id, what, minute: an_event(
        delivery_id,
        what[0],
        name=f"{what[0]} {what[1]}",
        suppresses=what[1],
        reason=f"{what[0]} in minute {minute}",
        at=NOW + timedelta(minutes=minute),
    ),
    st.sampled_from([1, 2]),
    st.sampled_from(KINDS),
    st.integers(0, 3),
)


def end_of(scratch: Store, posts: Sequence[Sequence[DeliveryEvent]]) -> object:
    with scratch.rehearse() as connection:
        sent(connection, Status.IN_DOUBT)
        for post in posts:
            told(connection, *post)
        suppress_soft_bounces(connection, in_a_row=1, now=LATER)
        gone = [is_suppressed(connection, hash_of(connection, person)) for person in (ANN, BEN)]
        return statuses(connection), gone


def test_any_order_and_repetition_of_events_ends_in_the_same_state(scratch: Store) -> None:
    @examples_for(scratch, on_a_file=60)
    @given(events=st.lists(EVENTS, max_size=8), data=st.data())
    def holds(events: list[DeliveryEvent], data: st.DataObject) -> None:
        again = data.draw(st.permutations(events + events[: len(events) // 2]))
        cut = data.draw(st.integers(0, len(again)))

        assert end_of(scratch, [again[:cut], again[cut:], again]) == end_of(scratch, [events])

    holds()


def history(connection: Connection, *after: Status) -> None:
    """One edition after the other to Ann and Ben, and how each ended for Ann."""
    a_planned_edition(connection, [ANN, BEN])
    for number in range(2, len(after) + 1):
        add_news(connection, some_news(guid=f"https://blog.otalk.example/?p={number}"))
        frozen_edition(connection, number=number, told={"everyone": [number]})
    connection.execute(update(deliveries).values(status=Status.DELIVERED))
    for number, status in enumerate(after, start=1):
        mine = (deliveries.c.edition == number, deliveries.c.subscriber_id == 1)
        connection.execute(update(deliveries).where(*mine).values(status=status))


SOFTLY, BLOCKED, FINE = Status.DEFERRED, Status.BOUNCED, Status.DELIVERED


@pytest.mark.parametrize(
    ("after", "gone"),
    [
        ([SOFTLY, BLOCKED, SOFTLY], 1),
        ([FINE, SOFTLY, SOFTLY, SOFTLY], 1),
        ([SOFTLY, SOFTLY], 0),
        ([SOFTLY, FINE, SOFTLY, SOFTLY], 0),
        ([SOFTLY, SOFTLY, SOFTLY, FINE], 0),
        ([SOFTLY, Status.SKIPPED, SOFTLY, SOFTLY], 1),
        # Nobody knows how the newest ends.
        ([SOFTLY, SOFTLY, Status.ACCEPTED], 0),
    ],
)
def test_only_editions_in_a_row_that_did_not_arrive_end_a_subscription(
    scratch: Store, after: list[Status], gone: int
) -> None:
    with scratch.rehearse() as connection:
        history(connection, *after)

        assert suppress_soft_bounces(connection, in_a_row=3, now=LATER) == gone
        assert count_suppressions(connection) == ({"bounced": 1} if gone else {})
        assert suppress_soft_bounces(connection, in_a_row=3, now=LATER) == 0


def test_what_is_still_being_tried_counts_for_nothing(scratch: Store) -> None:
    with scratch.rehearse() as connection:
        history(connection, SOFTLY, SOFTLY, SOFTLY)

        assert suppress_soft_bounces(connection, in_a_row=3, now=NOW + timedelta(hours=71)) == 0
