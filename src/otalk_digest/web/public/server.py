"""Runs the public app under uvicorn, with limits for slow and for many connections."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from otalk_digest.web.listening import listen
from otalk_digest.web.public.app import build_public
from otalk_digest.web.public.desk import PublicDesk

#: Beside them in flight nobody is let in: 503.
_MOST_CONNECTIONS: Final = 1_000
_KEEP_ALIVE_S: Final = 15
_MOST_HEAD_BYTES: Final = 16 * 1024
#: R11: what is in flight is finished, within bounds.
_FAREWELL_S: Final = 30


class PatientProtocol(H11Protocol):
    """uvicorn's own, but who sends the first lines too slowly is not waited for for ever."""

    #: What the first lines of a request may take to arrive, whole.
    head_s = 10.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        """Wait for a request."""
        super().connection_made(transport)
        self._expect_a_head()

    def data_received(self, data: bytes) -> None:
        """Stop the clock once the first lines are whole, start it with the next ones."""
        is_idle = self._is_idle()
        super().data_received(data)
        if not self._is_idle():
            self._stop_the_clock()
        elif is_idle and self._deadline is None:
            self._expect_a_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_the_clock()
        super().connection_lost(exc)

    def _is_idle(self) -> bool:
        # None until the first request, whatever uvicorn's types say.
        return getattr(self.cycle, "response_complete", True)

    def _expect_a_head(self) -> None:
        self._deadline = self.loop.call_later(self.head_s, self._give_up)

    def _stop_the_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._is_idle() and not self.transport.is_closing():
            self.transport.close()


def serve_public(
    desk: PublicDesk, *, host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or Ctrl-C; `announce` is told the address. Raises SettingsError."""
    with listen(host, port) as listener:
        announce(f"Serving {desk.base_url} on {_name_of(listener)}. Ctrl-C ends it.")
        public_server(desk).run(sockets=[listener])


def public_server(
    desk: PublicDesk, *, protocol: type[PatientProtocol] = PatientProtocol
) -> uvicorn.Server:
    """Return what serves the pages, within its limits."""
    config = uvicorn.Config(
        build_public(desk),
        http=protocol,
        # Who asks is read from the settings, not from uvicorn's environment.
        proxy_headers=False,
        server_header=False,
        # A path holds a reader's token.
        access_log=False,
        log_level="warning",
        limit_concurrency=_MOST_CONNECTIONS,
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_FAREWELL_S,
    )
    return uvicorn.Server(config)


def _name_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
