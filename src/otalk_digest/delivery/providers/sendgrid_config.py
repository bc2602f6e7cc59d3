"""What a SendGrid account needs to be told. Pure."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from otalk_digest.errors import SettingsError

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridConfig:
    """An account. The proxies of the environment are used, as by every Python program."""

    api_key: str = field(repr=False)
    #: `https://api.eu.sendgrid.com` for regional subusers.
    host: str = "https://api.sendgrid.com"
    timeout_s: float = 30.0
    #: In flight at the same time, a connection each.
    requests: int = 4
    #: An unsubscribe group of the account.
    group: int | None = None
    #: Whether its suppression lists are read and added to.
    has_lists: bool = True
    #: Every request waits at SendGrid for so long, and can be called back meanwhile.
    fence_minutes: int | None = None
    #: For a request that was certainly not accepted.
    attempts: int = 5
    #: However late the reset that SendGrid names.
    longest_wait_s: float = 120.0

    def __post_init__(self) -> None:
        """Raise SettingsError for a key that cannot be one, or a host that would expose it."""
        if not self.api_key or self.api_key == "None":
            raise SettingsError("There is no SendGrid API key: set one, or another provider.")
        if not self.api_key.isascii() or not self.api_key.isprintable() or " " in self.api_key:
            raise SettingsError("The SendGrid API key holds a blank or a line end: set it again.")
        place = urlsplit(self.host)
        is_safe = place.scheme == "https" or place.hostname in _LOOPBACK
        if not is_safe or place.path.strip("/") or place.scheme not in {"http", "https"}:
            raise SettingsError(f"The SendGrid host {self.host} is not https://… without a path.")
