from datetime import timedelta

from sqlalchemy import update
from tests.builders import NOW, a_chat, a_subscriber, some_numbers
from tests.stores import a_planned_edition, suppress

from otalk_digest.model.audience import Consent
from otalk_digest.model.delivery import Status
from otalk_digest.store import posts
from otalk_digest.store.database import Store
from otalk_digest.store.report import make_report
from otalk_digest.store.schema import deliveries

ANN = a_subscriber("ann@example.org")
PEOPLE = [
    ANN,
    a_subscriber("bea@example.org"),
    a_subscriber("cy@example.org", consent=Consent.PENDING),
    a_subscriber("dov@example.org", consent=Consent.WITHDRAWN),
]


def test_the_figures_of_an_edition_add_up(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        connection.execute(
            update(deliveries).where(deliveries.c.id == 1).values(status=Status.REJECTED)
        )

        (figures,) = make_report(connection).editions
    assert figures.readers == 2
    assert dict(figures.by_status) == {"planned": 1, "skipped": 2, "rejected": 1}
    assert dict(figures.left_out) == {"unconfirmed": 1, "withdrawn": 1}
    assert sum(count for _, count in figures.by_status) == figures.tally.candidates
    assert sum(count for _, count in figures.left_out) == figures.tally.skipped
    assert figures.attempts == 0


def test_one_edition_can_be_asked_for(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)

        assert len(make_report(connection, 1).editions) == 1
        assert make_report(connection, 2).editions == ()


def test_only_chats_that_were_counted_are_told_oldest_first(store: Store) -> None:
    chats = [
        a_chat("https://blog.otalk.example/?p=1", numbers=some_numbers(200)),
        a_chat(
            "https://blog.otalk.example/?p=2",
            numbers=some_numbers(100),
            starts_at=NOW - timedelta(days=30),
        ),
        a_chat("https://blog.otalk.example/?p=3"),
    ]
    with store.begin() as connection:
        posts.save_chats(connection, [(chat.guid, chat) for chat in chats], now=NOW)

        assert [chat.posts for chat in make_report(connection).chats] == [100, 200]


def test_nobody_is_named(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, PEOPLE)
        suppress(connection, ANN)

        assert "example.org" not in repr(make_report(connection))
