"""Serves invented pages of the preview, with the policy that the real server sends."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from tests.answering import answering
from tests.view_panels import BASE
from tests.views import a_view

from otalk_digest.web.preview.files import STATIC
from otalk_digest.web.preview.pages import render_page
from otalk_digest.web.preview.view import View

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def a_mail() -> str:
    """Return something tall with links, as a mail is."""
    items = "".join(
        f"<h2>Item {n}</h2><p>Words that say something. <a href='https://example.org/{n}'>"
        f"Read of item {n}</a></p><p>{'More of them. ' * 30}</p>"
        for n in range(12)
    )
    style = (
        "body{margin:0;background:#eef3f0;color:#17302a;font:16px/1.6 Arial,sans-serif}"
        "main{max-width:560px;margin:16px auto;padding:24px;background:#fff;"
        "border-top:6px solid #0b5d4b}a{color:#0b5d4b}#otd-mark{outline:3px solid #d0006f}"
    )
    return (
        f'<!DOCTYPE html><html lang="en"><title>Mail</title><style>{style}</style><main>'
        f"<h1>Sleep and self-care: what helps?</h1>{items}<p id='otd-mark'>The marked place</p>"
        "</main></html>"
    )


@dataclass(slots=True)
class Stand:
    """The server as the test sees it."""

    origin: str = ""
    #: The page for the choices of an address; tests put their own here.
    draw: Callable[[Mapping[str, str]], View] = a_view
    #: What was posted: address below the base, and its fields.
    posted: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    #: Shown once, as a deed would have it.
    notice: str = ""
    changes: int = 0

    @property
    def address(self) -> str:
        return f"{self.origin}{BASE}"

    async def page(self, request: Request) -> Response:
        view = replace(self.draw(dict(request.query_params)), base=BASE)
        if self.notice:
            view, self.notice = replace(view, notice=self.notice), ""
        return HTMLResponse(render_page(view), headers={"Content-Security-Policy": POLICY})

    async def mail(self, _: Request) -> Response:
        return HTMLResponse(a_mail(), headers={"Content-Security-Policy": MAIL_POLICY})

    async def do(self, request: Request) -> Response:
        fields = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        self.posted.append((request.path_params["deed"], fields))
        self.notice = f"Done: {request.path_params['deed']}"
        return RedirectResponse(f"{BASE}?{fields['back']}", status_code=303)

    async def events(self, _: Request) -> Response:
        return StreamingResponse(self._changes(), media_type="text/event-stream")

    async def _changes(self) -> AsyncIterator[str]:
        told = self.changes
        yield ": here\n\n"
        while True:
            await asyncio.sleep(0.02)
            if told != self.changes:
                told = self.changes
                yield f"event: change\ndata: {told}\n\n"

    def app(self) -> Starlette:
        """Return the routes."""
        return Starlette(
            routes=[
                Route(BASE, self.page),
                Mount(f"{BASE}static", StaticFiles(directory=STATIC)),
                Route(f"{BASE}mail.html", self.mail),
                Route(f"{BASE}events", self.events),
                Route(f"{BASE}{{deed}}", self.do, methods=["POST"]),
            ]
        )


@contextmanager
def stood() -> Iterator[Stand]:
    """Run it on a free port of loopback."""
    stand = Stand()
    config = uvicorn.Config(
        stand.app(), log_level="critical", lifespan="off", timeout_graceful_shutdown=0
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stand.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with answering(uvicorn.Server(config), listener):
            yield stand
