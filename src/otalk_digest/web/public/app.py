"""The public web app: each module of pages names its routes, this one joins them."""

import contextlib
import gc
from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from otalk_digest.web.public import (
    archive,
    calendar,
    health,
    hooks,
    leave,
    preferences,
    subscribe,
)
from otalk_digest.web.public.desk import PublicDesk
from otalk_digest.web.public.guard import Door, Guard
from otalk_digest.web.public.pages import notice_page

#: What any ASGI server runs.
PublicApp = Starlette

#: Statuses with words of their own in `[said]`; others say what the nearest of them says.
_SAID: Final = {404: "not_found", 405: "not_found", 408: "too_slow", 413: "too_large"}
_SERVER: Final = 500
_BUSY: Final = {502, 503, 504}
_STYLE_AGE: Final = "public, max-age=3600"

#: Each module of pages names its own.
MODULES: Final[tuple[Callable[[PublicDesk], list[BaseRoute]], ...]] = (
    archive.routes,
    calendar.routes,
    health.routes,
    hooks.routes,
    subscribe.routes,
    preferences.routes,
    leave.routes,
)


def build_public(desk: PublicDesk) -> PublicApp:
    """Return the app, for uvicorn or any other ASGI server."""
    routes: list[BaseRoute] = [Route("/page.css", _style(desk))]
    for module in MODULES:
        routes += module(desk)
    door = Door.at(desk.base_url)
    if door.root:
        routes = [Mount(door.root, routes=routes)]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, door=door, refuse=lambda status: _refusal(desk, status))],
        exception_handlers={HTTPException: _refused(desk)},
        lifespan=_lifespan(desk),
    )


def _lifespan(
    desk: PublicDesk,
) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # What was imported stays, so nobody's answer waits while all of it is looked through.
        gc.collect()
        gc.freeze()
        # The courier ends first: what it has sent is in the books before they are closed.
        with desk.writer, desk.courier:
            yield

    return lifespan


def _refusal(desk: PublicDesk, status: int) -> ASGIApp:
    """Return the page of an error, which says nothing of what caused it."""
    busy = "busy" if status in _BUSY else "failed"
    name = _SAID.get(status, "refused" if status < _SERVER else busy)
    answer = notice_page(desk, name, status=status)
    if status in _BUSY:
        answer.headers["Retry-After"] = "30"
    return answer


def _refused(desk: PublicDesk) -> Callable[[Request, Exception], Response]:
    def answer(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else _SERVER
        name = _SAID.get(status, "refused")
        answer = notice_page(desk, name, status=status)
        answer.headers.update(getattr(error, "headers", None) or {})
        return answer

    return answer


def _style(desk: PublicDesk) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        headers = {"Cache-Control": _STYLE_AGE}
        return Response(desk.pages.client_css, media_type="text/css", headers=headers)

    return answer
