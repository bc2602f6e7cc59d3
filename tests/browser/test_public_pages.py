"""The readers' pages in a real browser, without a script, from sign-up to leaving."""

from collections.abc import Iterator, Sequence
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator
from tests.browser_tools import View, Visit, axe_faults
from tests.public_site import ADDRESS, Site, path_in, public_site, surfing, swept

#: Two walks, on a phone and at a desk; each page is looked at by day and by night.
WALKS: Final = {
    "phone": (View(320), View(360, "dark")),
    "desk": (View(1200), View(1200, "dark")),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with public_site(tmp_path_factory.mktemp("site")) as found:
        yield found


def faults(visit: Visit, view: View) -> list[str]:
    """Return what axe finds, and whether the page is wider than its window."""
    visit.show(view)
    width = visit.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    found = axe_faults(visit)
    return found if width <= 0 else [*found, f"{width} pixels too wide"]


@pytest.mark.parametrize("views", WALKS.values(), ids=WALKS)
def test_a_reader_goes_from_sign_up_to_leaving(
    browser: Browser, site: Site, views: Sequence[View]
) -> None:
    swept(site)
    found: dict[tuple[str, str], list[str]] = {}

    with surfing(browser, site, views[0]) as page:

        def look(name: str) -> None:
            for view in views:
                found[name, str(view)] = faults(Visit(page=page), view)

        def press(what: Locator) -> None:
            # A click comes back sooner than the page and its style sheet.
            with page.expect_navigation():
                what.click()

        page.goto(f"{ADDRESS}/subscribe")
        page.get_by_text("Choose what you get, and when").click()
        look("form")
        page.get_by_label("Your e-mail address").fill("not an address")
        press(page.get_by_role("button", name="Sign up"))
        look("form with a mistake")
        page.get_by_label("Your e-mail address").fill("ann@example.org")
        page.get_by_label("Your name").fill("Ann")
        press(page.get_by_role("button", name="Sign up"))
        look("asked")
        assert page.get_by_role("heading", name="Please look into your inbox").is_visible()

        page.goto(f"{ADDRESS}{path_in(site.next_mail(), 'confirm')}")
        look("confirm")
        press(page.get_by_role("button", name="Yes, send me"))
        look("confirmed")
        press(page.get_by_role("link", name="Choose what you get"))
        look("preferences")
        page.get_by_label("At most once a week").check()
        page.get_by_label("Your time zone").select_option("America/Halifax")
        press(page.get_by_role("button", name="Save"))
        look("saved")
        assert page.get_by_role("status").inner_text() == "Saved. It holds from the next e-mail on."
        assert page.get_by_label("At most once a week").is_checked()

        press(page.get_by_role("link", name="Have everything"))
        look("erase")
        press(page.get_by_role("link", name="No, go back"))
        press(page.get_by_role("link", name="Unsubscribe"))
        look("leave")
        press(page.get_by_role("button", name="Unsubscribe"))
        look("left")
        assert site.standing_of("ann@example.org") == "withdrawn, unsubscribed"
        press(page.get_by_role("button", name="That was a mistake"))
        look("back")
        assert site.standing_of("ann@example.org") == "confirmed"
        page.goto(f"{ADDRESS}/subscribe/embed")
        look("embedded form")
        page.goto(f"{ADDRESS}/nothing")
        look("not found")

    assert {name: wrong for name, wrong in found.items() if wrong} == {}
