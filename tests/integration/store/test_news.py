from tests.builders import some_news, some_numbers
from tests.stores import add_news, frozen_edition

from otalk_digest.model.edition import Drop
from otalk_digest.model.news import Change, NewsKind
from otalk_digest.store import news
from otalk_digest.store.database import Store

CHANGE = Change(field="topic", old="Knots", new=None)
ONE = some_news(1, guid="one", numbers=some_numbers(41))
TWO = some_news(2, NewsKind.CHANGE, guid="two", changes=(CHANGE,))
THREE = some_news(3, NewsKind.WRAP_UP, guid="three", starts_at=None)


def test_news_comes_back_as_it_was_kept_in_the_order_in_which_it_became_known(
    store: Store,
) -> None:
    with store.begin() as connection:
        add_news(connection, ONE, TWO)
        add_news(connection, THREE)

        assert list(news.uncarried_news(connection, "everyone")) == [ONE, TWO, THREE]


def test_no_news_is_nothing_to_keep(store: Store) -> None:
    with store.begin() as connection:
        add_news(connection)
        news.mark_told(connection, "everyone", [], edition=1)
        news.mark_dropped(connection, "everyone", [])

        assert news.uncarried_news(connection, "everyone") == []


def test_each_segment_is_told_each_piece_once(store: Store) -> None:
    with store.begin() as connection:
        add_news(connection, ONE, TWO, THREE)
        frozen_edition(connection, told={"everyone": [1, 2], "students": [1]})

        assert list(news.uncarried_news(connection, "everyone")) == [THREE]
        assert list(news.uncarried_news(connection, "students")) == [TWO, THREE]


def test_dropped_news_is_settled_for_its_segment_only(store: Store) -> None:
    with store.begin() as connection:
        add_news(connection, ONE)
        news.mark_dropped(connection, "everyone", [Drop(news_id=1, reason="the chat has begun")])

        assert news.uncarried_news(connection, "everyone") == []
        assert list(news.uncarried_news(connection, "students")) == [ONE]


def test_a_segment_was_told_of_a_chat_by_an_announcement_or_a_change_in_an_edition(
    store: Store,
) -> None:
    with store.begin() as connection:
        add_news(connection, ONE, TWO, THREE)
        frozen_edition(connection, told={"everyone": [1, 2, 3], "students": [3]})

        assert news.told_chats(connection, "everyone") == {"one", "two"}
        assert news.told_chats(connection, "students") == set()


def test_a_dropped_announcement_told_nobody(store: Store) -> None:
    with store.begin() as connection:
        add_news(connection, ONE)
        news.mark_dropped(connection, "everyone", [Drop(news_id=1, reason="too old")])

        assert news.told_chats(connection, "everyone") == set()
