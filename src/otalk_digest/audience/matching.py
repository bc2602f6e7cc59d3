"""Whether a rule holds for one subscriber, and how each of its lines does. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from otalk_digest.model.audience import (
    AllOf,
    AnyOf,
    Facet,
    Has,
    JoinedAfter,
    JoinedBefore,
    NoneOf,
    Rule,
    Subscriber,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a rule, and whether it holds."""

    #: How many `all`, `any` and `none` it stands in.
    depth: int
    text: str
    holds: bool


def matches(rule: Rule, subscriber: Subscriber) -> bool:
    """Whether the rule holds for one subscriber; `store.rules.clause` says the same in SQL."""
    match rule:
        case AllOf(rules):
            return all(matches(inner, subscriber) for inner in rules)
        case AnyOf(rules):
            return any(matches(inner, subscriber) for inner in rules)
        case NoneOf(rules):
            return not any(matches(inner, subscriber) for inner in rules)
        case JoinedAfter(moment):
            return subscriber.joined_at is not None and subscriber.joined_at >= moment
        case JoinedBefore(moment):
            return subscriber.joined_at is not None and subscriber.joined_at < moment
        case Has(Facet.WANTS, _) if not subscriber.wants:
            return True
        case Has(facet, value):
            return any(is_like(found, value) for found in values_of(subscriber, facet))


def spell_out(rule: Rule, subscriber: Subscriber, *, zone: str, depth: int = 0) -> Iterator[Line]:
    """Yield the rule line by line, as it is written in the file; days are those of the zone."""
    holds = matches(rule, subscriber)
    if not isinstance(rule, AllOf | AnyOf | NoneOf):
        yield Line(depth=depth, text=in_words(rule, zone=zone), holds=holds)
        return
    yield Line(depth=depth, text=_heading(rule), holds=holds)
    for inner in rule.rules:
        yield from spell_out(inner, subscriber, zone=zone, depth=depth + 1)


def parts_of(rule: Rule) -> tuple[Rule, ...]:
    """Return what all has to hold for the rule to hold; nothing where it always does."""
    return rule.rules if isinstance(rule, AllOf) else (rule,)


def in_words(rule: Rule, *, zone: str) -> str:
    """Return the rule on one line."""
    match rule:
        case AllOf(rules) | AnyOf(rules) | NoneOf(rules) if rules:
            return f"{_heading(rule)} ({'; '.join(in_words(each, zone=zone) for each in rules)})"
        case AllOf() | AnyOf() | NoneOf():
            return _heading(rule)
        case JoinedAfter(moment):
            return f"joined_after = {_day(moment, zone)}"
        case JoinedBefore(moment):
            return f"joined_before = {_day(moment, zone)}"
        case Has(facet, value):
            return f'{facet} = "{value}"'


def values_of(subscriber: Subscriber, facet: Facet) -> frozenset[str]:
    """Return what a subscriber has of a facet; nothing where they said nothing."""
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


def is_like(found: str, value: str) -> bool:
    """Whether they are equal, or what is found begins as the value does before its `*`."""
    return found.startswith(value[:-1]) if value.endswith("*") else found == value


def _heading(rule: AllOf | AnyOf | NoneOf) -> str:
    match rule:
        case AllOf(()):
            return "everybody"
        case AllOf():
            return "all of"
        case AnyOf():
            return "any of"
        case NoneOf():
            return "none of"


def _day(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d}"
