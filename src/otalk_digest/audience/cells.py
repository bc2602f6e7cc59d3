"""What a cell of a list means, or why it means nothing. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from otalk_digest.errors import InputError
from otalk_digest.model.audience import Cadence, Consent, Reminder
from otalk_digest.model.news import NewsKind

_Words = TypeVar("_Words", bound=StrEnum)

_YES: Final = frozenset({"yes", "y", "true", "1", "on", "ja", "oui", "sí", "si", "sim"})
_NO: Final = frozenset({"no", "n", "false", "0", "off", "nein", "nee", "nej", "non", "não"})
_CONSENT: Final[Mapping[str, Consent]] = {
    **dict.fromkeys(
        (
            *_YES,
            *("confirmed", "subscribed", "active", "regular", "premium", "gifted"),
            *("bestätigt", "angemeldet", "aktiv", "abonniert", "confirmé", "inscrit", "abonné"),
            *("confirmado", "suscrito", "confermato", "iscritto", "bevestigd", "ingeschreven"),
        ),
        Consent.CONFIRMED,
    ),
    **dict.fromkeys(
        (
            *("pending", "unconfirmed", "not confirmed", "unactivated"),
            *("ausstehend", "unbestätigt", "en attente", "pendiente", "in attesa"),
        ),
        Consent.PENDING,
    ),
    **dict.fromkeys(
        (
            *_NO,
            *("withdrawn", "unsubscribed", "cleaned", "bounced", "complained", "spam"),
            *("not subscribed", "not sending", "inactive", "disabled", "blocklisted"),
            *("blocked", "removed", "deleted", "erased", "undeliverable", "suppressed"),
            *("abgemeldet", "désabonné", "désinscrit", "baja", "disiscritto", "uitgeschreven"),
        ),
        Consent.WITHDRAWN,
    ),
}
#: They do not say whether somebody agreed: what the maintainer says of such rows counts.
_SAY_NOTHING: Final = frozenset({"", "enabled", "nonsubscribed", "imported"})
_LIST_SEPARATORS: Final = re.compile(r"[;|]")
_ALL_SEPARATORS: Final = re.compile(r"[;|,]")
#: How much of a cell a reason repeats.
_SHOWN: Final = 40


def zone_reader(known: set[str]) -> Callable[[str], str | None]:
    """Return what reads the names of these time zones, in whatever case."""
    as_written = {name.lower(): name for name in known}

    def read(cell: str) -> str | None:
        if cell and cell.lower() not in as_written:
            raise InputError(f"{shown(cell)} is no time zone; write one such as Europe/London")
        return as_written[cell.lower()] if cell else None

    return read


def country_of(cell: str) -> str | None:
    """Raises InputError."""
    country = cell.upper()
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise InputError(f"{shown(country)} is no country code; write two letters such as GB")
    return country or None


def words_of(cell: str, *, has_commas: bool = False) -> frozenset[str]:
    """Return what stands between semicolons or bars, and between commas where they part it."""
    separators = _ALL_SEPARATORS if has_commas else _LIST_SEPARATORS
    parts = separators.split(cell.replace('"', "") if has_commas else cell)
    return frozenset(part.strip() for part in parts if part.strip())


def wants_of(cell: str) -> frozenset[str]:
    """Raises InputError."""
    kinds = words_of(cell)
    if unknown := kinds - set(NewsKind):
        known = ", ".join(NewsKind)
        raise InputError(f"wants: {shown(min(unknown))} is no kind of news; known ones: {known}")
    return kinds


def consent_of(cell: str, default: Consent) -> Consent:
    """Raises InputError."""
    word = " ".join(cell.replace("_", " ").split())
    if word in _SAY_NOTHING:
        return default
    if word not in _CONSENT:
        raise InputError(
            f"consent: {shown(cell)} is unknown; write confirmed, pending or withdrawn"
        )
    return _CONSENT[word]


def is_yes(cell: str, *, field: str) -> bool:
    """Raises InputError."""
    word = cell.lower()
    if word and word not in _YES | _NO:
        raise InputError(f"{field}: {shown(cell)} is neither yes nor no")
    return word in _YES


def moment_of(cell: str, *, field: str) -> datetime | None:
    """Return a moment in UTC, which is meant where no offset is written. Raises InputError."""
    if not cell:
        return None
    try:
        moment = datetime.fromisoformat(cell.removesuffix(" UTC"))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(
            f"{field}: {shown(cell)} is no moment; write one such as 2026-11-24 or "
            "2026-11-24T09:00Z"
        ) from None


def cadence_of(cell: str) -> Cadence:
    """Raises InputError."""
    return _one_of(Cadence, cell, field="cadence", default=Cadence.EACH)


def reminder_of(cell: str) -> Reminder:
    """Raises InputError."""
    return _one_of(Reminder, cell, field="reminder", default=Reminder.NONE)


def _one_of(words: type[_Words], cell: str, *, field: str, default: _Words) -> _Words:
    try:
        return words(cell.lower()) if cell else default
    except ValueError:
        raise InputError(f"{field}: {shown(cell)} is unknown; write {', '.join(words)}") from None


def shown(cell: str) -> str:
    """Repeat what was written, unless a row slipped sideways and it is somebody's address."""
    return "an address" if "@" in cell else repr(cell[:_SHOWN])
