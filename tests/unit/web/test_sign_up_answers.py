"""The time of an answer says nothing of what was done for it."""

import pytest

from otalk_digest.web.public.subscribe import BEAT_S, rest_of_beat


@pytest.mark.parametrize("beats", [1, 4])
@pytest.mark.parametrize("part", [0.04, 0.5, 0.96])
def test_whatever_the_writing_takes_of_a_beat_the_answer_leaves_at_its_end(
    beats: int, part: float
) -> None:
    took = (beats - 1 + part) * BEAT_S

    assert took + rest_of_beat(took) == pytest.approx(beats * BEAT_S)


def test_an_answer_waits_for_less_than_a_beat() -> None:
    assert 0 <= rest_of_beat(0.0) < BEAT_S
    assert 0 <= rest_of_beat(3 * BEAT_S) < BEAT_S
