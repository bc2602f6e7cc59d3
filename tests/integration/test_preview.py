"""The pages of the preview: what each choice and each tab shows."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from html import unescape
from pathlib import Path

import pytest
from tests.maintainer import Folder, a_folder
from tests.preview_site import WEEK_2, Preview, previewing

from otalk_digest.web.preview.state import PANELS

#: Who reads, in `tests.maintainer`.
ADDRESSES = ("ada@", "bo@", "cleo@", "dov@", "edda@", "finn@")
INERT = re.compile(r' target="_blank" title="[^"]*"')


@pytest.fixture(scope="module")
def folder(after_two_weeks: Folder, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return after_two_weeks.copied(tmp_path_factory.mktemp("preview") / "mine")


@pytest.fixture(scope="module")
def preview(folder: Folder) -> Iterator[Preview]:
    with previewing(folder) as preview:
        yield preview


@pytest.fixture(scope="module")
def rendered(folder: Folder) -> Path:
    """What `render` writes of the next edition."""
    assert folder.does("render", "--out", "out", now=WEEK_2).status == 0
    return folder.path / "out"


@pytest.mark.parametrize("segment", ["students", "everyone"])
@pytest.mark.parametrize("kind", ["eml", "html", "txt", "ics"])
def test_downloads_are_the_very_bytes_that_render_writes(
    preview: Preview, rendered: Path, segment: str, kind: str
) -> None:
    answer = preview.get(f"mail.{kind}", segment=segment)

    assert answer.content == (rendered / f"{segment}.{kind}").read_bytes()
    assert f'filename="edition-2-{segment}.{kind}"' in answer.headers["content-disposition"]


def test_the_frame_shows_these_bytes_with_links_that_say_where_they_lead(
    preview: Preview, rendered: Path
) -> None:
    shown = preview.frame(segment="everyone")

    assert INERT.sub("", shown).encode() == (rendered / "everyone.html").read_bytes()
    assert ' target="_blank" title="https://transcripts.example/otalk/41"' in shown


def test_a_past_edition_is_shown_as_it_was_frozen(preview: Preview, folder: Folder) -> None:
    assert folder.does("render", "--edition", "1", "--out", "one", now=WEEK_2).status == 0

    shown = preview.get("mail.html", edition="1", segment="everyone").content

    assert shown == (folder.path / "one" / "everyone.html").read_bytes()


@pytest.mark.parametrize("edition", ["next", "1", "fixture:usual-week", "fixture:script-in-title"])
@pytest.mark.parametrize("panel", PANELS)
def test_every_tab_opens_for_every_kind_of_edition(
    preview: Preview, edition: str, panel: str
) -> None:
    page = preview.page(edition=edition, panel=panel)

    assert "<iframe" in page
    assert "There is no edition" not in page


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        ("text", "Hats indoors"),
        ("headers", "List-Unsubscribe"),
        ("size", "102 KB"),
        ("links", "https://transcripts.example/otalk/41"),
        ("calendar", "Tuesday 17 November 2026, 20:00 GMT"),
        ("clients", "caniemail"),
        ("source", "Content-Transfer-Encoding: quoted-printable"),
        ("diff", "Edition 1"),
        ("readers", "unconfirmed"),
        ("edit", "Kettles on wheels"),
    ],
)
def test_each_tab_shows_what_it_is_for(preview: Preview, panel: str, words: str) -> None:
    assert words in preview.page(panel=panel, segment="everyone")


def test_the_diff_says_what_is_gone_since_the_last_edition_and_what_is_new(
    preview: Preview,
) -> None:
    page = preview.page(panel="diff", segment="everyone")

    assert "Hats indoors" in page
    assert re.search(r"<del>.*Kettles on wheels", page)


def test_readers_counts_who_gets_it_and_who_is_left_out(preview: Preview) -> None:
    page = preview.page(panel="readers")

    for words in ("students", "everyone", "planned", "skipped"):
        assert words in page


def test_without_the_flag_no_page_names_a_reader_even_by_a_mask(preview: Preview) -> None:
    for panel in PANELS:
        page = preview.page(panel=panel, find="example.org", reader="subscriber-1")
        assert [address for address in ADDRESSES if address in page] == []
        assert "a…@e…" not in page


def test_a_reader_is_found_by_a_whole_address_and_shown_by_number(preview: Preview) -> None:
    page = preview.page(panel="readers", find="finn@example.org")

    assert "Reader 6" in page
    assert "unconfirmed" in page


@pytest.fixture(scope="module")
def with_real_readers(folder: Folder) -> Iterator[Preview]:
    with previewing(folder, may_be_real=True) as preview:
        yield preview


def test_real_readers_are_offered_with_masked_addresses(with_real_readers: Preview) -> None:
    page = with_real_readers.page(panel="readers", find="ada")

    assert "a…@e…" in page
    assert [address for address in ADDRESSES if address in page] == []


def test_a_real_reader_gets_their_own_words_but_no_address(with_real_readers: Preview) -> None:
    text = with_real_readers.get("mail.txt", reader="subscriber-1").text
    raw = with_real_readers.get("mail.eml", reader="subscriber-1").content

    assert "Ada Fenn" in text
    assert b"ada@example.org" not in raw
    assert message_from_bytes(raw)["To"].endswith("<a-masked@reader.invalid>")


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        ("ana", "9pm to 10pm CET"),
        ("mia", "AEDT"),
        ("dev", "IST"),
        ("kit", "EST"),
        ("nameless", "Hello"),
        ("noor", "نور الهادي"),
    ],
)
def test_invented_readers_get_their_own_time_and_name(
    preview: Preview, reader: str, words: str
) -> None:
    assert words in preview.get("mail.txt", reader=reader, segment="everyone").text


def test_as_of_composes_for_that_moment(preview: Preview) -> None:
    before = preview.get("mail.txt", segment="everyone").text
    after = preview.get("mail.txt", segment="everyone", as_of="2026-11-18T09:00").text

    assert "Hats indoors" in before
    assert "Hats indoors" not in after


@pytest.mark.parametrize(
    "query",
    [
        {"edition": "99"},
        {"edition": "fixture:none-such"},
        {"edition": "../../etc/passwd"},
        {"segment": "<script>"},
        {"reader": "subscriber-999999999999999999999999999"},
        {"as_of": "tomorrow"},
        {"as_of": "9999-99-99T99:99"},
        {"width": "-1", "mode": "x", "zoom": "1e9", "panel": "none", "compare": "?"},
        {"mark": "/html/body//*[1=1]|//a"},
        {"mark": "/html/body/nothing[99999]"},
        {"find": "\x00"},
        {"said": "x" * 5000},
    ],
)
def test_an_address_that_makes_no_sense_shows_what_there_is(
    preview: Preview, query: dict[str, str]
) -> None:
    page = preview.page(**query)

    assert "<iframe" in page
    assert preview.get("frame", **query).status_code == 200


def test_every_choice_stands_in_the_address_of_every_other(preview: Preview) -> None:
    chosen = {
        "edition": "fixture:usual-week",
        "segment": "everyone",
        "reader": "dev",
        "as-of": "2026-11-12T09:00",
        "width": "360",
        "mode": "dark",
        "images": "off",
        "styles": "off",
        "zoom": "150",
        "compare": "dark",
        "panel": "text",
    }
    asked = {name.replace("-", "_"): value for name, value in chosen.items()}

    links = re.findall(r'href="(\?[^"]*)"', preview.get("", **asked).text)

    assert len(links) > 60
    for link in links:
        kept = [f"{name}=" in unescape(link) for name in chosen]
        # A link changes one word, which may be back at its default; some drop a place or search.
        assert kept.count(False) <= 1, link


def test_a_finding_and_a_link_are_outlined_in_the_frame(preview: Preview) -> None:
    page = preview.get("", panel="links", segment="everyone").text
    mark = re.findall(r'href="\?([^"]*mark=[^"]*)"', page)[0]
    query = dict(part.split("=", 1) for part in unescape(mark).split("&"))

    frame = preview.web.get(f"{preview.base}frame?{unescape(mark)}").text

    assert query["mark"].startswith("%2Fhtml")
    assert 'id="otd-mark"' in frame
    assert "#otd-mark" in preview.web.get(f"{preview.base}?{unescape(mark)}").text


def test_compare_puts_two_frames_side_by_side(preview: Preview) -> None:
    dark = re.findall(r'<iframe[^>]*src="([^"]*)"', preview.get("", compare="dark").text)
    last = re.findall(r'<iframe[^>]*src="([^"]*)"', preview.get("", compare="last").text)

    assert [part in src for part, src in zip(("light", "dark"), dark, strict=True)] == [True, True]
    assert ["edition=1" in src for src in last] == [False, True]


def test_a_segment_without_news_says_so_and_keeps_its_readers(
    tmp_path: Path,
) -> None:
    folder = a_folder(tmp_path / "quiet")
    folder.publish([])
    assert folder.does("collect", now=WEEK_2).status == 0

    with previewing(folder) as preview:
        page = preview.page()
        assert "There is nothing to show" in page
        assert "<iframe" not in page
        for panel in PANELS:
            assert preview.get("", panel=panel).status_code == 200
