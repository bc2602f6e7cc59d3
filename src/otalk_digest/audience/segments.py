"""Named rules over subscribers, read from `segments.toml`."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import Meta

from otalk_digest.audience.contradictions import why_nobody
from otalk_digest.audience.matching import is_like
from otalk_digest.errors import SettingsError
from otalk_digest.model.audience import (
    AllOf,
    AnyOf,
    Cadence,
    Facet,
    Has,
    JoinedAfter,
    JoinedBefore,
    NoneOf,
    Rule,
    Segment,
)
from otalk_digest.model.news import NewsKind
from otalk_digest.toml_file import Keys, convert, line_of, read_toml

_NESTED: Final = ("all", "any", "none")
#: Letters of a country's code.
_CODE: Final = 2
_TOLD_BY_DEFAULT = tuple(kind for kind in NewsKind if kind is not NewsKind.CORRECTION)


class _Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as it is written: every line of it must hold."""

    tag: str | None = None
    wants: NewsKind | None = None
    zone: str | None = None
    country: str | None = None
    language: str | None = None
    cadence: Cadence | None = None
    joined_after: date | None = None
    joined_before: date | None = None
    all: "list[_Match] | None" = None
    any: "list[_Match] | None" = None
    none: "list[_Match] | None" = None


class _Segment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
            description='at most 40 small letters, digits and hyphens, such as "students"',
        ),
    ]
    title: str
    why: str
    match: _Match = _Match()
    receives: tuple[NewsKind, ...] = _TOLD_BY_DEFAULT
    theme: str = "classic"
    subject_prefix: str = ""
    language: str | None = None
    schedule: Cadence = Cadence.EACH
    max_age_days: Annotated[int, Meta(ge=1, le=366)] = 21


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    segment: list[_Segment] = []


def load_segments(
    path: Path, *, zone: str = "UTC", themes: Collection[str] | None = None
) -> tuple[Segment, ...]:
    """Return the segments in the file's order. Raises SettingsError.

    `zone` is an IANA name: days, weeks and months are counted there. `themes` are the names of
    those that there are; without them any name will do.
    """
    document, text = read_toml(path, named_by="in digest.segments")
    written = convert(document, _File, path=path, text=text).segment
    if not written:
        raise SettingsError(f"{path} has no segment, so nobody can be sent to. Add a [[segment]].")
    segments = tuple(_segment(segment, zone) for segment in written)
    for keys, wrong in _mistakes(document, segments, themes):
        # A key inside a list on one line is found by the line of the list.
        places = (keys[:end] for end in range(len(keys), 0, -1))
        line = next((found for some in places if (found := line_of(text, some))), None)
        raise SettingsError(f"{path}, line {line}: {wrong}")
    return segments


def choose_segments(segments: tuple[Segment, ...], name: str | None) -> tuple[Segment, ...]:
    """Return the segment of this name, or all of them. Raises SettingsError."""
    if name is None:
        return segments
    chosen = tuple(segment for segment in segments if segment.name == name)
    if not chosen:
        known = ", ".join(segment.name for segment in segments)
        raise SettingsError(f"There is no segment {name!r}. Known ones: {known}.")
    return chosen


def _mistakes(
    document: Mapping[str, Any], segments: tuple[Segment, ...], themes: Collection[str] | None
) -> Iterator[tuple[Keys, str]]:
    """Yield what is wrong although each value is of its kind, with the keys of its place."""
    for place, segment in enumerate(segments):
        here: Keys = ("segment", place)
        raw = document["segment"][place]
        if any(segment.name == other.name for other in segments[:place]):
            yield here, f"two segments are called {segment.name!r}. Rename one."
        if themes is not None and segment.theme not in themes:
            known = ", ".join(sorted(themes))
            yield (*here, "theme"), f"there is no theme {segment.theme!r}. Known ones: {known}."
        yield from _unknown_values(raw.get("match", {}), (*here, "match"))
        rule_place = (*here, "match", *list(raw.get("match", {}))[:1])
        if reason := why_nobody(segment.rule):
            yield rule_place, f"{segment.name!r} can never match: {reason}. Change its rule."
        elif why_nobody(segment.rule, beyond=(each.rule for each in segments[:place])):
            before = _catch_all(segments[:place])
            what = (
                f"{segment.name!r} never gets anybody: {before} before it takes all whom it would"
            )
            yield here, f"{what} match. Move it up, or change its rule."


def _catch_all(before: tuple[Segment, ...]) -> str:
    for segment in before:
        if why_nobody(AllOf(()), beyond=(segment.rule,)):
            return f"{segment.name!r}"
    return "what stands"


def _unknown_values(match: Mapping[str, Any], keys: Keys) -> Iterator[tuple[Keys, str]]:
    for name, value in match.items():
        place = (*keys, name)
        if name == "zone" and not any(is_like(zone, value) for zone in available_timezones()):
            near = difflib.get_close_matches(value, available_timezones(), n=1)
            hint = f"Did you mean {near[0]}?" if near else 'Write one such as "Europe/London".'
            yield place, f"there is no time zone {value!r}. {hint}"
        if name == "country" and not _is_country(value):
            yield place, f'country: {value!r} is no code of two letters, such as "GB" or "NO".'
        if name in _NESTED:
            for number, inner in enumerate(value):
                yield from _unknown_values(inner, (*place, number))


def _is_country(value: str) -> bool:
    """Whether it is ISO 3166-1 alpha-2 by its shape, or begins so; UK is not, but often meant."""
    letters = value.removesuffix("*")
    is_whole = letters == value
    return (
        letters.upper() != "UK"
        and (not letters or (letters.isascii() and letters.isalpha()))
        and (len(letters) == _CODE if is_whole else len(letters) <= _CODE)
    )


def _segment(written: _Segment, zone: str) -> Segment:
    return Segment(
        name=written.name,
        title=written.title,
        why=written.why,
        rule=_rule(written.match, zone),
        kinds=frozenset(written.receives),
        theme=written.theme,
        subject_prefix=written.subject_prefix,
        max_age_days=written.max_age_days,
        language=written.language,
        schedule=written.schedule,
        zone=zone,
    )


def _rule(written: _Match, zone: str) -> Rule:
    # Tags and countries as an import keeps them, whatever case the rule is written in.
    facets = {
        Facet.TAG: written.tag and written.tag.lower(),
        Facet.WANTS: written.wants,
        Facet.ZONE: written.zone,
        Facet.COUNTRY: written.country and written.country.upper(),
        Facet.LANGUAGE: written.language,
        Facet.CADENCE: written.cadence,
    }
    rules: list[Rule] = [Has(facet, value) for facet, value in facets.items() if value is not None]
    if written.joined_after is not None:
        rules.append(JoinedAfter(_begin(written.joined_after, zone)))
    if written.joined_before is not None:
        rules.append(JoinedBefore(_begin(written.joined_before, zone)))
    for kind, inner in ((AllOf, written.all), (AnyOf, written.any), (NoneOf, written.none)):
        if inner is not None:
            rules.append(kind(tuple(_rule(each, zone) for each in inner)))
    return rules[0] if len(rules) == 1 else AllOf(tuple(rules))


def _begin(day: date, zone: str) -> datetime:
    """Return the moment at which a day begins in the zone, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
