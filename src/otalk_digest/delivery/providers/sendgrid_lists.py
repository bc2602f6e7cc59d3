"""SendGrid's suppression lists: who may not be mailed any more, read and added to."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

from otalk_digest.delivery.addresses import diagnostic
from otalk_digest.delivery.provider import SuppressionList
from otalk_digest.delivery.providers.sendgrid_answer import Answer, reason
from otalk_digest.delivery.providers.sendgrid_config import SendGridConfig
from otalk_digest.delivery.providers.sendgrid_post import open_client
from otalk_digest.errors import ProviderRefusedError, ProviderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

_Asked = TypeVar("_Asked")

_PAGE: Final = 500
#: An entry that goes between two pages moves the others up: so many may, and none is missed.
_OVERLAP: Final = 100
_MOST_PAGES: Final = 10_000
_MOST_PUSHED: Final = 1_000
# "Blocks" are not among them: SendGrid itself goes on sending to those.
_LISTS: Final = (
    SuppressionList(name="suppression/bounces", reason="bounced"),
    SuppressionList(name="suppression/spam_reports", reason="complained"),
    SuppressionList(name="suppression/invalid_emails", reason="invalid"),
    SuppressionList(name="suppression/unsubscribes", reason="unsubscribed"),
)
_GLOBAL: Final = "asm/suppressions/global"
_DONE: Final = frozenset({200, 201})
#: Taken off, or never on it.
_GONE: Final = frozenset({204, 404})


class SendGridLists:
    """The lists of one account."""

    def __init__(self, config: SendGridConfig) -> None:
        self._config = config
        self._group = config.group and f"asm/groups/{config.group}/suppressions"
        group = (SuppressionList(name=self._group, reason="unsubscribed"),) if self._group else ()
        self.lists: Sequence[SuppressionList] = (*_LISTS, *group) if config.has_lists else ()

    def pages(self, name: str, *, since: datetime | None) -> Iterator[Sequence[str]]:
        """Yield addresses, a page at a time; a few come twice."""
        client = open_client(self._config)
        if name == self._group:
            # SendGrid gives out a group as a whole only.
            yield _addresses(_answered(client.get, name, {}))
            return
        start = {} if since is None else {"start_time": str(int(since.timestamp()))}
        for number in range(_MOST_PAGES):
            place = {"limit": str(_PAGE), "offset": str(number * (_PAGE - _OVERLAP))}
            page = _addresses(_answered(client.get, name, start | place))
            yield page
            if len(page) < _PAGE:
                return

    def add(self, addresses: Sequence[str]) -> None:
        """Put addresses on the group's list, or on the global one. Safe to repeat."""
        client = open_client(self._config)
        name = self._group or _GLOBAL
        for first in range(0, len(addresses), _MOST_PUSHED):
            some = list(addresses[first : first + _MOST_PUSHED])
            body = json.dumps({"recipient_emails": some})
            _answered(client.post, name, body)

    def remove(self, addresses: Sequence[str]) -> None:
        """Take addresses off every list but that of complaints. Safe to repeat."""
        client = open_client(self._config)

        def take_off(name: str, address: str) -> Answer:
            return client.delete(f"{name}/{quote(address, safe='')}")

        names = [_GLOBAL, "suppression/bounces", "suppression/invalid_emails"]
        if self._group:
            names.append(self._group)
        for address in addresses:
            for name in names:
                _answered(take_off, name, address, done=_GONE)


def _answered(
    ask: "Callable[[str, _Asked], Answer]",
    name: str,
    asked: _Asked,
    *,
    done: Collection[int] = _DONE,
) -> Answer:
    """Return a good answer. Raises ProviderRefusedError, or ProviderUnavailableError."""
    try:
        answer = ask(name, asked)
    except (OSError, HTTPException) as error:
        said = diagnostic(f"{type(error).__name__} {error}")
        raise ProviderUnavailableError(f"{name}: {said}") from error
    if answer.status in done:
        return answer
    said = f"{name}: {reason(answer)}"
    if answer.status in {401, 403}:
        raise ProviderRefusedError(said)
    raise ProviderUnavailableError(said)


def _addresses(answer: Answer) -> Sequence[str]:
    try:
        entries = json.loads(answer.body)
        return [each if isinstance(each, str) else _address(each) for each in entries]
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderUnavailableError("the answer is not a list of addresses") from error


def _address(entry: Mapping[str, object]) -> str:
    return str(entry["email"])
