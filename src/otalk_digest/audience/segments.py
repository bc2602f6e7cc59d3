"""Named rules over subscribers, read from `segments.toml`."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from otalk_digest.errors import SettingsError
from otalk_digest.model.audience import (
    AllOf,
    AnyOf,
    Facet,
    Has,
    NoneOf,
    Rule,
    Segment,
    Subscriber,
)
from otalk_digest.model.news import NewsKind
from otalk_digest.toml_file import convert, line_of, read_toml

_TOLD_BY_DEFAULT = tuple(kind for kind in NewsKind if kind is not NewsKind.CORRECTION)


class _Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as it is written: every line of it must hold."""

    tag: str | None = None
    wants: NewsKind | None = None
    zone: str | None = None
    country: str | None = None
    language: str | None = None
    all: "list[_Match] | None" = None
    any: "list[_Match] | None" = None
    none: "list[_Match] | None" = None


class _Segment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    title: str
    why: str
    match: _Match = _Match()
    receives: tuple[NewsKind, ...] = _TOLD_BY_DEFAULT
    theme: str = "classic"
    subject_prefix: str = ""
    language: str | None = None
    max_age_days: Annotated[int, Meta(ge=1, le=366)] = 21


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    segment: list[_Segment] = []


def load_segments(path: Path) -> tuple[Segment, ...]:
    """Return the segments in the file's order. Raises SettingsError."""
    document, text = read_toml(path)
    written = convert(document, _File, path=path, text=text).segment
    if not written:
        raise SettingsError(f"{path} has no segment, so nobody can be sent to. Add a [[segment]].")
    names = [segment.name for segment in written]
    for place, name in enumerate(names):
        if name in names[:place]:
            line = line_of(text, ("segment", place))
            raise SettingsError(
                f"{path}, line {line}: two segments are called {name!r}. Rename one."
            )
    return tuple(_segment(segment) for segment in written)


def choose_segments(segments: tuple[Segment, ...], name: str | None) -> tuple[Segment, ...]:
    """Return the segment of this name, or all of them. Raises SettingsError."""
    if name is None:
        return segments
    chosen = tuple(segment for segment in segments if segment.name == name)
    if not chosen:
        known = ", ".join(segment.name for segment in segments)
        raise SettingsError(f"There is no segment {name!r}. Known ones: {known}.")
    return chosen


def matches(rule: Rule, subscriber: Subscriber) -> bool:
    """Whether the rule holds for one subscriber; `store.rules.clause` says the same in SQL."""
    match rule:
        case AllOf(rules):
            return all(matches(inner, subscriber) for inner in rules)
        case AnyOf(rules):
            return any(matches(inner, subscriber) for inner in rules)
        case NoneOf(rules):
            return not any(matches(inner, subscriber) for inner in rules)
        case Has(Facet.WANTS, _) if not subscriber.wants:
            return True
        case Has(facet, value):
            return any(_is_like(found, value) for found in _values(subscriber, facet))


def _segment(written: _Segment) -> Segment:
    return Segment(
        name=written.name,
        title=written.title,
        why=written.why,
        rule=_rule(written.match),
        kinds=frozenset(written.receives),
        theme=written.theme,
        subject_prefix=written.subject_prefix,
        max_age_days=written.max_age_days,
        language=written.language,
    )


def _rule(written: _Match) -> Rule:
    # Tags and countries as an import keeps them, whatever case the rule is written in.
    facets = {
        Facet.TAG: written.tag and written.tag.lower(),
        Facet.WANTS: written.wants,
        Facet.ZONE: written.zone,
        Facet.COUNTRY: written.country and written.country.upper(),
        Facet.LANGUAGE: written.language,
    }
    rules: list[Rule] = [Has(facet, value) for facet, value in facets.items() if value is not None]
    if written.all is not None:
        rules.append(AllOf(tuple(map(_rule, written.all))))
    if written.any is not None:
        rules.append(AnyOf(tuple(map(_rule, written.any))))
    if written.none is not None:
        rules.append(NoneOf(tuple(map(_rule, written.none))))
    return rules[0] if len(rules) == 1 else AllOf(tuple(rules))


def _values(subscriber: Subscriber, facet: Facet) -> frozenset[str]:
    sets = {Facet.TAG: subscriber.tags, Facet.WANTS: subscriber.wants}
    if facet in sets:
        return sets[facet]
    value = {
        Facet.ZONE: subscriber.zone,
        Facet.COUNTRY: subscriber.country,
        Facet.LANGUAGE: subscriber.language,
        Facet.CADENCE: str(subscriber.cadence),
    }[facet]
    return frozenset() if value is None else frozenset({value})


def _is_like(found: str, value: str) -> bool:
    return found.startswith(value[:-1]) if value.endswith("*") else found == value
