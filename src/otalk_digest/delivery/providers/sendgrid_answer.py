"""What an answer of SendGrid means: the table of what was accepted. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from otalk_digest.delivery.addresses import diagnostic


class Meaning(StrEnum):
    """What to do next."""

    #: All were accepted.
    ACCEPTED = "accepted"
    #: None was accepted: at least one reader, or what all share, is not acceptable.
    REFUSED_CONTENT = "refused_content"
    #: None was accepted: the account may not send.
    REFUSED_US = "refused_us"
    #: None was accepted: the same again after a while.
    WAIT = "wait"
    #: None was accepted: this is not the service that we think it is.
    WRONG_SERVICE = "wrong_service"
    #: Nobody knows.
    UNCERTAIN = "uncertain"


#: In place of a status when the request did not go out whole.
_UNREACHABLE: Final = 0
#: The answer of the sandbox: valid, and not sent.
SANDBOXED: Final = 200
_MEANINGS: Final = {
    _UNREACHABLE: Meaning.WAIT,
    202: Meaning.ACCEPTED,
    SANDBOXED: Meaning.WRONG_SERVICE,
    400: Meaning.REFUSED_CONTENT,
    413: Meaning.REFUSED_CONTENT,
    415: Meaning.REFUSED_CONTENT,
    401: Meaning.REFUSED_US,
    403: Meaning.REFUSED_US,
    429: Meaning.WAIT,
    503: Meaning.WAIT,
    408: Meaning.UNCERTAIN,
}
#: What is scheduled can be called back only so long before it is due [S5].
PROMISED: Final = timedelta(minutes=10)
SEND_SCOPE: Final = "mail.send"
_FOR: Final = {SEND_SCOPE: "send mail"}
_PERSONALIZATION: Final = re.compile(r"personalizations[.\[](\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status with what came along; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    #: What happened, when there was no answer at all.
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One entry of `errors`: its words, without addresses, and what it is about."""

    message: str
    #: The field that it names, without the values in it; None when it names none.
    field: str | None = None
    #: The personalization that it names.
    place: int | None = None


def unreachable(note: str) -> Answer:
    """Stand for a request that certainly did not arrive whole."""
    return Answer(status=_UNREACHABLE, note=note)


def meaning(status: int) -> Meaning:
    """Return what a status says about acceptance; the unknown is uncertain, a 4xx is a no."""
    if status in _MEANINGS:
        return _MEANINGS[status]
    return Meaning.WRONG_SERVICE if 300 <= status < 500 else Meaning.UNCERTAIN  # noqa: PLR2004


def complaints(answer: Answer) -> tuple[Complaint, ...]:
    """Return what SendGrid says is wrong; empty when the body is not its JSON."""
    try:
        errors = json.loads(answer.body)["errors"]
        return tuple(_complaint(error) for error in errors if isinstance(error, dict))
    except (ValueError, KeyError, TypeError):
        return ()


def _complaint(error: Mapping[str, object]) -> Complaint:
    named = error.get("field")
    place = _PERSONALIZATION.match(named) if isinstance(named, str) else None
    return Complaint(
        message=diagnostic(str(error.get("message") or "no reason given")),
        field=diagnostic(named) if isinstance(named, str) and named else None,
        place=int(place[1]) if place else None,
    )


def reason(answer: Answer) -> str:
    """Return the answer in words, for a diagnostic."""
    said = "; ".join(
        f"{each.field}: {each.message}" if each.field else each.message
        for each in complaints(answer)
    )
    return diagnostic(answer.note or f"{answer.status} {said}".strip())


def refusal_of_us(answer: Answer, *, scope: str = SEND_SCOPE) -> str:
    """Return why the account may not, and what to do: 401 has more than one cause.

    `scope` is the one that the request takes.
    """
    said = reason(answer)
    lower = said.lower()
    if "credits" in lower:
        return f"The SendGrid account has used up its credits ({said}): raise its plan or wait."
    if "sender identity" in lower or "verified" in lower:
        return f"SendGrid does not know the sender address ({said}): verify it there."
    if answer.status == 401:  # noqa: PLR2004
        return f"SendGrid does not accept the API key ({said}): set a valid one."
    return f"The SendGrid API key may not do this ({said}): give it the scope {scope}."


def scope_faults(answer: Answer, *, needed: Sequence[str]) -> tuple[str, ...]:
    """Return what is wrong with the key, from the answer about its scopes."""
    if answer.status in {401, 403}:
        return (refusal_of_us(answer),)
    try:
        granted = json.loads(answer.body)["scopes"]
    except (ValueError, KeyError, TypeError):
        return (f"SendGrid does not say what the key may do ({reason(answer)}). Check the host.",)
    return tuple(
        f"The SendGrid API key may not {_FOR.get(each, 'use the fence')}: give it the scope {each}."
        for each in needed
        if each not in granted
    )


def said_at(answer: Answer) -> datetime | None:
    """Return the moment of an answer by SendGrid's own clock."""
    try:
        said = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)


def wait_s(answer: Answer, *, now: float, tries: int, longest: float) -> float:
    """Return how long to wait, in seconds; `now` is a Unix time, as SendGrid's reset is."""
    reset = answer.headers.get("x-ratelimit-reset", "")
    asked = float(reset) - now if reset.isascii() and reset.isdigit() else 2.0**tries
    return min(max(asked, 1.0), longest)
