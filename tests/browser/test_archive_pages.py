"""How the archive looks, in a real browser, on phones and desks, by day and by night."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser
from tests.archive_site import LOOPBACK, Site, a_site
from tests.browser_tools import View, Visit, axe_faults, visiting
from tests.maintainer import Folder
from tests.preview_site import WEEK_2

LOOKS: Final = [View(320), View(320, "dark"), View(1024), View(1024, "dark")]
PAGES: Final = ["/", "/archive", "/archive/2", "/archive/1", "/e/2/{token}", "/archive/9"]


@pytest.fixture(scope="module")
def site(after_two_editions: Folder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = after_two_editions.copied(tmp_path_factory.mktemp("archive") / "mine")
    with a_site(folder, is_for_a_browser=True) as site:
        yield site


@pytest.fixture(scope="module")
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    with visiting(browser, server=site.address) as visit:
        yield visit


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_without_fault_and_fits_the_screen(visit: Visit, site: Site, path: str) -> None:
    visit.refused.clear()
    visit.page.goto(site.address + path.format(token=site.token("cleo@example.org")))

    for look in LOOKS:
        visit.show(look)
        assert (str(look), axe_faults(visit)) == (str(look), [])
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= look.width
    assert visit.refused == []


def test_a_visitor_walks_from_the_front_through_the_archive(visit: Visit, site: Site) -> None:
    visit.show(View(320)).page.goto(site.address)

    visit.page.get_by_role("link", name="Read past e-mails").click()
    visit.page.get_by_role("link", name="Kettles on wheels.").click()
    visit.page.get_by_role("link", name="The one after").click()

    assert visit.page.url == f"{site.address}/archive/2"
    visit.page.get_by_role("link", name="All past e-mails").click()
    assert visit.page.url == f"{site.address}/archive"


def test_the_files_work_where_they_lie(browser: Browser, site: Site, tmp_path: Path) -> None:
    ended = site.folder.does("archive", "build", "--out", str(tmp_path), now=WEEK_2)
    assert ended.status == 0, ended.err

    with lying(tmp_path) as address, visiting(browser, server=address) as visit:
        visit.show(View(320)).page.goto(f"{address}/index.html")
        assert axe_faults(visit) == []
        visit.page.get_by_role("link", name="Kettles on wheels.").click()
        visit.page.get_by_role("link", name="The one after").click()
        assert visit.page.url == f"{address}/2.html"
        assert axe_faults(visit) == []
        assert visit.refused == []


@contextmanager
def lying(folder: Path) -> Iterator[str]:
    """A web space that gives out files, under an address."""
    handler = partial(SilentHandler, directory=folder)
    with ThreadingHTTPServer((LOOPBACK, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}"
        server.shutdown()
        thread.join()


class SilentHandler(SimpleHTTPRequestHandler):
    """Gives out files without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""
