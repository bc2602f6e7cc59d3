"""Leaving: the page behind the link in each mail, and RFC 8058 for mail programs.

A POST leaves, whatever is in it: the token alone says who it is. A GET changes nothing, for
scanners follow every link of a mail.
"""

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from otalk_digest.pipeline import leaving
from otalk_digest.web.public.desk import PublicDesk
from otalk_digest.web.public.pages import page

_PAGE: Final = "leave.html.j2"
#: What our own page's button sends; whatever else posts is a mail program, which shows nothing.
_BUTTON: Final = b"button=leave"


def routes(desk: PublicDesk) -> list[BaseRoute]:
    """Return the pages of leaving."""
    pages = _Leaving(desk)
    return [
        Route("/u/{token}", pages.show, methods=["GET"]),
        Route("/u/{token}", pages.leave, methods=["POST"]),
        Route("/u/{token}/undo", pages.come_back, methods=["POST"]),
    ]


class _Leaving:
    def __init__(self, desk: PublicDesk) -> None:
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Show a button."""
        reader = self._reader_of(request)
        seen = await asyncio.to_thread(self._look_at, reader)
        return self._page(request, seen, said="left" if seen.is_gone else "")

    async def leave(self, request: Request) -> Response:
        """Leave: no redirect, no cookie, the tenth time as the first (RFC 8058 §3.1)."""
        reader = self._reader_of(request)
        body = await request.body()
        desk = self._desk
        await asyncio.wrap_future(
            desk.writer.submit(
                lambda connection: leaving.leave(connection, reader, now=desk.clock())
            )
        )
        if body != _BUTTON:
            return PlainTextResponse("You are unsubscribed.\n")
        seen = await asyncio.to_thread(self._look_at, reader)
        return self._page(request, seen, said="left")

    async def come_back(self, request: Request) -> Response:
        """Take a slip back."""
        reader = self._reader_of(request)
        desk = self._desk
        is_back = await asyncio.wrap_future(
            desk.writer.submit(
                lambda connection: leaving.come_back(connection, reader, now=desk.clock())
            )
        )
        seen = await asyncio.to_thread(self._look_at, reader)
        if not is_back and seen.is_gone:
            return self._page(request, seen, said="too_late", status=409)
        return self._page(request, seen, said="back")

    def _reader_of(self, request: Request) -> int:
        reader = self._desk.links.subscriber_of(request.path_params["token"])
        if reader is None:
            raise HTTPException(404)
        return reader

    def _look_at(self, reader: int) -> leaving.Reader:
        with self._desk.store.read() as connection:
            return leaving.look_at(connection, reader, now=self._desk.clock())

    def _page(
        self, request: Request, seen: leaving.Reader, *, said: str, status: int = 200
    ) -> Response:
        return page(
            self._desk,
            _PAGE,
            status=status,
            language=seen.language,
            said=said,
            seen=seen,
            token=request.path_params["token"],
        )
