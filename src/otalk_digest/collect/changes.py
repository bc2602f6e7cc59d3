"""What differs between two readings of a chat, as far as it matters to anyone. Pure."""

from difflib import SequenceMatcher

from otalk_digest.collect.fold import squash
from otalk_digest.model.chat import NUMBER_NAMES, Flag, Reading
from otalk_digest.model.news import Change

#: Above this two wordings differ by typos.
_TYPO_RATIO = 0.85
_COMPARED = 300


def plan_changes(old: Reading, new: Reading, *, is_ahead: bool) -> tuple[Change, ...]:
    """Return what someone who plans to come must know: date and hour, topic, hosts (T16).

    Only the date counts once the new hour has passed too. Moments are ISO 8601 in UTC.
    """
    changes: list[Change] = []
    if old.starts_at != new.starts_at:
        changes.append(Change(field="starts_at", old=_moment(old), new=_moment(new)))
    if not is_ahead:
        return tuple(changes)
    if not is_same_topic(old.topic, new.topic):
        changes.append(Change(field="topic", old=old.topic, new=new.topic))
    if not is_same_people(old.hosts, new.hosts):
        is_fallback = Flag.FALLBACK_HOST in old.flags
        before = None if is_fallback else _people(old.hosts)
        changes.append(Change(field="hosts", old=before, new=_people(new.hosts)))
    return tuple(changes)


def corrections(old: Reading, new: Reading) -> tuple[Change, ...]:
    """Return what was put right after the wrap-up: figures, transcript, people, date, topic."""
    changes = [
        Change(field=name, old=_printed(old, name), new=_printed(new, name))
        for name in NUMBER_NAMES
        if _value(old, name) != _value(new, name)
    ]
    if old.transcript_url != new.transcript_url:
        changes.append(
            Change(field="transcript_url", old=old.transcript_url, new=new.transcript_url)
        )
    for name in ("hosts", "support"):
        before, after = getattr(old, name), getattr(new, name)
        if not is_same_people(before, after):
            changes.append(Change(field=name, old=_people(before), new=_people(after)))
    if old.starts_at != new.starts_at:
        changes.append(Change(field="starts_at", old=_moment(old), new=_moment(new)))
    if not is_same_topic(old.topic, new.topic):
        changes.append(Change(field="topic", old=old.topic, new=new.topic))
    return tuple(changes)


def is_same_topic(one: str, other: str) -> bool:
    """Whether two wordings differ by case, punctuation or typos at most."""
    first, second = squash(one)[:_COMPARED], squash(other)[:_COMPARED]
    if first == second:
        return True
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= _TYPO_RATIO


def is_same_people(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two lists name the same people: case, order and underscores do not matter."""
    return {squash(name) for name in one} == {squash(name) for name in other}


def _people(names: tuple[str, ...]) -> str | None:
    return ", ".join(names) or None


def _moment(reading: Reading) -> str | None:
    return reading.starts_at.isoformat() if reading.starts_at else None


def _value(reading: Reading, name: str) -> int | None:
    figure = getattr(reading.numbers, name)
    return figure.value if figure else None


def _printed(reading: Reading, name: str) -> str | None:
    figure = getattr(reading.numbers, name)
    return figure.printed if figure else None
