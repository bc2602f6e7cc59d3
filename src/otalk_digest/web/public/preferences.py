"""A reader's own pages, by the signed link of their mails: choose, look, be forgotten."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from otalk_digest.pipeline import choosing
from otalk_digest.pipeline.choosing import Chosen
from otalk_digest.web.public.desk import PublicDesk
from otalk_digest.web.public.forms import choices_of, read_form, read_wishes
from otalk_digest.web.public.pages import notice_page, page

T = TypeVar("T")

_PAGE: Final = "preferences.html.j2"
_ERASE: Final = "erase.html.j2"


def routes(desk: PublicDesk) -> list[BaseRoute]:
    """Return a reader's own pages."""
    pages = _Preferences(desk)
    return [
        Route("/p/{token}", pages.show, methods=["GET"]),
        Route("/p/{token}", pages.choose, methods=["POST"]),
        Route("/p/{token}/data.json", pages.data, methods=["GET"]),
        Route("/p/{token}/erase", pages.ask_to_erase, methods=["GET"]),
        Route("/p/{token}/erase", pages.erase, methods=["POST"]),
    ]


class _Preferences:
    def __init__(self, desk: PublicDesk) -> None:
        self._desk = desk
        self._offered = choices_of(desk)

    async def show(self, request: Request) -> Response:
        """Show what is chosen."""
        chosen = await self._read(request, choosing.look_at)
        return self._page(request, chosen, said="")

    async def choose(self, request: Request) -> Response:
        """Keep what is chosen."""
        desk, reader = self._desk, self._reader_of(request)
        fields = await read_form(request)
        chosen = await self._read(request, choosing.look_at)
        read = read_wishes(
            fields,
            self._offered,
            home=desk.press.profile.zone,
            now=desk.clock(),
            kept=chosen.wishes,
        )
        wrong = read.wrong | ({"wants"} if not fields.get("wants") else set())
        if wrong:
            return self._page(request, chosen, said="wrong", wrong=frozenset(wrong), status=400)
        kept = await self._write(lambda writing: choosing.choose(writing, reader, read.wishes))
        return self._page(request, _known(kept), said="saved")

    async def data(self, request: Request) -> Response:
        """Hand over all that is kept about this reader (UK GDPR art. 15, 20)."""
        now = self._desk.clock()
        found = await self._read(
            request, lambda reading, reader: choosing.everything_about(reading, reader, now=now)
        )
        return Response(
            json.dumps(found, default=_as_text, ensure_ascii=False, indent=2) + "\n",
            media_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="my-data.json"'},
        )

    async def ask_to_erase(self, request: Request) -> Response:
        """Say what being forgotten means, and ask once more."""
        chosen = await self._read(request, choosing.look_at)
        return page(
            self._desk,
            _ERASE,
            language=chosen.wishes.language,
            chosen=chosen,
            token=request.path_params["token"],
        )

    async def erase(self, request: Request) -> Response:
        """Forget this reader; the second time there is nothing left to forget."""
        desk, reader = self._desk, self._reader_of(request)
        language = await self._write(
            lambda writing: choosing.forget(writing, reader, now=desk.clock())
        )
        return notice_page(desk, "erased", language=language)

    def _reader_of(self, request: Request) -> int:
        reader = self._desk.links.subscriber_of(request.path_params["token"])
        if reader is None:
            raise HTTPException(404)
        return reader

    async def _read(self, request: Request, look: Callable[[Connection, int], T | None]) -> T:
        reader = self._reader_of(request)

        def read() -> T | None:
            with self._desk.store.read() as connection:
                return look(connection, reader)

        return _known(await asyncio.to_thread(read))

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._desk.writer.submit(work))

    def _page(
        self,
        request: Request,
        chosen: Chosen,
        *,
        said: str,
        wrong: frozenset[str] = frozenset(),
        status: int = 200,
    ) -> Response:
        desk, wishes = self._desk, chosen.wishes
        zone = ZoneInfo(wishes.zone or desk.press.profile.zone)
        until = wishes.paused_until
        return page(
            desk,
            _PAGE,
            status=status,
            language=wishes.language,
            said=said,
            chosen=chosen,
            offered=self._offered,
            wishes=wishes,
            kinds=wishes.wants or self._offered.kinds,
            wrong=wrong,
            typed={"name": wishes.name or ""},
            pause=until.astimezone(zone).date().isoformat() if until else "",
            token=request.path_params["token"],
            home=desk.press.profile.zone,
        )


def _known(found: T | None) -> T:
    """Return it. Raises HTTPException when the reader was erased: there is nothing to show."""
    if found is None:
        raise HTTPException(404)
    return found


def _as_text(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)
