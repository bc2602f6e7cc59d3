"""The preview's server: pages, frames, files, deeds and events, on loopback only.

Every address lies under a random token; `guard` says who may ask.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from otalk_digest.pipeline.previewing import Choice
from otalk_digest.web.listening import listen
from otalk_digest.web.preview import files
from otalk_digest.web.preview.deeds import DEEDS, do
from otalk_digest.web.preview.events import LookOut
from otalk_digest.web.preview.frame import Policy, framed
from otalk_digest.web.preview.gallery import Gallery
from otalk_digest.web.preview.guard import HEADERS, LOOPBACK, Guard
from otalk_digest.web.preview.page import Site, build_view, choice_of, settled
from otalk_digest.web.preview.pages import render_bug, render_page
from otalk_digest.web.preview.state import read_state

#: Streams end as soon as they are asked to; this is for a page on a stopped machine.
_FAREWELL_S: Final = 2
_NOTHING: Final = "<!DOCTYPE html><title>Nothing</title><p>There is no mail to show here.</p>"

Endpoint = Callable[[Request], Awaitable[Response]]


def build_app(
    gallery: Gallery,
    *,
    token: str,
    is_live: bool = True,
    is_ending: Callable[[], bool] = lambda: False,
) -> Starlette:
    """Return the app; every page lies under the token, everything else is not found."""
    base = f"/{token}/"
    site = Site(gallery=gallery, base=base, form_key=secrets.token_urlsafe(16), is_live=is_live)
    look_out = LookOut(gallery, is_ending=is_ending)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # The first page waits for premailer and the templates; they may as well begin now.
        tasks: list[asyncio.Task[object]] = [
            asyncio.create_task(asyncio.to_thread(gallery.show, Choice()))
        ]
        if is_live:
            tasks.append(asyncio.create_task(look_out.watch()))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    routes = [
        Route(base, _page(site)),
        Route(f"{base}frame", _frame(site)),
        Route(f"{base}mail.{{kind:str}}", _download(site)),
        Route(f"{base}static/{{name:str}}", _static),
        *(_deed(site, name) for name in DEEDS),
    ]
    if is_live:
        routes.append(Route(f"{base}events", look_out.answer))
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, token=token)],
        # It stands before the guard, and is raised again afterwards: the terminal shows it.
        exception_handlers={Exception: _bug(base)},
        lifespan=lifespan,
    )


def serve_preview(
    gallery: Gallery, *, port: int, is_live: bool, announce: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C; `announce` is told the address. Raises SettingsError."""
    token = secrets.token_urlsafe(16)
    listener = listen(LOOPBACK, port)
    announce(f"http://{LOOPBACK}:{listener.getsockname()[1]}/{token}/")
    servers: list[uvicorn.Server] = []
    app = build_app(
        gallery,
        token=token,
        is_live=is_live,
        is_ending=lambda: any(server.should_exit for server in servers),
    )
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=_FAREWELL_S
    )
    servers.append(uvicorn.Server(config))
    with listener, contextlib.closing(gallery):
        servers[0].run(sockets=[listener])


def _bug(base: str) -> Callable[[Request, Exception], Response]:
    def answer(_: Request, error: Exception) -> Response:
        page = render_bug(base, type(error).__name__)
        # What is raised again makes the server hang up: nobody is to ask on that connection.
        headers = {**HEADERS, "Connection": "close"}
        return HTMLResponse(page, status_code=500, headers=headers)

    return answer


def _page(site: Site) -> Endpoint:
    def show(request: Request) -> str:
        state, said = read_state(request.query_params), request.query_params.get("said", "")
        return render_page(build_view(site, state, said), cache=site.gallery.desk.press.cache)

    async def endpoint(request: Request) -> Response:
        return HTMLResponse(await asyncio.to_thread(show, request))

    return endpoint


def _frame(site: Site) -> Endpoint:
    def show(request: Request) -> Response:
        gallery, state = site.gallery, settled(site.gallery, read_state(request.query_params))
        scene = gallery.show(choice_of(gallery, state)).scene
        html = _NOTHING if scene is None or scene.proof is None else scene.proof.html
        policy = Policy(picture_hosts=tuple(sorted(gallery.desk.expected.image_hosts)))
        return HTMLResponse(
            framed(html, state), headers={"content-security-policy": policy.header(state)}
        )

    async def endpoint(request: Request) -> Response:
        return await asyncio.to_thread(show, request)

    return endpoint


def _download(site: Site) -> Endpoint:
    def show(request: Request) -> Response:
        gallery, state = site.gallery, settled(site.gallery, read_state(request.query_params))
        scene = gallery.show(choice_of(gallery, state)).scene
        return files.download(scene, request.path_params["kind"])

    async def endpoint(request: Request) -> Response:
        return await asyncio.to_thread(show, request)

    return endpoint


async def _static(request: Request) -> Response:
    return files.static_file(request.path_params["name"])


def _deed(site: Site, name: str) -> Route:
    async def endpoint(request: Request) -> Response:
        return await do(request, site, name)

    return Route(f"{site.base}{name}", endpoint, methods=["POST"])
