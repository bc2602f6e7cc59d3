"""Addresses that know their reader without naming one. Pure.

The token is the subscriber's number, signed: unforgeable, and no address in a URL.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

#: Of the greatest number that a database holds.
_MOST_DIGITS = 19


@dataclass(frozen=True)
class ReaderLinks:
    """Makes each reader's own addresses; `base_url` is None without a public web address."""

    key: bytes
    base_url: str | None
    #: Where people without a web address write to leave.
    mailbox: str

    def token(self, subscriber_id: int) -> str:
        """Return the reader's token: their number with a mark of 128 bits that needs the key."""
        return self.tokens((subscriber_id,))[0]

    def tokens(self, subscriber_ids: Iterable[int]) -> list[str]:
        """Return the token of each of these readers, in their order."""
        return _marked(subscriber_ids, b"reader:", ".", key=self.key, size=16)

    def subscriber_of(self, token: str) -> int | None:
        """Return whose token it is; None when we did not make it."""
        number = _number(token.partition(".")[0])
        is_ours = number is not None and _is_the_same(self.token(number), token)
        return number if is_ours else None

    def unsubscribe_url(self, token: str) -> str:
        """Return the link for the body: a page, or a ready-made e-mail."""
        if self.base_url is None:
            return self._mailto(token)
        return f"{self.base_url}/u/{token}"

    def preferences_url(self, token: str) -> str:
        """Return the preferences page; only with a public web address."""
        return f"{self.base_url}/p/{token}"

    def browser_url(self, token: str, edition: int) -> str:
        """Return the edition as a web page; only with a public web address."""
        return f"{self.base_url}/e/{edition}/{token}"

    def confirm_url(self, token: str | None) -> str:
        """Return the page that confirms a sign-up; without a token, the one that begins anew.

        Such a token is no reader's: it is good once, and for the sign-up it was made for.
        """
        return f"{self.base_url}/subscribe" if token is None else f"{self.base_url}/confirm/{token}"

    def list_unsubscribe(self, token: str) -> str:
        """Return the header's value (RFC 2369 §3.2), the https address first."""
        mail = f"<{self._mailto(token)}>"
        return mail if self.base_url is None else f"<{self.unsubscribe_url(token)}>, {mail}"

    def _mailto(self, token: str) -> str:
        # A token is letters, digits, "-", "_" and ".": nothing to quote (RFC 3986 §2.3).
        return f"mailto:{self.mailbox}?subject=unsubscribe%20{token}"


def delivery_key(delivery_id: int, key: bytes) -> str:
    """Return what travels with a message and comes back in events: opaque, unforgeable."""
    return delivery_keys((delivery_id,), key)[0]


def delivery_keys(delivery_ids: Iterable[int], key: bytes) -> list[str]:
    """Return the key of each of these deliveries, in their order."""
    return _marked(delivery_ids, b"delivery:", "-", key=key, size=9)


def delivery_of(text: str, key: bytes) -> int | None:
    """Return whose key it is; None when we did not make it."""
    number = _number(text.partition("-")[0])
    is_ours = number is not None and _is_the_same(delivery_key(number, key), text)
    return number if is_ours else None


def _marked(numbers: Iterable[int], what: bytes, joint: str, *, key: bytes, size: int) -> list[str]:
    """Return each number with a mark of so many bytes that only the key makes."""
    # Keyed BLAKE2 (RFC 7693 §2.9), at a tenth of HMAC's cost: two marks are made for every message.
    # Its 64 bytes are the marks of several numbers in a row; none tells anything of another.
    begun = hashlib.blake2b(what, key=key)
    width, together = 2 * size, begun.digest_size // size
    marks, first, end = "", 0, 0
    marked = []
    for number in numbers:
        if not first <= number < end:
            group = number // together
            mark = begun.copy()
            mark.update(b"%d" % group)
            marks, first, end = mark.hexdigest(), group * together, (group + 1) * together
        place = (number - first) * width
        marked.append(f"{number}{joint}{marks[place : place + width]}")
    return marked


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None


def _is_the_same(made: str, given: str) -> bool:
    """Compare in a time that tells nothing of how much of it is right."""
    return hmac.compare_digest(made.encode(), given.encode("utf-8", "replace"))
