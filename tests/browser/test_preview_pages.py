"""How the preview's own pages look and stand up to a keyboard, in a real browser."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser
from tests.browser_tools import View, Visit, axe_faults, visiting
from tests.preview_stand import Stand, stood
from tests.view_panels import HOSTILE, LONG
from tests.views import PANELS, STATES, a_view

from otalk_digest.web.preview import view as views

PAGES: Final = {name: a_view({"panel": name}) for name in PANELS} | STATES
NAMES: Final = tuple(PAGES)
LOOKS: Final = [View(360), View(360, "dark"), View(1280), View(1280, "dark")]
EXTREME: Final = a_view(
    title=f"{HOSTILE} {LONG}",
    notice=f"{LONG} was saved",
    inbox=(views.InboxLine(program="Phone", sender=LONG, subject=LONG, preheader=HOSTILE),),
    fault=views.Fault(text=LONG, file=f"templates/{LONG}.html.j2", line=3),
)


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with stood() as stand:
        yield stand


@pytest.fixture(scope="module")
def visit(browser: Browser, stand: Stand) -> Iterator[Visit]:
    with visiting(browser, server=stand.origin) as visit:
        yield visit


@pytest.fixture(scope="module")
def still(browser: Browser, stand: Stand) -> Iterator[tuple[Visit, list[str]]]:
    """Another window, for pages that are only looked at, and what they complained of."""
    complaints: list[str] = []
    with visiting(browser, server=stand.origin) as visit:
        visit.page.on("console", lambda message: complaints.append(message.text))
        visit.page.on("pageerror", lambda error: complaints.append(str(error)))
        yield visit, complaints


@pytest.fixture(scope="module")
def seen(still: tuple[Visit, list[str]], stand: Stand, request: pytest.FixtureRequest) -> Visit:
    """A page, opened once and unfolded: a claim may change the view but nothing of the page."""
    visit, complaints = still
    complaints.clear()
    visit.refused.clear()
    open_page(visit, stand, PAGES.get(request.param, EXTREME), unfold=True)
    return visit


def open_page(visit: Visit, stand: Stand, view: views.View, *, unfold: bool = False) -> None:
    stand.draw = lambda _: view
    visit.page.goto(stand.address)
    if unfold:
        visit.page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")


@pytest.mark.parametrize("seen", NAMES, indirect=True)
def test_a_page_complains_of_nothing_and_asks_nobody_else(
    seen: Visit, still: tuple[Visit, list[str]]
) -> None:
    _, complaints = still

    assert (complaints, seen.refused) == ([], [])


@pytest.mark.parametrize("seen", NAMES, indirect=True)
def test_axe_finds_nothing(seen: Visit) -> None:
    faults = {str(look): axe_faults(seen.show(look)) for look in (View(360, "dark"), View(1280))}

    assert {look: found for look, found in faults.items() if found} == {}


@pytest.mark.parametrize("seen", ["findings", "edit"], indirect=True)
def test_axe_finds_nothing_in_the_other_scheme_either(seen: Visit) -> None:
    faults = {str(look): axe_faults(seen.show(look)) for look in (View(360), View(1280, "dark"))}

    assert {look: found for look, found in faults.items() if found} == {}


@pytest.mark.parametrize("width", [320, 700, 1100])
@pytest.mark.parametrize("seen", [*NAMES, "extreme"], indirect=True)
def test_nothing_scrolls_sideways(seen: Visit, width: int) -> None:
    room = "[document.documentElement.scrollWidth, innerWidth]"

    needed, has = seen.show(View(width)).page.evaluate(room)

    assert needed == has


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("menu", ["segment", "as-of"])
def test_axe_finds_nothing_in_an_open_menu(
    visit: Visit, stand: Stand, look: View, menu: str
) -> None:
    open_page(visit, stand, PAGES["text"])
    visit.show(look).page.locator(f"#menu-{menu} > summary").click()

    # What lies beneath a menu cannot be read meanwhile.
    assert [fault for fault in axe_faults(visit) if "menu-box" in fault] == []


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_axe_finds_nothing_in_the_list_of_keys(visit: Visit, stand: Stand, look: View) -> None:
    open_page(visit, stand, PAGES["text"])
    visit.show(look).page.locator("#keys-button").click()

    assert axe_faults(visit, leave_out=["color-contrast"]) == []
    assert visit.page.locator("dialog").is_visible()


#: Every control that can be seen, and the address of each place where the focus came by.
_CONTROLS: Final = """() => [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), textarea, summary, iframe, [tabindex="0"]'
)].filter(one => one.checkVisibility({visibilityProperty: true}) && !one.disabled)
  .map((one, at) => { one.dataset.walk = at; return at; })"""
_FOCUS: Final = """() => {
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const hasRing = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return {
    at: one.dataset.walk,
    // Within the mail the ring is round its link.
    ring: hasRing || one.matches('iframe'),
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    name: one.outerHTML.slice(0, 80),
  };
}"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["findings", "edit", "diff", "readers", "source", "compare"])
def test_tab_reaches_every_control_with_a_ring_and_leaves_the_mail(
    visit: Visit, stand: Stand, name: str, width: int
) -> None:
    visit.show(View(width))
    open_page(visit, stand, PAGES[name], unfold=True)
    expected = {str(at) for at in visit.page.evaluate(_CONTROLS)}
    met: dict[str, str] = {}
    unseen: list[str] = []

    for _ in range(3 * len(expected) + 60):
        visit.page.keyboard.press("Tab")
        focus = visit.page.evaluate(_FOCUS)
        if focus["at"] is not None:
            met[focus["at"]] = focus["name"]
        if focus["at"] is not None and not (focus["ring"] and focus["seen"]):
            unseen.append(focus["name"])
        if len(met) == len(expected):
            break

    assert set(met) == expected
    assert unseen == []


def test_targets_are_large_enough_for_a_finger(visit: Visit, stand: Stand) -> None:
    visit.show(View(360))
    open_page(visit, stand, PAGES["edit"], unfold=True)

    small = visit.page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden])')]
          .filter(one => one.checkVisibility() && !one.matches('.skip'))
          .filter(one => one.getBoundingClientRect().height < 32)
          .map(one => one.outerHTML.slice(0, 60))"""
    )

    assert small == []


def test_nothing_moves_for_who_wants_no_motion(visit: Visit, stand: Stand) -> None:
    open_page(visit, stand, PAGES["text"])
    visit.page.emulate_media(reduced_motion="reduce")

    moving = visit.page.evaluate(
        """() => [...document.querySelectorAll('*')].map(one => getComputedStyle(one)).filter(
          style => style.transitionDuration !== '0s' || style.animationName !== 'none').length"""
    )
    visit.page.emulate_media(reduced_motion="no-preference")

    assert moving == 0


@pytest.mark.parametrize(
    ("zoom", "width"), [("50", 300), ("100", 600), ("150", 900), ("200", 1200)]
)
def test_zoom_magnifies_the_mail_and_keeps_its_width_in_pixels(
    visit: Visit, stand: Stand, zoom: str, width: int
) -> None:
    visit.show(View(1280))
    open_page(visit, stand, a_view({"zoom": zoom, "width": "600"}))
    frame = visit.page.frames[1]

    assert visit.page.locator("iframe").bounding_box()["width"] == width  # type: ignore[index]
    assert frame.evaluate("innerWidth") == 600


@pytest.mark.parametrize("width", [360, 1280])
def test_an_outlined_place_is_scrolled_to(visit: Visit, stand: Stand, width: int) -> None:
    visit.show(View(width))
    open_page(visit, stand, PAGES["marked"])
    visit.page.locator("iframe").scroll_into_view_if_needed()
    place = visit.page.frame_locator("iframe").locator("#otd-mark")

    place.wait_for()
    visit.page.wait_for_function("() => document.querySelector('.frame-mark iframe')")

    box, frame = place.bounding_box(), visit.page.locator("iframe").bounding_box()
    assert box is not None
    assert frame is not None
    assert frame["y"] <= box["y"] <= frame["y"] + frame["height"]


def test_compared_mails_scroll_together(visit: Visit, stand: Stand) -> None:
    visit.show(View(1280))
    open_page(visit, stand, PAGES["compare"])
    places = "[...document.querySelectorAll('iframe')].map(one => one.getBoundingClientRect().top)"
    before = visit.page.evaluate(places)

    visit.page.evaluate("document.querySelector('.frames').scrollTop = 400")

    assert visit.page.evaluate(places) == [top - 400 for top in before]
