"""The preview as a maintainer uses it: the real command, in a real browser."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.walker import WIDE, Walk, walking, walking_here
from tests.browser_tools import View, axe_faults
from tests.maintainer import Folder
from tests.preview_site import WEEK_2

from otalk_digest.web.preview.state import PANELS

BUNDLED: Final = Path(__file__).parents[2] / "templates" / "classic"
NAME: Final = "Pip Lake"
LATER: Final = "2026-11-11T10:00Z"
LOOKS: Final = [View(360), View(360, "dark"), WIDE, View(1280, "dark")]
HOSTILE: Final = (
    "script-in-title",
    "template-marks",
    "provider-tags",
    "line-ends-in-title",
    "bad-addresses",
)
#: A reader's own way out differs from the one that is shown, which does nothing.
OWN: Final = re.compile(r"unsubscribe%20[\w.-]+")


@pytest.fixture(scope="module")
def fresh(after_two_weeks: Folder, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """One edition has left, the next one waits for approval."""
    folder = after_two_weeks.copied(tmp_path_factory.mktemp("preview") / "fresh")
    path = folder.path / "otalk-digest.toml"
    text = path.read_text("utf-8").replace("[digest]", '[digest]\napproval = "required"')
    path.write_text(f'{text}\n[preview]\ntest_to = "pip@team.example"\n', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def shared(browser: Browser, fresh: Folder) -> Iterator[Walk]:
    """For claims that change nothing."""
    with walking(browser, fresh) as walk:
        yield walk


@pytest.fixture
def look(shared: Walk) -> Walk:
    shared.visit.show(WIDE).page.set_viewport_size({"width": 1280, "height": 900})
    shared.open()
    shared.boxes.clear()
    shared.complaints.clear()
    return shared


@pytest.fixture
def work(browser: Browser, fresh: Folder, tmp_path: Path) -> Iterator[Walk]:
    """For claims that change something: a copy of the folder, and a preview of its own."""
    with walking_here(browser, fresh.copied(tmp_path / "mine")) as walk:
        walk.open()
        yield walk


def own_template(folder: Folder, name: str, old: str, new: str) -> None:
    """Put a changed copy of a template in place of the bundled one."""
    text = (BUNDLED / name).read_text("utf-8")
    assert old in text
    place = folder.path / "templates" / "classic" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text.replace(old, new, 1), encoding="utf-8")


def mailed(folder: Folder) -> set[Path]:
    return set((folder.path / "outbox").rglob("*.eml"))


def read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return OWN.sub("OWN", part.get_content().replace("\r\n", "\n"))


# --- Looking ---------------------------------------------------------------------------------


def test_an_edition_a_segment_a_reader_and_a_moment_are_picked(look: Walk) -> None:
    assert "Hats indoors" in look.words_of_mail()

    look.choose("segment", "Everyone else")
    look.choose("reader", "Ana, Madrid")
    assert "Hello Ana" in look.words_of_mail()
    assert "9pm to 10pm CET" in look.words_of_mail()

    look.page.locator("#menu-as-of > summary").click()
    look.page.locator("#as-of").fill("2026-11-18T09:00")
    look.page.get_by_role("button", name="Show", exact=True).click()
    expect(look.page.locator("#menu-as-of .menu-value")).to_have_text("2026-11-18 09:00")
    assert "Hats indoors" not in look.words_of_mail()
    assert "made of what is known today" in look.page.locator("#ready").inner_text()

    look.choose("edition", "Edition 1")
    assert "Kettles on wheels" in look.page.locator("h1").inner_text()
    look.choose("edition", "A chat is cancelled")
    assert "cancelled" in look.words_of_mail().lower()
    assert "never sent" in look.page.locator("#ready").inner_text()

    look.page.go_back()
    expect(look.page.locator("h1")).to_contain_text("Kettles on wheels")


@pytest.mark.parametrize("width", ["320", "360", "600", "700"])
def test_the_mail_is_as_wide_as_was_asked_for(look: Walk, width: str) -> None:
    look.choose("width", width)

    assert look.ask("innerWidth") == int(width)
    assert look.ask("document.documentElement.scrollWidth") == int(width)


def test_light_dark_and_forced_dark_are_drawn_whatever_the_device_likes(look: Walk) -> None:
    drawn = {}
    for scheme in ("light", "dark"):
        look.visit.show(View(1280, scheme))
        for mode in ("As sent", "Light", "Dark", "Forced dark"):
            look.choose("mode", mode)
            drawn[scheme, mode] = sum(look.colour("body"))

    assert drawn["light", "As sent"] == drawn["light", "Light"] == drawn["dark", "Light"] > 600
    assert drawn["dark", "As sent"] == drawn["light", "Dark"] == drawn["dark", "Dark"] < 150
    assert drawn["light", "Forced dark"] == drawn["dark", "Forced dark"] < 150
    assert "approximation" in look.page.locator("figcaption").inner_text()


def test_images_and_styles_are_left_out_and_zoom_magnifies(look: Walk) -> None:
    with look.page.expect_response("**/frame?*") as answer:
        look.choose("images", "Off")
    assert "img-src 'none'" in answer.value.headers["content-security-policy"]

    assert look.mail.locator("style").count() > 0
    look.choose("styles", "Off")
    assert look.mail.locator("style").count() == 0

    look.choose("width", "360")
    look.choose("zoom", "150")
    box = look.page.locator("iframe").bounding_box()
    assert box is not None
    assert (round(box["width"]), look.ask("innerWidth")) == (540, 360)


def test_two_mails_stand_side_by_side(look: Walk) -> None:
    look.choose("compare", "Light and dark")
    expect(look.page.locator("figcaption strong")).to_have_text(["Light", "Dark, as authored"])

    look.choose("compare", "With the last one")
    expect(look.page.locator("figcaption strong")).to_have_text(["As sent", "Edition 1"])
    mails = [frame.evaluate("document.body.innerText") for frame in look.page.frames[1:]]
    assert ["Hats indoors" in words for words in mails] == [True, False]


def test_the_frame_leads_nowhere_and_says_where_it_would(look: Walk) -> None:
    before = look.page.url
    link = look.mail.locator("a[href^=https]").first

    link.click()

    assert link.get_attribute("title") == link.get_attribute("href")
    assert look.page.url == before
    assert len(look.page.context.pages) == 1
    assert "Hats indoors" in look.words_of_mail()


def test_a_link_is_outlined_in_the_mail_and_seen(look: Walk) -> None:
    look.choose("panel", "Links")
    last = look.page.get_by_role("link", name="Show it in the mail").last

    last.click()

    expect(look.page.locator(".cards .is-marked")).to_have_count(1)
    place = look.mail.locator("#otd-mark")
    expect(place).to_be_in_viewport()
    assert look.ask("getComputedStyle(document.querySelector('#otd-mark')).outlineStyle") == "solid"


@pytest.mark.parametrize("fixture", HOSTILE)
def test_hostile_words_do_nothing_here(look: Walk, fixture: str) -> None:
    for panel in ("text", "source", "links"):
        look.open(f"edition=fixture:{fixture}&panel={panel}")
        assert look.words_of_mail()

    assert look.boxes == []
    assert look.complaints == []
    assert look.page.locator("script:not([src$='preview.js'])").count() == 0
    assert look.mail.locator("script, [onerror], [onload], [onclick]").count() == 0


@pytest.mark.parametrize("panel", PANELS)
def test_axe_finds_nothing_on_any_panel(look: Walk, panel: str) -> None:
    look.open(f"panel={panel}&segment=everyone")

    faults = {}
    for each in LOOKS:
        look.unfold(each)
        # What is around a panel is the same for all of them.
        within = None if panel in {"findings", "edit"} else "#panel"
        faults[str(each)] = axe_faults(look.visit, within=within)

    assert {each: found for each, found in faults.items() if found} == {}
    assert look.complaints == []


def test_real_readers_are_shown_only_when_asked_for_and_masked(
    browser: Browser, fresh: Folder, look: Walk
) -> None:
    assert look.page.get_by_text("a…@e…").count() == 0

    with walking(browser, fresh, "--real-readers") as walk:
        walk.open("panel=readers&find=students")
        walk.page.locator("#panel").get_by_role("link", name="a…@e…").first.click()
        expect(walk.page.locator("#menu-reader .menu-value")).to_have_text("a…@e…")
        assert "Hello Ada" in walk.words_of_mail()
        assert "ada@example.org" not in walk.page.content()


# --- When something changes ------------------------------------------------------------------


def test_a_saved_template_shows_where_the_maintainer_was(work: Walk) -> None:
    work.choose("panel", "Text")
    work.choose("width", "360")
    page = work.page
    page.evaluate("document.querySelector('.frames').scrollTop = 200")
    before = page.url

    own_template(work.folder, "digest.html.j2", 'class="name">', 'class="name">Fresh: ')

    expect(work.mail.locator(".name").first).to_contain_text("Fresh: ")
    work.said("Reloaded.")
    assert page.url == before
    assert page.evaluate("document.querySelector('.frames').scrollTop") == 200


def test_a_broken_template_is_named_above_the_last_good_mail_until_it_is_mended(
    work: Walk,
) -> None:
    fault = work.page.locator(".fault")

    own_template(work.folder, "digest.html.j2", "{% if alerts %}", "{% if alerts and %}")

    expect(fault).to_contain_text("digest.html.j2")
    expect(fault).to_contain_text(re.compile(r"line \d+"))
    assert "Hats indoors" in work.words_of_mail()
    assert "Nothing is sent while this is broken" in work.page.locator("#ready").inner_text()
    work.unfold(WIDE)
    assert axe_faults(work.visit) == []

    own_template(work.folder, "digest.html.j2", 'class="name">', 'class="name">Mended: ')
    expect(fault).to_have_count(0)
    expect(work.mail.locator(".name").first).to_contain_text("Mended: ")


def test_a_finding_is_outlined_in_the_mail_and_seen(work: Walk) -> None:
    footer = '{% include "parts/footer.html.j2" %}'
    more = '<tr><td><a href="http://a.example/">Elsewhere</a></td></tr>'
    own_template(work.folder, "digest.html.j2", footer, f"{footer}{more}")
    expect(work.page.locator("#state")).to_contain_text("Not ready")

    work.page.locator("[data-finding]").first.click()

    expect(work.page.locator(".places .is-marked").first).to_be_visible()
    expect(work.mail.locator("#otd-mark")).to_be_in_viewport()


# --- Editing ---------------------------------------------------------------------------------


def test_what_is_edited_is_live_in_the_mail(work: Walk) -> None:
    page = work.page
    work.choose("panel", "Edit")
    page.locator("#note").fill("A **warm** welcome.")
    page.locator("#note-by").fill(NAME)
    page.get_by_role("button", name="Save the note").click()
    work.said("The note is kept.")
    expect(work.mail.locator("strong", has_text="warm")).to_be_visible()
    expect(page.locator("#panel")).to_contain_text(f"by {NAME}, 11 November 2026, 09:00 GMT")

    gloves = page.locator(".items > li", has_text="Gloves in pairs")
    gloves.get_by_role("button", name="Up").click()
    work.said("The item is moved up.")
    words = work.words_of_mail()
    assert words.index("Gloves in pairs") < words.index("Hats indoors")

    gloves.get_by_role("button", name="Hide").click()
    work.said("The item is hidden.")
    assert "Gloves in pairs" not in work.words_of_mail()

    form = page.locator(".items > li", has_text="Hats indoors")
    form.locator("details > summary").click()
    form.get_by_label("Topic").fill("<script>alert(1)</script> Hats {{ 7*7 }}")
    form.get_by_role("button", name="Save what was read").click()
    work.said("Set by hand: topic.")
    assert "<script>alert(1)</script> Hats {{ 7*7 }}" in work.words_of_mail()
    assert work.boxes == []


# --- Approving, holding, testing -------------------------------------------------------------


def approve(work: Walk) -> None:
    work.page.locator("#deed-approve > summary").click()
    work.page.locator("#approve-by").fill(NAME)
    work.page.get_by_role("button", name="Approve this edition").click()


def test_what_was_shown_and_approved_is_what_is_sent(browser: Browser, work: Walk) -> None:
    folder, before = work.folder, mailed(work.folder)
    assert folder.does("run", now=LATER).out.count("waiting for approval") == 1
    assert mailed(folder) == before
    with walking(browser, folder, "--real-readers") as as_ada:
        as_ada.open("panel=readers&find=students")
        as_ada.page.locator("#panel").get_by_role("link", name="a…@e…").first.click()
        expect(as_ada.page.locator("#menu-reader .menu-value")).to_have_text("a…@e…")
        with as_ada.page.expect_download() as taken:
            as_ada.page.get_by_role("link", name=".eml").click()
        shown = read(taken.value.path())

    approve(work)
    expect(work.page.locator("#state")).to_have_text("Approved, ready to send")
    assert folder.does("run", now=LATER).status == 0

    sent = {read(path)["to"].addresses[0].addr_spec: read(path) for path in mailed(folder) - before}
    assert len(sent) == 5
    hers = sent["ada@example.org"]
    assert hers["subject"] == shown["subject"]
    assert [body(hers, kind) for kind in ("html", "plain")] == [
        body(shown, kind) for kind in ("html", "plain")
    ]


def test_a_change_after_approval_asks_again_and_shows_what_changed(work: Walk) -> None:
    approve(work)
    expect(work.page.locator("#state")).to_have_text("Approved, ready to send")

    ended = work.folder.does(
        "chats", "set", "2", "topic=Gloves outdoors", "--by", "Orla", now=WEEK_2
    )

    assert ended.status == 0
    expect(work.page.locator("#state")).to_have_text("Changed since it was approved")
    work.choose("panel", "Diff")
    work.choose("against", "Last approval")
    expect(work.page.locator("#panel ins", has_text="Gloves outdoors").first).to_be_visible()
    before = mailed(work.folder)
    assert "has changed since" in work.folder.does("run", now=LATER).out
    assert mailed(work.folder) == before


def test_what_is_held_stays_until_somebody_approves_it(work: Walk) -> None:
    approve(work)
    work.said("may leave")
    work.page.locator("#deed-hold > summary").click()
    work.page.locator("#hold-reason").fill("A host is ill")
    work.page.get_by_role("button", name="Hold this edition").click()

    expect(work.page.locator("#state")).to_have_text("On hold")
    before = mailed(work.folder)
    assert "A host is ill" in work.folder.does("run", now=LATER).out
    assert mailed(work.folder) == before


def test_a_test_goes_to_the_maintainer_alone_and_is_marked(work: Walk) -> None:
    before = mailed(work.folder)

    work.page.locator("#deed-test > summary").click()
    work.page.get_by_role("button", name="Send the test").click()
    work.said("The test is on its way")

    (path,) = mailed(work.folder) - before
    message = read(path)
    assert message["to"].addresses[0].addr_spec == "pip@team.example"
    assert message["subject"].startswith("[TEST] ")
    assert message["list-unsubscribe"] == "<mailto:team@otalk.example?subject=unsubscribe%20test>"
    assert "pip@team.example" not in work.page.content()


def test_all_of_it_goes_without_a_mouse(work: Walk) -> None:
    keyboard, page = work.page.keyboard, work.page

    keyboard.press("d")
    expect(page.locator("figcaption strong")).to_have_text("Light")
    keyboard.press("2")
    expect(page.locator("#panel-title")).to_have_text("Text")
    for _ in range(150):
        keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('#deed-approve > summary')"):
            break
    keyboard.press("Enter")
    keyboard.press("Tab")
    keyboard.press("Control+a")
    keyboard.type(NAME)
    keyboard.press("Enter")

    work.said("may leave")
    expect(page.locator("#state")).to_have_text("Approved, ready to send")
    assert f"approved by {NAME}" in page.locator("#ready").inner_text()
