"""A post in the shape of a real one, as RSS, as Atom and as the text of its page."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.post_corpus import PROFILE

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.extract import read_post
from otalk_digest.collect.follow import follow
from otalk_digest.collect.parse import parse_feed
from otalk_digest.model.chat import NUMBER_NAMES, Flag, Reading
from otalk_digest.model.feed import Post
from otalk_digest.model.news import NewsKind

TWIN = Path(__file__).parents[3] / "data" / "twin"
TITLE = "#OTalk 13th November 2018 – Growing the allotment together, by day and by lamplight."
FEED = "https://otalk.example/feed/"
BEFORE = datetime(2018, 11, 8, 9, tzinfo=UTC)
AFTER = datetime(2018, 11, 15, 12, tzinfo=UTC)


def the_post(name: str) -> Post:
    body = (TWIN / name).read_bytes()
    feed = parse_feed(body, content_type="application/xml; charset=UTF-8", url=FEED)
    (entry,) = feed.entries
    return clean_entry(entry)


def the_page(title: str = TITLE) -> Post:
    text = (TWIN / "twin.txt").read_text(encoding="utf-8")
    return Post(
        guid="file",
        link=None,
        title=title,
        author=None,
        published_at=None,
        html="",
        text=text,
        fingerprint="",
    )


def printed(reading: Reading) -> tuple[str | None, ...]:
    figures = (getattr(reading.numbers, name) for name in NUMBER_NAMES)
    return tuple(figure.printed if figure else None for figure in figures)


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_the_announcement_is_read_in_full(kind: str) -> None:
    reading = read_post(the_post(f"twin-before.{kind}.xml"), PROFILE)

    assert reading.title == TITLE
    assert reading.topic == "Growing the allotment together, by day and by lamplight."
    assert reading.starts_at == datetime(2018, 11, 13, 20, tzinfo=UTC)
    assert reading.hosts == ("@thePlotHub", "@HarvestFairOT")
    assert reading.support == ()
    assert len(reading.questions) == 4
    assert reading.questions[0].startswith("How can fairs and sheds")
    assert reading.introduction is not None
    assert reading.introduction.startswith("The Plot Hub is a shared shed")
    assert not reading.is_wrapped_up
    assert reading.numbers.is_empty
    assert reading.flags == (Flag.DEFAULT_TIME,)


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_the_edit_is_one_wrap_up_with_figures_as_printed(kind: str) -> None:
    before, after = (the_post(f"twin-{when}.{kind}.xml") for when in ("before", "after"))
    first = follow(
        before,
        read_post(before, PROFILE),
        known=None,
        is_new_post=True,
        is_first_run=False,
        now=BEFORE,
    )

    second = follow(
        after,
        read_post(after, PROFILE),
        known=first.chat,
        is_new_post=False,
        is_first_run=False,
        now=AFTER,
    )

    assert [news.kind for news in first.news] == [NewsKind.ANNOUNCEMENT]
    assert [news.kind for news in second.news] == [NewsKind.WRAP_UP]
    reading = second.news[0].reading
    assert reading.support == ("@ottolinewren",)
    assert reading.transcript_url is not None
    assert reading.transcript_url.endswith("&thour=13&tmin=15")
    assert printed(reading) == ("417.905K", "188", "31", "150", "6")
    assert reading.numbers.impressions is not None
    assert reading.numbers.impressions.value == 417905


@pytest.mark.parametrize("title", [TITLE, ""], ids=["title given", "title only on the page"])
def test_a_page_copied_as_text_gives_the_same_facts_as_the_feed(title: str) -> None:
    from_page = read_post(the_page(title), PROFILE)
    from_feed = read_post(the_post("twin-after.rss.xml"), PROFILE)

    for name in ("topic", "starts_at", "hosts", "support", "questions", "numbers", "flags"):
        assert getattr(from_page, name) == getattr(from_feed, name)
    assert from_page.is_wrapped_up
    assert from_page.transcript_url is None
