"""A theme's words in another language, laid over its own. Pure."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from string import Formatter
from typing import Any, Final

from otalk_digest.errors import TemplateError

#: BCP 47, near enough to make the name of a file.
_TAG: Final = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*", re.IGNORECASE)
_SCRIPT, _REGION = 4, 2
#: Tables whose keys are no words of ours: names of zones, and letters that stand for them.
_OPEN: Final = frozenset({"time.cities", "time.zones"})


def fallbacks(language: str) -> tuple[str, ...]:
    """List the tags under which words may be found, the nearest first (RFC 4647 §3.4).

    Raises TemplateError when `language` is no tag at all.
    """
    if not _TAG.fullmatch(language):
        raise TemplateError(
            f"{language!r} is not a language tag: write one of BCP 47, such as de or pt-BR"
        )
    parts = [_canonical(place, part) for place, part in enumerate(language.split("-"))]
    tags: list[str] = []
    while parts:
        tags.append("-".join(parts))
        parts.pop()
        # A single letter only opens what has just been taken off.
        if parts and len(parts[-1]) == 1:
            parts.pop()
    return tuple(tags)


def is_same_language(one: str, other: str) -> bool:
    """Whether two tags name one language, spoken here or there."""
    return fallbacks(one)[-1] == fallbacks(other)[-1]


def lay_over(words: Mapping[str, Any], overlay: Mapping[str, Any], file: str) -> dict[str, Any]:
    """Return the words with those of `overlay` in their place; what it lacks stays.

    Raises TemplateError, which names `file`, for a word that the theme does not know, or one of
    another shape.
    """
    return _lay_table(words, overlay, file, "")


def _canonical(place: int, part: str) -> str:
    """Write a subtag as files are named: de, zh-Hant, pt-BR."""
    if place and len(part) == _REGION:
        return part.upper()
    return part.title() if place and len(part) == _SCRIPT and part.isalpha() else part.lower()


def _lay_table(
    words: Mapping[str, Any], overlay: Mapping[str, Any], file: str, path: str
) -> dict[str, Any]:
    laid = dict(words)
    for key, value in overlay.items():
        name = f"{path}.{key}" if path else key
        known = {} if name in _OPEN else "" if path in _OPEN else words.get(key)
        if known is None:
            raise TemplateError(f"{file}: the theme has no word {name}{_nearest(key, words, path)}")
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            laid[key] = _lay_table(words.get(key, {}), value, file, name)
        else:
            _look_at(known, value, file, name)
            laid[key] = value
    return laid


def _nearest(key: str, words: Mapping[str, Any], path: str) -> str:
    near = get_close_matches(key, words, n=1)
    if not near:
        return ": take it out"
    return f": did you mean {path}.{near[0]}?" if path else f": did you mean {near[0]}?"


def _look_at(known: object, value: object, file: str, name: str) -> None:
    if isinstance(known, list) and not (
        isinstance(value, list)
        and len(value) == len(known)
        and all(isinstance(word, str) for word in value)
    ):
        raise TemplateError(f"{file}: {name} must be a list of {len(known)} texts")
    if isinstance(known, str) and not isinstance(value, str):
        raise TemplateError(f"{file}: {name} must be a text")
    if isinstance(known, Mapping):
        raise TemplateError(f"{file}: {name} must be a table")
    for text in _texts(value):
        try:
            list(Formatter().parse(text))
        except ValueError as error:
            raise TemplateError(f"{file}: {name} cannot be filled in: {error}") from error


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from value
