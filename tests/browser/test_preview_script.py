"""What the preview's script adds, and that all goes without it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser_tools import View, Visit, visiting
from tests.preview_stand import Stand, stood
from tests.views import a_view

from otalk_digest.web.preview import view as views

PRINTABLE: Final = "abcdefghijklmnopqrstuvwxyz0123456789[]?!.,/ "


@pytest.fixture(scope="module")
def shared(browser: Browser) -> Iterator[tuple[Visit, Stand]]:
    with stood() as stand, visiting(browser, server=stand.origin) as visit:
        yield visit.show(View(1280)), stand


@pytest.fixture
def stand(shared: tuple[Visit, Stand]) -> Stand:
    _, stand = shared
    stand.draw = a_view
    stand.posted.clear()
    return stand


@pytest.fixture
def page(shared: tuple[Visit, Stand], stand: Stand) -> Page:
    page = shared[0].page
    page.goto(stand.address)
    page.evaluate("localStorage.clear()")
    page.reload()
    return page


@pytest.fixture
def plain(browser: Browser, stand: Stand) -> Iterator[Page]:
    """A browser that runs no script."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(stand.address)
    yield page
    context.close()


def arrives(page: Page, word: str) -> None:
    page.wait_for_function("word => location.search.includes(word)", arg=word)
    said = word.partition("=")[0]
    expect(page.locator(f"[data-picker='{said}'] [aria-current]").first).to_be_attached()


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ("2", "panel=text"),
        ("9", "panel=diff"),
        ("d", "mode=light"),
        ("i", "images=off"),
        ("s", "styles=off"),
        ("w", "width=700"),
        ("c", "compare=dark"),
        ("j", "edition=41"),
        ("]", "reader=li"),
    ],
)
def test_a_key_does_what_its_link_does(page: Page, keys: str, word: str) -> None:
    page.keyboard.press(keys)

    arrives(page, word)
    page.go_back()
    page.wait_for_function("word => !location.search.includes(word)", arg=word)


def test_keys_that_step_back_step_back(page: Page, stand: Stand) -> None:
    page.goto(f"{stand.address}?edition=41&reader=li")

    page.keyboard.press("k")
    arrives(page, "edition=next")
    page.keyboard.press("[")
    arrives(page, "reader=ana")
    page.keyboard.press("[")

    expect(page.locator("#said")).to_have_text("That was the first one.")


def test_n_walks_the_findings_and_outlines_each(page: Page) -> None:
    page.keyboard.press("n")
    expect(page.locator(".places .is-marked .excerpt")).to_have_text("Read more 0")

    page.keyboard.press("n")

    expect(page.locator(".places .is-marked .excerpt")).to_have_text("Read more 1")
    expect(page.locator("#said")).to_contain_text("link-text-unique")


def test_no_single_key_does_a_deed(page: Page, stand: Stand) -> None:
    for key in PRINTABLE:
        page.keyboard.press(key)
        page.keyboard.press("Escape")

    assert stand.posted == []


def test_keys_can_be_turned_off_and_stay_off(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_label("Single keys do something").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    before = page.url

    page.keyboard.press("d")
    page.keyboard.press("?")

    assert not page.locator("dialog").is_visible()
    assert page.url == before
    page.locator("#keys-button").click()
    page.get_by_label("Single keys do something").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("d")
    arrives(page, "mode=light")


def test_keys_only_write_while_somebody_writes(page: Page, stand: Stand) -> None:
    page.goto(f"{stand.address}?panel=edit")

    page.locator("#note").fill("")
    page.locator("#note").press_sequentially("do join us?")

    assert page.locator("#note").input_value() == "do join us?"
    assert page.url.endswith("?panel=edit")
    assert not page.locator("dialog").is_visible()


def test_the_list_of_keys_gives_the_focus_back(page: Page) -> None:
    page.locator("#keys-button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator("#keys-button")).to_be_focused()


def test_a_choice_keeps_the_place_and_draws_no_frame_again(page: Page) -> None:
    drawn: list[str] = []
    page.wait_for_load_state("load")
    page.on("request", lambda asked: drawn.append(asked.url) if "mail.html" in asked.url else None)
    page.evaluate("document.querySelector('.frames').scrollTop = 500")

    page.locator(".tabs").get_by_text("Headers").click()

    expect(page.locator("#panel-title")).to_have_text("Headers")
    assert page.evaluate("document.querySelector('.frames').scrollTop") == 500
    assert drawn == []
    expect(page.locator(".tabs [aria-current]")).to_be_focused()


def test_a_saved_file_shows_at_once_and_everything_keeps_its_place(
    page: Page, stand: Stand
) -> None:
    page.goto(f"{stand.address}?panel=edit")
    page.locator("#note").fill("Not saved yet")
    page.locator("#reading-0 > summary").click()
    page.evaluate("document.querySelector('.frames').scrollTop = 300")
    page.locator("#note").focus()

    def draw(chosen: Mapping[str, str]) -> views.View:
        return a_view(chosen, title="After the change")

    stand.draw = draw
    with page.expect_request("**/mail.html*"):
        stand.changes += 1

    expect(page.locator("h1")).to_have_text("After the change")
    expect(page.locator("#said")).to_contain_text("Reloaded. Findings 8. Not ready: 1 to see to")
    expect(page.locator("#note")).to_have_value("Not saved yet")
    expect(page.locator("#note")).to_be_focused()
    assert page.evaluate("document.querySelector('.frames').scrollTop") == 300
    assert page.locator("#reading-0").get_attribute("open") is not None
    assert page.url.endswith("?panel=edit")


def test_words_not_saved_are_not_left_without_asking(page: Page, stand: Stand) -> None:
    page.goto(f"{stand.address}?panel=edit&edition=next")
    page.locator("#note").fill("Not saved yet")
    asked: list[str] = []

    def refuse(dialog: object) -> None:
        asked.append(dialog.message)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.once("dialog", refuse)
    page.locator(".tabs").get_by_text("Text", exact=True).click()

    assert asked == ["What you wrote is not saved yet. Leave it behind?"]
    expect(page.locator("#note")).to_have_value("Not saved yet")
    page.locator("#note").fill("Next week we **rest**.")


def test_a_deed_is_posted_once_and_what_it_came_to_stays_to_be_read(
    page: Page, stand: Stand
) -> None:
    page.locator("#deed-approve > summary").click()
    page.locator("#approve-by").fill("Sam")
    page.get_by_role("button", name="Approve this edition").dblclick()

    expect(page.locator("#said")).to_have_text("Done: approve")
    ((deed, fields),) = stand.posted
    assert deed == "approve"
    assert (fields["by"], fields["seen"]) == ("Sam", "5d41402abc")
    assert fields["form_key"] == "a-key-of-this-run"
    expect(page.locator("#deed-approve")).not_to_have_attribute("open", "")
    page.locator("#said-close").click()
    expect(page.locator("#said")).to_have_text("")


def test_a_name_is_asked_for_once_and_goes_with_small_deeds(page: Page, stand: Stand) -> None:
    page.goto(f"{stand.address}?panel=edit")

    page.locator("#hide-0").click()
    expect(page.locator("#by-0")).to_be_focused()
    page.locator("#by-0").fill("Sam")
    page.locator("#hide-0").click()

    expect(page.locator("#said")).to_have_text("Done: item")
    ((_, fields),) = stand.posted
    assert (fields["news_id"], fields["deed"], fields["by"]) == ("0", "hide", "Sam")


def test_findings_can_be_sifted(page: Page) -> None:
    page.get_by_label("Show only findings with").fill("unique LINK")

    expect(page.locator("#filter-count")).to_have_text("1 of 3 rules shown")
    expect(page.locator(".finding:visible")).to_have_count(1)


def test_a_server_that_stopped_is_told(page: Page, stand: Stand) -> None:
    page.route(f"{stand.address}?*", lambda route: route.abort())

    page.keyboard.press("d")

    expect(page.locator("#said")).to_contain_text("The preview does not answer.")
    page.unroute(f"{stand.address}?*")


def test_without_a_script_a_choice_is_a_link(plain: Page) -> None:
    plain.locator(".tabs").get_by_text("Size").click()
    plain.locator(".tools").get_by_text("Dark, forced").click()

    assert "panel=size" in plain.url
    assert "mode=forced" in plain.url
    assert plain.locator("#panel-title").text_content() == "Size"
    assert not plain.locator("#keys-button").is_visible()
    assert not plain.locator("#said-close").is_visible()


def test_without_a_script_menus_open_and_deeds_are_done(plain: Page, stand: Stand) -> None:
    plain.locator("#menu-segment > summary").click()
    plain.locator("#menu-segment").get_by_text("Students").click()
    plain.locator("#deed-hold > summary").click()
    plain.locator("#hold-reason").fill("Wait for the host")
    plain.locator("#hold-by").fill("Sam")
    plain.get_by_role("button", name="Hold this edition").click()

    ((deed, fields),) = stand.posted
    assert (deed, fields["reason"], fields["by"]) == ("hold", "Wait for the host", "Sam")
    assert "segment=students" in plain.url
    assert plain.locator("#said").text_content() == "Done: hold"


def test_without_a_script_another_hour_is_asked_for(plain: Page) -> None:
    plain.locator("#menu-as-of > summary").click()
    plain.locator("#as-of").fill("2026-11-24T08:00")
    plain.get_by_role("button", name="Show", exact=True).click()

    assert "as-of=2026-11-24T08%3A00" in plain.url
    assert "edition=next" in plain.url


def test_a_page_without_events_listens_to_nothing(page: Page, stand: Stand) -> None:
    asked: list[str] = []
    stand.draw = lambda chosen: replace(a_view(chosen), events=None)
    page.goto("about:blank")
    page.on("request", lambda request: asked.append(request.url))

    page.goto(stand.address)
    page.keyboard.press("2")
    arrives(page, "panel=text")

    assert [address for address in asked if address.endswith("/events")] == []
