"""One feed over HTTP: redirects, retries and limits of our own over httpx.

The proxy variables of the environment are not read: through a proxy, the address that is
connected to would be the proxy's, and a feed could lead to the machines behind it unchecked.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx

from otalk_digest.collect.addresses import is_public
from otalk_digest.collect.body import read_body
from otalk_digest.collect.fetch import FetchLimits
from otalk_digest.collect.network import Deadline, PassingError
from otalk_digest.collect.refusals import refusal_of, shown
from otalk_digest.collect.transport import AddressRule, DeadlineTransport, told_plainly
from otalk_digest.errors import FeedError
from otalk_digest.model.feed import Fetched, Validators

_HEADERS = {
    "User-Agent": "otalk-digest/0.1 (reads one blog for an e-mail digest)",
    "Accept": "application/atom+xml, application/rss+xml, application/json;q=0.9, "
    "application/xml;q=0.9, text/html;q=0.8, */*;q=0.1",
    # Only what `read_body` unpacks within the limit.
    "Accept-Encoding": "gzip",
}
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked of the first address, and of whom."""

    url: httpx.URL
    auth: httpx.BasicAuth | None
    validators: Validators


def download(
    address: str,
    *,
    validators: Validators | None,
    limits: FetchLimits,
    is_allowed: AddressRule | None = None,
) -> Fetched:
    """Ask for `address`, again if the failure may pass, until the deadline.

    `is_allowed` judges each address connected to; None means as the limits say. The
    validators that come back belong to `Fetched.url`. Raises FeedError and nothing else.
    """
    question = _question(address, validators or Validators())
    deadline = Deadline.after(limits.timeout_s)
    rule = is_allowed or ((lambda _: True) if limits.allow_private_addresses else is_public)
    pause_s = limits.pause_s
    for attempt in range(1, limits.attempts + 1):
        try:
            with (
                told_plainly(shown(question.url), limits.timeout_s),
                _client(deadline, rule) as web,
            ):
                return _follow(web, question, limits)
        except PassingError as error:
            wait_s = pause_s if error.wait_s is None else error.wait_s
            if attempt == limits.attempts or wait_s >= deadline.remaining_s:
                raise
            time.sleep(wait_s)
            pause_s *= 2
    raise FeedError(f"{shown(question.url)} was not asked at all: attempts in [feed] is 0.")


def _question(address: str, validators: Validators) -> _Question:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        # Not chained: the library's text repeats the address, which may hold a password.
        raise FeedError(
            "The feed's address is not a valid http or https address; it should look like "
            "https://host/feed/."
        ) from None
    if not url.host:
        raise FeedError("The feed's address names no host; it should look like https://host/feed/.")
    auth = httpx.BasicAuth(url.username, url.password) if url.userinfo else None
    return _Question(url=_bare(url), auth=auth, validators=validators)


def _bare(url: httpx.URL) -> httpx.URL:
    """Without a name and password: they travel in a header, to one host, and are never shown."""
    return url.copy_with(username=None, password=None, fragment=None)


def _client(deadline: Deadline, rule: AddressRule) -> httpx.Client:
    return httpx.Client(
        transport=DeadlineTransport(deadline, rule),
        headers=_HEADERS,
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # noqa: S113 the transport holds every step to the deadline
    )


def _follow(web: httpx.Client, question: _Question, limits: FetchLimits) -> Fetched:
    """Walk the redirects by hand: each hop may lose credentials, or be refused."""
    url, is_permanent = question.url, True
    for _ in range(limits.max_redirects + 1):
        with _ask(web, question, url) as response:
            if response.status_code not in _REDIRECTS:
                moved = is_permanent and url != question.url
                return _answer(response, question, limits, is_moved=moved)
            is_permanent = is_permanent and response.status_code in _PERMANENT
            url = _next(response)
    raise FeedError(
        f"{shown(question.url)} redirects more than {limits.max_redirects} times; "
        "open it in a browser and use the address where it ends."
    )


@contextlib.contextmanager
def _ask(web: httpx.Client, question: _Question, url: httpx.URL) -> Iterator[httpx.Response]:
    # F7, F10: validators belong to one address, and are sent exactly as they came.
    headers = _conditions(question.validators) if url == question.url else {}
    auth = question.auth if _may_carry_credentials(question.url, url) else None
    response = web.send(web.build_request("GET", url, headers=headers), stream=True, auth=auth)
    try:
        yield response
    finally:
        response.close()


def _conditions(validators: Validators) -> dict[str, str]:
    # F9: the date alone gives a stale 304 after the newest post was taken down.
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value is not None}


def _may_carry_credentials(first: httpx.URL, url: httpx.URL) -> bool:
    """Only to the origin they were given for, or to its encrypted twin."""
    origins = {_origin(first)}
    if first.scheme == "http" and first.port is None:
        origins.add(("https", first.host, 443))
    return _origin(url) in origins


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}[url.scheme]


def _next(response: httpx.Response) -> httpx.URL:
    target = response.headers.get("location")
    if not target:
        raise FeedError(f"{shown(response.url)} redirects without saying where; try again later.")
    url = _bare(response.url.join(target))
    if url.scheme not in {"http", "https"} or not url.host:
        raise FeedError(
            f"{shown(response.url)} redirects to an address that is neither http nor https, "
            "which is refused; check the feed's address."
        )
    return url


def _answer(
    response: httpx.Response, question: _Question, limits: FetchLimits, *, is_moved: bool
) -> Fetched:
    fetched = Fetched(
        url=str(response.url),
        body=None,
        content_type=response.headers.get("content-type"),
        validators=Validators(
            etag=response.headers.get("etag"),
            last_modified=response.headers.get("last-modified"),
        ),
        moved_from=str(question.url) if is_moved else None,
        link_header=response.headers.get("link"),
        total_pages=_total_pages(response),
    )
    is_conditional = response.url == question.url and question.validators != Validators()
    if response.status_code == httpx.codes.NOT_MODIFIED and is_conditional:
        return fetched
    if response.status_code != httpx.codes.OK:
        raise refusal_of(response, now=datetime.now(UTC))
    return replace(fetched, body=read_body(response, limits.max_bytes))


def _total_pages(response: httpx.Response) -> int | None:
    """F32."""
    value = response.headers.get("x-wp-totalpages", "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 7 else None  # noqa: PLR2004 no blog has a million pages
