"""One browser for all claims of this folder, and one page for each mail."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.mails import MAILS, Mail, html_of, unlined_html_of
from tests.browser_tools import Visit, launched, visiting

# As long as everything else is waited for: a slow machine must not fail a claim.
expect.set_options(timeout=30_000)


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
