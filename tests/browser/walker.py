"""A maintainer at the preview: a browser on the page that the command names.

Where a preview of its own is all that a test needs, it runs in this process: the command would
start and render once more before anything can be seen.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, Dialog, FrameLocator, Page, expect
from tests.browser_tools import View, Visit, visiting
from tests.maintainer import Folder, environment
from tests.preview_site import WEEK_2, previewing

WIDE: Final = View(1280)
#: More than any panel needs.
_TALL: Final = 6000


# Without slots: Playwright keeps its wrapper of a method on the object.
@dataclass(kw_only=True)
class Walk:
    """One window of the preview."""

    visit: Visit
    #: Of the preview, with its token; ends in "/".
    address: str
    folder: Folder
    #: What the page or the mail wanted to say in a box of the browser's own.
    boxes: list[str] = field(default_factory=list)
    #: What the console and the page complained of.
    complaints: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.visit.page

    @property
    def mail(self) -> FrameLocator:
        """The mail in its frame."""
        return self.page.frame_locator("iframe").first

    def ask(self, script: str) -> Any:  # noqa: ANN401 - whatever it answers
        """Run an expression in the mail."""
        return self.mail.locator(":root").evaluate(script)

    def open(self, query: str = "") -> Page:
        """Load a page of it."""
        self.page.goto(f"{self.address}?{query}")
        return self.page

    def choose(self, picker: str, label: str) -> None:
        """Click on a choice, and wait until it is the current one."""
        links = self.page.locator(f"[data-picker='{picker}'] a")
        wanted = links.filter(has=self.page.get_by_text(label, exact=True))
        if not wanted.last.is_visible():
            self.page.locator(f"#menu-{picker} > summary").click()
        wanted.locator("visible=true").click()
        expect(wanted.last).to_have_attribute(
            "aria-current", "page" if picker == "panel" else "true"
        )

    def words_of_mail(self) -> str:
        """Return the text that the frame shows."""
        return self.mail.locator("body").inner_text()

    def colour(self, selector: str) -> Any:  # noqa: ANN401 - three numbers
        """Return the background of something in the mail: red, green, blue."""
        script = f"getComputedStyle(document.querySelector('{selector}')).backgroundColor"
        written = str(self.ask(script))
        return tuple(int(number) for number in written.strip("rgba()").split(",")[:3])

    def dismiss(self, box: Dialog) -> None:
        """Note what it says, and go on."""
        self.boxes.append(box.message)
        box.dismiss()

    def unfold(self, view: View) -> None:
        """Show all of the page at once: what is cut off in a box that scrolls is not measured."""
        self.visit.show(view).page.set_viewport_size({"width": view.width, "height": _TALL})

    def said(self, words: str) -> None:
        """Wait until the page says so."""
        expect(self.page.locator("#said")).to_contain_text(words)


@contextmanager
def commanded(folder: Folder, *words: str) -> Iterator[str]:
    """Run the command; give the address that it prints."""
    with subprocess.Popen(
        [sys.executable, "-m", "otalk_digest", "--now", WEEK_2, "preview", *words],
        cwd=folder.path,
        env=environment() | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()
            _, complaints = server.communicate(timeout=60)
    assert complaints == ""


@contextmanager
def walking(browser: Browser, folder: Folder, *words: str) -> Iterator[Walk]:
    """Open the preview that the command runs."""
    with commanded(folder, *words) as address, opened(browser, folder, address) as walk:
        yield walk


@contextmanager
def walking_here(browser: Browser, folder: Folder) -> Iterator[Walk]:
    """Open a preview that this process runs."""
    with previewing(folder) as preview:
        address = f"{preview.web.base_url}".rstrip("/") + preview.base
        with opened(browser, folder, address) as walk:
            yield walk


@contextmanager
def opened(browser: Browser, folder: Folder, address: str) -> Iterator[Walk]:
    """Open a window; in the end the preview has asked nobody but itself for anything."""
    origin = address.rpartition("/")[0].rpartition("/")[0]
    with visiting(browser, server=origin) as visit:
        walk = Walk(visit=visit.show(WIDE), address=address, folder=folder)
        page = walk.page
        page.on("console", lambda message: walk.complaints.append(message.text))
        page.on("pageerror", lambda error: walk.complaints.append(str(error)))
        page.on("dialog", walk.dismiss)
        yield walk
        assert visit.refused == []
