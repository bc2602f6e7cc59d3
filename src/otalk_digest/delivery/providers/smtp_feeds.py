"""Readers made into letters, and their answers into outcomes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from otalk_digest.delivery.addresses import (
    UnusableAddressError,
    diagnostic,
    needs_smtputf8,
    wire_address,
)
from otalk_digest.delivery.message import MessageTemplate, compile_message
from otalk_digest.delivery.provider import Attempt, Ledger
from otalk_digest.delivery.providers.smtp_config import SmtpConfig
from otalk_digest.delivery.providers.smtp_lanes import LOW
from otalk_digest.delivery.providers.smtp_letter import Answer, Letter
from otalk_digest.model.delivery import Outcome, OutcomeKind
from otalk_digest.model.message import Batch, Recipient

#: A kill leaves at most so many in doubt, and one more for each connection.
_MOST_OPEN: Final = 50


class _Desk:
    """Writes letters; a variant is encoded once, however many batches carry it."""

    def __init__(self, config: SmtpConfig) -> None:
        self._config = config
        self._first: Batch | None = None
        self._template: MessageTemplate | None = None
        self._sender = ""

    def write(self, batch: Batch) -> Sequence[Letter | Outcome]:
        """Return a letter for each reader, or the outcome of one who has no usable address.

        All are written before the first is sent: a bug in one leaves nobody in doubt.
        """
        if self._template is None or self._first is None or not _is_alike(self._first, batch):
            self._template = compile_message(batch.variant, batch.sender, date=batch.date)
            self._sender = wire_address(batch.sender.from_address)
            self._first = batch
        template = self._template
        return [
            self._written(template, recipient, date=batch.date) for recipient in batch.recipients
        ]

    def _written(
        self, template: MessageTemplate, recipient: Recipient, *, date: datetime
    ) -> Letter | Outcome:
        signer = self._config.signer
        try:
            content = template.fill(recipient)
            return Letter(
                delivery_id=recipient.delivery_id,
                sender=self._envelope_sender(recipient),
                recipient=wire_address(recipient.address),
                content=content if signer is None else signer.sign(content, date=date),
                is_utf8=needs_smtputf8(recipient.address),
            )
        except UnusableAddressError as error:
            return Outcome(
                delivery_id=recipient.delivery_id,
                kind=OutcomeKind.REJECTED,
                diagnostic=diagnostic(str(error)),
            )

    def _envelope_sender(self, recipient: Recipient) -> str:
        if self._config.return_path is None:
            return self._sender
        name, _, domain = wire_address(self._config.return_path).rpartition("@")
        return f"{name}+{recipient.key}@{domain}"


def _is_alike(first: Batch, second: Batch) -> bool:
    """Whether one encoding serves both; the same objects, because comparing content costs."""
    return (
        first.variant is second.variant
        and first.sender is second.sender
        and first.date == second.date
    )


class BatchFeed:
    """The letters of one batch."""

    def __init__(self, batch: Batch, config: SmtpConfig) -> None:
        """Write all letters."""
        written = _Desk(config).write(batch)
        self._batch = batch
        self._letters = [each for each in written if isinstance(each, Letter)]
        self._outcomes = {each.delivery_id: each for each in written if isinstance(each, Outcome)}
        #: Whether a server has said yes or no to a reader, or may have.
        self.is_any_decided = False

    def take(self) -> Sequence[Letter]:
        """Return all letters, once."""
        letters, self._letters = self._letters, []
        return letters

    def settle(self, letter: Letter, answer: Answer) -> None:
        """Keep what became of a letter."""
        self.is_any_decided = self.is_any_decided or answer.kind is not OutcomeKind.RELEASED
        self._outcomes[letter.delivery_id] = _outcome(letter, answer)

    def outcomes(self) -> Sequence[Outcome]:
        """Return one outcome per recipient, in the order of the batch."""
        return [self._outcomes[recipient.delivery_id] for recipient in self._batch.recipients]


class LedgerFeed:
    """Letters from the books, and answers into them, group by group."""

    def __init__(self, ledger: Ledger, config: SmtpConfig) -> None:
        """Begin; nothing is claimed yet."""
        self.handed_over = 0
        # Besides these, LOW letters may wait, and two be under way on each connection.
        self._group = _MOST_OPEN - LOW - config.connections
        self._ledger = ledger
        self._desk = _Desk(config)
        self._decided: list[Outcome] = []

    def take(self) -> Sequence[Letter]:
        """Write down what was decided and claim the next readers, in one transaction."""
        letters: list[Letter] = []
        while not letters:
            attempt = self._turn_over(self._group)
            if attempt is None:
                return ()
            written = self._desk.write(attempt.batch)
            letters = [each for each in written if isinstance(each, Letter)]
            for each in written:
                if isinstance(each, Outcome):
                    self._decided.append(each)
        return letters

    def settle(self, letter: Letter, answer: Answer) -> None:
        """Keep what became of a letter until the next group is written down."""
        self._decided.append(_outcome(letter, answer))

    def finish(self) -> None:
        """Write down the rest."""
        if self._decided:
            self._turn_over(0)

    def abandon(self, reason: str) -> None:
        """Write down what is known; all else that was claimed is in doubt."""
        self.finish()
        self._ledger.abandon(reason)

    def _turn_over(self, limit: int) -> Attempt | None:
        # Letters are decided meanwhile: what is written down is the beginning of the list.
        decided = self._decided[:]
        attempt = self._ledger.turn_over(decided, limit)
        self.handed_over += len(decided)
        del self._decided[: len(decided)]
        return attempt


def _outcome(letter: Letter, answer: Answer) -> Outcome:
    return Outcome(
        delivery_id=letter.delivery_id,
        kind=answer.kind,
        diagnostic=answer.diagnostic,
        provider_message_id=answer.provider_message_id,
        is_put_off=answer.is_put_off,
    )
