"""Build the provider that the settings name."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from otalk_digest.delivery.provider import Provider
from otalk_digest.errors import SettingsError
from otalk_digest.settings import Settings

if TYPE_CHECKING:
    from otalk_digest.delivery.dkim import Signer

Sleep = Callable[[float], None]


def build_provider(settings: Settings, *, sleep: Sleep) -> Provider:
    """Return the provider. Raises SettingsError when it cannot work: no key, no host.

    `sleep` is how it waits between tries; it may return early when the program is asked to stop.
    """
    return {"files": _files, "smtp": _smtp, "sendgrid": _sendgrid}[settings.delivery.provider](
        settings, sleep
    )


def _files(settings: Settings, _sleep: Sleep) -> Provider:
    from otalk_digest.delivery.providers.files import FilesProvider

    return FilesProvider(settings.folder / settings.delivery.files.folder)


def _smtp(settings: Settings, sleep: Sleep) -> Provider:
    from otalk_digest.delivery.providers.smtp import SmtpConfig, SmtpProvider

    smtp = settings.delivery.smtp
    if not smtp.host:
        raise SettingsError(
            f"{settings.path}: delivery.smtp.host is not set. Name your mail server."
        )
    password = settings.secret("SMTP_PASSWORD")
    if smtp.username is not None and password is None:
        raise SettingsError(
            "delivery.smtp.username is set but there is no password. Put it into the environment "
            "as OTALK_DIGEST_SMTP_PASSWORD."
        )
    return SmtpProvider(
        SmtpConfig(
            host=smtp.host,
            port=smtp.port,
            security=smtp.security,
            username=smtp.username,
            password=password,
            connections=smtp.connections,
            messages_per_connection=smtp.messages_per_connection,
            messages_per_minute=smtp.messages_per_minute,
            return_path=smtp.return_path,
            signer=build_signer(settings),
        ),
        sleep=sleep,
    )


def build_signer(settings: Settings) -> "Signer | None":
    """Return who signs for the relay, if anyone does. Raises SettingsError."""
    smtp, pem = settings.delivery.smtp, settings.secret("DKIM_KEY")
    if smtp.dkim_domain is None and smtp.dkim_selector is None:
        return None
    from otalk_digest.delivery.dkim import Signer, read_key

    if smtp.dkim_domain is None or smtp.dkim_selector is None or pem is None:
        raise SettingsError(
            "To sign with DKIM, delivery.smtp needs dkim_domain and dkim_selector, and the "
            "environment OTALK_DIGEST_DKIM_KEY_FILE, naming the file of the private key."
        )
    return Signer(domain=smtp.dkim_domain, selector=smtp.dkim_selector, key=read_key(pem))


def _sendgrid(settings: Settings, sleep: Sleep) -> Provider:
    from otalk_digest.delivery.providers.sendgrid import SendGridConfig, SendGridProvider

    sendgrid, api_key = settings.delivery.sendgrid, settings.secret("SENDGRID_API_KEY")
    if api_key is None:
        raise SettingsError(
            "There is no key for SendGrid. Put it into the environment as "
            "OTALK_DIGEST_SENDGRID_API_KEY, or name a file in OTALK_DIGEST_SENDGRID_API_KEY_FILE."
        )
    return SendGridProvider(
        SendGridConfig(
            api_key=api_key,
            host=sendgrid.host,
            timeout_s=sendgrid.timeout_s,
            requests=sendgrid.requests,
            group=sendgrid.group,
            has_lists=sendgrid.suppressions,
            fence_minutes=sendgrid.fence_minutes if sendgrid.fence else None,
        ),
        sleep=sleep,
    )
