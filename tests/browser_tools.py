"""A real browser for tests: Debian's Chromium, kept off the network, and axe-core.

Measures that look at a page's layout are in `browser_measures.js`; here is what runs them.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, Self

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

#: Where a page stands that is no server's.
ADDRESS: Final = "http://mail.invalid/"

Scheme = Literal["light", "dark"]

AXE: Final = Path(__file__).parents[1] / ".build" / "axe-core-4.14.1" / "axe.min.js"
MEASURES: Final = Path(__file__).with_name("browser_measures.js")
#: Set to "required" by the gate: there a browser that is missing is a failure.
_DEMAND: Final = "BROWSER_TESTS"
_HEIGHT: Final = 900
#: Everything of WCAG 2.0 to 2.2 A and AA, and what axe calls best practice.
_AXE_TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: WCAG 1.4.12: a reader's own spacing.
WIDE_TEXT: Final = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; }
p, li, h1, h2, h3 { margin-bottom: 2em !important; }
"""


@dataclass(frozen=True, slots=True)
class View:
    """How a reader looks at a page."""

    width: int
    scheme: Scheme = "light"

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


@dataclass(slots=True, kw_only=True)
class Visit:
    """A page that is open, and all that it asked the network for."""

    page: Page
    #: Kind ("image", "stylesheet", …) and address of every request that was refused.
    refused: list[tuple[str, str]] = field(default_factory=list)
    #: The HTML that stands at `ADDRESS`.
    html: str = ""
    #: As it was last shown.
    scheme: Scheme | None = None

    def open(self, html: str) -> Self:
        """Show this HTML, as a page with an address of its own."""
        self.html = html
        self.refused.clear()
        if self.page.url == ADDRESS:
            # A new document in the same window, where axe is known already.
            self.page.set_content(html)
        else:
            self.page.goto(ADDRESS)
        return self

    def show(self, view: View) -> Self:
        """Look at it in another width or scheme; nothing is loaded again."""
        size = self.page.viewport_size
        if size is None or size["width"] != view.width:
            self.page.set_viewport_size({"width": view.width, "height": _HEIGHT})
        # The browser works out every style anew, even where nothing changes.
        if self.scheme != view.scheme:
            self.page.emulate_media(color_scheme=view.scheme)
            self.scheme = view.scheme
        return self

    def measure(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 - each answers in its own shape
        """Run one function of browser_measures.js."""
        return self.page.evaluate("([name, given]) => measures[name](...given)", [name, arguments])

    @contextmanager
    def wide_text(self) -> Iterator[None]:
        """Give text the spacing of WCAG 1.4.12 for a while."""
        with self.style(WIDE_TEXT):
            yield

    @contextmanager
    def style(self, css: str) -> Iterator[None]:
        """Add a reader's own rules for a while."""
        handle = self.page.evaluate_handle("css => measures.addStyle(css)", css)
        try:
            yield
        finally:
            handle.evaluate("style => style.remove()")


def what_is_missing() -> str | None:
    """Say what the browser tests lack on this machine, and how to get it."""
    if shutil.which("chromium") is None:
        return "there is no Chromium: apt-get install chromium fonts-liberation"
    if not AXE.is_file():
        return "axe-core is not here: make browser-tools (needs npm: apt-get install npm)"
    return None


def demand_a_browser() -> None:
    """Skip what needs a browser where there is none; fail where the gate asks for one."""
    lack = what_is_missing()
    if lack is not None:
        _do_without(lack)


def _do_without(lack: str) -> NoReturn:
    if os.environ.get(_DEMAND) == "required":
        pytest.fail(lack, pytrace=False)
    pytest.skip(lack)


@contextmanager
def launched() -> Iterator[Browser]:
    """Run the browser of this machine, without a window; skips or fails where there is none."""
    demand_a_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        try:
            if not _has_fonts(browser):
                _do_without(
                    "there is no font, so no text has a width: apt-get install fonts-liberation"
                )
            yield browser
        finally:
            browser.close()


def _has_fonts(browser: Browser) -> bool:
    """Whether letters take room: on a machine without fonts each is nothing, and all rules hold."""
    page = browser.new_page()
    page.set_content("<span>Words</span>")
    width: float = page.evaluate("document.querySelector('span').getBoundingClientRect().width")
    page.close()
    return width > 0


@contextmanager
def visiting(browser: Browser, *, server: str | None = None) -> Iterator[Visit]:
    """Open a window that reaches `server` (an origin on loopback) and what `Visit.open` is given.

    Everything else is refused and noted. A window costs more than all that is done in it.
    """
    # What moves is measured at rest.
    context = browser.new_context(
        viewport={"width": 700, "height": _HEIGHT}, reduced_motion="reduce"
    )
    context.add_init_script(path=MEASURES)
    visit = Visit(page=context.new_page())

    def answer(route: Route) -> None:
        request = route.request
        if request.url == ADDRESS:
            route.fulfill(body=visit.html, content_type="text/html; charset=utf-8")
        elif server is not None and request.url.startswith(f"{server}/"):
            route.continue_()
        else:
            visit.refused.append((request.resource_type, request.url))
            route.abort()

    context.route("**/*", answer)
    try:
        yield visit
    finally:
        context.close()


def axe_faults(
    visit: Visit, *, leave_out: Sequence[str] = (), within: str | None = None
) -> list[str]:
    """Return what axe-core finds wrong, or cannot tell about contrast, as it stands now.

    `within` is a selector: only that part of the page is looked at.
    """
    if visit.page.evaluate("typeof axe") == "undefined":
        # As a function of the browser's console: a page's own policy would refuse a script.
        visit.page.evaluate(f"() => {{ {_axe_source()} }}")
    rules = {"target-size": {"enabled": True}} | {rule: {"enabled": False} for rule in leave_out}
    options = {
        "runOnly": {"type": "tag", "values": list(_AXE_TAGS)},
        "rules": rules,
        "resultTypes": ["violations", "incomplete"],
        # A mail in a frame of the preview is looked at on its own.
        "iframes": False,
        # Read by nothing here, and slow.
        "elementRef": False,
        "ancestry": False,
    }
    found: list[str] = visit.measure("axeFaults", within, options)
    return found


@cache
def _axe_source() -> str:
    return AXE.read_text(encoding="utf-8")
