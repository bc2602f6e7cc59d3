"""What maintainers do from the preview: kept with who and when, and seen at once."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from tests.http_server import Site, running_site, sends
from tests.maintainer import Folder
from tests.preview_site import WEEK_2, Preview, previewing

NAME = "Pip Lake"


@pytest.fixture
def folder(after_two_weeks: Folder, tmp_path: Path) -> Folder:
    return after_two_weeks.copied(tmp_path / "mine")


@pytest.fixture
def preview(folder: Folder) -> Iterator[Preview]:
    with previewing(folder) as preview:
        yield preview


def add_settings(folder: Folder, *lines: str, after: str | None = None) -> None:
    """Add lines at the end of the settings, or after a line of them."""
    path = folder.path / "otalk-digest.toml"
    text = path.read_text(encoding="utf-8")
    more = "\n".join(lines)
    new = f"{text}\n{more}\n" if after is None else text.replace(after, f"{after}\n{more}")
    assert new != text
    path.write_text(new, encoding="utf-8")


def item_of(preview: Preview, topic: str) -> str:
    """Return the number of an item of the next edition."""
    page = preview.page(panel="edit")
    return page[page.index(topic) :].partition('name="news_id" value="')[2].partition('"')[0]


def test_a_note_is_in_the_mail_at_once_with_who_wrote_it_and_when(preview: Preview) -> None:
    page = preview.do("note", back="panel=edit", note="A **warm** welcome.", by=NAME)

    assert "The note is kept" in page
    assert f"by {NAME}, 11 November 2026, 09:00 GMT" in page
    assert "<strong>warm</strong> welcome." in preview.frame()
    assert "warm welcome" in preview.get("mail.txt").text.replace("*", "")


def test_a_note_can_be_taken_away(preview: Preview) -> None:
    preview.do("note", note="A warm welcome.", by=NAME)
    page = preview.do("note", note="  ", by=NAME)

    assert "There is no note any more" in page
    assert "warm welcome" not in preview.get("mail.txt").text


def test_nothing_is_kept_without_a_name(preview: Preview) -> None:
    page = preview.do("note", note="A warm welcome.", by=" ")

    assert "Say who you are" in page
    assert "warm welcome" not in preview.get("mail.txt").text


def test_the_name_is_offered_in_the_next_form(preview: Preview) -> None:
    assert 'value="the login name"' in preview.page(panel="edit")

    preview.do("note", note="Hello", by=NAME)

    assert f'value="{NAME}"' in preview.page(panel="edit")


def test_an_item_is_hidden_and_shown_again(preview: Preview) -> None:
    number = item_of(preview, "Hats indoors")

    page = preview.do("item", back="panel=edit", news_id=number, deed="hide", by=NAME)
    assert "nobody gets it" in page
    assert "Hats indoors" not in preview.get("mail.txt").text

    preview.do("item", news_id=number, deed="show", by=NAME)
    assert "Hats indoors" in preview.get("mail.txt").text


def test_an_item_moves_among_its_own(preview: Preview) -> None:
    before = preview.get("mail.txt").text
    number = item_of(preview, "Gloves in pairs")

    preview.do("item", news_id=number, deed="up", by=NAME)
    after = preview.get("mail.txt").text

    assert before.index("Hats indoors") < before.index("Gloves in pairs")
    assert after.index("Gloves in pairs") < after.index("Hats indoors")


@pytest.mark.parametrize(
    "fields",
    [
        {"news_id": "99", "deed": "hide"},
        {"news_id": "x", "deed": "hide"},
        {"news_id": "1" * 400, "deed": "hide"},
        {"news_id": "²", "deed": "hide"},
        {"news_id": "1", "deed": "burn"},
        {},
    ],
)
def test_what_is_no_item_is_said_and_changes_nothing(
    preview: Preview, fields: dict[str, str]
) -> None:
    before = preview.get("mail.txt").text

    page = preview.do("item", by=NAME, **fields)

    assert 'role="status"' in page
    assert preview.get("mail.txt").text == before


def reading_of(preview: Preview, topic: str) -> dict[str, str]:
    """Return the form of one chat: guid and each field."""
    page = preview.page(panel="edit")
    form = page[page.index(topic) :].partition('action="/a-token-nobody-guesses/reading"')[2]
    inputs = form.partition("</form>")[0].split("<input ")[1:]
    found = {}
    for each in inputs:
        name = each.partition('name="')[2].partition('"')[0]
        found[name] = each.partition('value="')[2].partition('"')[0]
    return found


def test_a_reading_is_put_right_as_the_command_does(preview: Preview, folder: Folder) -> None:
    form = reading_of(preview, "Hats indoors")
    changed = form | {"hosts": "@wren, Pip Lake", "starts_at": "2026-11-18T19:30", "by": NAME}

    page = preview.do("reading", **changed)

    assert "Set by hand: starts_at, hosts." in page
    assert re.search(r"18 November 2026, 7.30pm", preview.get("mail.txt").text)
    assert f"({NAME})" in folder.does("chats", "show", "2", now=WEEK_2).out


def test_a_field_that_is_emptied_is_given_back(preview: Preview) -> None:
    form = reading_of(preview, "Hats indoors")
    preview.do("reading", **(form | {"topic": "Hats outdoors", "by": NAME}))
    assert "Hats outdoors" in preview.get("mail.txt").text

    preview.do("reading", **(reading_of(preview, "Hats outdoors") | {"topic": "", "by": NAME}))

    assert "Hats indoors" in preview.get("mail.txt").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"starts_at": "soon"}, "does not fit"),
        ({"colour": "blue"}, "no field"),
        ({"guid": "nobody"}, "no chat that we know"),
        ({}, "Nothing was changed"),
    ],
)
def test_a_reading_that_does_not_fit_is_explained(
    preview: Preview, fields: dict[str, str], said: str
) -> None:
    form = reading_of(preview, "Hats indoors") | {"by": NAME}

    assert said in preview.do("reading", **(form | fields))


def test_an_edition_is_approved_and_held_by_name(folder: Folder) -> None:
    add_settings(folder, 'approval = "required"', after="[digest]")
    with previewing(folder) as preview:
        assert "Approve this edition" in preview.page()
        seen = preview.page().partition('name="seen" value="')[2].partition('"')[0]

        page = preview.do("approve", by=NAME, seen=seen)
        assert f"approved by {NAME}, 11 November 2026, 09:00 GMT" in page
        assert "Approve this edition" not in page

        page = preview.do("hold", by="Orla Wick", reason="A host is ill.")
        assert "held by Orla Wick, 11 November 2026, 09:00 GMT: A host is ill." in page


def test_what_was_not_looked_at_is_not_approved(folder: Folder) -> None:
    add_settings(folder, 'approval = "required"', after="[digest]")
    with previewing(folder) as preview:
        seen = preview.page().partition('name="seen" value="')[2].partition('"')[0]
        number = item_of(preview, "Hats indoors")
        preview.do("item", news_id=number, deed="hide", by="Somebody Else")

        page = preview.do("approve", by=NAME, seen=seen)

    assert "not what you looked at" in page
    assert f"approved by {NAME}" not in page


def test_a_change_after_approval_is_shown_against_what_was_approved(folder: Folder) -> None:
    add_settings(folder, 'approval = "required"', after="[digest]")
    with previewing(folder) as preview:
        seen = preview.page().partition('name="seen" value="')[2].partition('"')[0]
        preview.do("approve", by=NAME, seen=seen)
        number = item_of(preview, "Hats indoors")
        preview.do("item", news_id=number, deed="hide", by=NAME)

        page = preview.page(panel="diff", against="approval")

    assert "Approve this edition" in page
    assert re.search(r"<del>.*Hats indoors", page)


def test_a_test_goes_to_the_one_address_of_the_settings(folder: Folder) -> None:
    add_settings(folder, "[preview]", 'test_to = "pip@team.example"')
    before = set((folder.path / "outbox").rglob("*.eml"))
    with previewing(folder) as preview:
        page = preview.do("test", back="reader=ana&segment=everyone")

    (sent,) = set((folder.path / "outbox").rglob("*.eml")) - before
    message = message_from_bytes(sent.read_bytes(), policy=default)
    assert "The test is on its way" in page
    assert "pip@team.example" not in page
    assert message["to"].addresses[0].addr_spec == "pip@team.example"
    assert message["subject"].startswith("[TEST] ")
    assert message["list-unsubscribe"] == "<mailto:team@otalk.example?subject=unsubscribe%20test>"


def test_without_an_address_in_the_settings_no_test_is_sent(
    preview: Preview, folder: Folder
) -> None:
    before = set((folder.path / "outbox").rglob("*.eml"))

    page = preview.do("test")

    assert "test_to" in page
    assert set((folder.path / "outbox").rglob("*.eml")) == before


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as site:
        yield site


def test_links_are_asked_only_when_the_button_is_pressed_and_only_public_ones(
    folder: Folder, site: Site
) -> None:
    address = site.on("/transcript", sends(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    # Mails lead to https only.
    address = address.replace("http:", "https:")
    with previewing(folder) as preview:
        form = reading_of(preview, "Kettles on wheels")
        preview.do("reading", **(form | {"transcript_url": address, "by": NAME}))
        for panel in ("links", "findings", "source"):
            preview.page(panel=panel, segment="everyone")
        assert address in preview.page(panel="links", segment="everyone")

        page = preview.do("links", back="panel=links&segment=everyone")

    assert site.requests == []
    assert "No such host on the public internet" in page
