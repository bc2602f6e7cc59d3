"""Another community needs a profile of its own and no code."""

from datetime import UTC, datetime

import pytest

from otalk_digest.collect.extract import read_post
from otalk_digest.model.chat import ChatProfile, Flag, Reading
from otalk_digest.model.feed import Post

MAKERS = ChatProfile(
    tags=("LoomChat",),
    weekday=3,
    start_hour=19,
    start_minute=30,
    duration_minutes=45,
    zone="America/New_York",
    series=("Dye Lab",),
    account="loom_chat",
    platform="Mastodon",
    join_url=None,
    who_can_join="Weavers.",
    is_day_first=False,
)
HOST = "This week’s #LoomChat will be hosted by @shuttle_sue."


def read(title: str, *lines: str, published: str = "2024-05-03") -> Reading:
    post = Post(
        guid="g",
        link=None,
        title=title,
        author="loomer",
        published_at=datetime.fromisoformat(f"{published}T12:00").replace(tzinfo=UTC),
        html="",
        text="\n".join(lines or (HOST,)),
        fingerprint="",
    )
    return read_post(post, MAKERS)


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("#LoomChat May 9th 2024 – Selvedges", "Selvedges"),
        ("#LoomChat 05/09/24 – Selvedges", "Selvedges"),
        ("#LoomChat Dye Lab – Thursday 9 May: Madder and weld", "Madder and weld"),
        ("#LoomChat 2024-05-09 – Selvedges", "Selvedges"),
        ("Selvedges #loomchat May 9th", "Selvedges"),
    ],
)
def test_its_titles_are_read_in_its_zone_and_its_order_of_dates(title: str, topic: str) -> None:
    reading = read(title)

    assert reading.topic == topic
    assert reading.starts_at == datetime(2024, 5, 9, 23, 30, tzinfo=UTC)
    assert reading.ends_at == datetime(2024, 5, 10, 0, 15, tzinfo=UTC)
    assert reading.hosts == ("@shuttle_sue",)
    assert reading.flags == (Flag.DEFAULT_TIME,)


def test_its_own_zone_is_read_and_a_foreign_hour_is_not() -> None:
    reading = read(
        "#LoomChat May 9th 2024 – Selvedges",
        "Join the chat at 1am GMT, 8pm ET, hosted by @shuttle_sue.",
    )

    assert reading.starts_at == datetime(2024, 5, 10, 0, 0, tzinfo=UTC)
    assert reading.flags == ()


def test_another_weekday_is_to_be_checked() -> None:
    assert Flag.CHECK_DATE in read("#LoomChat May 8th 2024 – Selvedges").flags


def test_its_account_is_no_person() -> None:
    reading = read("#LoomChat May 9th 2024 – Selvedges", "Hosted by @Loom_Chat and @shuttle_sue.")

    assert reading.hosts == ("@shuttle_sue",)


def test_the_tag_of_the_first_community_means_nothing_to_it() -> None:
    assert not read("#OTalk May 7th 2024 – Selvedges").is_chat
