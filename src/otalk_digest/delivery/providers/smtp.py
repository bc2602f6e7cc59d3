"""An SMTP relay as provider."""

import threading
import time
from collections.abc import Callable, Sequence

from otalk_digest.delivery.provider import Ledger
from otalk_digest.delivery.providers.smtp_config import SmtpConfig
from otalk_digest.delivery.providers.smtp_feeds import BatchFeed, LedgerFeed
from otalk_digest.delivery.providers.smtp_lanes import Lanes
from otalk_digest.delivery.providers.smtp_session import close_session, open_session
from otalk_digest.errors import ProviderRefusedError, ProviderUnavailableError, StoreError
from otalk_digest.model.delivery import Outcome
from otalk_digest.model.message import Batch

__all__ = ["SmtpConfig", "SmtpProvider"]


class SmtpProvider:
    """Sends one message per reader over a few connections, kept from batch to batch.

    Before the dot nothing is accepted; after it only an answer decides (RFC 1047). A lost
    connection is opened again as long as the new ones bring the batch forward.
    """

    name = "smtp"
    batch_size = 50
    is_idempotent = False

    def __init__(self, config: SmtpConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._config = config
        self._lanes = Lanes(config, sleep=sleep)

    def send(self, batch: Batch) -> Sequence[Outcome]:
        """Return one outcome per recipient; what was not reached is released.

        Raises:
            ProviderUnavailableError: nothing was accepted, and nothing can be now.
            ProviderRefusedError: the server refuses our login or our sender address.
        """
        feed = BatchFeed(batch, self._config)
        trouble = self._lanes.carry(feed, stop=threading.Event())
        if trouble is not None and not feed.is_any_decided:
            raise trouble
        return feed.outcomes()

    def deliver(self, ledger: Ledger, *, stop: threading.Event) -> int:
        """Send all that is planned over all connections; see `StreamingProvider`."""
        feed = LedgerFeed(ledger, self._config)
        try:
            trouble = self._lanes.carry(feed, stop=stop)
            feed.finish()
        except StoreError:
            # What could not be written down is in doubt when the next run finds it open.
            raise
        except BaseException:
            feed.abandon("the program failed while sending")
            raise
        if trouble is not None:
            raise trouble
        return feed.handed_over

    def check(self) -> Sequence[str]:
        """Connect, log in, and hang up."""
        try:
            close_session(open_session(self._config))
        except (ProviderRefusedError, ProviderUnavailableError) as error:
            return (str(error),)
        return ()

    def close(self) -> None:
        """Say good-bye."""
        self._lanes.close()
