"""A maintainer's word over what was read. Pure.

It is laid over each reading before the reading is followed, so no later edit of the post can
take it back, and a corrected date of a chat ahead becomes news as an edit of the hosts does.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from otalk_digest.collect.extract.numbers import read_figure
from otalk_digest.collect.fold import fold_line
from otalk_digest.errors import InputError
from otalk_digest.model.chat import (
    NUMBER_NAMES,
    ChatProfile,
    Evidence,
    Figure,
    Flag,
    Numbers,
    Reading,
)
from otalk_digest.model.override import Override

#: Written for "the post is wrong, and there is none".
NONE = "none"
_SAID = "a maintainer set it"

#: Doubts that are settled with the field.
_SETTLED = {
    "starts_at": (Flag.CHECK_DATE, Flag.DATE_CORRECTED, Flag.DEFAULT_TIME),
    "hosts": (Flag.FALLBACK_HOST,),
}
#: Evidence that is about the field under another name.
_ALIASES = {"starts_at": "clock", "is_cancelled": "standing", "is_postponed": "standing"}
_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?\s?[KMkm]?")
_ANSWERS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """How the values of a field are written and read."""

    #: From what was typed to the one spelling that is kept; None when it cannot be.
    spell: Callable[[str, ChatProfile], str | None]
    #: From that spelling to the value.
    read: Callable[[str], object]
    hint: str
    #: What "none" stands for; fields without it always have a value.
    nothing: object = None
    may_be_none: bool = True


def _spell_moment(text: str, profile: ChatProfile) -> str | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if ":" not in text:
        # A day alone would be midnight, which nobody means.
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(profile.zone))
    return moment.astimezone(UTC).isoformat()


def _spell_people(text: str, _profile: ChatProfile) -> str | None:
    return ", ".join(_names(text)) or None


def _spell_figure(text: str, _profile: ChatProfile) -> str | None:
    return text if _FIGURE.fullmatch(text) and read_figure(text) else None


def _spell_url(text: str, _profile: ChatProfile) -> str | None:
    return text if re.fullmatch(r"https?://[^\s<>\"]+", text) else None


def _spell_answer(text: str, _profile: ChatProfile) -> str | None:
    answer = _ANSWERS.get(text.casefold())
    return None if answer is None else ("yes" if answer else "no")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


_MOMENT = _Kind(
    spell=_spell_moment,
    read=datetime.fromisoformat,
    hint="write a day and an hour such as 2026-11-24T20:00, or with an offset: …T20:00Z",
)
_PEOPLE = _Kind(
    spell=_spell_people,
    read=_names,
    hint='write names with commas between them, such as "@wren, Pip Lake"',
    nothing=(),
)
_ANSWER = _Kind(
    spell=_spell_answer, read=_ANSWERS.__getitem__, hint="write yes or no", may_be_none=False
)
_NUMBER = _Kind(
    spell=_spell_figure, read=read_figure, hint="write a figure such as 311, 1,204 or 270.128K"
)
_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "topic": _Kind(
            spell=lambda text, _profile: text,
            read=lambda text: text,
            hint="write it out",
            may_be_none=False,
        ),
        "starts_at": _MOMENT,
        "ends_at": _MOMENT,
        "hosts": _PEOPLE,
        "support": _PEOPLE,
        "transcript_url": _Kind(
            spell=_spell_url, read=lambda text: text, hint="write an address with https://"
        ),
        **dict.fromkeys(NUMBER_NAMES, _NUMBER),
        "is_cancelled": _ANSWER,
        "is_postponed": _ANSWER,
    }
)
#: What can be overruled.
FIELDS = tuple(_KINDS)


def check_field(name: str) -> str:
    """Return the name of a field. Raises InputError, naming the nearest one."""
    if name in _KINDS:
        return name
    near = difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else f"Known ones: {', '.join(FIELDS)}."
    raise InputError(f"A chat has no field {name!r} to set. {hint}")


def check_value(field: str, text: str, profile: ChatProfile) -> str | None:
    """Return a value in the spelling that is kept; local times are in the profile's zone.

    None stands for "none". Raises InputError when the text is no value of this field.
    """
    kind = _KINDS[field]
    text = fold_line(text)
    if kind.may_be_none and text.casefold() == NONE:
        return None
    spelling = kind.spell(text, profile)
    if not spelling:
        raise InputError(f"{field}: {text!r} does not fit: {kind.hint}.")
    return spelling


def hint_of(field: str) -> str:
    """Return how the values of a field are written."""
    kind = _KINDS[field]
    return f"{kind.hint}; or {NONE}" if kind.may_be_none else kind.hint


def written(field: str, reading: Reading, profile: ChatProfile) -> str:
    """Return what was read, as a maintainer would write it; "" where there is nothing."""
    value = getattr(reading.numbers if field in NUMBER_NAMES else reading, field)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(profile.zone)).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, Figure):
        return value.printed
    if isinstance(value, tuple):
        return ", ".join(value)
    return value or ""


def overrule(reading: Reading, overrides: Iterable[Override], profile: ChatProfile) -> Reading:
    """Return the reading with what a maintainer set, marked as such."""
    # `_KINDS` says of which type each field is.
    values: dict[str, Any] = {override.field: _value(override) for override in overrides}
    if not values:
        return reading
    fields = tuple(values)
    settled = {flag for field in fields for flag in _SETTLED.get(field, ())}
    flags = [flag for flag in reading.flags if flag not in settled | {Flag.OVERRULED}]
    figures = {name: values.pop(name) for name in NUMBER_NAMES if name in values}
    numbers = {name: getattr(reading.numbers, name) for name in NUMBER_NAMES} | figures
    if "starts_at" in values and "ends_at" not in values:
        values["ends_at"] = _moved_end(reading, values["starts_at"], profile)
    return replace(
        reading,
        **values,
        numbers=Numbers(**numbers),
        flags=(*flags, Flag.OVERRULED),
        evidence=_evidence(reading, fields),
    )


def _value(override: Override) -> object:
    kind = _KINDS[override.field]
    return kind.nothing if override.value is None else kind.read(override.value)


def _moved_end(reading: Reading, starts_at: object, profile: ChatProfile) -> datetime | None:
    """A chat that is moved lasts as long as before."""
    if not isinstance(starts_at, datetime):
        return None
    if reading.starts_at and reading.ends_at:
        return starts_at + (reading.ends_at - reading.starts_at)
    return starts_at + timedelta(minutes=profile.duration_minutes)


def _evidence(reading: Reading, fields: tuple[str, ...]) -> tuple[Evidence, ...]:
    replaced = {*fields, *(_ALIASES[field] for field in fields if field in _ALIASES)}
    read = tuple(item for item in reading.evidence if item.field not in replaced)
    return (*read, *(Evidence(field=field, text=_SAID) for field in fields))
