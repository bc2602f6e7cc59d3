"""Opening an SMTP connection: greeted, protected and logged in, by `smtplib`."""

import smtplib
import socket
import ssl
from contextlib import suppress
from typing import Final

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.delivery.providers.smtp_config import SmtpConfig
from otalk_digest.errors import (
    OtalkDigestError,
    ProviderRefusedError,
    ProviderUnavailableError,
)

_NEVER: Final = 5
#: A good-bye is a courtesy: nobody waits for it.
_QUIT_TIMEOUT_S: Final = 2.0


def open_session(config: SmtpConfig) -> smtplib.SMTP:
    """Connect and introduce ourselves.

    Raises:
        ProviderUnavailableError: nobody answers, or not now, or with a wrong certificate.
        ProviderRefusedError: not with these settings.
    """
    try:
        smtp = _connect(config)
    except OSError as error:
        raise _explained(config, error) from error
    try:
        _introduce(smtp, config)
    except OSError as error:
        smtp.close()
        raise _explained(config, error) from error
    return smtp


def close_session(smtp: smtplib.SMTP) -> None:
    """Say good-bye, or just hang up."""
    with suppress(OSError):
        if smtp.sock is not None:
            smtp.sock.settimeout(_QUIT_TIMEOUT_S)
        smtp.quit()
    smtp.close()


def refusal(config: SmtpConfig, reason: str) -> ProviderRefusedError:
    """Return the error for a server that refuses us, not a reader."""
    place = f"{config.host}:{config.port}"
    return ProviderRefusedError(f"The SMTP server {place} {reason}. Check the SMTP settings.")


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
    return refusal(config, reason) if is_final else _unavailable(config, reason)


def _reply(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    return diagnostic(
        f"{error.smtp_code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
    )


def _unavailable(config: SmtpConfig, reason: str) -> ProviderUnavailableError:
    place = f"{config.host}:{config.port}"
    return ProviderUnavailableError(f"The SMTP server {place} {reason}. Try again later.")
