"""Past editions for everybody, and one edition as its reader's mail looks."""

from collections.abc import Callable
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from otalk_digest.pipeline import archiving
from otalk_digest.web.public.desk import PublicDesk
from otalk_digest.web.public.fresh import fresh
from otalk_digest.web.public.shelf import Addresses, Shelf, page_count

#: An e-mail brings its styles along, and pictures from the blog; it has no script and no form.
MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_HTML: Final = "text/html; charset=utf-8"


def routes(desk: PublicDesk) -> list[BaseRoute]:
    """Return the pages that anybody may read, and the ones with a reader's token."""
    shelf = served_shelf(desk)
    return [
        Route("/", _front(shelf)),
        Route("/robots.txt", _robots(desk)),
        Route("/archive", _index(desk, shelf)),
        Route("/archive/feed.xml", _feed(desk, shelf)),
        Route("/archive/{number:int}", _edition(desk, shelf)),
        Route("/e/{number:int}/{token}", _readers_copy(desk)),
    ]


def served_shelf(desk: PublicDesk) -> Shelf:
    """Return the archive as a server shows it."""
    return Shelf(
        press=desk.press,
        pages=desk.pages,
        segments=desk.segments,
        only=desk.archive_segment,
        addresses=_addresses(desk),
    )


def _addresses(desk: PublicDesk) -> Addresses:
    root = desk.root
    return Addresses(
        root=root,
        index=f"{root}/archive",
        later=f"{root}/archive?page={{}}",
        edition=f"{root}/archive/{{}}",
        feed=f"{root}/archive/feed.xml",
        calendar=f"{root}/calendar.ics",
        origin=desk.base_url.removesuffix(root),
        subscribe=f"{root}/subscribe",
    )


def _front(shelf: Shelf) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        return fresh(request, shelf.front().encode(), media_type=_HTML)

    return answer


def _robots(desk: PublicDesk) -> Callable[[Request], Response]:
    # What has a reader's token in it is not for indexes; neither is what changes something.
    closed = "".join(f"Disallow: {desk.root}/{part}/\n" for part in ("e", "p", "u", "confirm"))

    def answer(_: Request) -> Response:
        return PlainTextResponse(f"User-agent: *\n{closed}")

    return answer


def _index(desk: PublicDesk, shelf: Shelf) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        with desk.store.read() as connection:
            issues = shelf.issues(connection)
        number = _page_of(request)
        if not 0 < number <= page_count(issues):
            raise HTTPException(404)
        return fresh(request, shelf.index(issues, number).encode(), media_type=_HTML)

    return answer


def _edition(desk: PublicDesk, shelf: Shelf) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        number = request.path_params["number"]
        with desk.store.read() as connection:
            issues = shelf.issues(connection)
            place = next((at for at, one in enumerate(issues) if one.number == number), None)
            variant = None if place is None else archiving.variant_of(connection, issues[place])
        if place is None or variant is None:
            raise HTTPException(404)
        html = shelf.edition(issues, place, variant)
        headers = {"Content-Security-Policy": MAIL_POLICY}
        return fresh(request, html.encode(), media_type=_HTML, headers=headers)

    return answer


def _feed(desk: PublicDesk, shelf: Shelf) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        with desk.store.read() as connection:
            issues, summaries = shelf.summaries(connection, shelf.issues(connection))
        return fresh(
            request,
            shelf.feed(issues, summaries),
            media_type="application/atom+xml; charset=utf-8",
            modified_at=max((issue.published_at for issue in issues), default=None),
        )

    return answer


def _readers_copy(desk: PublicDesk) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        with desk.store.read() as connection:
            html = archiving.readers_page(
                connection,
                desk.post,
                number=request.path_params["number"],
                token=request.path_params["token"],
                key=desk.links.key,
            )
        if html is None:
            raise HTTPException(404)
        headers = {"Content-Security-Policy": MAIL_POLICY, "X-Robots-Tag": "noindex, nofollow"}
        return HTMLResponse(html, headers=headers)

    return answer


def _page_of(request: Request) -> int:
    asked = request.query_params.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len("10000") else 0
