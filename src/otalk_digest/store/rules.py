"""Segment rules as SQL: the same answers as `audience.segments.matches`, a set at a time."""

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

from otalk_digest.model.audience import AllOf, AnyOf, Facet, Has, NoneOf, Rule, Segment
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
