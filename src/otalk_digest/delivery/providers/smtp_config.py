"""What an SMTP relay needs to be told. Pure."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from otalk_digest.errors import SettingsError

if TYPE_CHECKING:
    from otalk_digest.delivery.dkim import Signer

#: How the connection is protected; never less than asked for.
Security = Literal["starttls", "tls", "none"]

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpConfig:
    """Where to send through."""

    host: str
    port: int = 587
    security: Security = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    #: What we call ourselves in EHLO; None asks the machine.
    hostname: str | None = None
    #: Where bounces go, as "bounces@otalk.example": each reader's own key is put behind the name
    #: (VERP), so a bounce says whom it is about. None sends them to the sender.
    return_path: str | None = None
    #: For a relay that does not sign itself.
    signer: "Signer | None" = None
    #: Certificates to trust in place of the system's, for a relay of one's own.
    ca_file: Path | None = None
    #: For every answer before the dot: the longest that RFC 5321 §4.5.3.2 asks for.
    timeout_s: float = 300.0
    #: RFC 1047: whoever cuts the wait after the dot short makes duplicates.
    dot_timeout_s: float = 600.0
    #: Open at the same time.
    connections: int = 4
    #: A relay may want a new connection after so many; None sets no limit.
    messages_per_connection: int | None = None
    #: Over all connections; None sets no limit.
    messages_per_minute: int | None = None
    #: Connections in a row that may come to nothing before the batch is given up.
    attempts: int = 3
    #: Before the second of them; doubles each time.
    retry_wait_s: float = 2.0

    def __post_init__(self) -> None:
        """Raise SettingsError when the password could be read on the way, or not be sent."""
        if (self.username is None) != (self.password is None):
            raise SettingsError("SMTP needs a user name and a password, or neither of them.")
        if not f"{self.username}{self.password}".isascii():
            raise SettingsError("The SMTP user name and password can hold ASCII characters only.")
        if self.password and self.security == "none" and self.host not in _LOOPBACK:
            raise SettingsError(
                f"The SMTP password would cross the network to {self.host} unprotected:"
                ' set security to "starttls" or "tls".'
            )
