from dataclasses import replace

import pytest
from tests.digests import (
    a_cancellation,
    a_digest,
    a_full_week,
    a_notice,
    a_reading,
    a_wrap_up,
    news,
)

from otalk_digest.digest.limits import MOST_LINKS, clip_topic, clip_value, fit_reading, select
from otalk_digest.model.edition import Digest


def test_a_usual_post_is_told_whole() -> None:
    reading = a_reading(support=("@pip",), cpd=("Write it down.",))

    fitted = fit_reading(reading)

    assert fitted.reading == reading
    assert not fitted.is_cut
    assert (fitted.questions_left, fitted.hosts_left, fitted.support_left) == (0, 0, 0)


def test_a_megabyte_of_introduction_becomes_a_paragraph() -> None:
    fitted = fit_reading(a_reading(introduction="\n \n".join(["A few words"] * 90_000)))

    assert fitted.is_cut
    assert len(fitted.reading.introduction or "") <= 700
    assert (fitted.reading.introduction or "").endswith("…")
    assert "\n\n" not in (fitted.reading.introduction or "")


@pytest.mark.parametrize(("asked", "shown", "left"), [(12, 12, 0), (13, 13, 0), (14, 12, 2)])
def test_one_question_more_is_shown_rather_than_counted(asked: int, shown: int, left: int) -> None:
    fitted = fit_reading(a_reading(questions=("Why?",) * asked))

    assert (len(fitted.reading.questions), fitted.questions_left) == (shown, left)
    assert fitted.is_cut is bool(left)


def test_lines_without_words_are_left_out() -> None:
    fitted = fit_reading(a_reading(questions=("", " ", "Why?"), hosts=(" ",), introduction=" \n"))

    assert fitted.reading.questions == ("Why?",)
    assert fitted.reading.hosts == ()
    assert fitted.reading.introduction is None


def test_long_names_and_lines_are_cut() -> None:
    fitted = fit_reading(a_reading(hosts=("H" * 9999,), questions=("word " * 9999,)))

    assert len(fitted.reading.hosts[0]) == 80
    assert len(fitted.reading.questions[0]) <= 300
    assert len(clip_topic("word " * 999)) <= 300
    assert len(clip_value("word\n" * 999)) <= 300


def test_only_a_web_address_leads_to_a_transcript() -> None:
    assert fit_reading(a_reading(transcript_url="javascript:x")).reading.transcript_url is None


def test_a_usual_week_is_shown_whole() -> None:
    selection = select(a_full_week(), links=1)

    assert selection.digest == a_full_week()
    assert selection.left_out == 0
    assert selection.spare_links > 10


@pytest.mark.parametrize(
    "digest",
    [
        a_digest(coming_up=tuple(news(n) for n in range(200))),
        a_digest(alerts=tuple(a_cancellation(n) for n in range(200))),
        a_digest(headline=news(), wrap_ups=tuple(a_wrap_up(n) for n in range(200))),
        a_digest(notices=tuple(a_notice(n) for n in range(200))),
    ],
)
def test_what_does_not_fit_is_counted(digest: Digest) -> None:
    selection = select(digest, links=3)

    assert selection.left_out == len(digest.items) - len(selection.digest.items) > 180
    assert selection.digest.items == tuple(i for i in digest.items if i in selection.digest.items)
    assert len(selection.digest.items) < MOST_LINKS


def test_a_long_note_leaves_less_room() -> None:
    digest = a_digest(coming_up=tuple(news(n) for n in range(10)))

    assert select(replace(digest, note="word " * 9000), links=1).left_out > 0
