"""How the page of a report looks, in a real browser."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser
from tests.browser_tools import View, Visit, axe_faults, visiting
from tests.builders import NOW
from tests.reports import EMPTY, SEASON

from otalk_digest.model.report import Report
from otalk_digest.web.report import report_page

LOOKS: Final = [View(360), View(360, "dark"), View(1280), View(1280, "dark")]


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Iterator[Visit]:
    with visiting(browser) as visit:
        yield visit


@pytest.mark.parametrize("report", [SEASON, EMPTY], ids=["season", "empty"])
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_page_is_without_fault_and_fits_the_screen(
    visit: Visit, look: View, report: Report
) -> None:
    page = report_page(report, name="#OTalk digest", zone="Europe/London", made_at=NOW)

    visit.open(page).show(look)

    assert axe_faults(visit) == []
    assert visit.refused == []
    width = visit.page.evaluate("document.documentElement.scrollWidth")
    assert width <= look.width
