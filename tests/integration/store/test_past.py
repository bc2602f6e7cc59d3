"""What the archive, the calendar and the figures read, on each database."""

from sqlalchemy import update
from tests.builders import NOW, a_chat, a_subscriber, some_news
from tests.stores import a_planned_edition

from otalk_digest.model.delivery import Status
from otalk_digest.model.news import NewsKind
from otalk_digest.store import diary, figures, news, past, posts
from otalk_digest.store.database import Store
from otalk_digest.store.decisions import Decision, What, save_decision
from otalk_digest.store.schema import deliveries


def test_an_edition_is_past_once_it_has_reached_somebody_and_while_it_is_not_held(
    store: Store,
) -> None:
    seen = []
    with store.begin() as connection:
        a_planned_edition(connection, [a_subscriber()])
        seen.append([each.number for each in past.past_editions(connection)])
        connection.execute(update(deliveries).values(status=Status.DELIVERED))
        seen.append([each.number for each in past.past_editions(connection)])
        for what in (What.HELD, What.APPROVED):
            save_decision(connection, Decision(edition=1, what=what, at=NOW, by="Orla"))
            seen.append([each.number for each in past.past_editions(connection)])
        shown = past.public_variant(connection, 1, "everyone")

    assert seen == [[], [1], [], [1]]
    assert shown is not None


def test_a_chat_tells_calendars_when_it_was_changed_last(store: Store) -> None:
    chat = a_chat()
    with store.begin() as connection:
        posts.save_chats(connection, [(chat.guid, chat)], now=NOW)
        before = diary.dated_chats(connection)
        change = some_news(kind=NewsKind.CHANGE)
        news.save_news(connection, [change.news], now=NOW)
        after = diary.dated_chats(connection)

    assert [each.changed_at for each in before] == [None]
    assert [each.changed_at for each in after] == [change.news.happened_at]


def test_the_figures_add_up(store: Store) -> None:
    with store.begin() as connection:
        a_planned_edition(connection, [a_subscriber(), a_subscriber("bo@example.org")])
        found = figures.take_figures(connection)

    assert found.editions == {"digest": 1}
    assert found.deliveries == {Status.PLANNED: 2}
    assert found.events_waiting == 0
    assert found.completed_at is None
