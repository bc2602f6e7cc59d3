from zoneinfo import ZoneInfo

import pytest
from tests.digests import a_theme, a_trend

from otalk_digest.digest.times import read_time_words
from otalk_digest.digest.trend import Trend, draw_trend


def drawn(*counts: int | None) -> Trend | None:
    theme = a_theme()
    words = read_time_words(theme.words["time"])
    return draw_trend(a_trend(*counts), zone=ZoneInfo("Europe/London"), words=words, theme=theme)


@pytest.mark.parametrize("counts", [(), (412,), (None, 412), (298, None), (None, None)])
def test_there_is_no_trend_without_the_newest_count_and_one_before(
    counts: tuple[int | None, ...],
) -> None:
    assert drawn(*counts) is None


def test_bars_start_at_zero_and_are_as_long_as_their_numbers() -> None:
    trend = drawn(100, 0, 50, 400)

    assert trend is not None
    assert [(bar.label, bar.number, bar.width, bar.is_now) for bar in trend.bars] == [
        ("28 Oct", "100", 25, False),
        ("4 Nov", "0", 0, False),
        ("11 Nov", "50", 12, False),
        ("18 Nov", "400", 100, True),
    ]


def test_the_smallest_count_has_a_bar_and_none_at_all_has_not() -> None:
    trend = drawn(0, 1, 5000)

    assert trend is not None
    assert [bar.width for bar in trend.bars] == [0, 1, 100]


def test_chats_without_a_count_are_left_out() -> None:
    trend = drawn(100, None, 400)

    assert trend is not None
    assert [bar.label for bar in trend.bars] == ["4 Nov", "18 Nov"]


def test_no_more_bars_than_a_phone_can_show() -> None:
    trend = drawn(*range(1, 30))

    assert trend is not None
    assert len(trend.bars) == 5


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((286, 412), "126 more posts than on 11 November."),
        ((412, 286), "126 fewer posts than on 11 November."),
        ((412, 412), "The same number of posts as on 11 November: 412."),
        ((500, 286, 412), "126 more posts than on 11 November."),
        ((412, 286, 412), "126 more posts than on 11 November."),
        (
            (298, 286, 1412),
            "1,126 more posts than on 11 November, and the most of these 3 chats.",
        ),
        ((298, 286, 12), "274 fewer posts than on 11 November, and the fewest of these 3 chats."),
        ((298, None, 412), "114 more posts than on 4 November."),
        ((411, 412), "1 more post than on 11 November."),
    ],
)
def test_the_sentence_says_what_the_bars_say(counts: tuple[int | None, ...], sentence: str) -> None:
    trend = drawn(*counts)

    assert trend is not None
    assert trend.sentence == sentence


def test_labels_have_years_when_the_chats_are_of_more_than_one() -> None:
    trend = drawn(*([1] * 2), *([None] * 46), 5)

    assert trend is not None
    assert [bar.label for bar in trend.bars] == ["17 Dec 2024", "24 Dec 2024", "18 Nov 2025"]
    assert trend.sentence.startswith("4 more posts than on 24 December 2024")
