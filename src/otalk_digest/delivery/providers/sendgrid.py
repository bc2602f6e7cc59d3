"""SendGrid's v3 Mail Send as provider.

It has no idempotency key, so whatever may have arrived is in doubt, and only the status 202
says that a request was accepted.
"""

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from http.client import HTTPException
from typing import Final

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.delivery.provider import Ledger
from otalk_digest.delivery.providers.sendgrid_answer import scope_faults
from otalk_digest.delivery.providers.sendgrid_config import SendGridConfig
from otalk_digest.delivery.providers.sendgrid_courier import send_batch
from otalk_digest.delivery.providers.sendgrid_flight import Flight, Send
from otalk_digest.delivery.providers.sendgrid_lists import SendGridLists
from otalk_digest.delivery.providers.sendgrid_post import Pace, Poster, open_client
from otalk_digest.model.delivery import Outcome
from otalk_digest.model.message import Batch

__all__ = ["SendGridConfig", "SendGridProvider"]

_SCOPE: Final = "mail.send"


class SendGridProvider:
    """Sends up to 1,000 readers in one request, and finds the one whom a refusal is about."""

    name = "sendgrid"
    batch_size = 1000
    is_idempotent = False

    def __init__(
        self,
        config: SendGridConfig,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._sleep = sleep
        self._clock = clock
        self.suppressions = SendGridLists(config)
        self._poster = Poster(config, Pace(sleep), clock=clock)

    def send(self, batch: Batch) -> Sequence[Outcome]:
        """Return one outcome per recipient; raises only while no reader is decided.

        Raises:
            ProviderUnavailableError: nothing was accepted; try later.
            ProviderRefusedError: bad key, missing scope, no credits, unknown sender.
            ProviderUncertainError: the whole batch may or may not have been accepted.
            SettingsError: another service answered, or what all readers share is refused.
        """
        return send_batch(batch, self._poster, group=self._config.group)

    def deliver(self, ledger: Ledger, *, stop: threading.Event) -> int:
        """Send all that is planned, several requests at a time; see `StreamingProvider`."""
        pace = Pace(self._sleep, stop=stop)

        def make_sender() -> Send:
            poster = Poster(self._config, pace, clock=self._clock)
            return partial(send_batch, poster=poster, group=self._config.group)

        flight = Flight(
            ledger,
            make_sender,
            lanes=self._config.requests,
            size=self.batch_size,
            halt=pace.halt,
        )
        return flight.carry(stop=stop)

    def check(self) -> Sequence[str]:
        """Ask SendGrid what the key may do."""
        try:
            answer = open_client(self._config).read_scopes()
        except (OSError, HTTPException) as error:
            return (f"SendGrid cannot be asked: {diagnostic(str(error))}. Try again later.",)
        return scope_faults(answer, needed=_SCOPE)

    def close(self) -> None:
        """Nothing is held open: the package connects for each request."""
