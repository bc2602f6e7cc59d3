"""Ask an address whether it answers, without reading what it says.

The same sockets, deadline and rule of addresses as a download: what a post names may lead
nowhere but to the open internet.
"""

from dataclasses import dataclass

import httpcore
import httpx

from otalk_digest.collect.addresses import is_public
from otalk_digest.collect.fetch import FetchLimits
from otalk_digest.collect.network import Deadline
from otalk_digest.collect.transport import AddressRule, DeadlineTransport
from otalk_digest.errors import FeedError

_HEADERS = {
    "User-Agent": "otalk-digest/0.1 (checks the links of one e-mail before it is sent)",
    "Accept": "*/*",
    # Nothing is read, so nothing needs packing.
    "Accept-Encoding": "identity",
}
#: Some servers answer only who asks for the page itself.
_NO_HEAD = frozenset({400, 403, 404, 405, 406, 500, 501, 503})
#: Whoever asks so is not wanted without a log-in or too often; the page is there.
_THERE = frozenset({401, 403, 429})
_NOWHERE = "leads to something that is no web address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of asking."""

    is_ok: bool
    #: In a few words, without the address.
    said: str


def probe(address: str, *, limits: FetchLimits, is_allowed: AddressRule | None = None) -> Answered:
    """Ask with HEAD, and with GET where that is refused; never raises for what the web does.

    `is_allowed` judges each address connected to; None means as the limits say.
    """
    rule = is_allowed or ((lambda _: True) if limits.allow_private_addresses else is_public)
    transport = DeadlineTransport(Deadline.after(limits.timeout_s), rule)
    try:
        with httpx.Client(
            transport=transport,
            headers=_HEADERS,
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113 the transport holds every step to the deadline
        ) as web:
            return _walk(web, address, limits.max_redirects)
    except (httpcore.TimeoutException, httpx.TimeoutException, TimeoutError):
        return Answered(is_ok=False, said=f"no answer within {limits.timeout_s:g} s")
    except FeedError:
        # The look-up's own sentences speak of feeds.
        return Answered(is_ok=False, said="no such host on the public internet")
    except httpx.RemoteProtocolError:
        # httpx's own, as opposed to httpcore's: it reads a Location before it gives us the answer.
        return Answered(is_ok=False, said=_NOWHERE)
    except httpcore.ConnectError:
        return Answered(is_ok=False, said="cannot be connected to")
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, OSError):
        return Answered(is_ok=False, said="broke off its answer")
    except (httpx.InvalidURL, httpcore.UnsupportedProtocol, ValueError):
        return Answered(is_ok=False, said="is not a valid address")


def _walk(web: httpx.Client, address: str, max_redirects: int) -> Answered:
    """Go where the redirects lead, by hand: each hop has to be a web address."""
    url = httpx.URL(address)
    for _ in range(max_redirects + 1):
        if url.scheme not in {"http", "https"} or not url.host:
            return Answered(is_ok=False, said=_NOWHERE)
        # No name or password of an address travels.
        url = url.copy_with(username=None, password=None, fragment=None)
        status, target = _ask(web, url)
        if target is None:
            return _judged(status, is_moved=str(url) != address.partition("#")[0])
        url = url.join(target)
    return Answered(is_ok=False, said=f"redirects more than {max_redirects} times")


def _ask(web: httpx.Client, url: httpx.URL) -> tuple[int, str | None]:
    """Return the status and, for a redirect, where to."""
    response = _head_of(web, "HEAD", url)
    if response.status_code in _NO_HEAD:
        response = _head_of(web, "GET", url)
    target = response.headers.get("location") if response.is_redirect else None
    return response.status_code, target


def _head_of(web: httpx.Client, method: str, url: httpx.URL) -> httpx.Response:
    response = web.send(web.build_request(method, url), stream=True)
    response.close()
    return response


def _judged(status: int, *, is_moved: bool) -> Answered:
    if httpx.codes.is_success(status):
        return Answered(is_ok=True, said="ok, after a redirect" if is_moved else "ok")
    if status in _THERE:
        return Answered(is_ok=True, said=f"answers, but not to programs ({status})")
    return Answered(is_ok=False, said=f"answers {status}")
