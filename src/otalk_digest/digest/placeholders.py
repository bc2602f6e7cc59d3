"""The marks that stand in frozen content for what differs from reader to reader. Pure."""

from collections.abc import Collection, Iterator
from html import escape
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from otalk_digest.digest.stories import When
from otalk_digest.digest.times import TimeWords, say_reader_times
from otalk_digest.model.edition import Field, Placeholder

_LETTERS: Final = {
    Field.GREETING: "G",
    Field.LOCAL_TIME: "L",
    Field.UNSUBSCRIBE_URL: "U",
    Field.PREFERENCES_URL: "P",
    Field.BROWSER_URL: "B",
    Field.CONFIRM_URL: "C",
}


def stem(prefix: str, field: Field) -> str:
    """Return what every mark of a field begins with."""
    return f"{prefix}x{_LETTERS[field]}"


def token(prefix: str, field: Field, *, index: int = 0, is_html: bool) -> str:
    """Make a mark of ASCII letters and digits; none is the beginning of another."""
    return f"{stem(prefix, field)}{index:02d}{'H' if is_html else 'T'}z"


def used_placeholders(
    prefix: str, whens: Collection[When], *, html: str, text: str
) -> tuple[Placeholder, ...]:
    """Say which marks the output really holds."""
    return tuple(
        Placeholder(token=mark, field=field, is_html=is_html, index=index)
        for field, index in _fields(whens)
        for is_html, output in ((True, html), (False, text))
        if (mark := token(prefix, field, index=index, is_html=is_html)) in output
    )


def _fields(whens: Collection[When]) -> Iterator[tuple[Field, int]]:
    yield from ((field, 0) for field in Field if field is not Field.LOCAL_TIME)
    yield from ((Field.LOCAL_TIME, when.place) for when in whens if when.place is not None)


def reader_times(
    zones: Collection[str],
    whens: Collection[When],
    *,
    home: ZoneInfo,
    words: TimeWords,
    prefix: str,
) -> dict[str, dict[str, str]]:
    """Say each chat's hour in each zone, token by token, where it is not the chat's own.

    Once for each zone, however many readers are in it.
    """
    known = {key: zone for key in set(zones) if (zone := _zone(key)) is not None}
    values: dict[str, dict[str, str]] = {}
    for when in whens:
        if when.place is None:
            continue
        html, text = (
            token(prefix, Field.LOCAL_TIME, index=when.place, is_html=flag)
            for flag in (True, False)
        )
        span = (when.starts_at, when.ends_at)
        for zone, said in say_reader_times(span, home, known.values(), words):
            values.setdefault(zone.key, {}).update({html: f"<br>{escape(said)}", text: f"\n{said}"})
    return dict(sorted(values.items()))


def _zone(key: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Not a zone, or a folder of them such as "America": the reader sees the chat's own time,
        # which is always there.
        return None
