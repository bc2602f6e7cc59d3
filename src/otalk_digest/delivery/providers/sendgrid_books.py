"""What one call of `send` knows of each reader so far."""

from collections.abc import Sequence
from itertools import repeat
from typing import Final

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.errors import OtalkDigestError, ProviderUncertainError
from otalk_digest.model.delivery import Outcome, OutcomeKind
from otalk_digest.model.message import Batch, Recipient

#: So many requests refused with the same words, and none accepted: no reader is to blame.
_ALIKE: Final = 8


class Books:
    """Outcomes as they become known; whoever has none at the end is released."""

    def __init__(self, batch: Batch) -> None:
        self._recipients = batch.recipients
        self._is_fenced = batch.fence is not None
        #: By delivery, without the network.
        self._left_out: dict[int, Outcome] = {}
        #: By delivery, from the provider.
        self._decided: dict[int, Outcome] = {}
        self._refusals = 0
        self._trouble = "too many readers of the batch were refused, one request for each"

    def undecided(self) -> list[Recipient]:
        """Readers without an outcome, in order."""
        known = self._left_out.keys() | self._decided.keys()
        if not known:
            return list(self._recipients)
        return [each for each in self._recipients if each.delivery_id not in known]

    def leave_out(self, recipient: Recipient, why: str) -> None:
        """The provider is not asked about this reader."""
        self._left_out[recipient.delivery_id] = _outcome(recipient, OutcomeKind.REJECTED, why)

    def accept(self, chunk: Sequence[Recipient], message_id: str | None) -> None:
        """The provider has taken these."""
        numbers = [each.delivery_id for each in chunk]
        alike = (repeat(OutcomeKind.ACCEPTED), repeat(None), repeat(message_id))
        self._decided.update(zip(numbers, map(Outcome, numbers, *alike), strict=True))

    def refuse(self, refused: Sequence[tuple[Recipient, str]]) -> None:
        """One answer of the provider refuses these, each for its reason."""
        self._refusals += bool(refused)
        for each, why in refused:
            self._decided[each.delivery_id] = _outcome(each, OutcomeKind.REJECTED, why)

    def is_everyone_refused_alike(self) -> bool:
        """One answer after the other is the same refusal, whoever it was about."""
        said = {(each.kind, each.diagnostic) for each in self._decided.values()}
        return self._refusals >= _ALIKE and len(said) == 1

    def take_back_refusals(self) -> None:
        """Nobody is refused for a fault that is not theirs."""
        self._decided.clear()

    def can_hold(self, chunk: Sequence[Recipient], error: OtalkDigestError) -> bool:
        """Whether the error is only about a part of the batch."""
        is_uncertain = isinstance(error, ProviderUncertainError)
        return bool(self._decided) or (is_uncertain and len(chunk) < len(self._recipients))

    def stop(self, why: str) -> None:
        """Whoever is undecided is not asked about any more."""
        self._trouble = why

    def break_off(self, chunk: Sequence[Recipient], error: OtalkDigestError) -> None:
        """Nothing more is sent: the chunk is in doubt if the error says so, the rest is not."""
        self._trouble = diagnostic(str(error))
        if isinstance(error, ProviderUncertainError):
            for each in [*chunk, *self._behind_the_same_fence()]:
                outcome = _outcome(each, OutcomeKind.IN_DOUBT, self._trouble)
                self._decided[each.delivery_id] = outcome

    def _behind_the_same_fence(self) -> list[Recipient]:
        """Who was accepted, but is called back together with those whom nobody knows of."""
        if not self._is_fenced:
            return []
        return [
            each
            for each in self._recipients
            if (known := self._decided.get(each.delivery_id)) and known.kind is OutcomeKind.ACCEPTED
        ]

    def in_order(self) -> list[Outcome]:
        """One outcome per recipient of the batch."""
        known = self._left_out | self._decided if self._left_out else self._decided
        return [
            known.get(each.delivery_id) or _outcome(each, OutcomeKind.RELEASED, self._trouble)
            for each in self._recipients
        ]


def _outcome(recipient: Recipient, kind: OutcomeKind, why: str) -> Outcome:
    return Outcome(delivery_id=recipient.delivery_id, kind=kind, diagnostic=why)
