"""Segment rules as SQL: the same answers as `audience.matching.matches`, a set at a time."""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    not_,
    null,
    or_,
    true,
)

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
    pace_of,
)
from otalk_digest.store.schema import subscriber_facets, subscribers

_COLUMNS = {
    Facet.ZONE: subscribers.c.zone,
    Facet.COUNTRY: subscribers.c.country,
    Facet.LANGUAGE: subscribers.c.language,
    Facet.CADENCE: subscribers.c.cadence,
}


def clause(rule: Rule) -> ColumnElement[bool]:
    """Return the condition that holds for the subscribers whom the rule matches."""
    match rule:
        case AllOf(rules):
            return and_(true(), *map(clause, rules))
        case AnyOf(rules):
            return or_(false(), *map(clause, rules))
        case NoneOf(rules):
            return not_(or_(false(), *map(clause, rules)))
        case JoinedAfter(moment):
            return subscribers.c.joined_at >= moment
        case JoinedBefore(moment):
            return subscribers.c.joined_at < moment
        case Has(Facet.TAG, value):
            return _facet(Facet.TAG, value)
        case Has(Facet.WANTS, value):
            # Who asked for nothing in particular asked for everything.
            return or_(_facet(Facet.WANTS, value), not_(_facet(Facet.WANTS, "*")))
        case Has(facet, value):
            return and_(_COLUMNS[facet].is_not(None), _like(_COLUMNS[facet], value))


def segment_of(segments: list[Segment]) -> ColumnElement[str | None]:
    """Return the name of the first segment, in the file's order, that matches."""
    if not segments:
        return cast(null(), String)
    return case(*((clause(segment.rule), segment.name) for segment in segments), else_=null())


def strand_of(
    segments: Sequence[Segment], wishes: Collection[Cadence]
) -> ColumnElement[str | None]:
    """Return the name of each subscriber's strand; `wishes` are those that anybody has."""
    name = segment_of(list(segments))
    slower = [
        (
            and_(
                subscribers.c.cadence == wish,
                name.in_([each.name for each in segments if _is_slower(wish, each)]),
            ),
            name.concat(f"_{wish}"),
        )
        for wish in Cadence
        if wish in wishes and any(_is_slower(wish, each) for each in segments)
    ]
    return case(*slower, else_=name) if slower else name


def _is_slower(wish: Cadence, segment: Segment) -> bool:
    return pace_of(segment.schedule, wish) is not segment.schedule


def _facet(facet: Facet, value: str) -> ColumnElement[bool]:
    columns = subscriber_facets.c
    return exists().where(
        columns.subscriber_id == subscribers.c.id,
        columns.facet == facet,
        _like(columns.value, value),
    )


def _like(column: ColumnElement[str | None], value: str) -> ColumnElement[bool]:
    if value.endswith("*"):
        # LIKE would take "europe" for "Europe".
        beginning = value[:-1]
        return func.substr(column, 1, len(beginning)) == beginning
    return column == value
