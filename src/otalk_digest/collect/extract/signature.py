"""Who signed the text, when nobody is named as host. Pure."""

import re
from collections.abc import Sequence

from otalk_digest.collect.extract.people import handles_in, names_in, unique
from otalk_digest.collect.patterns import Pattern
from otalk_digest.model.chat import ChatProfile

_FOOT = 8
_LONGEST = 90
_MOST_WORDS = 8
_VALEDICTION = Pattern(
    r"^(?:(?:many\s+)?thanks?(?:\s+you)?|(?:best|kind|warm)(?:est)?\s+(?:wishes|regards)|cheers"
    r"|regards|see\s+you\s+(?:there|then|all).*|yours.*)[\s,.!]*$",
    re.IGNORECASE,
)
_SIGN = Pattern(r"^[–—\-]\s?(?P<who>[A-Z@].*)$")
_NOT_SIGNED = Pattern(
    r"\b(?:support|account|thank|follow|contact|via|image|photo|credit|join|use|see|tweet|read"
    r"|by)\b",
    re.IGNORECASE,
)


def signed_by(
    lines: Sequence[str], profile: ChatProfile, support: Sequence[str]
) -> tuple[tuple[str, ...], str]:
    """Return the people of a signature, or handles alone at the foot, and the line."""
    foot = list(lines[-_FOOT:])
    taken = {name.casefold() for name in support}
    for index, line in enumerate(foot):
        before = foot[index - 1] if index else ""
        if people := _signature(line, before, profile):
            left = [name for name in people if name.casefold() not in taken]
            if left:
                return unique(left), line
    handles = [
        name
        for line in foot
        if _is_handles_only(line)
        for name in handles_in(line, profile)
        if name.casefold() not in taken
    ]
    return unique(handles), " ".join(handles)


def _signature(line: str, before: str, profile: ChatProfile) -> tuple[str, ...]:
    if len(line) > _LONGEST or "?" in line or _NOT_SIGNED.search(line):
        return ()
    is_signed = bool(_VALEDICTION.match(before))
    match = _SIGN.match(line)
    if not (is_signed or match):
        return _name_and_handle(line, profile)
    who = match["who"] if match else line
    return handles_in(who, profile) or names_in(who, profile)


def _name_and_handle(line: str, profile: ChatProfile) -> tuple[str, ...]:
    """Read "Ada Quill @quill_ot" on a line of its own."""
    words = line.split()
    if len(words) > _MOST_WORDS or line.endswith((":", ".", "?")) or _is_handles_only(line):
        return ()
    handles = handles_in(line, profile)
    others = [word.strip("(),&") for word in words if "@" not in word]
    is_named = all(word[:1].isupper() or word in ("", "and") for word in others)
    return handles if is_named else ()


def _is_handles_only(line: str) -> bool:
    words = line.replace(",", " ").replace("&", " ").split()
    return bool(words) and all(word.startswith(("@", "(@")) or word == "and" for word in words)
