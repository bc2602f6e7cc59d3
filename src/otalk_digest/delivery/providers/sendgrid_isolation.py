"""Which readers share a request, and which of them a refused one was about. Pure.

One unacceptable reader makes SendGrid refuse the whole request of up to 1,000.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from otalk_digest.delivery.providers.sendgrid_answer import Answer, complaints, reason
from otalk_digest.model.message import Recipient

#: Personalizations, and recipients, of one request.
MOST_RECIPIENTS: Final = 1_000
#: What all readers of a request share: no reader is to blame for it.
_SHARED: Final = frozenset(
    {
        *("from", "reply_to", "subject", "content", "attachments", "headers"),
        *("tracking_settings", "send_at", "batch_id"),
    }
)

Chunk = tuple[Recipient, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolated:
    """Readers who are refused, each with the reason, and groups to ask for again."""

    refused: tuple[tuple[Recipient, str], ...] = ()
    again: tuple[Chunk, ...] = ()


def chunks(recipients: Sequence[Recipient]) -> tuple[Chunk, ...]:
    """Share readers out to requests, in order; none holds an address twice, in any case."""
    addresses = {recipient.address.casefold() for recipient in recipients}
    if 0 < len(recipients) == len(addresses) <= MOST_RECIPIENTS:
        return (tuple(recipients),)
    shared: list[dict[str, Recipient]] = []
    for recipient in recipients:
        address = recipient.address.casefold()
        fits = (each for each in shared if address not in each and len(each) < MOST_RECIPIENTS)
        chosen = next(fits, None)
        if chosen is None:
            shared.append({address: recipient})
        else:
            chosen[address] = recipient
    return tuple(tuple(each.values()) for each in shared)


def isolate(chunk: Chunk, answer: Answer) -> Isolated:
    """Take the answer's word for who is to blame; where it names nobody, halve."""
    blamed = {
        each.place: each.message
        for each in complaints(answer)
        if each.place is not None and each.place < len(chunk)
    }
    if blamed:
        rest = tuple(each for place, each in enumerate(chunk) if place not in blamed)
        refused = tuple((chunk[place], said) for place, said in sorted(blamed.items()))
        return Isolated(refused=refused, again=(rest,) if rest else ())
    if len(chunk) == 1:
        return Isolated(refused=((chunk[0], reason(answer)),))
    middle = len(chunk) // 2
    return Isolated(again=(chunk[:middle], chunk[middle:]))


def is_shared_fault(answer: Answer) -> bool:
    """Whether every complaint names something that is the same for all readers."""
    found = complaints(answer)
    return bool(found) and all(_is_about_all(each.field) for each in found)


def _is_about_all(field: str | None) -> bool:
    return field is not None and field.split(".")[0].split("[")[0] in _SHARED
