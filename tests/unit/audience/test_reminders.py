"""When a reminder is due, by each reader's own clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otalk_digest.audience.reminders import due, morning_of

#: A Tuesday in summer, 8pm in London.
CHAT = datetime(2026, 6, 9, 19, 0, tzinfo=UTC)
#: The night in which the clocks of London go back.
AUTUMN = datetime(2026, 10, 25, 20, 0, tzinfo=UTC)
HOME = "Europe/London"
ZONES = ["Pacific/Auckland", "Asia/Kolkata", "Europe/London", "America/Sao_Paulo", "Etc/GMT+12"]


@pytest.mark.parametrize(
    ("zone", "starts_at", "expected"),
    [
        ("Europe/London", CHAT, "2026-06-09T06:00Z"),
        ("America/Sao_Paulo", CHAT, "2026-06-09T10:00Z"),
        ("America/Los_Angeles", CHAT, "2026-06-09T14:00Z"),
        # There it begins at 7 in the morning, or at half past midnight: an hour before.
        ("Pacific/Auckland", CHAT, "2026-06-09T18:00Z"),
        ("Asia/Kolkata", CHAT, "2026-06-09T18:00Z"),
        ("Europe/London", AUTUMN, "2026-10-25T07:00Z"),
        # Nobody knows it: at home.
        ("Atlantis/Capital", CHAT, "2026-06-09T06:00Z"),
        ("../../etc/passwd", CHAT, "2026-06-09T06:00Z"),
    ],
)
def test_a_morning_is_seven_o_clock_on_the_chats_day_where_the_reader_is(
    zone: str, starts_at: datetime, expected: str
) -> None:
    assert morning_of(starts_at, zone, home=HOME) == datetime.fromisoformat(expected)


@given(minutes=st.integers(min_value=-600, max_value=3_000), zone=st.sampled_from(ZONES))
def test_once_due_it_stays_due_until_the_chat_begins(minutes: int, zone: str) -> None:
    now = CHAT - timedelta(minutes=minutes)
    later = now + timedelta(minutes=10)

    before, after = (due(CHAT, [zone], home=HOME, now=moment) for moment in (now, later))

    if now >= CHAT:
        assert before.is_nobody
    elif later < CHAT:
        assert before.zones <= after.zones
        assert before.is_home_due <= after.is_home_due
        assert before.is_hour_due <= after.is_hour_due
    if timedelta(0) < CHAT - now <= timedelta(hours=1):
        assert before.zones == {zone}
        assert before.is_hour_due
