"""Tell open pages that something changed: one stream of events, fed by one look-out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import StreamingResponse

from otalk_digest.web.preview.gallery import Gallery

#: Four looks a second cost a few milliseconds and leave most of a second for the new page.
_PERIOD_S: Final = 0.25
#: Shorter than what a browser or a proxy thinks dead.
_SIGN_OF_LIFE_S: Final = 15.0
#: After the preview was started anew, pages come back this soon.
_OPENING: Final = "retry: 1000\n\n"


class LookOut:
    """Looks whether anything changed for as long as a page listens."""

    def __init__(self, gallery: Gallery, *, is_ending: Callable[[], bool]) -> None:
        """`is_ending` says that the server wants to stop: streams would keep it."""
        self._gallery = gallery
        self._is_ending = is_ending
        self._changed = asyncio.Condition()

    async def watch(self) -> None:
        """Look until the app ends."""
        seen = self._gallery.epoch
        while True:
            await asyncio.sleep(_PERIOD_S)
            # A page that was asked for meanwhile may have noticed first.
            found = await asyncio.to_thread(self._gallery.look)
            if found != seen or self._is_ending():
                seen = found
                async with self._changed:
                    self._changed.notify_all()

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """Yield an event per change since the page was made."""
        seen = _since(request)
        yield _OPENING
        while not self._is_ending() and not await request.is_disconnected():
            if self._gallery.epoch != seen:
                seen = self._gallery.epoch
                yield f"event: change\nid: {seen}\ndata: {seen}\n\n"
            elif not await self._has_changed():
                yield ": still here\n\n"

    async def _has_changed(self) -> bool:
        """Wait for a change; return False when a sign of life is due first."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait(), _SIGN_OF_LIFE_S)
            except TimeoutError:
                return False
        return True

    async def answer(self, request: Request) -> StreamingResponse:
        """Open a stream."""
        return StreamingResponse(self.stream(request), media_type="text/event-stream")


def _since(request: Request) -> int | None:
    """Return the change that the page knows of: its own, or the last that it was told of."""
    said = request.headers.get("last-event-id") or request.query_params.get("since", "")
    return int(said) if said.isascii() and said.isdecimal() else None
