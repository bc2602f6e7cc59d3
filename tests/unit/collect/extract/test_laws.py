"""What holds for every post: reading never raises, and nothing is read that is not written."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.post_corpus import PROFILE, all_cases

from otalk_digest.collect.clean import clean_entry
from otalk_digest.collect.extract import read_post
from otalk_digest.model.chat import NUMBER_NAMES, Flag, Reading
from otalk_digest.model.feed import Entry, Post

FRAGMENTS = (
    *(
        "<p>",
        "</p>",
        "<ol><li>",
        "</li>",
        "<table><tr><td>",
        "<br>",
        "<a href='https://x.example/t'>",
    ),
    *("POST CHAT", "The Numbers", "Impressions", "Tweets", "Participants", "Avg Tweets/Hour"),
    *("417.905K", "1,208,455", "188", "2.046M", "93Tweets", "Host: @tam_ot", "hosted by", "@a"),
    *("Questions:", "1. What is it for?", "Q2.", "•", "Online Transcript", "12th March 2019"),
    *("#OTalk", "CANCELLED", "Date: 12/03/2019", "8pm", "\u00a0", "\u200b", "…", "“", "ย"),
    *("&", "<", "\x00"),
)
bodies = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12))).map(" ".join)
titles = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(FRAGMENTS), max_size=6).map(" ".join),
    st.sampled_from([case.post.title for case in all_cases()]),
)
moments = st.one_of(
    st.none(),
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9998, 1, 1)).map(  # noqa: DTZ001 - made aware in the next line
        lambda moment: moment.replace(tzinfo=UTC)
    ),
)


def a_post(title: str, text: str, *, published_at: datetime | None = None, html: str = "") -> Post:
    return Post(
        guid="g",
        link=None,
        title=title,
        author=None,
        published_at=published_at,
        html=html,
        text=text,
        fingerprint="",
    )


@settings(deadline=None)
@given(titles, bodies, moments)
def test_reading_never_raises_on_a_cleaned_post(
    title: str, html: str, published_at: datetime | None
) -> None:
    entry = Entry(guid="g", link=None, title=title, html=html, published_at=published_at)

    assert isinstance(read_post(clean_entry(entry), PROFILE), Reading)


@settings(deadline=None)
@given(titles, bodies, bodies, moments)
def test_reading_never_raises_on_any_text_and_any_html(
    title: str, text: str, html: str, published_at: datetime | None
) -> None:
    post = a_post(title, text.replace(" ", "\n"), published_at=published_at, html=html)

    assert isinstance(read_post(post, PROFILE), Reading)


@settings(deadline=None)
@given(bodies, bodies)
def test_no_figure_no_handle_and_no_question_appears_that_is_not_in_the_text(
    text: str, more: str
) -> None:
    lines = f"{text}\nPOST CHAT\n{more}".replace(" ", "\n")
    reading = read_post(a_post("#OTalk 12th March 2019 – Bees", lines), PROFILE)

    folded = " ".join(lines.replace("\u200b", "").split())
    figures = [getattr(reading.numbers, name) for name in NUMBER_NAMES]
    for printed in (figure.printed for figure in figures if figure):
        assert printed.replace(" ", "") in folded.replace(" ", "")
    for handle in (name for name in (*reading.hosts, *reading.support) if name.startswith("@")):
        assert handle in folded
    for question in reading.questions:
        assert re.sub(r"\W", "", question) in re.sub(r"\W", "", folded)


TUESDAYS = [date(2013, 1, 1) + timedelta(weeks=week) for week in range(0, 650, 7)]
MONTHS = "January February March April May June July August September October November December"
SEPARATORS = (" – ", ": ", ", ", ". ", " -", "- ", " ")
TOPICS = (
    "Kites",
    "Kites, string and shared leisure.",
    "“Boats and bridges",
    "Media Club: Learning to hum: slowly",
    "Rest – two winters on – and next",
    "#KITEWK15 Kites for all",
    "An #OTalk tea with @ot_quill",
    "Does it help? Who says so?",
    "Bread- and butter plans for 2031",
)


def ordinal(day: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
    return f"{day}{endings.get(day, 'th')}"


def month(day: date) -> str:
    return MONTHS.split()[day.month - 1]


FORMATS = {
    "ordinal month year": lambda d: f"{ordinal(d.day)} {month(d)} {d.year}",
    "ordinal month": lambda d: f"{ordinal(d.day)} {month(d)}",
    "glued": lambda d: f"{ordinal(d.day)}{month(d)}",
    "short month year": lambda d: f"{ordinal(d.day)} {month(d)[:3]} {d.year}",
    "day month year": lambda d: f"{d.day} {month(d)} {d.year}",
    "short month": lambda d: f"{ordinal(d.day)} {month(d)[:3]}",
    "slashes": lambda d: f"{d.day}/{d.month}/{d.year % 100:02}",
    "padded slashes": lambda d: f"{d:%d/%m/%Y}",
    "hyphens": lambda d: f"{d:%d-%m-%Y}",
    "month first": lambda d: f"{month(d)[:3]} {ordinal(d.day)} {d.year}",
    "month first without year": lambda d: f"{month(d)[:3]} {ordinal(d.day)}",
    "weekday": lambda d: f"Tuesday {ordinal(d.day)} {month(d)} {d.year}",
}


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("separator", SEPARATORS)
@settings(deadline=None, max_examples=12)
@given(day=st.sampled_from(TUESDAYS), topic=st.sampled_from(TOPICS), lead=st.integers(0, 8))
def test_a_title_gives_back_its_day_and_its_topic(
    written: str, separator: str, *, day: date, topic: str, lead: int
) -> None:
    title = f"#OTalk {FORMATS[written](day)}{separator}{topic}"
    published = datetime.combine(day - timedelta(days=lead), datetime.min.time(), tzinfo=UTC)

    reading = read_post(a_post(title, "", published_at=published), PROFILE)

    assert reading.starts_at is not None
    assert reading.starts_at.date() == day
    assert reading.topic == topic
    assert Flag.CHECK_DATE not in reading.flags


@pytest.mark.parametrize(
    "text",
    [
        "@" * 1_000_000,
        "hosted by " * 100_000,
        "1. " * 300_000,
        "12th March " * 90_000,
        "8pm – 9pm " * 100_000,
        "a?\n" * 300_000,
        "@a: b\n" * 150_000,
        "POST CHAT\n" + "1 Tweets " * 100_000,
        "(" * 1_000_000,
        "Post Chat" + " " * 1_000_000,
        "A " * 500_000 + "POST CHAT\n93 Tweets",
        "www." * 250_000,
        "transcript\n" * 90_000,
    ],
    ids=lambda text: text[:9].strip(),
)
def test_a_post_of_a_megabyte_is_read_as_any_other(text: str) -> None:
    post = a_post("#OTalk 12th March 2019 – Bees" + " – Bees" * 1000, text, html=f"<p>{text}</p>")

    assert read_post(post, PROFILE).is_chat
