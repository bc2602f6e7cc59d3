"""SendGrid's v3 Mail Send as provider.

It has no idempotency key, so whatever may have arrived is in doubt, and only the status 202
says that a request was accepted.
"""

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from http.client import HTTPException

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.delivery.provider import Ledger
from otalk_digest.delivery.providers.sendgrid_answer import (
    SANDBOXED,
    SEND_SCOPE,
    Meaning,
    meaning,
    reason,
    scope_faults,
)
from otalk_digest.delivery.providers.sendgrid_config import SendGridConfig
from otalk_digest.delivery.providers.sendgrid_courier import send_batch
from otalk_digest.delivery.providers.sendgrid_fence import FENCE_SCOPES, SendGridFences
from otalk_digest.delivery.providers.sendgrid_flight import Crew, Flight
from otalk_digest.delivery.providers.sendgrid_lists import SendGridLists
from otalk_digest.delivery.providers.sendgrid_post import Pace, Poster, open_client
from otalk_digest.delivery.providers.sendgrid_request import encode_rehearsal
from otalk_digest.errors import ProviderRefusedError, ProviderUnavailableError
from otalk_digest.model.delivery import Outcome
from otalk_digest.model.message import Batch

__all__ = ["SendGridConfig", "SendGridProvider"]


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
        self.fences = SendGridFences(config, Pace(sleep), clock=clock)

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

        def make_crew() -> Crew:
            poster = Poster(self._config, pace, clock=self._clock)
            fences = SendGridFences(self._config, pace, clock=self._clock)
            return Crew(
                send=partial(send_batch, poster=poster, group=self._config.group),
                raise_fence=fences.raise_fence if fences.is_on else None,
            )

        flight = Flight(
            ledger,
            make_crew,
            lanes=self._config.requests,
            size=self.batch_size,
            halt=pace.halt,
            is_fenced=self.fences.is_on,
        )
        return flight.carry(stop=stop)

    def check(self) -> Sequence[str]:
        """Ask SendGrid what the key may do."""
        try:
            answer = open_client(self._config).read_scopes()
        except (OSError, HTTPException) as error:
            return (f"SendGrid cannot be asked: {diagnostic(str(error))}. Try again later.",)
        needed = (SEND_SCOPE, *FENCE_SCOPES) if self.fences.is_on else (SEND_SCOPE,)
        return scope_faults(answer, needed=needed)

    def rehearse(self, batch: Batch) -> Sequence[str]:
        """Let SendGrid's sandbox judge a batch as if it were sent."""
        body = encode_rehearsal(batch, group=self._config.group)
        try:
            answer = self._poster.ask(lambda client: client.send_mail(body), scope=SEND_SCOPE)
        except (ProviderRefusedError, ProviderUnavailableError) as error:
            return (str(error),)
        if meaning(answer.status) is Meaning.ACCEPTED:
            return ("SendGrid took a sample message although it was for its sandbox.",)
        if answer.status == SANDBOXED:
            return ()
        return (f"SendGrid would refuse every message ({reason(answer)}): mend what it names.",)

    def close(self) -> None:
        """Nothing is held open: the package connects for each request."""
