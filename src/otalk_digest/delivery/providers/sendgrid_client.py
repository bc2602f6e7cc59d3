"""SendGrid's own package as transport, with what it lacks. Loaded when something is sent.

The package has no time-out, follows a redirect with the API key to another host, logs key and
recipients at level DEBUG, and reads the machine's certificates at each call: none of that
happens here.
"""

import http.client
import logging
import ssl
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import python_http_client

from otalk_digest.delivery.providers.sendgrid_answer import Answer
from otalk_digest.memory import leaving_out

# What looks at signatures of events would load all of `cryptography`, eight megabytes, and gives
# wrong answers to hostile ones (RELIABILITY 1.8): `sendgrid_signature` has ours.
with leaving_out("sendgrid.helpers.eventwebhook"):
    from sendgrid import SendGridAPIClient

#: With another type than plain JSON the package sends text as it is.
_JSON: Final = "application/json; charset=utf-8"
_ERROR_BODY_LIMIT: Final = 1_000_000
_FIRST_ERROR: Final = 300
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _say_nothing(_: logging.LogRecord) -> bool:
    return False


# A filter stays when the logging of the program is set up again; a level does not.
logging.getLogger("python_http_client.client").addFilter(_say_nothing)


class _Received:
    """A response as the package reads it: error bodies in part, good ones whole or not at all."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response

    def getcode(self) -> int:
        return self._response.status

    def info(self) -> http.client.HTTPMessage:
        return self._response.headers

    def read(self) -> bytes:
        with self._response:
            if self._response.status < _FIRST_ERROR:
                return self._response.read()
            # The status has said that nothing was accepted; the words are a courtesy.
            with suppress(OSError, http.client.HTTPException):
                return self._response.read(_ERROR_BODY_LIMIT)
            return b""


class _Body:
    """Bytes where the package wants text; it formats them at each call, logged or not."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def encode(self, _: str) -> memoryview:
        """Return a view: formatted, it does not spell out whom the body is about."""
        return memoryview(self._body)


class _Client(python_http_client.Client):  # type: ignore[misc]  # the package is untyped
    """Replaces the request of the package: its own seam for tests."""

    def __init__(self, *, opener: urllib.request.OpenerDirector, **given: Any) -> None:  # noqa: ANN401 - the package's own
        super().__init__(**given)
        self._opener = opener

    def _build_client(self, name: str | None = None) -> "_Client":
        path = [*self._url_path, name] if name else self._url_path
        return _Client(
            opener=self._opener,
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=path,
            timeout=self.timeout,
        )

    def _make_request(
        self,
        opener: urllib.request.OpenerDirector,
        request: urllib.request.Request,
        timeout: float | None = None,
    ) -> _Received:
        # It follows redirects, and would stay in memory: it and its handlers are a circle.
        vars(opener).clear()
        response = self._opener.open(request, timeout=timeout or self.timeout)
        return _Received(response)


def _opener(host: str) -> urllib.request.OpenerDirector:
    """Speaks HTTP and nothing else: no redirects, no cookies, no errors made of statuses.

    The proxies of the environment are used, as `urllib` does, but never for loopback.
    """
    address = urlsplit(host)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler({} if address.hostname in _LOOPBACK else None),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=_trust() if address.scheme == "https" else None),
    ):
        opener.add_handler(handler)
    return opener


@cache
def _trust() -> ssl.SSLContext:
    """Return what `http.client` makes for each connection, for all of them."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class SendGridClient:
    """One account. Not for two threads at once: the package keeps headers between calls."""

    def __init__(self, *, api_key: str, host: str, timeout_s: float) -> None:
        given = SendGridAPIClient(api_key=api_key, host=host).client.request_headers
        headers = {**given, "Content-Type": _JSON}
        self._client = _Client(
            opener=_opener(host),
            host=host,
            request_headers=headers,
            version=3,
            timeout=timeout_s,
        )

    def send_mail(self, body: bytes) -> Answer:
        """POST /v3/mail/send.

        Raises URLError when the request did not go out whole, and another OSError or an
        HTTPException when there was no whole answer to it.
        """
        return _answer(self._client.mail.send.post(request_body=_Body(body)))

    def read_scopes(self) -> Answer:
        """GET /v3/scopes: what the key may do. Raises as `send_mail` does."""
        return _answer(self._client.scopes.get())

    def get(self, path: str, query: Mapping[str, str]) -> Answer:
        """GET /v3/{path}. Raises as `send_mail` does."""
        return _answer(self._client._(path).get(query_params=dict(query)))

    def post(self, path: str, body: str) -> Answer:
        """POST /v3/{path}. Raises as `send_mail` does."""
        return _answer(self._client._(path).post(request_body=body))

    def delete(self, path: str) -> Answer:
        """DELETE /v3/{path}. Raises as `send_mail` does."""
        return _answer(self._client._(path).delete())


def _answer(response: python_http_client.client.Response) -> Answer:
    fields = {name.lower(): value for name, value in response.headers.items()}
    return Answer(status=response.status_code, headers=fields, body=response.body)
