"""Pure. Where a blog can be read, from what its address answers: REST, else Atom, else RSS 2.0.

Both feeds show page one of ten posts, RSS 2.0 without the time of an edit; REST shows whole
posts, any of them, and what was edited (F1, F27, F33).
"""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit, urlunsplit

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from otalk_digest.collect.document import decode
from otalk_digest.collect.items import outline
from otalk_digest.collect.rest import with_query
from otalk_digest.model.feed import FeedKind, Fetched, Route

#: What WordPress calls its REST, in the page and in the Link header.
_API = "https://api.w.org/"
_API_LINK = re.compile(r"<([^<>]{1,2000})>\s*;\s*rel=[\"']?https://api\.w\.org/")
_WORDPRESS_COM_API = "https://public-api.wordpress.com/wp/v2/sites/"
_FEED_TYPES = {"application/atom+xml": FeedKind.ATOM, "application/rss+xml": FeedKind.RSS2}
_FEED_PATH = re.compile(r"/feed(?:/(?:atom|rss2?|rdf))?/?$")
#: Where a page has to name its charset.
_PRESCAN = 1_024
_COMMENTS = re.compile(r"/comments/|\bcomments?\b", re.IGNORECASE)


def routes_of(fetched: Fetched) -> tuple[Route, ...]:
    """The ways to read the blog whose address answered so, the best first.

    A feed's own address stays that feed.
    """
    text, _ = decode(fetched.body or b"", fetched.content_type)
    parts = outline(text)
    if parts is not None:
        return (Route(kind=parts.kind, address=fetched.url),)
    if text.lstrip()[:1] == "[":
        return (Route(kind=FeedKind.REST, address=fetched.url, rest_address=fetched.url),)
    page = parse_page(fetched)
    if page is None:
        return ()
    rest_address = rest_address_of(fetched, page)
    feeds = dict(_feeds(page, fetched.url))
    if rest_address is not None:
        feeds = {FeedKind.REST: rest_address, **feeds}
    order = (FeedKind.REST, FeedKind.ATOM, FeedKind.RSS2)
    return tuple(
        Route(kind=kind, address=feeds[kind], rest_address=rest_address)
        for kind in order
        if kind in feeds
    )


def guessed_routes(url: str) -> tuple[Route, ...]:
    """Where WordPress has its feeds, for a page that names none (F28)."""
    parts = urlsplit(url)
    rss = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + "/feed/", "", ""))
    return (
        Route(kind=FeedKind.ATOM, address=f"{rss}atom/"),
        Route(kind=FeedKind.RSS2, address=rss),
    )


def blog_address(feed_address: str) -> str:
    """The page that a feed's address belongs to."""
    parts = urlsplit(feed_address)
    return urlunsplit((parts.scheme, parts.netloc, _FEED_PATH.sub("/", parts.path) or "/", "", ""))


def parse_page(fetched: Fetched) -> HtmlElement | None:
    """The page as a tree; None when there is nothing in it.

    Its charset is the header's, else the one that the page names, else UTF-8 (HTML §13.2.3).
    """
    body, encoding = fetched.body or b"", None
    if "charset" in (fetched.content_type or "") or b"charset" not in body[:_PRESCAN]:
        text, _ = decode(body, fetched.content_type)
        body, encoding = text.encode(), "utf-8"
    try:
        return lxml_html.document_fromstring(body, parser=lxml_html.HTMLParser(encoding=encoding))
    except (etree.LxmlError, ValueError):
        return None


def rest_address_of(fetched: Fetched, page: HtmlElement) -> str | None:
    """Where the site of this page answers for its posts, as far as it says so."""
    if link := _API_LINK.search(fetched.link_header or ""):
        return _posts_of(urljoin(fetched.url, link.group(1)))
    for element in page.iter("link"):
        if element.get("rel") == _API and (target := element.get("href")):
            return _posts_of(urljoin(fetched.url, target))
    host = urlsplit(fetched.url).hostname or ""
    if host.endswith(".wordpress.com") or _generator(page) == "WordPress.com":
        # F35. Their pages need not name it.
        return f"{_WORDPRESS_COM_API}{host}/posts"
    return None


def _posts_of(root: str) -> str | None:
    """The posts behind the root of an API: `/wp-json/`, `?rest_route=/`, or one of many sites."""
    parts = urlsplit(root)
    if parts.scheme not in {"http", "https"}:
        return None
    if "rest_route=" in parts.query:
        return with_query(root, rest_route="/wp/v2/posts")
    own = root if root.endswith("/") else f"{root}/"
    return f"{own}posts" if "/wp/v2/" in parts.path else f"{own}wp/v2/posts"


def _generator(page: HtmlElement) -> str | None:
    named = (each for each in page.iter("meta") if each.get("name") == "generator")
    return next((each.get("content") for each in named), None)


def _feeds(page: HtmlElement, url: str) -> Iterator[tuple[FeedKind, str]]:
    """The feeds of posts that a page names; beside an RSS feed WordPress has Atom (F28)."""
    named: dict[FeedKind, str] = {}
    for element in page.iter("link"):
        kind = _FEED_TYPES.get((element.get("type") or "").lower())
        target = urljoin(url, element.get("href") or "")
        is_alternate = "alternate" in (element.get("rel") or "").lower().split()
        if kind is None or not is_alternate or not target.startswith(("http://", "https://")):
            continue
        if not _COMMENTS.search(f"{element.get('title') or ''} {urlsplit(target).path}"):
            named.setdefault(kind, target)
    rss = named.get(FeedKind.RSS2)
    if rss and _FEED_PATH.search(urlsplit(rss).path):
        yield FeedKind.RSS2, rss
        yield FeedKind.ATOM, blog_address(rss).rstrip("/") + "/feed/atom/"
    yield from named.items()
