"""The bars of earlier chats, and the one sentence that says what they say. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from otalk_digest.digest import times, wording
from otalk_digest.digest.themes import Theme
from otalk_digest.digest.times import TimeWords
from otalk_digest.model.edition import TrendPoint

#: More bars would not be read on a phone.
MOST_BARS: Final = 5
_FEWEST_TO_RANK: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One chat. The number stands beside the bar in text."""

    #: "28 Oct"
    label: str
    #: "28 October", for a sentence.
    day: str
    number: str
    #: Per cent of the longest bar; what was counted is never without a bar.
    width: int
    is_now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Bars from the oldest to the newest, all from zero."""

    bars: tuple[Bar, ...]
    sentence: str


def draw_trend(
    points: Sequence[TrendPoint], *, zone: ZoneInfo, words: TimeWords, theme: Theme
) -> Trend | None:
    """Draw the posts of the last chats; None unless the newest and one before it have a count.

    Only posts are compared: the hourly rate was counted over different windows in different
    years.
    """
    counted = [(p, p.numbers.tweets.value) for p in points if p.numbers.tweets is not None]
    counted = counted[-MOST_BARS:]
    if len(counted) < 2 or counted[-1][0] is not points[-1]:  # noqa: PLR2004 - a pair
        return None
    most = max(count for _, count in counted) or 1
    has_years = len({p.starts_at.astimezone(zone).year for p, _ in counted}) > 1
    pattern = words.bar_with_year if has_years else words.bar
    day = words.day_with_year if has_years else words.day
    bars = tuple(
        Bar(
            label=times.say_date(point.starts_at, zone, pattern, words),
            day=times.say_date(point.starts_at, zone, day, words),
            number=_grouped(count, theme),
            width=max(round(100 * count / most), min(count, 1)),
            is_now=point is points[-1],
        )
        for point, count in counted
    )
    sentence = _compare([count for _, count in counted], bars[-2].day, theme)
    return Trend(bars=bars, sentence=sentence)


def _compare(counts: Sequence[int], before: str, theme: Theme) -> str:
    """Say what is true of these bars: the step from the one before, and a clear first or last."""
    *earlier, now = counts
    step = now - earlier[-1]
    if step == 0:
        return theme.phrase("trend", "same", number=_grouped(now, theme), before=before)
    name = "more" if step > 0 else "fewer"
    if len(counts) >= _FEWEST_TO_RANK and now > max(earlier):
        name = "most"
    elif len(counts) >= _FEWEST_TO_RANK and now < min(earlier):
        name = "fewest"
    return theme.phrase(
        "trend",
        name,
        step=_grouped(abs(step), theme),
        posts=theme.phrase("figures", "tweets_one" if abs(step) == 1 else "tweets"),
        before=before,
        chats=len(counts),
    )


def _grouped(count: int, theme: Theme) -> str:
    return wording.group_digits(str(count), theme.phrase("list", "thousands"))
