"""SendGrid's scheduled sends as a fence: what is in doubt is called back before it is due.

All times are by SendGrid's clock, from the Date line of its answers: one of ours that jumps can
neither move what is due nor make a call back look early enough (R10).
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from otalk_digest.delivery.providers.sendgrid_answer import PROMISED, Answer, reason, said_at
from otalk_digest.delivery.providers.sendgrid_config import SendGridConfig
from otalk_digest.delivery.providers.sendgrid_post import Pace, Poster
from otalk_digest.errors import SettingsError
from otalk_digest.model.message import Fence

_SCHEDULED: Final = "user/scheduled_sends"
_CREATE_BATCH: Final = "mail.batch.create"
_READ: Final = "user.scheduled_sends.read"
_CANCEL: Final = "user.scheduled_sends.create"
_DELETE: Final = "user.scheduled_sends.delete"
#: What a key needs for the fence, besides sending.
FENCE_SCOPES: Final = (_CREATE_BATCH, _READ, _CANCEL, _DELETE)

#: For asking: a cancellation that comes too late may hold or not, which is worse than none.
_IN_GOOD_TIME: Final = timedelta(minutes=1)
#: A request that was lost on the way may come late, and is discarded only while the
#: cancellation stands.
_LATE_COPIES: Final = timedelta(hours=1)
#: SendGrid asks not to send on the hour and the half hour, when everybody does.
_CROWDED_S: Final = 1800
_ASIDE: Final = timedelta(minutes=2)

_OK: Final = 200
_CREATED: Final = 201
_GONE: Final = 404
_CANCELLED: Final = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What SendGrid says of a batch, and when."""

    is_cancelled: bool
    #: None when the answer carries no date.
    at: datetime | None


class SendGridFences:
    """The scheduled sends of one account. Not for two threads at once."""

    def __init__(
        self,
        config: SendGridConfig,
        pace: Pace,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._pace = pace
        self._clock = clock
        self._poster = Poster(config, pace, clock=clock)

    @property
    def is_on(self) -> bool:
        """Whether the settings ask for it; what was sent behind one can be called back anyway."""
        return self._config.fence_minutes is not None

    def raise_fence(self) -> Fence:
        """Get a batch id of its own for a request. Nothing is submitted by that.

        Raises ProviderUnavailableError, ProviderRefusedError or SettingsError.
        """
        answer = self._poster.ask(lambda client: client.post("mail/batch", ""), scope=_CREATE_BATCH)
        batch_id, now = _batch_id(answer), said_at(answer)
        if batch_id is None or now is None:
            raise SettingsError(
                f"{self._config.host} gives no batch id ({reason(answer)}), so nothing was sent: "
                "look at the SendGrid host, or set delivery.sendgrid.fence = false."
            )
        lead = timedelta(minutes=self._config.fence_minutes or 0)
        return Fence(batch_id=batch_id, send_at=_beside_the_crowd(now + lead))

    def call_back(self, fence: Fence, *, stop: threading.Event) -> bool:
        """Cancel a batch; return whether it is seen to be cancelled, and early enough to hold.

        Raises ProviderUnavailableError, ProviderRefusedError or SettingsError.
        """
        last_moment = fence.send_at - PROMISED
        poster = self._poster_until(stop)
        seen = self._look(fence, poster)
        if not seen.is_cancelled and _is_by(seen, last_moment - _IN_GOOD_TIME):
            # Whatever it answers: what counts is what is read afterwards. A second one gets 400.
            poster.ask(
                lambda client: client.post(
                    _SCHEDULED, json.dumps({"batch_id": fence.batch_id, "status": _CANCELLED})
                ),
                scope=_CANCEL,
            )
            seen = self._look(fence, poster)
        return seen.is_cancelled and _is_by(seen, last_moment)

    def forget(self, fence: Fence, *, stop: threading.Event) -> bool:
        """Take a cancellation off the account's hundred, once nothing can be late any more."""
        poster = self._poster_until(stop)
        seen = self._look(fence, poster)
        # Deleted early, it would let go out what was sent anew: theirs is the clock that counts.
        if seen.at is None or seen.at < fence.send_at + _LATE_COPIES:
            return False
        path = f"{_SCHEDULED}/{fence.batch_id}"
        poster.ask(lambda client: client.delete(path), scope=_DELETE)
        return True

    def _poster_until(self, stop: threading.Event) -> Poster:
        return Poster(self._config, self._pace.until(stop), clock=self._clock)

    def _look(self, fence: Fence, poster: Poster) -> _Seen:
        path = f"{_SCHEDULED}/{fence.batch_id}"
        answer = poster.ask(lambda client: client.get(path, {}), scope=_READ)
        if answer.status not in {_OK, _GONE}:
            raise SettingsError(
                f"{self._config.host} does not say what became of a batch ({reason(answer)}), so "
                "it stays in doubt: look at the SendGrid host."
            )
        return _Seen(is_cancelled=_is_cancelled(answer, fence.batch_id), at=said_at(answer))


def _is_by(seen: _Seen, moment: datetime) -> bool:
    return seen.at is not None and seen.at <= moment


def _beside_the_crowd(due: datetime) -> datetime:
    return due + _ASIDE if due.timestamp() % _CROWDED_S < _ASIDE.total_seconds() else due


def _batch_id(answer: Answer) -> str | None:
    if answer.status != _CREATED:
        return None
    try:
        found = json.loads(answer.body)["batch_id"]
    except (ValueError, KeyError, TypeError):
        return None
    # It becomes a part of an address.
    is_plain = isinstance(found, str) and found.replace("-", "").replace("_", "").isalnum()
    return found if is_plain and found.isascii() else None


def _is_cancelled(answer: Answer, batch_id: str) -> bool:
    try:
        rows = json.loads(answer.body)
        return any(row["batch_id"] == batch_id and row["status"] == _CANCELLED for row in rows)
    except (ValueError, KeyError, TypeError):
        return False
