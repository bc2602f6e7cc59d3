"""SendGrid's v3 Mail Send as provider.

It has no idempotency key, so whatever may have arrived is in doubt, and only the status 202
says that a request was accepted.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Final
from urllib.error import URLError
from urllib.parse import urlsplit
from zlib import crc32

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.delivery.providers.sendgrid_answer import (
    Answer,
    Meaning,
    meaning,
    reason,
    refusal_of_us,
    scope_faults,
    unreachable,
    wait_s,
)
from otalk_digest.delivery.providers.sendgrid_books import Books
from otalk_digest.delivery.providers.sendgrid_isolation import (
    Chunk,
    chunks,
    is_shared_fault,
    isolate,
)
from otalk_digest.delivery.providers.sendgrid_request import encode_request, fault
from otalk_digest.errors import (
    OtalkDigestError,
    ProviderRefusedError,
    ProviderUnavailableError,
    ProviderUncertainError,
    SettingsError,
)
from otalk_digest.model.delivery import Outcome
from otalk_digest.model.message import Batch

if TYPE_CHECKING:
    from otalk_digest.delivery.providers.sendgrid_client import SendGridClient

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SCOPE: Final = "mail.send"
#: Requests for one batch, after which the readers who are left wait for the next run.
_MOST_REQUESTS: Final = 200
_ALL_REFUSED: Final = (
    "SendGrid refuses what all readers share ({}), so nothing was sent:"
    " check the sender, the subject and the content."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridConfig:
    """An account. The proxies of the environment are used, as by every Python program."""

    api_key: str = field(repr=False)
    #: `https://api.eu.sendgrid.com` for regional subusers.
    host: str = "https://api.sendgrid.com"
    timeout_s: float = 30.0
    #: For a request that was certainly not accepted.
    attempts: int = 5
    #: However late the reset that SendGrid names.
    longest_wait_s: float = 120.0

    def __post_init__(self) -> None:
        """Raise SettingsError for a key that cannot be one, or a host that would expose it."""
        if not self.api_key or self.api_key == "None":
            raise SettingsError("There is no SendGrid API key: set one, or another provider.")
        if not self.api_key.isascii() or not self.api_key.isprintable() or " " in self.api_key:
            raise SettingsError("The SendGrid API key holds a blank or a line end: set it again.")
        place = urlsplit(self.host)
        is_safe = place.scheme == "https" or place.hostname in _LOOPBACK
        if not is_safe or place.path.strip("/") or place.scheme not in {"http", "https"}:
            raise SettingsError(f"The SendGrid host {self.host} is not https://… without a path.")


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
        self._client: SendGridClient | None = None

    def send(self, batch: Batch) -> Sequence[Outcome]:
        """Return one outcome per recipient; raises only while no reader is decided.

        Raises:
            ProviderUnavailableError: nothing was accepted; try later.
            ProviderRefusedError: bad key, missing scope, no credits, unknown sender.
            ProviderUncertainError: the whole batch may or may not have been accepted.
            SettingsError: another service answered, or what all readers share is refused.
        """
        books = Books(batch)
        for recipient in batch.recipients:
            if why := fault(recipient):
                books.leave_out(recipient, why)
        self._carry_out(batch, deque(chunks(books.undecided())), books)
        return books.in_order()

    def check(self) -> Sequence[str]:
        """Ask SendGrid what the key may do."""
        try:
            answer = self._transport().read_scopes()
        except (OSError, HTTPException) as error:
            return (f"SendGrid cannot be asked: {diagnostic(str(error))}. Try again later.",)
        return scope_faults(answer, needed=_SCOPE)

    def close(self) -> None:
        """Nothing is held open: the package connects for each request."""

    def _carry_out(self, batch: Batch, queue: deque[Chunk], books: Books) -> None:
        for _ in range(_MOST_REQUESTS):
            if not queue:
                return
            chunk = queue.popleft()
            try:
                queue.extendleft(reversed(self._ask_for(batch, chunk, books)))
            except OtalkDigestError as error:
                if not books.can_hold(chunk, error):
                    raise
                books.break_off(chunk, error)
                return

    def _ask_for(self, batch: Batch, chunk: Chunk, books: Books) -> Sequence[Chunk]:
        """Return what to ask for next, in place of a chunk that was refused."""
        answer = self._post(batch, chunk)
        if meaning(answer.status) is Meaning.ACCEPTED:
            books.accept(chunk, answer.headers.get("x-message-id"))
            return ()
        if is_shared_fault(answer):
            raise SettingsError(_ALL_REFUSED.format(reason(answer)))
        found = isolate(chunk, answer)
        books.refuse(found.refused)
        if books.is_everyone_refused_alike():
            books.take_back_refusals()
            raise SettingsError(_ALL_REFUSED.format(reason(answer)))
        return found.again

    def _post(self, batch: Batch, chunk: Chunk) -> Answer:
        """Return an answer about the content: accepted, or refused. Raises for all others."""
        body = encode_request(batch, chunk)
        answer = self._post_patiently(body, jitter_s=crc32(batch.attempt_key.encode()) % 1000 / 1e3)
        match meaning(answer.status):
            case Meaning.REFUSED_US:
                raise ProviderRefusedError(refusal_of_us(answer))
            case Meaning.WRONG_SERVICE:
                raise SettingsError(
                    f"{self._config.host} answered {answer.status}, and nothing was sent:"
                    " is it SendGrid, and is its sandbox off? Check the SendGrid host."
                )
            case Meaning.UNCERTAIN:
                said = f"SendGrid answered {reason(answer)}"
                raise ProviderUncertainError(f"{said}: nobody knows who has got the mail.")
            case _:
                return answer

    def _post_patiently(self, body: str, *, jitter_s: float) -> Answer:
        """Ask again as long as it is certain that nothing was accepted."""
        trouble = ""
        for tries in range(1, self._config.attempts + 1):
            answer = self._post_once(body)
            if meaning(answer.status) is not Meaning.WAIT:
                return answer
            trouble = reason(answer)
            if tries < self._config.attempts:
                self._sleep(jitter_s + self._wait_s(answer, tries))
        raise ProviderUnavailableError(
            f"SendGrid takes no mail now ({trouble}): run the same command again later."
        )

    def _post_once(self, body: str) -> Answer:
        try:
            return self._transport().send_mail(body)
        except URLError as error:
            # The request did not go out whole.
            return unreachable(diagnostic(str(error.reason)))
        except (OSError, HTTPException) as error:
            said = diagnostic(f"{type(error).__name__} {error}")
            raise ProviderUncertainError(f"SendGrid gave no whole answer ({said})") from error

    def _wait_s(self, answer: Answer, tries: int) -> float:
        longest = self._config.longest_wait_s
        return wait_s(answer, now=self._clock(), tries=tries, longest=longest)

    def _transport(self) -> "SendGridClient":
        if self._client is None:
            # The package is heavy: whoever sends nothing does not wait for it.
            from otalk_digest.delivery.providers import sendgrid_client  # noqa: PLC0415

            config = self._config
            self._client = sendgrid_client.SendGridClient(
                api_key=config.api_key, host=config.host, timeout_s=config.timeout_s
            )
        return self._client
