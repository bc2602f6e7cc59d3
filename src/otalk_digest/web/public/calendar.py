"""The chats for calendar programs: all that are coming, to subscribe to, or one."""

import re
from collections.abc import Callable
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from otalk_digest.pipeline import archiving
from otalk_digest.web.public.archive import served_shelf
from otalk_digest.web.public.desk import PublicDesk
from otalk_digest.web.public.fresh import fresh
from otalk_digest.web.public.shelf import Shelf

_TYPE: Final = "text/calendar; charset=utf-8"
_UID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def routes(desk: PublicDesk) -> list[BaseRoute]:
    """Return the two addresses; e-mails lead to the second."""
    shelf = served_shelf(desk)
    return [
        Route("/calendar.ics", _feed(desk, shelf)),
        Route("/calendar/{uid}.ics", _one(desk, shelf)),
    ]


def _feed(desk: PublicDesk, shelf: Shelf) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        with desk.store.read() as connection:
            text = archiving.calendar_feed(connection, shelf.diary, now=desk.clock())
        return fresh(request, text.encode(), media_type=_TYPE)

    return answer


def _one(desk: PublicDesk, shelf: Shelf) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        uid = request.path_params["uid"]
        if not _UID.fullmatch(uid):
            raise HTTPException(404)
        with desk.store.read() as connection:
            text = archiving.calendar_file(connection, shelf.diary, uid)
        if text is None:
            raise HTTPException(404)
        headers = {"Content-Disposition": 'attachment; filename="chat.ics"'}
        return fresh(request, text.encode(), media_type=_TYPE, headers=headers)

    return answer
