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
from otalk_digest.pipeline import receiving
from otalk_digest.pipeline.receiving import Opener, SignedPost
from otalk_digest.web.public.desk import PublicDesk
from otalk_digest.web.public.writer import GroupWriter

SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"
#: SendGrid posts up to 768 KB at a time.
MOST_BYTES: Final = 1024 * 1024
#: Time for a body to arrive.
_PATIENCE_S: Final = 20.0
#: Of the time, applying takes a quarter at most: what comes in comes first.
_REST: Final = 3


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
        self._applying = threading.Lock()

    async def answer(self, request: Request) -> Response:
        """Answer 200 once every event of the post is on the disk; SendGrid repeats all others."""
        now = self._desk.clock()
        signature, timestamp = (_the_only(request, name) for name in (SIGNATURE, TIMESTAMP))
        body = await _read_body(request)
        post = SignedPost(signature=signature, timestamp=timestamp, body=body)
        try:
            read = await run_in_threadpool(self._open, post, now)
        except InputError:
            return _say("These are no events.", 400)
        if read is None:
            log_event("post_refused", provider="sendgrid")
            return _say("This was not signed by SendGrid just now.", 403)
        try:
            new = await self._desk.writer.write(
                lambda connection: receiving.keep_events(connection, read.events, now=now)
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, SendGrid shall try again
            log_event("post_not_stored", provider="sendgrid", error=type(error).__name__)
            return _say("Not stored. Post it again.", 503)
        log_event(
            "events_stored", events=len(read.events), new=new, unreadable=read.unreadable
        )
        return PlainTextResponse("Stored.\n", background=BackgroundTask(self._apply))

    def _apply(self) -> None:
        """Apply what is stored, in small steps between other writes; one at a time does it."""
        if not self._applying.acquire(blocking=False):
            return
        try:
            while self._apply_some(self._desk.clock()):
                pass
        except StoreError as error:
            # They are stored: the next run applies them.
            log_event("events_not_applied", error=str(error))
        finally:
            self._applying.release()

    def _apply_some(self, now: datetime) -> bool:
        began = time.monotonic()
        job = self._desk.writer.submit(
            lambda connection: receiving.apply_some(connection, now=now)
        )
        is_more = job.result()
        time.sleep(_REST * (time.monotonic() - began))
        return is_more


def _the_only(request: Request, name: str) -> bytes:
    """Return a header that stands there once. Raises HTTPException."""
    found = request.headers.getlist(name)
    if len(found) != 1:
        raise HTTPException(401, "This is not signed.")
    return found[0].encode("latin-1")


async def _read_body(request: Request) -> bytes:
    """Return the body as it came. Raises HTTPException when it is too long, or too slow."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MOST_BYTES:
        raise HTTPException(413, "That is more than SendGrid posts.")
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async for piece in request.stream():
                body += piece
                if len(body) > MOST_BYTES:
                    raise HTTPException(413, "That is more than SendGrid posts.")
    except TimeoutError as error:
        raise HTTPException(408, "That took too long.") from error
    return bytes(body)


def _say(words: str, status: int) -> Response:
    return PlainTextResponse(f"{words}\n", status_code=status)
