"""One Mail Send request, asked for again as long as it is certain that nothing was accepted."""

import threading
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from typing import TYPE_CHECKING, Final
from urllib.error import URLError

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.delivery.providers.sendgrid_answer import (
    Answer,
    Meaning,
    meaning,
    reason,
    refusal_of_us,
    said_at,
    unreachable,
    wait_s,
)
from otalk_digest.delivery.providers.sendgrid_config import SendGridConfig
from otalk_digest.errors import (
    ProviderRefusedError,
    ProviderUnavailableError,
    ProviderUncertainError,
    SettingsError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from otalk_digest.delivery.providers.sendgrid_client import SendGridClient


Question = Callable[["SendGridClient"], Answer]

#: Of what is no mail: made, and gone.
_DONE: Final = frozenset({201, 204})


class Pace:
    """When SendGrid may be asked again: "too many" to one request is a pause for all."""

    def __init__(
        self, sleep: Callable[[float], None], *, stop: threading.Event | None = None
    ) -> None:
        """`stop` is set from outside; `sleep` may then end early."""
        self._sleep = sleep
        self._stop = stop or threading.Event()
        self._lock = threading.Lock()
        self._resume_at = 0.0
        #: Set from inside: nothing more is begun.
        self.halt = threading.Event()

    def until(self, stop: threading.Event) -> "Pace":
        """Return one of its own for somebody else who may be asked to stop."""
        return Pace(self._sleep, stop=stop)

    @property
    def is_over(self) -> bool:
        """Whoever waits gives up."""
        return self._stop.is_set() or self.halt.is_set()

    def hold(self, seconds: float) -> None:
        """Let nobody ask for so long."""
        with self._lock:
            # Monotone: a clock that is set back makes nobody wait for a day (R10).
            self._resume_at = max(self._resume_at, time.monotonic() + seconds)

    def wait(self) -> None:
        """Return when one may ask, or when there is no need to any more."""
        left = self._resume_at - time.monotonic()
        if left > 0:
            self._sleep(left)


def open_client(config: SendGridConfig) -> "SendGridClient":
    """Return a client of one's own: it is not for two threads."""
    # The package is heavy: whoever sends nothing does not wait for it.
    from otalk_digest.delivery.providers import sendgrid_client  # noqa: PLC0415

    return sendgrid_client.SendGridClient(
        api_key=config.api_key, host=config.host, timeout_s=config.timeout_s
    )


class Poster:
    """Posts bodies, one at a time; several of them share a pace."""

    def __init__(self, config: SendGridConfig, pace: Pace, *, clock: Callable[[], float]) -> None:
        self._config = config
        self._pace = pace
        self._clock = clock
        self._client: SendGridClient | None = None
        #: When the last answer was given, by SendGrid's clock.
        self.said_at: datetime | None = None

    def post(self, body: bytes, *, jitter_s: float) -> Answer:
        """Return an answer about the content: accepted, or refused. Raises for all others."""
        answer = self._patiently(partial(self._post_once, body), jitter_s=jitter_s)
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

    def ask(self, question: Question, *, scope: str) -> Answer:
        """Return the answer to what may be asked any number of times, so nothing is uncertain.

        Raises ProviderUnavailableError, or ProviderRefusedError for want of the scope.
        """
        answer = self._patiently(partial(self._ask_once, question), jitter_s=0.0)
        if meaning(answer.status) is Meaning.REFUSED_US:
            raise ProviderRefusedError(refusal_of_us(answer, scope=scope))
        return answer

    def _patiently(self, ask: Question, *, jitter_s: float) -> Answer:
        trouble = ""
        for tries in range(1, self._config.attempts + 1):
            self._pace.wait()
            if self._pace.is_over:
                trouble = trouble or "the run is ending"
                break
            if self._client is None:
                self._client = open_client(self._config)
            answer = ask(self._client)
            self.said_at = said_at(answer) or self.said_at
            if meaning(answer.status) is not Meaning.WAIT:
                return answer
            trouble = reason(answer)
            self._pace.hold(jitter_s + self._wait_s(answer, tries))
        raise ProviderUnavailableError(
            f"SendGrid cannot be used now ({trouble}): run the same command again later."
        )

    @staticmethod
    def _post_once(body: bytes, client: "SendGridClient") -> Answer:
        try:
            return client.send_mail(body)
        except URLError as error:
            # The request did not go out whole.
            return unreachable(diagnostic(str(error.reason)))
        except (OSError, HTTPException) as error:
            said = diagnostic(f"{type(error).__name__} {error}")
            raise ProviderUncertainError(f"SendGrid gave no whole answer ({said})") from error

    @staticmethod
    def _ask_once(question: Question, client: "SendGridClient") -> Answer:
        try:
            answer = question(client)
        except (OSError, HTTPException) as error:
            return unreachable(diagnostic(f"{type(error).__name__} {error}"))
        is_clear = meaning(answer.status) is not Meaning.UNCERTAIN or answer.status in _DONE
        return answer if is_clear else unreachable(reason(answer))

    def _wait_s(self, answer: Answer, tries: int) -> float:
        longest = self._config.longest_wait_s
        return wait_s(answer, now=self._clock(), tries=tries, longest=longest)
