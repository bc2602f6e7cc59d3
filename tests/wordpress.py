"""A blog as WordPress serves it on the loopback: pages, feeds and REST, from one list of posts."""

import hashlib
import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from tests.feeds import BLOG, NEXT_PAGE, SourcePost, atom, rest, rss2
from tests.http_server import Request, Site, answer

_API_ROOT = "/wp-json/"


@dataclass(slots=True, kw_only=True)
class WordPress:
    """Set `posts` at any time; what is in `trashed` is gone from everywhere (F19)."""

    site: Site
    posts: list[SourcePost] = field(default_factory=list)
    feed_size: int = 10
    has_rest: bool = True
    #: `/wp-json/`, or the form for blogs without permalinks.
    has_permalinks: bool = True
    has_atom: bool = True
    is_summary_only: bool = False
    #: Whether pages name their feeds and REST.
    has_links: bool = True
    trashed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.site.otherwise = self.serve

    @property
    def address(self) -> str:
        return self.site.url("/")

    @property
    def paths(self) -> list[str]:
        """What was asked for so far."""
        return [request.path for request in self.site.requests]

    def forget_requests(self) -> None:
        self.site.requests.clear()

    def _public(self) -> list[SourcePost]:
        public = [post for post in self.posts if post.id not in self.trashed]
        return sorted(public, key=lambda post: post.published_at, reverse=True)

    def serve(self, connection: socket.socket, request: Request) -> None:
        parts = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        posts = self._public()
        if "rest_route" in query or parts.path.startswith(_API_ROOT):
            status, headers, body = self._rest(posts, query)
        elif parts.path in {"/feed/", "/feed/atom/"}:
            status, headers, body = self._feed(posts, request, query)
        else:
            status, headers, body = self._page(posts, parts.path)
        # Links lead here; guids keep the host that they were made under (F13).
        answer(status, body.replace(BLOG.encode(), self.site.url("").encode()), headers)(
            connection, request
        )

    def _rest(
        self, posts: Sequence[SourcePost], query: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        headers = {"Content-Type": "application/json; charset=UTF-8"}
        if not self.has_rest:
            return 401, headers, json.dumps({"code": "rest_not_logged_in"}).encode()
        if "include" in query:
            wanted = set(map(int, query["include"].split(",")))
            posts = [post for post in posts if post.id in wanted]
        if "slug" in query:
            posts = [post for post in posts if post.slug == query["slug"]]
        if "modified_after" in query:
            # F33: the site's own time, here UTC.
            since = datetime.fromisoformat(query["modified_after"]).replace(tzinfo=UTC)
            posts = [post for post in posts if post.changed_at > since]
        size, page = int(query.get("per_page", 10)), int(query.get("page", 1))
        pages = -(-len(posts) // size)
        if page > max(pages, 1):
            return 400, headers, json.dumps({"code": "rest_post_invalid_page_number"}).encode()
        headers["X-WP-TotalPages"] = str(pages)
        return 200, headers, rest(posts[(page - 1) * size : page * size])

    def _feed(
        self, posts: Sequence[SourcePost], request: Request, query: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        is_atom = "atom" in request.path
        if is_atom and not self.has_atom:
            return 404, {}, b"Not here."
        headers = {"Content-Type": "application/rss+xml; charset=UTF-8"}
        page = int(query.get("paged", 1))
        shown = posts[(page - 1) * self.feed_size : page * self.feed_size]
        write = atom if is_atom else rss2
        if not shown:
            # F31: 404 with a valid, empty feed.
            return 404, headers, write([], title="Page not found")
        # F7: of the newest change anywhere on the site.
        newest = max(post.changed_at for post in posts).isoformat() + str(len(self.trashed))
        headers["ETag"] = '"' + hashlib.md5(newest.encode()).hexdigest() + '"'  # noqa: S324 - as WordPress does
        if request.headers.get("if-none-match") == headers["ETag"]:
            return 304, headers, b""
        return 200, headers, write(shown, is_summary_only=self.is_summary_only)

    def _page(self, posts: Sequence[SourcePost], path: str) -> tuple[int, dict[str, str], bytes]:
        headers = {"Content-Type": "text/html; charset=UTF-8"}
        if path == "/":
            return 200, headers, self._html("<p>An invented blog.</p>")
        for post in posts:
            own = post.link.removeprefix(BLOG)
            if path.startswith(own):
                part = int(path.removeprefix(own).strip("/") or 1)
                return 200, headers, self._html(_article(post, part))
        return 404, headers, b"<html><body>Nothing here.</body></html>"

    def _html(self, body: str) -> bytes:
        root = _API_ROOT if self.has_permalinks else "/?rest_route=/"
        feed = '<link rel="alternate" type="application/rss+xml"'
        links = f'{feed} title="Invented" href="{BLOG}/feed/">'
        links += f'{feed} title="Invented: Comments" href="{BLOG}/comments/feed/">'
        if self.has_rest:
            links += f'<link rel="https://api.w.org/" href="{BLOG}{root}">'
        head = links if self.has_links else ""
        return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()


def _article(post: SourcePost, part: int) -> str:
    parts = post.html.split(NEXT_PAGE)
    links = "".join(
        f'<a class="post-page-numbers" href="{post.link}{number}/">{number}</a>'
        for number in range(2, len(parts) + 1)
    )
    return (
        f"<nav>Home</nav><article><h1>{post.title}</h1>"
        f'<div class="entry-content">{parts[part - 1]}'
        f'<div class="page-links">Pages: {links}</div>'
        '<div class="sharedaddy">Share this</div></div></article>'
        '<div id="comments">Tweets 999</div>'
    )
