"""One browser for all claims of this folder, and one page for each mail."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.browser.mails import MAILS, Mail, html_of, unlined_html_of
from tests.browser_tools import Visit, launched, visiting

ADDRESS = "http://mail.invalid/"
UNLINED = "http://unlined.invalid/"


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
def visit(browser: Browser, mail: Mail) -> Iterator[Visit]:
    """The mail, opened once: a claim may change the view but nothing of the page."""
    with visiting(browser, pages={ADDRESS: html_of(mail)}) as visit:
        visit.page.goto(ADDRESS)
        yield visit


@pytest.fixture(scope="package")
def unlined(browser: Browser, mail: Mail) -> Iterator[Visit]:
    """The same mail before its styles were moved into its elements."""
    with visiting(browser, pages={UNLINED: unlined_html_of(mail)}) as visit:
        visit.page.goto(UNLINED)
        yield visit


@pytest.fixture
def spoilt(browser: Browser, mail: Mail) -> Iterator[Visit]:
    """The mail once more, for claims that take something away from it."""
    with visiting(browser, pages={ADDRESS: html_of(mail)}) as visit:
        visit.page.goto(ADDRESS)
        yield visit
