"""One browser for all claims of this folder, and one page for each mail."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.browser_tools import launched


# Of this folder, not of the session: a loop of Playwright's runs as long as its browser, and
# other tests may want one of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser
