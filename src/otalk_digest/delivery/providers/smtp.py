"""An SMTP relay as provider."""

import time
from collections.abc import Callable, Sequence

from otalk_digest.delivery.addresses import UnusableAddressError, diagnostic, wire_address
from otalk_digest.delivery.message import MessageTemplate, compile_message
from otalk_digest.delivery.providers.smtp_config import SmtpConfig
from otalk_digest.delivery.providers.smtp_session import Answer, Session
from otalk_digest.errors import ProviderRefusedError, ProviderUnavailableError
from otalk_digest.model.delivery import Outcome, OutcomeKind
from otalk_digest.model.message import Batch, Recipient

__all__ = ["SmtpConfig", "SmtpProvider"]


class SmtpProvider:
    """Sends one message per reader over one connection, kept from batch to batch.

    Before the dot nothing is accepted; after it only an answer decides (RFC 1047). A lost
    connection is opened again as long as the new ones bring the batch forward.
    """

    name = "smtp"
    batch_size = 50
    is_idempotent = False

    def __init__(self, config: SmtpConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._config = config
        self._sleep = sleep
        self._session: Session | None = None
        #: Connections opened since the last message that a server decided about.
        self._fruitless = 0

    def send(self, batch: Batch) -> Sequence[Outcome]:
        """Return one outcome per recipient; what was not reached is released.

        Raises:
            ProviderUnavailableError: nothing was accepted, and nothing can be now.
            ProviderRefusedError: the server refuses our login or our sender address.
        """
        sender = wire_address(batch.sender.from_address)
        template = compile_message(batch.variant, batch.sender, date=batch.date)
        # All are written before the first is sent: a bug in one leaves nobody in doubt.
        written = [_write(template, recipient) for recipient in batch.recipients]
        outcomes: list[Outcome] = []
        self._fruitless = 0
        try:
            for recipient, message in zip(batch.recipients, written, strict=True):
                outcomes.append(self._deliver(sender, recipient, message))
        except (ProviderRefusedError, ProviderUnavailableError) as error:
            if not _is_any_decided(outcomes, written):
                raise
            rest = batch.recipients[len(outcomes) :]
            outcomes += [_released(recipient, str(error)) for recipient in rest]
        return outcomes

    def check(self) -> Sequence[str]:
        """Connect, log in, and hang up."""
        try:
            Session(self._config).close()
        except (ProviderRefusedError, ProviderUnavailableError) as error:
            return (str(error),)
        return ()

    def close(self) -> None:
        """Say good-bye."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _deliver(self, sender: str, recipient: Recipient, message: bytes | Outcome) -> Outcome:
        """Try a second connection when the first fails; a message that breaks two is left."""
        if isinstance(message, Outcome):
            return message
        address = wire_address(recipient.address)
        answer = self._transmit(sender, address, message)
        if answer.is_worth_another:
            answer = self._transmit(sender, address, message)
        return Outcome(
            delivery_id=recipient.delivery_id,
            kind=answer.kind,
            diagnostic=answer.diagnostic,
            provider_message_id=answer.provider_message_id,
        )

    def _transmit(self, sender: str, address: str, message: bytes) -> Answer:
        session = self._connected()
        try:
            answer = session.transmit(sender, address, message)
        except ProviderRefusedError:
            self.close()
            raise
        if not answer.is_open:
            self.close()
        if answer.kind is not OutcomeKind.IN_DOUBT and not answer.is_worth_another:
            self._fruitless = 0
        return answer

    def _connected(self) -> Session:
        while self._session is None:
            if self._fruitless >= self._config.attempts:
                raise ProviderUnavailableError(
                    f"The SMTP server {self._config.host} loses the connection again and again."
                    " Try again later."
                )
            if self._fruitless:
                self._sleep(self._config.retry_wait_s * 2 ** (self._fruitless - 1))
            self._fruitless += 1
            self._session = self._open()
        return self._session

    def _open(self) -> Session | None:
        try:
            return Session(self._config)
        except ProviderUnavailableError:
            if self._fruitless >= self._config.attempts:
                raise
            return None


def _write(template: MessageTemplate, recipient: Recipient) -> bytes | Outcome:
    try:
        return template.fill(recipient)
    except UnusableAddressError as error:
        return Outcome(
            delivery_id=recipient.delivery_id, kind=OutcomeKind.REJECTED, diagnostic=str(error)
        )


def _is_any_decided(outcomes: Sequence[Outcome], written: Sequence[bytes | Outcome]) -> bool:
    """Whether a server has said yes or no to a reader, or may have."""
    return any(
        isinstance(message, bytes) and outcome.kind is not OutcomeKind.RELEASED
        for outcome, message in zip(outcomes, written, strict=False)
    )


def _released(recipient: Recipient, reason: str) -> Outcome:
    return Outcome(
        delivery_id=recipient.delivery_id,
        kind=OutcomeKind.RELEASED,
        diagnostic=diagnostic(reason),
    )
