"""Who may ask: only a browser on this machine that was given the address.

The token in the address keeps other accounts out, the Host header other names of this machine
(DNS rebinding), Origin and Sec-Fetch-Site other pages in the same browser, and a form carries a
key that only our own pages hold.
"""

import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = "127.0.0.1"
HOSTS: Final = frozenset({LOOPBACK, "localhost"})
#: An editor's note and a reading are far shorter.
MOST_BYTES: Final = 64 * 1024
_MOST_FIELDS: Final = 64

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": PAGE_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Stands before the whole app: refuses strangers, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app = app
        self._start = f"/{token}/".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _with_defaults(message["headers"])
            await send(message)

        status = self._refusal(scope)
        if status:
            await _refuse(send_guarded, status)
            return
        await self._app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> int:
        headers = Headers(scope=scope)
        if _host_of(headers.get("host", "")) not in HOSTS:
            return 400
        path = str(scope["path"]).encode()
        # Compared in a time that tells nothing of where they differ.
        if not secrets.compare_digest(path[: len(self._start)], self._start):
            return 404
        if scope["method"] == "POST" and not _is_ours(headers):
            return 403
        return 403 if _is_asked_from_elsewhere(headers) else 0


async def read_form(request: Request, key: str) -> Mapping[str, str]:
    """Return what a form sent. Raises HTTPException when it is too long or not ours."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise HTTPException(413, "That is more than a form of ours can hold.")
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise HTTPException(400, "That is no form of ours.") from error
    form = dict(pairs)
    if not secrets.compare_digest(form.get("form_key", "").encode(), key.encode()):
        raise HTTPException(403, "This page is older than the preview. Load it again.")
    return form


def _is_asked_from_elsewhere(headers: Headers) -> bool:
    """Whether another page wants to hold or time what is here; a link to here may be followed."""
    is_foreign = headers.get("sec-fetch-site") in {"cross-site", "same-site"}
    return is_foreign and headers.get("sec-fetch-dest") != "document"


def _is_ours(headers: Headers) -> bool:
    """Whether a page of ours sent it. With `no-referrer` a browser's Origin says null."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site == "same-origin" and origin in {None, "null", f"http://{headers['host']}"}
    return origin == f"http://{headers['host']}"


def _host_of(host: str) -> str:
    name, _, port = host.partition(":")
    return name.lower() if not port or port.isdecimal() else ""


def _with_defaults(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = {name.lower() for name, _ in headers}
    more = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    return [*headers, *(pair for pair in more if pair[0] not in given)]


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"Not here.\n"})
