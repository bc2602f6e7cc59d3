"""What SendGrid posts: its event webhook. Signed, small, stored before it is answered."""

import asyncio
import threading
import time
from datetime import datetime
from typing import Final

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from otalk_digest.errors import InputError, StoreError
from otalk_digest.logs import log_event
from otalk_digest.model.event import DeliveryEvent
from otalk_digest.pipeline import receiving
from otalk_digest.pipeline.receiving import Opener
from otalk_digest.pipeline.reconciling import find_ours
from otalk_digest.web.public.desk import PublicDesk

SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"
#: Posts in one transaction: whoever leaves by one click at the same time waits for it.
_AT_ONCE: Final = 2
#: Of the time, applying takes a quarter at most: what comes in comes first.
_REST: Final = 3
#: What waits is applied between two posts; in a flood of them, as often as this all the same.
_PATIENCE_S: Final = 2.0
_GLANCE_S: Final = 0.005
#: Less than a stop waits for what is under way. What is left then, the next run applies.
_LONGEST_S: Final = 20.0


def routes(desk: PublicDesk) -> list[BaseRoute]:
    """Return the webhook's address; without its key there is none."""
    if desk.open_post is None:
        return []
    return [Route("/hooks/sendgrid", _Hook(desk, desk.open_post).answer, methods=["POST"])]


class _Hook:
    """The webhook, and what goes on behind its back."""

    def __init__(self, desk: PublicDesk, open_post: Opener) -> None:
        self._desk = desk
        self._open = open_post
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._applying = threading.Lock()
        self._under_way = 0

    async def answer(self, request: Request) -> Response:
        """Answer 200 once every event of the post is on the disk; SendGrid repeats all others."""
        self._under_way += 1
        try:
            return await self._answer(request)
        finally:
            self._under_way -= 1

    async def _answer(self, request: Request) -> Response:
        now = self._desk.clock()
        signature, timestamp = (_the_only(request, name) for name in (SIGNATURE, TIMESTAMP))
        # The guard has seen to its length, and to how long it may take.
        body = await request.body()
        try:
            found = await run_in_threadpool(
                self._read, body, signature=signature, timestamp=timestamp, now=now
            )
        except InputError:
            return _say("These are no events.", 400)
        if found is None:
            log_event("post_refused", provider="sendgrid")
            return _say("This was not signed by SendGrid just now.", 403)
        ours, unreadable = found
        try:
            async with self._turns:
                new = await asyncio.wrap_future(
                    self._desk.writer.submit(
                        lambda connection: receiving.keep_events(connection, ours, now=now)
                    )
                )
        except Exception as error:  # noqa: BLE001 - whatever it is, SendGrid shall try again
            log_event("post_not_stored", provider="sendgrid", error=type(error).__name__)
            return _say("Not stored. Post it again.", 503)
        log_event("events_stored", events=len(ours), new=new, unreadable=unreadable)
        return PlainTextResponse("Stored.\n", background=BackgroundTask(self._apply))

    def _read(
        self, body: bytes, *, signature: bytes, timestamp: bytes, now: datetime
    ) -> tuple[tuple[DeliveryEvent, ...], int] | None:
        """Return the events, knowing whose they are, and how many entries are none."""
        read = self._open(body, signature=signature, timestamp=timestamp, now=now)
        if read is None:
            return None
        return find_ours(read.events, self._desk.links.key), read.unreadable

    def _apply(self) -> None:
        """Apply what is stored, in small steps between other writes; one at a time does it."""
        if not self._applying.acquire(blocking=False):
            return
        until = time.monotonic() + _LONGEST_S
        try:
            while self._apply_some(self._desk.clock()) and time.monotonic() < until:
                pass
        except StoreError as error:
            # They are stored: the next run applies them.
            log_event("events_not_applied", error=str(error))
        finally:
            self._applying.release()

    def _apply_some(self, now: datetime) -> bool:
        self._let_posts_pass()
        began = time.monotonic()
        job = self._desk.writer.submit(lambda connection: receiving.apply_some(connection, now=now))
        is_more = job.result()
        time.sleep(_REST * (time.monotonic() - began))
        return is_more

    def _let_posts_pass(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while self._under_way and time.monotonic() < until:
            time.sleep(_GLANCE_S)


def _the_only(request: Request, name: str) -> bytes:
    """Return a header that stands there once. Raises HTTPException."""
    found = request.headers.getlist(name)
    if len(found) != 1:
        raise HTTPException(401, "This is not signed.")
    return found[0].encode("latin-1")


def _say(words: str, status: int) -> Response:
    return PlainTextResponse(f"{words}\n", status_code=status)
