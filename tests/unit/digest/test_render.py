import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final, cast

import pytest
from lxml.html import HtmlElement, document_fromstring
from premailer import Premailer
from tests.digests import (
    NOTE,
    NOW,
    PROFILE,
    PUBLICATION,
    THEMES,
    TOKEN_PREFIX,
    TUESDAY,
    a_cancellation,
    a_digest,
    a_full_week,
    a_move,
    a_notice,
    a_theme,
    a_trend,
    a_wrap_up,
    filled,
    news,
    rendered,
    ten_items,
)
from tests.golden_emails import FOLDER, golden_digests, golden_files
from tests.golden_emails import THEMES as BUNDLED

from otalk_digest.digest.calendar import event_uid
from otalk_digest.digest.themes import CLIENT_CSS
from otalk_digest.model.chat import Figure, Flag, Numbers
from otalk_digest.model.edition import Digest, Field, Variant
from otalk_digest.model.news import Change, KnownNews, NewsKind

HOSTILE: Final = (
    '<script>alert(1)</script> {{7*7}} {% if %} <%asm_raw_url%> [unsubscribe] -name- " onload="x'
    " &amp; <!--[if mso]> </td></table> \u202eevil\x07"
)

DIGESTS: Final[dict[str, Digest]] = {
    "full week": a_full_week(),
    "ten items": ten_items(),
    "alerts": a_digest(alerts=(a_cancellation(), a_move()), headline=news()),
    "cancellation only": a_digest(alerts=(a_cancellation(),)),
    "notices only": a_digest(notices=(a_notice(), a_notice(30, introduction=None))),
    "wrap-ups only": a_digest(wrap_ups=(a_wrap_up(), a_wrap_up(20, topic="Another"))),
    "coming up only": a_digest(coming_up=(news(),)),
    "nothing known": a_digest(
        headline=news(starts_at=None, hosts=(), questions=(), introduction=None, url=None),
        wrap_ups=(
            a_wrap_up(
                starts_at=None,
                hosts=(),
                support=(),
                transcript_url=None,
                numbers=Numbers(),
                url=None,
            ),
        ),
    ),
    "with a note": replace(a_full_week(), note=NOTE, alerts=(a_cancellation(), a_move())),
    "extreme": a_digest(
        alerts=tuple(a_move(200 + n, hosts=("H" * 200,) * 30) for n in range(60)),
        headline=news(
            topic="Long " * 60,
            hosts=tuple(f"Host number {n}" for n in range(30)),
            questions=("What & why? " * 100,) * 40,
            introduction="&<>\"' \N{RIBBON} word " * 60_000,
        ),
        coming_up=tuple(news(300 + n, topic="\N{HIBISCUS} " * 150) for n in range(60)),
        wrap_ups=tuple(
            a_wrap_up(400 + n, topic="& " * 150, cpd=("<" * 5000,) * 40) for n in range(60)
        ),
        notices=tuple(a_notice(500 + n, introduction="&\n" * 100_000) for n in range(60)),
        trend=a_trend(298, 351, 286, 412),
    ),
    "hostile": a_digest(
        headline=news(
            topic=HOSTILE * 3,
            hosts=("مريم الحسيني (@maryam)", HOSTILE),
            questions=tuple(f"{HOSTILE} {number}" for number in range(40)),
            introduction="w" * 5000 + "\n.\n" + HOSTILE,
            url="javascript:alert(1)",
        ),
        wrap_ups=(a_wrap_up(topic=HOSTILE, transcript_url='https://e.example/"><b>'),),
        notices=(a_notice(topic=HOSTILE, url="data:text/html,x"),),
    ),
}


@pytest.fixture(name="theme", params=BUNDLED, scope="module")
def _theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(name="variant", params=DIGESTS, scope="module")
def _variant(request: pytest.FixtureRequest, theme: str) -> Variant:
    return rendered(DIGESTS[request.param], theme=a_theme(theme))


def tree(variant: Variant, zone: str = "Australia/Sydney") -> HtmlElement:
    return document_fromstring(filled(variant, zone=zone)[0])


def found(page: HtmlElement, path: str) -> list[HtmlElement]:
    return cast("list[HtmlElement]", page.xpath(path))


def words(element: HtmlElement) -> str:
    return " ".join(element.text_content().replace("\u200b", "").split())


def headings(page: HtmlElement) -> list[tuple[int, str]]:
    return [(int(h.tag[1]), words(h)) for h in page.iter("h1", "h2", "h3", "h4")]


# What every digest satisfies.


def test_the_page_opens_with_its_doctype_language_and_direction(variant: Variant) -> None:
    page = tree(variant)
    (wrapper,) = found(page, "//body/*")

    assert variant.html.startswith("<!DOCTYPE html>\n<html")
    assert (page.get("lang"), page.get("dir")) == ("en-GB", "ltr")
    assert (wrapper.get("lang"), wrapper.get("dir")) == ("en-GB", "ltr")
    assert variant.html.index("charset") < 200
    assert words(page.find("head/title")) == variant.subject


def test_there_is_one_h1_at_least_one_h2_and_no_level_is_skipped(variant: Variant) -> None:
    titles = headings(tree(variant))
    levels = [level for level, _ in titles]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert 2 in levels
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(text for _, text in titles)


def test_tables_are_for_layout_or_have_row_headings(variant: Variant) -> None:
    for table in tree(variant).iter("table"):
        own_headings = found(table, "./tr/th | ./tbody/tr/th")
        if table.get("role") == "presentation":
            assert own_headings == []
        else:
            assert {heading.get("scope") for heading in own_headings} == {"row", "col"}
        assert {table.get(name) for name in ("cellpadding", "cellspacing", "border")} == {"0"}


def test_the_styles_for_clients_are_kept_byte_for_byte_in_the_head(
    variant: Variant, theme: str
) -> None:
    styles = [style.text for style in found(tree(variant), "//head/style")]

    assert styles == [(THEMES / theme / CLIENT_CSS).read_text(encoding="utf-8")]
    assert len(found(tree(variant), "//style")) == 1


def test_no_mark_remains_when_the_placeholders_are_filled(variant: Variant) -> None:
    html, text = filled(variant)

    assert TOKEN_PREFIX not in html + text
    assert re.search(r"\bNone\b|\{\{ |undefined", html.replace("{{7*7}}", "")) is None


def test_comments_for_outlook_are_balanced(variant: Variant) -> None:
    # Of ours: what a post says is escaped.
    assert variant.html.count("<!--[if mso]>") == variant.html.count("<![endif]-->") == 3
    outlook = "".join(re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", variant.html, re.DOTALL))
    assert outlook.count("<table") == outlook.count("</table") == 1
    assert 'role="presentation" width="600"' in outlook


def test_links_are_whole_say_where_they_go_and_are_told_apart(variant: Variant) -> None:
    links = [(words(link), link.get("href")) for link in tree(variant).iter("a")]

    assert 1 <= len(links) <= 40
    assert all(re.match(r"(https|mailto):", href) for _, href in links)
    assert max(Counter(text for text, _ in links).values()) == 1
    assert all(text and "://" not in text for text, _ in links)


def test_nothing_in_the_page_runs_loads_or_tracks(variant: Variant) -> None:
    page = tree(variant)

    assert found(page, "//script|//form|//iframe|//img|//svg|//link|//base|//object") == []
    assert found(page, "//@*[starts-with(name(), 'on') or starts-with(name(), 'data-')]") == []
    assert "url(" not in variant.html


def test_every_surface_has_a_colour_for_classic_outlook(variant: Variant) -> None:
    for element in found(tree(variant), "//*[contains(@style, 'background-color')]"):
        if element.tag != "div":
            assert re.fullmatch("#[0-9A-Fa-f]{6}", element.get("bgcolor", ""))


def test_subject_and_preheader_keep_their_lengths(variant: Variant) -> None:
    assert 1 <= len(variant.subject) <= 60
    assert 40 <= len(variant.preheader) <= 130
    assert variant.preheader != variant.subject
    assert variant.subject.isprintable()
    assert not re.search(r"\{\{|\{%|<%", variant.subject + variant.preheader)
    hidden = found(tree(variant), "//div[contains(@style, 'display:none')]")[0]
    assert words(hidden) == " ".join(variant.preheader.split())


def test_the_text_is_written_for_78_columns(variant: Variant) -> None:
    _, text = filled(variant, zone="Australia/Sydney")

    assert all(len(line) <= 78 or line.startswith("http") for line in text.splitlines())
    assert text.endswith("\n")
    assert "\n\n\n\n" not in text


@pytest.mark.parametrize("name", [name for name in DIGESTS if name != "hostile"])
def test_the_text_holds_no_tags_and_no_entities(name: str) -> None:
    assert not re.search(r"</?[a-z]|&#?\w+;|\u200b", rendered(DIGESTS[name]).text)


@pytest.mark.parametrize("name", [name for name in DIGESTS if name != "hostile"])
def test_nothing_is_escaped_twice(name: str, theme: str) -> None:
    html = rendered(DIGESTS[name], theme=a_theme(theme)).html

    assert not re.search(r"&amp;(?:#\d+|amp|lt|gt|quot);", html)


def test_the_text_draws_no_lines_of_signs(variant: Variant) -> None:
    assert not re.search(r"([=*_~#-])\1\1", variant.text)


def test_the_text_holds_the_same_headings_addresses_and_words(variant: Variant) -> None:
    html, text = filled(variant, zone="Australia/Sydney")
    page = document_fromstring(html)
    flat = " ".join(text.replace("\u200b", "").split())
    shown = " ".join(words(part) for part in found(page, "//h1|//h2|//h3|//p|//li"))
    told = set(re.findall(r"\w+", flat))
    wanted = [word for word in re.findall(r"\w+", shown) if len(word) < 60]

    assert all(heading in flat for _, heading in headings(page))
    assert all(link.get("href", "").removeprefix("mailto:") in text for link in page.iter("a"))
    assert sum(word in told for word in wanted) / len(wanted) > 0.95


def test_the_page_stays_small_enough_for_gmail(variant: Variant) -> None:
    assert len(variant.html.encode()) < 60 * 1000


def test_the_footer_is_alive_whatever_posts_say(variant: Variant) -> None:
    hrefs = [link.get("href") for link in tree(variant).iter("a")]

    assert hrefs[-6:] == [
        "https://lists.example.org/u/abc",
        "https://lists.example.org/p/abc",
        "https://lists.example.org/b/abc",
        "https://blog.example.org/",
        "https://bsky.example/otalk",
        "mailto:team@example.org",
    ]


def test_there_is_one_button_at_most(variant: Variant) -> None:
    assert len(found(tree(variant), "//a[contains(@class, 'press')]")) <= 1


def test_the_same_digest_gives_the_same_bytes() -> None:
    assert rendered(a_full_week()) == rendered(a_full_week())


def test_a_usual_week_takes_20_kilobytes_at_most() -> None:
    digest = a_digest(headline=news(), wrap_ups=(a_wrap_up(),), trend=a_trend(298, 351, 286, 412))

    assert len(rendered(digest).html.encode()) <= 20 * 1024


@pytest.mark.parametrize("name", golden_digests())
def test_the_emails_on_file_are_what_comes_out(name: str, theme: str) -> None:
    """`PYTHONPATH=src python -m tests.golden_emails` writes them anew."""
    for ending, content in golden_files(golden_digests()[name], theme).items():
        path = FOLDER / theme / f"{name}.{ending}"
        on_file = path.read_bytes().decode() if path.exists() else ""
        assert on_file == content


def test_the_inliner_is_called_once_however_many_zones_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[str] = []
    transform = Premailer.transform

    def counted(self: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as in premailer
        calls.append(self.html)
        return transform(self, *args, **options)

    monkeypatch.setattr(Premailer, "transform", counted)

    rendered(a_full_week(), zones={"Europe/Madrid", "Asia/Kolkata", "America/New_York"})

    assert len(calls) == 1


# Parts and what they say.


def shown(digest: Digest, **choices: Any) -> str:  # noqa: ANN401 - as in `rendered`
    """All that a reader sees of the page, with the text part."""
    html, text = filled(rendered(digest, **choices), zone="Australia/Sydney")
    page, flat = words(document_fromstring(html).find("body")), " ".join(text.split())
    return f"{page}\n{flat}"


def test_an_announcement_says_who_hosts_what_when_where_and_the_questions() -> None:
    page = tree(rendered(a_digest(headline=news())))

    assert headings(page)[:3] == [
        (1, "Rest in busy weeks: what helps?"),
        (2, "Questions to think about"),
        (2, "How to join"),
    ]
    assert [words(item) for item in found(page, "//ol/li")] == [
        "What does rest mean to you?",
        "Who helps?",
        "What gets in the way?",
    ]
    everything = words(page)
    assert "Tuesday 25 November 2025, 8pm to 9pm GMT" in everything
    assert "Hosted by Marlow Beek (@MarlowBeekOT)" in everything
    assert "The chat is on X. Look for #OTalk" in everything
    assert "The calendar file attached to this e-mail adds this chat" in everything


@pytest.mark.parametrize(
    "digest",
    [
        a_digest(headline=news()),
        a_digest(coming_up=(news(),)),
        a_digest(alerts=(a_move(),)),
        a_digest(alerts=(a_cancellation(), a_move()), headline=news()),
    ],
)
def test_whoever_is_told_of_a_chat_ahead_is_told_how_to_join_and_to_note_it(digest: Digest) -> None:
    page = shown(digest)

    assert page.count("How to join") == 2  # once in the page, once in the text
    sentence = r"The calendar file attached to this e-mail (adds|brings)"
    assert len(re.findall(sentence, page)) == 2


@pytest.mark.parametrize(
    "digest", [a_digest(notices=(a_notice(),)), a_digest(alerts=(a_cancellation(),))]
)
def test_nobody_is_told_how_to_join_nothing(digest: Digest) -> None:
    assert "How to join" not in shown(digest)


@pytest.mark.parametrize(
    ("digest", "gone"),
    [
        (a_digest(headline=news(hosts=())), "Hosted by"),
        (a_digest(headline=news(questions=())), "Questions"),
        (a_digest(headline=news(url=None)), "Read the post"),
        (a_digest(headline=news(starts_at=None)), "calendar"),
        (a_digest(headline=news()), "Coming up"),
        (a_digest(headline=news()), "No chat is planned"),
        (a_digest(wrap_ups=(a_wrap_up(numbers=Numbers()),)), "posts"),
        (a_digest(wrap_ups=(a_wrap_up(transcript_url=None),)), "transcript"),
        (a_digest(wrap_ups=(a_wrap_up(hosts=(), support=()),)), "Thank you"),
        (a_digest(wrap_ups=(a_wrap_up(),)), "CPD"),
        (a_digest(wrap_ups=(a_wrap_up(),)), "chat by chat"),
        (a_digest(notices=(a_notice(),)), "Hosted by"),
        (a_digest(notices=(a_notice(),)), "November"),
    ],
)
def test_a_part_without_data_vanishes(digest: Digest, gone: str) -> None:
    assert gone not in shown(digest)


@pytest.mark.parametrize(
    ("flags", "said", "unsaid"),
    [
        ((), "Hosted by Marlow", "usual one"),
        ((Flag.DEFAULT_TIME,), "The post names no time; this is the usual one.", "perhaps"),
        ((Flag.FALLBACK_HOST,), "Posted by Marlow", "Hosted by"),
        ((Flag.DATE_CORRECTED,), "The post also gives another date", "Perhaps"),
        ((Flag.CHECK_DATE,), "Perhaps Tuesday 25 November 2025", "calendar file"),
    ],
)
def test_what_is_not_certain_is_said_to_be_so(
    flags: tuple[Flag, ...], said: str, unsaid: str
) -> None:
    page = shown(a_digest(headline=news(flags=flags)))

    assert said in page
    assert unsaid not in page


def test_an_unsettled_date_gives_no_event_no_reader_time_and_no_date_in_the_subject() -> None:
    variant = rendered(a_digest(headline=news(flags=(Flag.CHECK_DATE,))))

    assert variant.calendar is None
    assert variant.zone_values == {}
    assert variant.subject == "Rest in busy weeks: what helps? (date to be confirmed)"


def test_a_cancellation_is_said_first_and_nothing_else_is_promised() -> None:
    variant = rendered(a_digest(alerts=(a_cancellation(),), wrap_ups=(a_wrap_up(),)))

    assert variant.subject == "Cancelled: Tue 25 Nov, Gardens in winter"
    assert headings(tree(variant))[0] == (1, "Cancelled: Gardens in winter")
    for part in filled(variant):
        assert "The chat planned for Tuesday 25 November 2025" in part
        assert "No chat is planned just now" in part
        assert "Your time" not in part


@pytest.mark.parametrize(
    ("fields", "subject", "said"),
    [
        (
            {},
            "New date: Wed 3 Dec, Kites and shared leisure",
            "It was planned for Tuesday 2 December 2025, 8pm GMT.",
        ),
        (
            {"starts_at": TUESDAY + timedelta(days=7, hours=-1)},
            "New time: Tue 2 Dec, Kites and shared leisure",
            "It is now on Tuesday 2 December 2025, 7pm to 8pm GMT.",
        ),
        (
            {"changes": (Change(field="hosts", old="@wren", new="@pip"),)},
            "New host: Wed 3 Dec, Kites and shared leisure",
            "Hosted by: @pip. Before: @wren.",
        ),
        (
            {"changes": (Change(field="hosts", old=None, new="@pip"),)},
            "New host: Wed 3 Dec, Kites and shared leisure",
            "Hosted by: @pip. Update",
        ),
        (
            {
                "changes": (
                    Change(field="hosts", old="@wren", new="@pip"),
                    Change(field="topic", old="Kites", new="Kites and shared leisure"),
                )
            },
            "Changed: Kites and shared leisure",
            "Before: Kites.",
        ),
        (
            {"changes": (Change(field="phase", old="cancelled", new="announced"),)},
            "On again: Wed 3 Dec, Kites and shared leisure",
            "It is on Wednesday 3 December 2025, 7:30pm to 8:30pm GMT.",
        ),
        ({"starts_at": None}, "Changed: Kites and shared leisure", "Date to be confirmed"),
    ],
)
def test_a_change_says_what_is_new_and_what_was(
    fields: dict[str, Any], subject: str, said: str
) -> None:
    digest = a_digest(alerts=(a_move(**fields),))

    assert rendered(digest).subject == subject
    assert shown(digest).count(said) >= 1


def test_a_chat_that_readers_know_stands_before_a_later_one_and_is_no_news() -> None:
    told = news(9, topic="Tide tables").news
    later = news(starts_at=TUESDAY + timedelta(days=7))
    digest = a_digest(headline=later, reminder=told, is_any_ahead=True)

    variant = rendered(digest)

    page = shown(digest)
    assert variant.subject == "Rest in busy weeks: what helps? (Tue 2 Dec)"
    assert "Next chat: Tide tables (Tue 25 Nov)." in variant.preheader
    assert page.index("The next chat, as announced") < page.index("Just announced")
    assert variant.news_ids == (later.id,)
    assert variant.calendar is not None
    assert variant.calendar.count("BEGIN:VEVENT") == 2


def test_no_digest_says_that_no_chat_is_planned_while_one_is() -> None:
    wrap_up = a_wrap_up()

    told = shown(a_digest(wrap_ups=(wrap_up,), reminder=news(9).news, is_any_ahead=True))
    untold = shown(a_digest(wrap_ups=(wrap_up,), is_any_ahead=True))

    assert "No chat is planned" not in told + untold
    assert told.count("How to join") == 2
    assert "How to join" not in untold


def test_a_chat_that_is_put_off_is_not_called_cancelled() -> None:
    postponed = a_cancellation(is_cancelled=False, is_postponed=True)

    assert rendered(a_digest(alerts=(postponed,))).subject.startswith("Postponed: Tue 25 Nov")
    assert "Cancelled" not in shown(a_digest(alerts=(postponed,)))


def test_a_wrap_up_shows_figures_as_printed_with_gaps_left_out() -> None:
    numbers = Numbers(
        impressions=Figure(value=1324906, printed="1324906"), tweets=Figure(value=1, printed="1")
    )

    page = shown(a_digest(wrap_ups=(a_wrap_up(numbers=numbers),)))

    assert "The chat in numbers: 1 post and 1,324,906 impressions." in page
    assert "people" not in page.replace("people who use", "")
    assert "per hour" not in page


def test_each_bar_has_its_number_in_text() -> None:
    digest = a_digest(wrap_ups=(a_wrap_up(),), trend=a_trend(298, 351, 286, 412))
    page, text = filled(rendered(digest))
    rows = found(document_fromstring(page), "//tr[th]")
    flat = " ".join(text.split())

    assert [words(row) for row in rows] == [
        "Chat Posts",
        "28 Oct 298",
        "4 Nov 351",
        "11 Nov 286",
        "18 Nov 412",
    ]
    assert "298 on 28 October, 351 on 4 November, 286 on 11 November and 412 on 18" in flat
    for part in (words(document_fromstring(page)), flat):
        assert "126 more posts than on 11 November, and the most of these 4 chats." in part


def test_bars_stand_only_with_the_chat_that_they_end_in() -> None:
    digest = a_digest(
        wrap_ups=(a_wrap_up(), a_wrap_up(20, starts_at=TUESDAY - timedelta(days=14))),
        trend=a_trend(298, 412),
    )

    assert shown(digest).count("Posts, chat by chat") == 2  # once in the page, once in the text


def test_hourly_rates_are_shown_but_never_compared() -> None:
    page = shown(a_digest(wrap_ups=(a_wrap_up(),), trend=a_trend(298, 412)))

    assert "329 posts per hour" in page
    assert not re.search(r"900\d", page)


def test_two_chats_of_one_day_have_links_of_their_own() -> None:
    digest = a_digest(headline=news(1), coming_up=(news(2, topic="Same day"), news(3)))

    texts = [words(link) for link in tree(rendered(digest)).iter("a")]

    assert texts.count("Read the post for 25 November") == 1
    assert "Read the post for 25 November: Same day" in texts


def test_posts_of_one_title_have_links_of_their_own() -> None:
    digest = a_digest(notices=(a_notice(1), a_notice(2), a_notice(3)))

    texts = [words(link) for link in tree(rendered(digest)).iter("a")]

    assert [text.rpartition("”")[2] for text in texts[:3]] == ["", " (2)", " (3)"]


def test_no_chat_ahead_is_said_in_a_card_of_its_own() -> None:
    assert "No chat is planned just now" in shown(a_digest(notices=(a_notice(),)))


def test_the_footer_leaves_out_what_needs_a_web_address() -> None:
    variant = rendered(a_full_week(), publication=replace(PUBLICATION, web_url=None, links=()))

    fields = {mark.field for mark in variant.placeholders}
    assert fields == {Field.GREETING, Field.LOCAL_TIME, Field.UNSUBSCRIBE_URL}
    assert "in your browser" not in variant.html + variant.text


def test_the_footer_says_who_why_and_where() -> None:
    page = shown(a_full_week())

    for said in (
        "You asked for #OTalk news by e-mail.",
        "Unsubscribe from these e-mails",
        "Change what you receive",
        "Sent by the team behind #OTalk weekly digest.",
        PUBLICATION.postal_address,
    ):
        assert page.count(said) == 2
    assert "You are receiving this because you asked for" in shown(a_full_week(), why="")


def test_a_subject_prefix_leaves_room_for_the_topic() -> None:
    variant = rendered(a_digest(headline=news(topic="Long " * 60)), subject_prefix="[Students]")

    assert variant.subject.startswith("[Students] Long Long")
    assert variant.subject.endswith("… (Tue 25 Nov)")


# Posts are text.


def test_what_a_post_says_stays_text() -> None:
    html, text = filled(rendered(DIGESTS["hostile"]))
    page = document_fromstring(html)
    title = words(page.find(".//h1"))

    assert title.startswith("<script>alert(1)</script> {{7*7}} {% if %} <%asm_raw_url%>")
    assert "&amp;" in title
    assert "&lt;%asm" in html
    assert "<%" not in html + text
    assert "<\u200b%asm" in text
    assert "\u202e" not in html + text
    assert len(found(page, "//ol/li")) == 12
    assert "The post asks 28 more." in words(page)
    assert "javascript:" not in html + text
    assert "data:text" not in html + text


@pytest.mark.parametrize("title", ["", " \u00a0", "\u202e", "\u200b", "{{", "<% %>"])
@pytest.mark.parametrize("piece", [a_notice, a_wrap_up, news])
def test_a_post_without_a_word_in_its_title_stops_no_edition(
    piece: Callable[..., KnownNews], title: str
) -> None:
    item = piece(title=title, topic=title, starts_at=None)
    parts = {NewsKind.NOTICE: "notices", NewsKind.WRAP_UP: "wrap_ups"}
    part = parts.get(item.news.kind, "coming_up")

    subject = rendered(a_digest(headline=None, **{part: (item,)})).subject

    is_notice = item.news.kind is NewsKind.NOTICE
    assert subject.startswith("News from the blog" if is_notice else "A chat without a topic")


def test_names_keep_their_own_direction() -> None:
    page = tree(rendered(a_digest(headline=news(hosts=("مريم الحسيني", "Wren")))))

    assert [words(span) for span in found(page, "//span[@dir='auto']")] == ["مريم الحسيني", "Wren"]


def test_an_overlong_word_gets_places_to_break() -> None:
    html = rendered(a_digest(headline=news(introduction="w" * 600))).html

    assert re.search("w{31}", html) is None
    assert html.count("w" * 30) == 600 // 30


def test_breaking_words_keeps_what_a_theme_already_escaped() -> None:
    page = tree(rendered(a_digest(alerts=(a_cancellation(topic='Ward & "home"'),))))

    assert headings(page)[0] == (1, 'Cancelled: Ward & "home"')


# What differs from reader to reader.


def test_marks_are_plain_and_none_is_part_of_another() -> None:
    tokens = [mark.token for mark in rendered(ten_items()).placeholders]

    assert all(re.fullmatch("OTD7F3A9C21B7x[A-Z][0-9]{2}[HT]z", token) for token in tokens)
    assert all(sum(token in other for other in tokens) == 1 for token in tokens)


def test_only_marks_that_stand_in_the_output_are_listed_each_in_its_own_part() -> None:
    variant = rendered(a_digest(notices=(a_notice(),)))

    assert Field.LOCAL_TIME not in {mark.field for mark in variant.placeholders}
    for mark in variant.placeholders:
        here, there = (variant.html, variant.text) if mark.is_html else (variant.text, variant.html)
        assert mark.token in here
        assert mark.token not in there


def test_a_reader_elsewhere_sees_their_own_time_after_the_chats() -> None:
    variant = rendered(a_digest(headline=news()))
    html, text = filled(variant, zone="Australia/Sydney")
    own = "Your time: Wednesday 26 November, 7am to 8am AEDT (Sydney)"

    assert f"Tuesday 25 November 2025, 8pm to 9pm GMT<br>{own}" in html
    assert f"Tuesday 25 November 2025, 8pm to 9pm GMT\n{own}\n" in text


def test_a_mark_does_not_count_when_a_line_is_wrapped() -> None:
    _, text = filled(rendered(a_digest(alerts=(a_move(),))), zone="Europe/London")

    assert "It is now on Wednesday 3 December 2025, 7:30pm to 8:30pm GMT.\n" in text


def test_a_reader_whose_clock_agrees_sees_one_time() -> None:
    variant = rendered(a_digest(headline=news()), zones={"Europe/London", "Europe/Lisbon"})

    assert variant.zone_values == {}
    assert "Your time" not in "".join(filled(variant, zone="Europe/Lisbon"))


def test_a_zone_that_is_none_is_passed_over() -> None:
    variant = rendered(a_digest(headline=news()), zones={"No/Where", "../etc", "", "Asia/Tokyo"})

    assert set(variant.zone_values) == {"Asia/Tokyo"}


def test_every_chat_ahead_has_a_time_of_its_own_in_each_zone() -> None:
    variant = rendered(ten_items())
    marks = {mark.token for mark in variant.placeholders if mark.field is Field.LOCAL_TIME}

    assert len(marks) == 12  # six chats, HTML and text
    assert set(variant.zone_values["Australia/Sydney"]) == marks


def test_greetings_are_left_for_the_reader() -> None:
    variant = rendered(a_full_week())

    assert variant.greeting_named == "Hello {name},"
    assert variant.greeting_unnamed == "Hello,"
    assert variant.news_ids == (1, 6, 7, 2, 3)
    assert variant.segment == "weekly"


def test_a_community_of_another_zone_and_tag_needs_no_code() -> None:
    profile = replace(
        PROFILE, tags=("KiteChat",), zone="America/New_York", platform="Mastodon", join_url=None
    )

    page = shown(a_digest(headline=news()), profile=profile)

    assert "Tuesday 25 November 2025, 3pm to 4pm EST" in page
    assert "The chat is on Mastodon. Look for #KiteChat" in page
    assert "OTalk, and" not in page


def test_a_kind_of_news_that_came_late_is_no_longer_offered_for_the_calendar() -> None:
    begun = news(starts_at=NOW - timedelta(hours=1))

    assert rendered(a_digest(headline=begun)).calendar is None
    assert rendered(a_digest(alerts=(news(kind=NewsKind.CHANGE),))).calendar is not None


# The calendar's link, the note, the rest.


def calendar_address(number: int) -> str:
    uid = event_uid(f"https://blog.example.org/?p={number}")
    return f"https://digest.otalk.example/calendar/{uid}.ics"


def test_the_one_button_puts_the_next_chat_into_the_calendar(theme: str) -> None:
    variant = rendered(a_full_week(), theme=a_theme(theme))
    (button,) = found(tree(variant), "//a[contains(@class, 'press')]")

    assert (words(button), button.get("href")) == ("Add to your calendar", calendar_address(1))
    assert f"Add to your calendar:\n{calendar_address(1)}\n" in variant.text


def test_each_settled_chat_ahead_has_a_calendar_link_of_its_own(theme: str) -> None:
    page = tree(rendered(a_full_week(), theme=a_theme(theme)))
    links = {link.get("href"): words(link) for link in page.iter("a")}

    assert links[calendar_address(6)] == "Add 2 December to your calendar"
    assert calendar_address(7) not in links


def test_a_moved_chat_is_put_right_in_the_calendar(theme: str) -> None:
    digest = a_digest(alerts=(a_move(),))
    (button,) = found(
        tree(rendered(digest, theme=a_theme(theme))), "//a[contains(@class, 'press')]"
    )

    assert (words(button), button.get("href")) == ("Update your calendar", calendar_address(4))


@pytest.mark.parametrize(
    ("digest", "choices", "button"),
    [
        (a_full_week(), {"web_url": None}, ["Read the post for 25 November"]),
        (a_digest(headline=news(starts_at=None)), {}, ["Read the post “Rest in busy"]),
        (a_digest(headline=news(starts_at=None, url=None)), {}, []),
        (a_digest(alerts=(a_cancellation(),)), {}, []),
        (a_digest(notices=(a_notice(),)), {}, []),
    ],
)
def test_without_a_file_on_the_web_the_button_leads_to_the_post(
    digest: Digest, choices: dict[str, Any], button: list[str], theme: str
) -> None:
    publication = replace(PUBLICATION, **choices)
    page = tree(rendered(digest, theme=a_theme(theme), publication=publication))
    buttons = [words(link)[:29] for link in found(page, "//a[contains(@class, 'press')]")]

    assert [text[: len(said)] for text, said in zip(buttons, button, strict=True)] == [
        said[:29] for said in button
    ]


def test_a_chat_that_is_over_or_off_has_no_calendar_link() -> None:
    digest = a_digest(alerts=(a_cancellation(),), headline=news(starts_at=NOW - timedelta(hours=1)))

    assert "/calendar/" not in rendered(digest).html


def test_a_long_post_is_told_in_short_with_a_link_to_the_whole() -> None:
    page = tree(rendered(a_digest(headline=news(introduction="Some words. " * 90_000))))
    links = {words(link): link.get("href") for link in page.iter("a")}

    assert links["Read the whole post for 25 November"] == "https://blog.example.org/1/"
    assert len(words(page.find("body"))) < 2500


def test_many_hosts_are_named_in_part_and_counted() -> None:
    page = shown(a_digest(headline=news(hosts=tuple(f"Host {n}" for n in range(30)))))

    assert "Host 6, Host 7 and 22 others" in page
    assert "Host 8" not in page


def test_what_one_mail_does_not_hold_is_said_to_be_on_the_blog(theme: str) -> None:
    digest = a_digest(notices=tuple(a_notice(n) for n in range(20)))

    page = shown(digest, theme=a_theme(theme))

    assert page.count("There are 12 more pieces of news than fit into one e-mail.") == 2
    assert "more pieces" not in shown(a_full_week(), theme=a_theme(theme))


def test_a_note_stands_first_in_page_and_text(theme: str) -> None:
    variant = rendered(replace(a_full_week(), note=NOTE), theme=a_theme(theme))
    html, text = filled(variant)
    page = document_fromstring(html)

    for part in (words(page.find("body")), " ".join(text.split())):
        assert part.index("Hello Wren,") < part.index("From the team A change of rooms")
        assert part.index("the team A change") < part.index("The next chat")
    assert "two platforms. Tell us" in words(page)
    assert [words(e) for e in found(page, "//strong")] == ["A change of rooms", "January"]
    assert [words(e) for e in found(page, "//em")] == ["two"]
    assert [words(item) for item in found(page, "//ul/li/ol/li")] == [
        "from your team",
        "or from example.org",
    ]
    assert "\n- Bring a friend\n   1. from your team\n   2. or from example.org\n" in text
    assert "\nthe short survey:\nhttps://forms.example.org/r/otalk\n" in text
    assert "\nexample.org:\nhttps://www.example.org/friends\n" in text
    assert text.count("team@example.org") == 2  # in the note's own words, and in the footer


def test_without_a_note_there_is_no_word_of_it(theme: str) -> None:
    assert "From the team" not in shown(a_full_week(), theme=a_theme(theme))


def test_a_note_cannot_take_the_name_of_another_link() -> None:
    note = "[Read the post for 25 November](https://a.example) [Visit the blog](https://b.example)"
    links = Counter(words(a) for a in tree(rendered(replace(a_full_week(), note=note))).iter("a"))

    assert max(links.values()) == 1
    assert links["Visit the blog (2)"] == 1


def test_a_hostile_note_changes_nothing_but_its_own_words(theme: str) -> None:
    note = f"{HOSTILE} [x](javascript:alert(1)) ![y](https://pixel.example/p.gif)"
    page = tree(rendered(replace(a_full_week(), note=note), theme=a_theme(theme)))

    assert found(page, "//script|//img|//iframe|//*[@onload]") == []
    assert all(re.match(r"(https|mailto):", link.get("href", "")) for link in page.iter("a"))
    assert "Unsubscribe from these e-mails" in words(page)


def test_a_digest_with_a_note_only_has_nothing_to_say() -> None:
    assert a_digest(note=NOTE).is_empty


def test_the_preheader_names_what_else_is_inside() -> None:
    assert rendered(a_full_week()).preheader.endswith("Also: Hands after the ward.")
    assert rendered(a_digest(alerts=(a_cancellation(), a_move()))).preheader.endswith(
        "Also: New date: Kites and shared leisure."
    )


# The bundled themes.


def test_the_bundled_themes_say_the_same_in_their_text_editions() -> None:
    texts = {rendered(a_full_week(), theme=a_theme(name)).text for name in BUNDLED}

    assert len(texts) == 1


@pytest.mark.parametrize("file", ["theme.toml", "words/de.toml", "subject.txt.j2"])
def test_the_bundled_themes_have_the_same_words(file: str) -> None:
    first, *others = (
        (THEMES / name / file).read_text(encoding="utf-8").replace(f"the {name} theme", "the theme")
        for name in BUNDLED
    )

    assert others == [first] * len(others)


def test_what_posts_say_is_marked_as_being_in_their_own_language(theme: str) -> None:
    german = tree(rendered(a_full_week(), theme=a_theme(theme).speaking("de")))
    english = tree(rendered(a_full_week(), theme=a_theme(theme).speaking("en-GB")))

    marked = [words(element) for element in found(german, "//div//*[@lang]")]
    assert marked[:3] == [
        "Rest in busy weeks: what helps?",
        "We ask about work long before we ask about rest.",
        "Bring one example.",
    ]
    assert "Write down one thing you will change." in marked
    assert "Demnächst" not in marked
    assert found(english, "//div//*[@lang]") == []


def test_the_plain_theme_needs_no_colour() -> None:
    html = rendered(a_full_week(), theme=a_theme("plain")).html

    assert {colour.upper() for colour in re.findall(r"#[0-9A-Fa-f]{3,6}\b(?=[;\"' ])", html)} <= {
        "#000",
        "#000000",
        "#FFF",
        "#FFFFFF",
    }


def test_the_plain_theme_is_large() -> None:
    html = rendered(a_full_week(), theme=a_theme("plain")).html
    sizes = {int(size) for size in re.findall(r"font-size: ?(\d+)px", html)} - {1}

    assert min(sizes) == 20
