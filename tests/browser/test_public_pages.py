"""The readers' pages in a real browser, without a script, from sign-up to leaving."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.browser_tools import View, Visit, axe_faults
from tests.public_site import ADDRESS, Site, path_in, public_site, surfing, swept

VIEWS = (View(320), View(360, "dark"), View(1200), View(1200, "dark"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with public_site(tmp_path_factory.mktemp("site")) as found:
        yield found


def faults(page: Page) -> list[str]:
    """Return what axe finds, and whether the page is wider than its window."""
    # A click comes back when the page has begun; its style sheet may still be under way.
    page.wait_for_load_state("load")
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    found = axe_faults(Visit(page=page))
    return found if width <= 0 else [*found, f"{width} pixels too wide"]


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_a_reader_goes_from_sign_up_to_leaving(browser: Browser, site: Site, view: View) -> None:
    swept(site)
    found: dict[str, list[str]] = {}

    with surfing(browser, site, view) as page:

        def look(name: str) -> None:
            found[name] = faults(page)

        page.goto(f"{ADDRESS}/subscribe")
        page.get_by_text("Choose what you get, and when").click()
        look("form")
        page.get_by_label("Your e-mail address").fill("not an address")
        page.get_by_role("button", name="Sign up").click()
        look("form with a mistake")
        page.get_by_label("Your e-mail address").fill("ann@example.org")
        page.get_by_label("Your name").fill("Ann")
        page.get_by_role("button", name="Sign up").click()
        look("asked")
        assert page.get_by_role("heading", name="Please look into your inbox").is_visible()

        page.goto(f"{ADDRESS}{path_in(site.next_mail(), 'confirm')}")
        look("confirm")
        page.get_by_role("button", name="Yes, send me").click()
        look("confirmed")
        page.get_by_role("link", name="Choose what you get").click()
        look("preferences")
        page.get_by_label("At most once a week").check()
        page.get_by_label("Your time zone").select_option("America/Halifax")
        page.get_by_role("button", name="Save").click()
        look("saved")
        assert page.get_by_role("status").inner_text() == "Saved. It holds from the next e-mail on."
        assert page.get_by_label("At most once a week").is_checked()

        page.get_by_role("link", name="Have everything").click()
        look("erase")
        page.get_by_role("link", name="No, go back").click()
        page.get_by_role("link", name="Unsubscribe").click()
        look("leave")
        page.get_by_role("button", name="Unsubscribe").click()
        look("left")
        assert site.standing_of("ann@example.org") == "withdrawn, unsubscribed"
        page.get_by_role("button", name="That was a mistake").click()
        look("back")
        assert site.standing_of("ann@example.org") == "confirmed"
        page.goto(f"{ADDRESS}/subscribe/embed")
        look("embedded form")
        page.goto(f"{ADDRESS}/nothing")
        look("not found")

    assert {name: wrong for name, wrong in found.items() if wrong} == {}
