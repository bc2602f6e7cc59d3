"""One SMTP connection, driven step by step so that the stage of every failure is known.

`smtplib` raises the same error before MAIL, where nothing can have been accepted, and after
the dot, where everything can. One recipient per message, so one answer per reader.
"""

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from otalk_digest.delivery.addresses import diagnostic, needs_smtputf8
from otalk_digest.delivery.providers.smtp_config import SmtpConfig
from otalk_digest.errors import (
    OtalkDigestError,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from otalk_digest.model.delivery import OutcomeKind

#: The first digit of a reply: RFC 5321 §4.2.1.
_DONE: Final = 2
_LATER: Final = 4
_NEVER: Final = 5
_FINE: Final = 250
_GO_AHEAD: Final = 354
_CLOSING: Final = 421
_LOGIN_NEEDED: Final = 530
_QUEUED_AS: Final = re.compile(r"queued as (\S+)", re.IGNORECASE)
#: A good-bye is a courtesy: nobody waits for it.
_QUIT_TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one message, and whether the connection can take another."""

    kind: OutcomeKind
    diagnostic: str | None = None
    provider_message_id: str | None = None
    is_open: bool = True
    #: The connection failed, not the message: another connection may take it.
    is_worth_another: bool = False


class Session:
    """A connection that is greeted, protected and logged in."""

    def __init__(self, config: SmtpConfig) -> None:
        """Connect.

        Raises:
            ProviderUnavailableError: nobody answers, or not now, or with a wrong certificate.
            ProviderRefusedError: not with these settings.
        """
        self._config = config
        try:
            self._smtp = _connect(config)
        except OSError as error:
            raise _explained(config, error) from error
        try:
            _introduce(self._smtp, config)
        except OSError as error:
            self._smtp.close()
            raise _explained(config, error) from error

    def transmit(self, sender: str, recipient: str, message: bytes) -> Answer:
        """Send one message, lines in CRLF and none beginning with a dot, to one reader.

        Raises ProviderRefusedError when the server refuses the sender, not the reader.
        """
        is_utf8 = needs_smtputf8(recipient)
        if is_utf8 and not self._smtp.has_extn("smtputf8"):
            reason = "the server takes no addresses outside ASCII (it does not offer SMTPUTF8)"
            return Answer(kind=OutcomeKind.REJECTED, diagnostic=reason)
        try:
            return (
                self._name_sender(sender, is_utf8=is_utf8)
                or self._ask(f"RCPT TO:<{recipient}>", _FINE)
                or self._ask("DATA", _GO_AHEAD)
                or self._hand_over(message)
            )
        except OSError as error:
            return _lost_before_the_dot(str(error))

    def close(self) -> None:
        """Say good-bye, or just hang up."""
        with suppress(OSError):
            self._wait_at_most(_QUIT_TIMEOUT_S)
            self._smtp.quit()
        self._smtp.close()

    def _name_sender(self, sender: str, *, is_utf8: bool) -> Answer | None:
        # RFC 6531 §3.4.
        options = " SMTPUTF8 BODY=8BITMIME" if is_utf8 else ""
        refusal = self._ask(f"MAIL FROM:<{sender}>{options}", _FINE)
        # Without options MAIL says nothing of the reader: it is us who are refused.
        if refusal is not None and refusal.kind is OutcomeKind.REJECTED and not is_utf8:
            reason = f"does not take our sender address: {refusal.diagnostic}"
            raise _refused(self._config, reason)
        return refusal

    def _ask(self, command: str, wanted: int) -> Answer | None:
        """Return None when the server agrees."""
        self._wait_at_most(self._config.timeout_s)
        code, reply = self._smtp.docmd(command)
        if code == wanted or (wanted == _FINE and code // 100 == _DONE):
            return None
        said = _said(code, reply)
        if code == _LOGIN_NEEDED:
            raise _refused(self._config, f"wants a login first: {said}")
        if code == _CLOSING or code // 100 not in {_LATER, _NEVER}:
            return _lost_before_the_dot(said)
        kind = OutcomeKind.RELEASED if code // 100 == _LATER else OutcomeKind.REJECTED
        return Answer(kind=kind, diagnostic=said, is_open=self._is_reset())

    def _hand_over(self, message: bytes) -> Answer:
        self._smtp.send(message)
        try:
            self._smtp.send(b".\r\n")
            self._wait_at_most(self._config.dot_timeout_s)
            code, reply = self._smtp.getreply()
        except OSError as error:
            said = diagnostic(f"no answer after the end of the message: {error}")
            return Answer(kind=OutcomeKind.IN_DOUBT, diagnostic=said, is_open=False)
        return _after_the_dot(code, reply)

    def _is_reset(self) -> bool:
        try:
            return self._smtp.docmd("RSET")[0] // 100 == _DONE
        except OSError:
            return False

    def _wait_at_most(self, seconds: float) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)


def _after_the_dot(code: int, reply: bytes) -> Answer:
    """Only a whole answer decides; anything else may hide an acceptance."""
    said = _said(code, reply)
    is_open = code != _CLOSING
    match code // 100:
        case 2:
            found = _QUEUED_AS.search(said)
            return Answer(
                kind=OutcomeKind.ACCEPTED, provider_message_id=found[1] if found else None
            )
        case 4:
            return Answer(kind=OutcomeKind.RELEASED, diagnostic=said, is_open=is_open)
        case 5:
            return Answer(kind=OutcomeKind.REJECTED, diagnostic=said)
        case _:
            return Answer(kind=OutcomeKind.IN_DOUBT, diagnostic=said, is_open=False)


def _lost_before_the_dot(reason: str) -> Answer:
    return Answer(
        kind=OutcomeKind.RELEASED,
        diagnostic=diagnostic(reason),
        is_open=False,
        is_worth_another=True,
    )


def _said(code: int, reply: bytes) -> str:
    return diagnostic(f"{code} {reply.decode('utf-8', 'replace')}")


def _connect(config: SmtpConfig) -> smtplib.SMTP:
    if config.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            config.host,
            config.port,
            config.hostname,
            timeout=config.timeout_s,
            context=_trust(config),
        )
    else:
        smtp = smtplib.SMTP(config.host, config.port, config.hostname, timeout=config.timeout_s)
    if smtp.sock is not None:
        # The dot is a write of its own: it must not wait for the server's delayed ACK.
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return smtp


def _introduce(smtp: smtplib.SMTP, config: SmtpConfig) -> None:
    smtp.ehlo_or_helo_if_needed()
    if config.security == "starttls":
        smtp.starttls(context=_trust(config))
        smtp.ehlo_or_helo_if_needed()
    if config.username is not None and config.password is not None:
        smtp.login(config.username, config.password)
    smtp.command_encoding = "utf-8"


def _trust(config: SmtpConfig) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=config.ca_file)


def _explained(config: SmtpConfig, error: OSError) -> OtalkDigestError:
    """Tell settings that cannot work from a bad hour: RELIABILITY 5.4."""
    is_final = isinstance(error, smtplib.SMTPResponseException) and (
        error.smtp_code // 100 == _NEVER
    )
    match error:
        case ssl.SSLCertVerificationError():
            reason = f"shows a certificate that cannot be trusted ({error.verify_message})"
        case ssl.SSLError():
            reason = f"speaks no TLS with security = {config.security!r} ({error.reason})"
        case smtplib.SMTPAuthenticationError():
            reason = f"does not accept the user name and password: {_reply(error)}"
        case smtplib.SMTPNotSupportedError():
            is_final = True
            wanted = "STARTTLS" if "STARTTLS" in str(error) else "a login"
            reason = f"does not offer {wanted}, which the settings ask for"
        case smtplib.SMTPResponseException():
            reason = f"does not serve us: {_reply(error)}"
        case smtplib.SMTPServerDisconnected():
            reason = f"cannot be reached: {diagnostic(str(error))}"
        case smtplib.SMTPException():
            is_final = True
            reason = f"offers no kind of login that we know ({diagnostic(str(error))})"
        case _:
            reason = f"cannot be reached: {diagnostic(str(error))}"
    return _refused(config, reason) if is_final else _unavailable(config, reason)


def _reply(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    return _said(error.smtp_code, said if isinstance(said, bytes) else said.encode())


def _unavailable(config: SmtpConfig, reason: str) -> ProviderUnavailableError:
    place = f"{config.host}:{config.port}"
    return ProviderUnavailableError(f"The SMTP server {place} {reason}. Try again later.")


def _refused(config: SmtpConfig, reason: str) -> ProviderRefusedError:
    place = f"{config.host}:{config.port}"
    return ProviderRefusedError(f"The SMTP server {place} {reason}. Check the SMTP settings.")
