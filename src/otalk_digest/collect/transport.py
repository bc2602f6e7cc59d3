"""httpx over our own sockets, and its many errors in a few sentences."""

import contextlib
import functools
import ssl
from collections.abc import Callable, Iterator

import httpcore
import httpx

from otalk_digest.collect.network import Deadline, GuardedBackend, PassingError
from otalk_digest.errors import FeedError

#: Whether a numeric address may be connected to.
AddressRule = Callable[[str], bool]


class _Body(httpx.SyncByteStream):
    """The part of httpcore's answer that httpx reads on."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class DeadlineTransport(httpx.BaseTransport):
    """httpx's public seam for a network of one's own; raises httpcore's errors."""

    def __init__(self, deadline: Deadline, rule: AddressRule) -> None:
        """Each connection ends at the deadline and goes only where the rule allows."""
        self._backend = GuardedBackend(deadline, rule)
        self._pools: dict[bytes, httpcore.ConnectionPool] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request without a body."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self._pool(url.scheme).handle_request(
            httpcore.Request(request.method, url, headers=request.headers.raw)
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.close()

    def _pool(self, scheme: bytes) -> httpcore.ConnectionPool:
        """Return the scheme's own pool: without https nobody's certificates need reading."""
        if scheme not in self._pools:
            self._pools[scheme] = httpcore.ConnectionPool(
                ssl_context=_trust() if scheme == b"https" else None,
                network_backend=self._backend,
            )
        return self._pools[scheme]


@functools.cache
def _trust() -> ssl.SSLContext:
    """Whose certificates are believed; read once, because it takes as long as a request."""
    return httpx.create_ssl_context()


@contextlib.contextmanager
def told_plainly(place: str, timeout_s: float) -> Iterator[None]:
    """Turn whatever the network does into FeedError; `place` is the address asked for."""
    try:
        yield
    except (httpcore.TimeoutException, httpx.TimeoutException, TimeoutError) as error:
        raise FeedError(
            f"{place} did not answer in full within {timeout_s:g} s; try again later, or raise "
            "timeout_s in [feed]."
        ) from error
    except httpcore.ConnectError as error:
        raise _unconnected(place, error) from error
    except httpcore.ProtocolError as error:
        raise PassingError(f"{place} {_protocol_fault(str(error))}") from error
    except httpx.RemoteProtocolError as error:
        # httpx's own, as opposed to httpcore's: it reads a Location before it gives us the answer.
        raise FeedError(f"{place} redirects to something that is no address.") from error
    except (httpcore.NetworkError, httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise PassingError(f"{place} broke the connection; try again later.") from error
    except (httpx.InvalidURL, httpcore.UnsupportedProtocol, ValueError) as error:
        raise FeedError(f"{place} cannot be asked for: its address is not valid.") from error


def _unconnected(place: str, error: httpcore.ConnectError) -> FeedError:
    # Not `__cause__`: the pool raises it again "from None".
    cause = next(iter(error.args), None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return FeedError(
            f"{place} shows a certificate that cannot be trusted ({cause.verify_message}); "
            "check the address, and the date of this machine."
        )
    if isinstance(cause, ssl.SSLError):
        return FeedError(f"{place} does not speak TLS as it should; check https against http.")
    if isinstance(cause, ConnectionRefusedError):
        return PassingError(f"{place} refuses the connection; check its port, or try again later.")
    return PassingError(f"{place} cannot be connected to; try again later.")


def _protocol_fault(detail: str) -> str:
    """What h11 says, in plain words."""
    if "without sending" in detail:
        return "broke off before its answer was complete; try again later."
    if "too long" in detail:  # h11: "Receive buffer too long"
        return "sent a head that is too large; check that it is the blog's address."
    return "does not answer in HTTP; check the address and its port."
