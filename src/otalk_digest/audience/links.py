"""Addresses that know their reader without naming one. Pure.

The token is the subscriber's number, signed: unforgeable, and no address in a URL.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cached_property

from itsdangerous import BadSignature, Signer

_SALT = "otalk-digest.reader"
#: Of the greatest number that a database holds.
_MOST_DIGITS = 18


@dataclass(frozen=True)
class ReaderLinks:
    """Makes each reader's own addresses; `base_url` is None without a public web address."""

    key: bytes
    base_url: str | None
    #: Where people without a web address write to leave.
    mailbox: str

    @cached_property
    def _signer(self) -> Signer:
        return Signer(self.key, salt=_SALT, digest_method=hashlib.sha256, key_derivation="hmac")

    # To copy one that has taken its key costs less than half of making one.
    @cached_property
    def _of_readers(self) -> hmac.HMAC:
        return hmac.new(self._signer.derive_key(), digestmod="sha256")

    def token(self, subscriber_id: int) -> str:
        """Return the reader's token: as the signer would write it, its key derived once."""
        number = str(subscriber_id)
        signed = self._of_readers.copy()
        signed.update(number.encode())
        return f"{number}.{urlsafe_b64encode(signed.digest()).decode().rstrip('=')}"

    def subscriber_of(self, token: str) -> int | None:
        """Return whose token it is; None when we did not make it."""
        try:
            return int(self._signer.unsign(token))
        except (BadSignature, ValueError):
            return None

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
    # One call in place of HMAC's four: it is made for every message.
    mark = hashlib.blake2b(b"delivery:%d" % delivery_id, key=key, digest_size=9)
    return f"{delivery_id}-{mark.hexdigest()}"


def delivery_of(text: str, key: bytes) -> int | None:
    """Return whose key it is; None when we did not make it."""
    number = text.partition("-")[0]
    if not (number.isascii() and number.isdigit()) or len(number) > _MOST_DIGITS:
        return None
    made = delivery_key(int(number), key)
    return int(number) if hmac.compare_digest(made.encode(), text.encode()) else None
