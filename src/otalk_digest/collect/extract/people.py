"""Handles and names in a clause. Pure."""

import re
from collections.abc import Iterable

from otalk_digest.collect.fold import squash
from otalk_digest.model.chat import ChatProfile

#: Not an e-mail address; a full stop or a bracket that sticks to a handle stays outside.
HANDLE = re.compile(r"(?<![\w@.])@(?P<name>\w{1,30})")
_GLUED_EDIT = re.compile(r"(?<=[a-z0-9_])Edit$")
_SMALL = r"(?:the|of|for|and|&|de|van|von|der|in|at|@)"
_NAME = re.compile(
    rf"(?P<name>#\w+\s+team\b|#?[A-Z0-9][\w’'\-.]*(?:\s+(?:{_SMALL}\s+)*#?[A-Z][\w’'\-.]*)*"
    rf"|\w*_\w+|[a-z]+[A-Z0-9]\w+)"
)
_AND = re.compile(r"\s+(?:and|&)\s+(?:the\s+)?")
_JOINT = re.compile(r"\s*(?:,\s*(?:and|&)?|\band\b|&|\+|/)\s*")
#: How a clause goes on that names nobody.
_NO_NAME = frozenset(
    {
        *("i", "i'm", "i’m", "my", "we", "our", "me", "us", "you", "your", "it", "who", "everyone"),
        *("a", "an", "this", "these", "that", "hi", "hello", "host", "hosts", "chat", "date"),
        *("none", "tba", "tbc", "questions", "twitter", "transcript", "gmt", "bst", "uk"),
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        *("january", "february", "march", "april", "may", "june", "july", "august"),
        *("september", "october", "november", "december"),
    }
)
_LONGEST_NAME = 60
_FULL_NAME = 2

#: People, and the words they were read from.
Found = tuple[tuple[str, ...], str]


def is_account(handle: str, profile: ChatProfile) -> bool:
    """Whether a handle is the chat's own account, never a person."""
    own = {profile.account.casefold().strip("_@"), *(tag.casefold() for tag in profile.tags)}
    return handle.casefold().strip("_@") in own


def handles_in(text: str, profile: ChatProfile) -> tuple[str, ...]:
    """Return the people's handles of a text, as written, each once."""
    names = (_GLUED_EDIT.sub("", match["name"]) for match in HANDLE.finditer(text))
    return unique(f"@{name}" for name in names if not is_account(name, profile))


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Drop names that differ in case only; the first spelling stays."""
    kept: dict[str, str] = {}
    for name in names:
        kept.setdefault(name.casefold(), name)
    return tuple(kept.values())


def people_in(text: str, profile: ChatProfile) -> tuple[str, ...]:
    """Return the handles of a text, or without any the names it begins with."""
    return handles_in(text, profile) or names_in(text, profile)


def has_handle(people: Iterable[str]) -> bool:
    """Whether at least one of them is a handle."""
    return any(name.startswith("@") for name in people)


def names_in(text: str, profile: ChatProfile) -> tuple[str, ...]:
    """Return the names a clause begins with, joined by "and", "&" or commas."""
    names: list[str] = []
    rest = text.strip(' :;–—-(“"')
    if re.match(r"the\s", rest):
        rest = rest[4:]
    while rest and (match := _NAME.match(rest)):
        name = match["name"].rstrip(".'’-")
        if not _is_name(name, profile):
            break
        names.extend(_split_and(name))
        after = rest[match.end() :]
        joint = _JOINT.match(re.sub(r"^\s*\([^)]{0,80}\)", "", after))
        if not joint:
            break
        rest = re.sub(r"^\s*\([^)]{0,80}\)", "", after)[joint.end() :]
        rest = re.sub(r"^the\s+", "", rest)
    return unique(names)


def _split_and(name: str) -> list[str]:
    """Tell two people ("Ada Quill and Ivo Marsh") from one name ("Boats and Bridges Trust")."""
    parts = _AND.split(name)
    is_list = len(parts) > 1 and (
        all(len(part.split()) >= _FULL_NAME for part in parts)
        or all(len(part.split()) == 1 for part in parts)
    )
    return parts if is_list else [name]


def _is_name(name: str, profile: ChatProfile) -> bool:
    first = name.split(maxsplit=1)[0].casefold()
    if first in _NO_NAME or len(name) > _LONGEST_NAME or name[0].isdigit():
        return False
    return squash(name) not in {squash(tag) for tag in profile.tags}
