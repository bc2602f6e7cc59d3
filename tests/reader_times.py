"""What one reader is told of a chat's hour."""

from datetime import datetime
from zoneinfo import ZoneInfo

from otalk_digest.digest.times import TimeWords, say_reader_times


def reader_time(
    starts_at: datetime,
    ends_at: datetime | None,
    zones: tuple[ZoneInfo, ZoneInfo],
    words: TimeWords,
) -> str | None:
    """Say it for the second zone; None where its clock is the one of the chat's zone, the first."""
    home, theirs = zones
    told = dict(say_reader_times((starts_at, ends_at), home, [theirs], words))
    return told.get(theirs)
