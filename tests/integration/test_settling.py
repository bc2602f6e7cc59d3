"""What is in doubt, and what the settings say about it once it was for long enough."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.builders import HOUR, NOW, a_subscriber
from tests.stores import a_planned_edition

from otalk_digest.model.delivery import EventKind
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.pipeline.settling import InDoubt, Policy, settle_doubts
from otalk_digest.store.database import Store, open_store
from otalk_digest.store.events import store_events
from otalk_digest.store.schema import deliveries
from otalk_digest.store.told import settlements

ANN, BEN, CAT = (a_subscriber(f"{name}@example.org") for name in ("ann", "ben", "cat"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Ann's mail has been in doubt for a day, Ben's for less; Cat has hers."""
    opened = open_store(tmp_path / "digest.sqlite3")
    with opened.begin() as connection:
        a_planned_edition(connection, [ANN, BEN, CAT])
        for number, status, at in (
            (1, "in_doubt", NOW - 24 * HOUR),
            (2, "in_doubt", NOW - 23 * HOUR),
            (3, "accepted", NOW - 24 * HOUR),
        ):
            values = {"status": status, "updated_at": at}
            connection.execute(update(deliveries).where(deliveries.c.id == number).values(values))
    yield opened
    opened.close()


def statuses(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.scalars(select(deliveries.c.status).order_by(deliveries.c.id)))


def decisions(store: Store) -> list[dict[str, object]]:
    with store.read() as connection:
        return [dict(row) for row in connection.execute(select(settlements)).mappings()]


@pytest.mark.parametrize(
    ("policy", "after"),
    [
        (Policy(), ["in_doubt", "in_doubt", "accepted"]),
        (Policy(in_doubt=InDoubt.RESEND), ["planned", "in_doubt", "accepted"]),
        (Policy(in_doubt=InDoubt.ASSUME_SENT), ["accepted", "in_doubt", "accepted"]),
        (
            Policy(in_doubt=InDoubt.RESEND, after=timedelta(hours=1)),
            ["planned", "planned", "accepted"],
        ),
    ],
)
def test_only_what_was_in_doubt_for_long_enough_is_settled_as_the_settings_say(
    store: Store, policy: Policy, after: list[str]
) -> None:
    count = settle_doubts(store, policy, now=NOW)

    assert statuses(store) == after
    assert count == ["in_doubt", "in_doubt", "accepted"].count("in_doubt") - after.count("in_doubt")
    assert settle_doubts(store, policy, now=NOW) == 0


def test_who_decided_and_when_is_kept(store: Store) -> None:
    settle_doubts(store, Policy(in_doubt=InDoubt.RESEND), now=NOW)

    assert decisions(store) == [
        {
            "id": 1,
            "edition": None,
            "how": "resend",
            "deliveries": 1,
            "at": NOW,
            "by": "the settings",
        }
    ]


def test_evidence_comes_before_the_policy(store: Store) -> None:
    event = DeliveryEvent(
        delivery_key="1-x", name="delivered", at=NOW, kind=EventKind.DELIVERED, raw="{}",
        delivery_id=1,
    )  # fmt: skip
    with store.begin() as connection:
        store_events(connection, [event], now=NOW)

    assert settle_doubts(store, Policy(in_doubt=InDoubt.RESEND), now=NOW) == 0
    assert statuses(store) == ["delivered", "in_doubt", "accepted"]
    assert decisions(store) == []
