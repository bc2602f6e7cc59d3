"""One browser for all claims of this folder, and one page for each mail."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.mails import MAILS, Mail, html_of, unlined_html_of
from tests.browser_tools import View, Visit, launched, visiting

# As long as everything else is waited for: a slow machine must not fail a claim.
expect.set_options(timeout=30_000)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of each mail, hold all claims about one view before the next: to change it is slow."""
    order = {item: found for item in items if (found := _mail_and_view(item))}
    places = [place for place, item in enumerate(items) if item in order]
    for place, item in zip(places, sorted(order, key=order.__getitem__), strict=True):
        items[place] = item


def _mail_and_view(item: pytest.Item) -> tuple[int, bool, int] | None:
    case = getattr(item, "callspec", None)
    if case is None or "mail" not in case.params:
        return None
    # Claims that bring no view begin with the widest.
    view = case.params.get("view", View(10_000))
    return MAILS.index(case.params["mail"]), view.scheme == "dark", -view.width


# Of this folder, not of the session: a loop of Playwright's runs as long as its browser, and
# other tests may want one of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="package", params=MAILS, ids=str)
def mail(request: pytest.FixtureRequest) -> Mail:
    """Each in turn: all claims about one are held before the next is opened."""
    found: Mail = request.param
    return found


@pytest.fixture(scope="package")
def windows(browser: Browser) -> Iterator[tuple[Visit, Visit, Visit]]:
    with visiting(browser) as one, visiting(browser) as two, visiting(browser) as three:
        yield one, two, three


@pytest.fixture(scope="package")
def visit(windows: tuple[Visit, Visit, Visit], mail: Mail) -> Visit:
    """The mail, opened once: a claim may change the view but nothing of the page."""
    return windows[0].open(html_of(mail))


@pytest.fixture(scope="package")
def unlined(windows: tuple[Visit, Visit, Visit], mail: Mail) -> Visit:
    """The same mail before its styles were moved into its elements."""
    return windows[1].open(unlined_html_of(mail))


@pytest.fixture
def spoilt(windows: tuple[Visit, Visit, Visit], mail: Mail) -> Visit:
    """The mail once more, for claims that take something away from it."""
    return windows[2].open(html_of(mail))
