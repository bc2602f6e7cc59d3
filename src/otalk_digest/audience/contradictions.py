"""Find rules that no subscriber can match, and segments that can get nobody. Pure.

A search over the branches of a rule: each is a row of demands on one subscriber, and is left as
soon as two of them exclude each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from otalk_digest.audience.matching import is_like
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
)
from otalk_digest.model.news import NewsKind

#: A file of rules so entangled is taken as it is.
_MOST_STEPS: Final = 20_000

_Leaf = Has | JoinedAfter | JoinedBefore
#: A leaf, and whether it has to hold.
_Demand = tuple[_Leaf, bool]


@dataclass(slots=True)
class _Search:
    """How far it went, and why each branch ended."""

    steps: int = 0
    reasons: list[str] = field(default_factory=list)


def why_nobody(rule: Rule, *, beyond: Iterable[Rule] = ()) -> str | None:
    """Return why nobody can match this rule and none of those beyond it; None when one may."""
    search = _Search()
    goals = [(rule, True), *((other, False) for other in beyond)]
    if _is_possible(goals, (), search):
        return None
    return search.reasons[0] if search.reasons else "“any” has no rule in it"


def _is_possible(
    goals: Sequence[tuple[Rule, bool]], demands: tuple[_Demand, ...], search: _Search
) -> bool:
    search.steps += 1
    if not goals or search.steps > _MOST_STEPS:
        return True
    (rule, holds), *rest = goals
    match rule:
        case AllOf(rules):
            inner, needs_all = [(each, holds) for each in rules], holds
        case AnyOf(rules):
            inner, needs_all = [(each, holds) for each in rules], not holds
        case NoneOf(rules):
            inner, needs_all = [(each, not holds) for each in rules], holds
        case leaf:
            demands = (*demands, (leaf, holds))
            if reason := _clash(demands, leaf):
                search.reasons.append(reason)
                return False
            return _is_possible(rest, demands, search)
    if needs_all:
        return _is_possible([*inner, *rest], demands, search)
    return any(_is_possible([each, *rest], demands, search) for each in inner)


def _clash(demands: Sequence[_Demand], newest: _Leaf) -> str | None:
    if not isinstance(newest, Has):
        return _clash_of_dates(demands)
    about = [
        (leaf.value, holds)
        for leaf, holds in demands
        if isinstance(leaf, Has) and leaf.facet is newest.facet
    ]
    wanted = [value for value, holds in about if holds]
    unwanted = [value for value, holds in about if not holds]
    match newest.facet:
        case Facet.WANTS:
            return _clash_of_wants(set(wanted), set(unwanted))
        case Facet.CADENCE:
            return _clash_of_cadences(wanted, unwanted)
        case facet:
            return _clash_of_texts(facet, wanted, unwanted)


def _clash_of_dates(demands: Sequence[_Demand]) -> str | None:
    """Joined at or after a day is the same as not before it, and the other way round."""
    since = [
        leaf.moment
        for leaf, holds in demands
        if not isinstance(leaf, Has) and isinstance(leaf, JoinedAfter) is holds
    ]
    before = [
        leaf.moment
        for leaf, holds in demands
        if not isinstance(leaf, Has) and isinstance(leaf, JoinedBefore) is holds
    ]
    if since and before and max(since) >= min(before):
        return "nobody joined after a day and before an earlier one"
    return None


def _clash_of_wants(wanted: set[str], unwanted: set[str]) -> str | None:
    """Who asked for nothing in particular wants every kind."""
    if both := wanted & unwanted:
        return f"wants = {min(both)!r} and not at once"
    if not wanted and unwanted >= set(NewsKind):
        return "nobody wants no kind at all"
    return None


def _clash_of_cadences(wanted: Sequence[str], unwanted: Sequence[str]) -> str | None:
    possible = [
        each
        for each in Cadence
        if all(is_like(each, value) for value in wanted)
        and not any(is_like(each, value) for value in unwanted)
    ]
    return None if possible else "no cadence is left"


def _clash_of_texts(facet: Facet, wanted: Sequence[str], unwanted: Sequence[str]) -> str | None:
    for value in wanted:
        for other in unwanted:
            if _covers(other, value):
                return f"{facet} = {value!r}, but not {other!r}"
        for other in wanted:
            # A subscriber has many tags, but one zone.
            if facet is not Facet.TAG and not (_covers(value, other) or _covers(other, value)):
                return f"{facet} cannot be both {value!r} and {other!r}"
    return None


def _covers(value: str, other: str) -> bool:
    """Whether all that is like the other is like the value."""
    if not value.endswith("*"):
        return value == other
    return other.removesuffix("*").startswith(value[:-1])
