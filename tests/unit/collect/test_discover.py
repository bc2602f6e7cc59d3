"""What an address offers, by what it answers; and a post read from its page."""

from html import unescape

import pytest

from otalk_digest.collect.credentials import bare, with_credentials
from otalk_digest.collect.discover import blog_address, guessed_routes, routes_of
from otalk_digest.collect.page import read_page
from otalk_digest.model.feed import FeedKind, Fetched

HOME = "https://blog.otalk.example/"
RSS = '<link rel="alternate" type="application/rss+xml" title="Kites" href="/feed/">'


def fetched(body: str, *, url: str = HOME, link_header: str | None = None) -> Fetched:
    return Fetched(url=url, body=body.encode(), content_type="text/html", link_header=link_header)


def offered(body: str, *, url: str = HOME, link_header: str | None = None) -> dict[FeedKind, str]:
    routes = routes_of(fetched(body, url=url, link_header=link_header))
    return {route.kind: route.address for route in routes}


@pytest.mark.parametrize(
    ("root", "posts"),
    [
        ("/wp-json/", "https://blog.otalk.example/wp-json/wp/v2/posts"),
        (
            "https://blog.otalk.example/sub/wp-json",
            "https://blog.otalk.example/sub/wp-json/wp/v2/posts",
        ),
        ("/index.php?rest_route=/", "https://blog.otalk.example/index.php?rest_route=/wp/v2/posts"),
        # F35.
        (
            "https://public-api.wordpress.com/wp/v2/sites/1234/",
            "https://public-api.wordpress.com/wp/v2/sites/1234/posts",
        ),
    ],
    ids=["permalinks", "in a folder", "no permalinks", "WordPress.com"],
)
def test_rest_is_found_behind_its_root(root: str, posts: str) -> None:
    page = f'<html><head><link rel="https://api.w.org/" href="{root}"></head></html>'
    header = f'<{root}>; rel="https://api.w.org/", <https://wp.example/x>; rel=shortlink'

    assert offered(page)[FeedKind.REST] == posts
    assert offered("<html></html>", link_header=header)[FeedKind.REST] == posts


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://kites.wordpress.com/", "<html></html>"),
        ("https://kites.example/", '<html><meta name="generator" content="WordPress.com"></html>'),
    ],
)
def test_wordpress_com_has_one_api_for_all_its_blogs(url: str, page: str) -> None:
    """F35."""
    host = url.split("/")[2]

    assert offered(page, url=url) == {
        FeedKind.REST: f"https://public-api.wordpress.com/wp/v2/sites/{host}/posts"
    }


def test_feeds_are_found_best_first_and_without_the_comments() -> None:
    comments = RSS.replace("Kites", "Kites » Comments Feed").replace("/feed/", "/comments/feed/")

    routes = routes_of(fetched(f"<html><head>{comments}{RSS}</head></html>"))

    assert [(route.kind, route.address) for route in routes] == [
        (FeedKind.ATOM, "https://blog.otalk.example/feed/atom/"),
        (FeedKind.RSS2, "https://blog.otalk.example/feed/"),
    ]


def test_another_softwares_feed_is_taken_as_it_is_named() -> None:
    page = '<html><link rel="alternate" type="application/rss+xml" href="/index.xml"></html>'

    assert offered(page) == {FeedKind.RSS2: "https://blog.otalk.example/index.xml"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('<rss version="2.0"><channel></channel></rss>', FeedKind.RSS2),
        ('<feed xmlns="http://www.w3.org/2005/Atom"></feed>', FeedKind.ATOM),
        ("[]", FeedKind.REST),
    ],
)
def test_a_feed_is_itself(body: str, kind: FeedKind) -> None:
    assert offered(body) == {kind: HOME}


@pytest.mark.parametrize("body", ["", " ", "\0", "<!-- -->", "<link rel=alternate>", "plain"])
def test_nothing_offers_nothing(body: str) -> None:
    assert offered(body) == {}


def test_a_page_that_names_nothing_may_still_be_wordpress() -> None:
    """F28."""
    addresses = [route.address for route in guessed_routes("https://blog.example/kites")]

    assert addresses == [
        "https://blog.example/kites/feed/atom/",
        "https://blog.example/kites/feed/",
    ]


@pytest.mark.parametrize(
    "address", [f"{HOME}feed/", f"{HOME}feed/atom/", f"{HOME}feed/rss2", f"{HOME}feed", HOME]
)
def test_a_feed_belongs_to_a_blog(address: str) -> None:
    assert blog_address(address) == HOME


# A post's own page


def test_the_post_is_read_without_what_stands_around_it() -> None:
    page = read_page(
        fetched(
            "<html><body><nav>Menu</nav><article><h1>Kites</h1>"
            '<div class="entry-content wide"><p>Up.</p><nav>More</nav></div></article>'
            '<div id="comments">Nice</div></body></html>'
        )
    )

    assert page is not None
    assert page.html == '<div class="entry-content wide"><p>Up.</p></div>'


@pytest.mark.parametrize("holder", ['div class="post-content"', "article", "main"])
def test_themes_hold_posts_in_many_ways(holder: str) -> None:
    tag = holder.split(maxsplit=1)[0]

    page = read_page(fetched(f"<html><body><{holder}><p>Up.</p></{tag}></body></html>"))

    assert page is not None
    assert "<p>Up.</p>" in page.html


@pytest.mark.parametrize(
    ("charset", "meta", "body"),
    [
        ("; charset=UTF-8", "", "Ärger – “Ruhe”".encode()),
        ("", "", "Ärger – “Ruhe”".encode()),
        ("", '<meta charset="utf-8">', "Ärger – “Ruhe”".encode()),
        ("", '<meta charset="windows-1252">', "Ärger – “Ruhe”".encode("cp1252")),
        (
            "; charset=windows-1252",
            '<meta charset="utf-8">',
            "Ärger – “Ruhe”".encode("cp1252"),
        ),
    ],
    ids=["header", "nobody", "page", "page, old", "both: the header"],
)
def test_a_page_is_read_in_the_charset_that_is_named(charset: str, meta: str, body: bytes) -> None:
    html = f"<html><head>{meta}</head><body><article><p>".encode() + body + b"</p></article>"

    page = read_page(Fetched(url=HOME, body=html, content_type=f"text/html{charset}"))

    assert page is not None
    assert "<p>Ärger – “Ruhe”</p>" in unescape(page.html)


def test_only_the_posts_own_further_parts_are_followed() -> None:
    url = f"{HOME}2026/06/10/kites/"
    links = [f"{url}3/", "2/", f"{url}2/", f"{url}feed/", "https://other.example/2/", f"{HOME}2/"]
    body = "".join(f'<a href="{link}">x</a>' for link in links)

    page = read_page(fetched(f"<html><body><article>{body}</article></body></html>", url=url))

    assert page is not None
    assert page.further_parts == (f"{url}2/", f"{url}3/")


def test_a_page_without_a_post_is_none() -> None:
    assert read_page(fetched("<html><body><p>Nothing here.</p></body></html>")) is None


# Names and passwords


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://blog.example/feed/", "https://wren:hush@blog.example/feed/"),
        ("https://blog.example:444/feed/", "https://blog.example:444/feed/"),
        ("http://blog.example/feed/", "http://blog.example/feed/"),
        ("https://blog.example.evil.example/", "https://blog.example.evil.example/"),
        ("https://api.example/feed/", "https://api.example/feed/"),
    ],
    ids=["same", "other port", "open", "longer host", "other host"],
)
def test_a_password_goes_to_its_own_origin_only(address: str, expected: str) -> None:
    assert with_credentials(address, of="https://wren:hush@blog.example/") == expected


def test_an_address_is_shown_without_its_password() -> None:
    assert bare("https://wren:h@sh@blog.example/a@b") == "https://blog.example/a@b"
    assert bare("a folder/wren@home.xml") == "a folder/wren@home.xml"
