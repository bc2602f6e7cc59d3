"""The index of a rehearsal: one page that needs nothing else."""

from datetime import UTC, date, datetime, time

import pytest

from otalk_digest.model.feed import Fault
from otalk_digest.model.news import NewsKind
from otalk_digest.pipeline.looks import Calendar
from otalk_digest.pipeline.rehearsing import Piece, Week
from otalk_digest.web.rehearsal import index_page

CALENDAR = Calendar(
    first=date(2026, 7, 1), last=date(2026, 7, 8), weekday=2, hour=time(9), zone="Europe/London"
)
HOSTILE = "<script>alert('x')</script> & \"tea\""


def a_week(**changes: object) -> Week:
    values: dict[str, object] = {
        "at": datetime(2026, 7, 1, 8, 0, tzinfo=UTC),
        "is_blog_known": True,
        "is_first_look": False,
        "new_posts": 0,
        "changed_posts": 0,
        "pieces": (),
        "issues": (),
        "faults": (),
    }
    return Week(**(values | changes))  # type: ignore[arg-type]


def a_piece(**changes: object) -> Piece:
    values: dict[str, object] = {
        "kind": NewsKind.NOTICE,
        "guid": "g",
        "topic": "Tea",
        "url": None,
        "starts_at": None,
        "told": (),
        "left_out": {"too old": ("students",)},
    }
    return Piece(**(values | changes))  # type: ignore[arg-type]


def page_of(*weeks: Week, name: str = "Digest") -> str:
    return index_page(weeks, calendar=CALENDAR, name=name)


def test_what_a_blog_says_is_text_and_never_markup() -> None:
    piece = a_piece(topic=HOSTILE, url=f"https://blog.example/{HOSTILE}", left_out={HOSTILE: ()})
    fault = Fault(place=HOSTILE, reason=HOSTILE)

    page = page_of(a_week(pieces=(piece,), faults=(fault,)), name=HOSTILE)

    assert "<script" not in page
    assert 'tea"' not in page
    assert page.count("&lt;script&gt;") >= 6


def test_only_web_addresses_become_links() -> None:
    page = page_of(a_week(pieces=(a_piece(url="javascript:alert(1)"),)))

    assert "javascript:" not in page


def test_times_are_those_of_the_zone() -> None:
    starts_at = datetime(2026, 7, 7, 19, 0, tzinfo=UTC)

    page = page_of(a_week(pieces=(a_piece(starts_at=starts_at),)))

    assert "Wednesday 1 July 2026, 09:00" in page
    assert "Tuesday 7 July 2026, 20:00" in page


@pytest.mark.parametrize(
    ("week", "why"),
    [
        ({"is_blog_known": False}, "The blog had not been read yet."),
        ({}, "Nothing was new on the blog."),
        ({"changed_posts": 2}, "nothing changed in the life of a chat"),
        ({"is_first_look": True, "new_posts": 9}, "The first look at the blog"),
        ({"new_posts": 1, "pieces": (a_piece(),)}, "All that was new is left out"),
    ],
    ids=["before the first look", "quiet", "typos", "first look", "left out"],
)
def test_a_week_in_which_nothing_went_out_says_why(week: dict[str, object], why: str) -> None:
    assert page_of(a_week(**week)).count(why) == 2


def test_without_any_week_it_is_still_a_page() -> None:
    assert "0 weeks, 0 editions" in page_of()
