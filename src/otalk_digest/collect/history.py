"""What one version of a post changed against the version before. Pure.

Everything that differs is shown, typos too: this is for a maintainer who asks what happened,
not for readers (see `changes`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from otalk_digest.model.chat import NUMBER_NAMES, Figure, Reading
from otalk_digest.model.news import Change

_FIELDS = (
    "title",
    "topic",
    "starts_at",
    "ends_at",
    "hosts",
    "support",
    "questions",
    "transcript_url",
    "is_wrapped_up",
    "is_cancelled",
    "is_postponed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCounts:
    """How many lines of a text are new, and how many are gone."""

    added: int
    removed: int


def differences(old: Reading, new: Reading) -> tuple[Change, ...]:
    """Return every field that is read otherwise; moments are ISO 8601 in UTC."""
    pairs = [(name, getattr(old, name), getattr(new, name)) for name in _FIELDS]
    pairs += [
        (name, getattr(old.numbers, name), getattr(new.numbers, name)) for name in NUMBER_NAMES
    ]
    return tuple(
        Change(field=name, old=as_text(before), new=as_text(after))
        for name, before, after in pairs
        if before != after
    )


def count_lines(old: str, new: str) -> LineCounts:
    """Return what a line-by-line comparison of two texts finds."""
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    kept = sum(block.size for block in matcher.get_matching_blocks())
    return LineCounts(added=len(after) - kept, removed=len(before) - kept)


def as_text(value: object) -> str | None:
    """Return a field's value as people read it; None when it is unknown or empty."""
    match value:
        case None | () | "":
            return None
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat()
        case Figure():
            return value.printed
        case str():
            return value
        case Sequence():
            return ", ".join(map(str, value))
    raise TypeError(type(value).__name__)
