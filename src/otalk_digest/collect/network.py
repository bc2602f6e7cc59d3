"""The sockets under a download: one deadline over everything, and a check of each address.

httpcore's own time-outs begin anew with every read, so one byte now and then keeps it waiting
for ever. Here each operation gets what is left of the whole. Names are resolved here and the
number that was checked is the number connected to: no second look-up can answer differently.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import httpcore

from otalk_digest.errors import FeedError


class PassingError(FeedError):
    """A failure that may pass within seconds. `wait_s`: what the server asked for, if it did."""

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """So many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def remaining_s(self) -> float:
        """Never negative."""
        return max(0.0, self.at - time.monotonic())

    def bound(self, error: type[httpcore.TimeoutException]) -> float:
        """What the next operation may take; raises `error` when nothing is left."""
        remaining = self.remaining_s
        if not remaining:
            raise error
        return remaining


class _BoundStream(httpcore.NetworkStream):
    """A stream whose every step ends at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout  # the deadline is stricter
        return self._stream.read(max_bytes, self._deadline.bound(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._stream.write(buffer, self._deadline.bound(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        del timeout
        left = self._deadline.bound(httpcore.ConnectTimeout)
        return _BoundStream(
            self._stream.start_tls(ssl_context, server_hostname, left), self._deadline
        )

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects before the deadline, and only to addresses that `is_allowed`."""

    def __init__(self, deadline: Deadline, is_allowed: Callable[[str], bool]) -> None:
        self._deadline = deadline
        self._is_allowed = is_allowed
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(  # noqa: PLR0917 httpcore's signature
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the allowed addresses of the host in turn, sharing out the time that is left."""
        del timeout, local_address
        addresses = self._allowed_addresses(host, port)
        for count, address in enumerate(addresses, start=1):
            share = self._deadline.bound(httpcore.ConnectTimeout) / (len(addresses) - count + 1)
            try:
                stream = self._sockets.connect_tcp(
                    address, port, timeout=share, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if count == len(addresses):
                    raise
            else:
                return _BoundStream(stream, self._deadline)
        raise httpcore.ConnectError

    def _allowed_addresses(self, host: str, port: int) -> list[str]:
        found = _resolve(host, port, self._deadline)
        allowed = [address for address in found if self._is_allowed(address)]
        if not allowed:
            raise FeedError(
                f"{host} is an address inside this machine or its network, which a feed may not "
                "be read from; if that is meant, set allow_private_addresses in [feed]."
            )
        return allowed


def _resolve(host: str, port: int, deadline: Deadline) -> list[str]:
    """The addresses of a host, in the system's order.

    The system's resolver knows no time-out, so it runs in a thread that may be left behind.
    """
    answers: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(info[4][0]) for info in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.bound(httpcore.ConnectTimeout))
    except Empty:
        raise httpcore.ConnectTimeout from None
    if isinstance(answer, Exception):
        raise _unresolved(host, answer) from answer
    return answer


def _unresolved(host: str, error: Exception) -> FeedError:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return PassingError(f"The name {host} cannot be looked up just now; try again later.")
    return FeedError(
        f"There is no host called {host}; check the feed's address, and whether this machine "
        "is online."
    )
