"""What a way to send must promise."""

from collections.abc import Sequence
from typing import Protocol

from otalk_digest.model.delivery import Outcome
from otalk_digest.model.message import Batch


class Provider(Protocol):
    """A way to send.

    The attempt is recorded before `send` is called, so whatever happens inside it can be
    told apart afterwards: accepted, refused, certainly not sent, or in doubt.
    """

    @property
    def name(self) -> str:
        """Its name in the settings and in the ledger."""

    @property
    def batch_size(self) -> int:
        """The most recipients that it takes in one attempt."""

    @property
    def is_idempotent(self) -> bool:
        """Sending a delivery again cannot double it, so nothing is ever in doubt."""

    def send(self, batch: Batch) -> Sequence[Outcome]:
        """Return one outcome per recipient, in the order given.

        Raises:
            ProviderUnavailableError: nothing of the batch was accepted; try later.
            ProviderRefusedError: the provider refuses us; nothing was accepted.
            ProviderUncertainError: the whole batch may or may not have been accepted.
        """

    def check(self) -> Sequence[str]:
        """Return what would stop a send, each as a sentence with what to do; sends nothing."""

    def close(self) -> None:
        """Let go of connections. Safe to call twice."""
