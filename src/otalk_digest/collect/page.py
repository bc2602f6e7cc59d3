"""Pure. A post read from its own page, where no feed and no REST gives all of it (T26)."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import html as lxml_html
from lxml.html import HtmlElement

from otalk_digest.collect.discover import parse_page, rest_address_of
from otalk_digest.model.feed import Fetched

#: Where themes keep the words of a post, the surest first.
_HOLDERS = (
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' entry-content ')]",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' post-content ')]",
    "//article",
    "//main",
)
#: What stands inside them and is no part of the post; the rest goes when it is made safe.
_FURNITURE = (
    ".//h1 | .//nav | .//footer | .//aside | .//form | .//script | .//style"
    " | .//*[@id='comments' or @id='respond']"
    " | .//*[contains(concat(' ', normalize-space(@class), ' '), ' page-links ')]"
    " | .//*[contains(concat(' ', normalize-space(@class), ' '), ' entry-meta ')]"
)
_PART = re.compile(r"^(\d{1,2})/?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPage:
    """What the page of one post holds. Its HTML is not yet safe."""

    html: str
    #: Where a post cut by `<!--nextpage-->` goes on, in order (F27).
    further_parts: tuple[str, ...] = ()
    rest_address: str | None = None


def read_page(fetched: Fetched) -> PostPage | None:
    """None when no post can be found in it."""
    page = parse_page(fetched)
    if page is None:
        return None
    rest_address = rest_address_of(fetched, page)
    further = _further_parts(page, fetched.url)
    holder = next((found[0] for path in _HOLDERS if (found := page.xpath(path))), None)
    if holder is None:
        return PostPage(html="", rest_address=rest_address) if rest_address else None
    for element in holder.xpath(_FURNITURE):
        if element.getparent() is not None:
            element.drop_tree()
    return PostPage(
        html=lxml_html.tostring(holder, encoding="unicode", with_tail=False),
        further_parts=further,
        rest_address=rest_address,
    )


def _further_parts(page: HtmlElement, url: str) -> tuple[str, ...]:
    """Links to `…/2/` and so on, below the page's own address and on its own host."""
    own = urlsplit(url)
    below = own.path.rstrip("/") + "/"
    found: dict[int, str] = {}
    for link in page.iter("a"):
        target = urljoin(url, link.get("href") or "")
        try:
            parts = urlsplit(target)
        except ValueError:
            continue
        if parts.netloc != own.netloc or not parts.path.startswith(below):
            continue
        if number := _PART.match(parts.path[len(below) :]):
            found.setdefault(int(number.group(1)), target)
    return tuple(found[number] for number in sorted(found) if number > 1)
