"""What stands before the public pages: who may ask, how much, for how long, and with what headers.

Strangers reach this: every limit holds before a page is asked. Nothing that they send, and no
address of a reader, is written to a log.
"""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from otalk_digest.errors import StoreError
from otalk_digest.logs import log_event

#: A form of ours holds far less.
MOST_BYTES: Final = 64 * 1024
#: What a whole request may take to arrive.
MOST_SECONDS: Final = 10.0
#: Where larger bodies are asked for, and how large they may be.
LARGE_BODIES: Final = {"/hooks/": 1024 * 1024}
#: What a check on this machine asks for under the machine's own name.
LOCAL_PATHS: Final = ("/health", "/metrics")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_STATUS_OF_NO_ANSWER: Final = 500

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors {ancestors}"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY.format(ancestors="'none'"),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Pages of one reader; what everyone may read says so itself.
    "Cache-Control": "no-store",
}
_A_YEAR: Final = "max-age=31536000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may come in, and what they carry away."""

    #: The name in the public web address.
    host: str
    is_https: bool
    #: The path of the public web address, no slash at its end.
    root: str

    @classmethod
    def at(cls, base_url: str) -> "Door":
        """Return the door of this public web address."""
        parts = urlsplit(base_url)
        return cls(
            host=(parts.hostname or "").lower(),
            is_https=parts.scheme == "https",
            root=parts.path.rstrip("/"),
        )

    def admits(self, headers: Headers, path: str) -> bool:
        """Whether the request names us, and not another host that leads here (DNS rebinding)."""
        named = headers.getlist("host")
        host = _host_of(named[0]) if len(named) == 1 else ""
        is_local = path.removeprefix(self.root) in LOCAL_PATHS
        return host == self.host or (is_local and host in _LOOPBACK)

    def most_bytes(self, path: str) -> int:
        """Return how large a body may be."""
        path = path.removeprefix(self.root)
        larger = [most for start, most in LARGE_BODIES.items() if path.startswith(start)]
        return max([MOST_BYTES, *larger])

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return what every answer carries unless it says otherwise."""
        more = {"Strict-Transport-Security": _A_YEAR} if self.is_https else {}
        return [(name.lower().encode(), text.encode()) for name, text in (_HEADERS | more).items()]


class Guard:
    """Stands before the pages. `refuse` draws the page for a status."""

    def __init__(self, app: ASGIApp, *, door: Door, refuse: Callable[[int], ASGIApp]) -> None:
        self._app = app
        self._door = door
        self._refuse = refuse
        self._headers = door.headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message["headers"] = _with_defaults(message["headers"], self._headers)
            await send(message)

        headers, path = Headers(scope=scope), str(scope["path"])
        status = self._refusal(headers, path)
        if status:
            await self._refuse(status)(scope, receive, send_guarded)
            return
        bounded = _bounded(receive, most_bytes=self._door.most_bytes(path))
        try:
            await self._app(scope, bounded, send_guarded)
        except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold an address
            log_event("page_failed", error=type(error).__name__, place=_place_of(error))
            if has_begun:
                raise ConnectionAbortedError from None
            status = 503 if isinstance(error, StoreError) else _STATUS_OF_NO_ANSWER
            await self._refuse(status)(scope, receive, send_guarded)

    def _refusal(self, headers: Headers, path: str) -> int:
        if not self._door.admits(headers, path):
            return 400
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return 400
        # Before a byte of it is read.
        return 413 if int(length[:18]) > self._door.most_bytes(path) else 0


def client_of(scope: Scope, trusted: Collection[str]) -> str:
    """Return the network that asks: an IPv4 address, or the first half of an IPv6 one.

    X-Forwarded-For is believed of proxies that we trust alone: whoever else writes it could be
    a new network with each request.
    """
    client = scope.get("client")
    address = str(client[0]) if client else ""
    said = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    while address in trusted and said:
        address = said.pop().strip() or address
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    width = 32 if found.version == 4 else 64  # noqa: PLR2004 - IPv4 and IPv6
    return str(ipaddress.ip_network((found, width), strict=False))


def _bounded(receive: Receive, *, most_bytes: int) -> Receive:
    """Read no more than so many bytes, and no longer than a request may take."""
    loop = asyncio.get_running_loop()
    until = loop.time() + MOST_SECONDS
    read = 0
    is_whole = False

    async def receive_bounded() -> Message:
        nonlocal read, is_whole
        if is_whole:
            # What is waited for now is that the reader goes away.
            return await receive()
        message: Message | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                message = await receive()
        if message is None:
            raise HTTPException(408)
        if message["type"] == "http.request":
            read += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
        if read > most_bytes:
            raise HTTPException(413)
        return message

    return receive_bounded


def _host_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _with_defaults(
    headers: list[tuple[bytes, bytes]], defaults: list[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    given = {name.lower() for name, _ in headers}
    return [*headers, *(pair for pair in defaults if pair[0] not in given)]


def _place_of(error: BaseException) -> str:
    """Return where it came from, for a log: file and line, nothing that was in a variable."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
