"""Pure. What an answer that holds no feed means, in a sentence each (RELIABILITY 5.1)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from otalk_digest.collect.network import PassingError
from otalk_digest.errors import FeedError


class AnswerError(FeedError):
    """The server answered, and not with what was asked for: it will the next time, too."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


_SENTENCES = {
    304: "said that nothing changed, although it was not told what we have; run the command again.",
    401: "asks for a name and a password; put them into the feed's address.",
    403: "refuses to give the feed; check that the blog is public and does not block programs.",
    404: "does not exist; open the blog, find its feed, and put that address into [feed].",
    410: "is gone for good; find the blog's new feed and put that address into [feed].",
    429: "says that it was asked too often; run the command less often, or later.",
    500: "failed at its own end (500); try again later.",
    502: "cannot be reached behind its own gateway (502); try again later.",
    503: "is out of service for now (503); try again later.",
    504: "did not answer its own gateway in time (504); try again later.",
}


def shown(url: httpx.URL) -> str:
    """The address as people may see it: no name, no password, no query."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"


def refusal_of(response: httpx.Response, *, now: datetime) -> FeedError:
    """The error for a status other than 200; passing where another try makes sense."""
    status = response.status_code
    sentence = _SENTENCES.get(status) or (
        f"answered with status {status} instead of a feed; check the address in a browser."
    )
    message = f"{shown(response.url)} {sentence}"
    wait_s = _wait_s(response.headers.get("retry-after"), now)
    if wait_s is not None:
        message += f" It asks to wait {wait_s:.0f} s."
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return PassingError(message, wait_s=wait_s)
    if status == httpx.codes.TOO_MANY_REQUESTS and wait_s is not None:
        return PassingError(message, wait_s=wait_s)
    return AnswerError(message, status=status)


def _wait_s(retry_after: str | None, now: datetime) -> float | None:
    """RFC 9110 §10.2.3: seconds, or a date."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
