"""What of an edition counts as the same, and what differs between two. Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from html.parser import HTMLParser
from typing import Literal

from otalk_digest.model.audience import (
    AllOf,
    AnyOf,
    Has,
    JoinedAfter,
    JoinedBefore,
    NoneOf,
    Rule,
    Segment,
)
from otalk_digest.model.edition import Variant
from otalk_digest.store.records import to_json

#: A segment may gain or lose so many readers, or a tenth, and is still what was approved.
_FEW_READERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDifference:
    """One line of a comparison."""

    kind: Literal["same", "gone", "new"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDifference:
    """What became of one part of a variant; the whole part, with the lines that stayed."""

    segment: str
    #: subject, preheader, greeting, text, links, calendar; or html, when nothing but the look
    #: differs.
    label: str
    lines: tuple[LineDifference, ...]

    @property
    def gone(self) -> int:
        """How many lines are gone."""
        return sum(line.kind == "gone" for line in self.lines)

    @property
    def new(self) -> int:
        """How many lines are new."""
        return sum(line.kind == "new" for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderShift:
    """A segment that has grown or shrunk."""

    segment: str
    approved: int
    now: int


def define(segments: Sequence[Segment]) -> tuple[tuple[str, str], ...]:
    """Return name and definition of each: equal texts are equal segments."""
    return tuple((segment.name, to_json(_definition(segment))) for segment in segments)


def material_hash(variants: Sequence[Variant], segments: Sequence[tuple[str, str]]) -> str:
    """Return the hash of all that readers see, and of who the segments are.

    Not of the moment of composing, nor of the zones of readers: both change by themselves.
    """
    seen = [
        (variant.segment, [list(lines) for lines in _parts(variant).values()], variant.html)
        for variant in sorted(variants, key=lambda variant: variant.segment)
    ]
    return hashlib.sha256(to_json((seen, segments)).encode()).hexdigest()


def differences(
    old_variants: Sequence[Variant], new_variants: Sequence[Variant]
) -> tuple[PartDifference, ...]:
    """Return the parts that differ, segment by segment.

    What differs from reader to reader stands there by its name, such as [unsubscribe_url], so
    that two editions can be compared.
    """
    old = {variant.segment: variant for variant in old_variants}
    new = {variant.segment: variant for variant in new_variants}
    return tuple(
        part for segment in {**new, **old} for part in _compare(old.get(segment), new.get(segment))
    )


def reader_shifts(approved: Mapping[str, int], now: Mapping[str, int]) -> tuple[ReaderShift, ...]:
    """Return the segments that grew or shrank by more than ten readers and a tenth."""
    return tuple(
        ReaderShift(segment=segment, approved=approved.get(segment, 0), now=now.get(segment, 0))
        for segment in {**approved, **now}
        if _is_shifted(approved.get(segment, 0), now.get(segment, 0))
    )


def _is_shifted(approved: int, now: int) -> bool:
    return abs(now - approved) > max(_FEW_READERS, approved / 10)


def _definition(segment: Segment) -> dict[str, object]:
    """Return whatever a segment has; sets in an order of their own."""
    values = {each.name: getattr(segment, each.name) for each in fields(segment)}
    return values | {"rule": _spell(segment.rule), "kinds": sorted(segment.kinds)}


def _spell(rule: Rule) -> object:
    """Write a rule with the names of its parts: all and any hold the same."""
    match rule:
        case Has(facet, value):
            return ["has", facet, value]
        case JoinedAfter(moment):
            return ["joined after", moment.isoformat()]
        case JoinedBefore(moment):
            return ["joined before", moment.isoformat()]
        case AllOf(rules):
            return ["all", [_spell(each) for each in rules]]
        case AnyOf(rules):
            return ["any", [_spell(each) for each in rules]]
        case NoneOf(rules):
            return ["none", [_spell(each) for each in rules]]


def _compare(old: Variant | None, new: Variant | None) -> Iterator[PartDifference]:
    variant = new or old
    if variant is None:
        return
    before, after = _named_parts(old), _named_parts(new)
    labels = [label for label in {**after, **before} if before.get(label) != after.get(label)]
    for label in labels:
        lines = _diff(before.get(label, ()), after.get(label, ()))
        yield PartDifference(segment=variant.segment, label=label, lines=lines)
    if not labels and old is not None and new is not None:
        before_html, after_html = (_named(each, each.html).splitlines() for each in (old, new))
        if before_html != after_html:
            lines = _diff(before_html, after_html)
            yield PartDifference(segment=variant.segment, label="html", lines=lines)


def addresses_of(variant: Variant) -> tuple[str, ...]:
    """Return where its links lead for every reader alike, in their order."""
    tokens = [mark.token for mark in variant.placeholders]
    return tuple(url for url in _links(variant) if not any(token in url for token in tokens))


def _links(variant: Variant) -> list[str]:
    finder = _LinkFinder()
    finder.feed(variant.html)
    finder.close()
    return list(dict.fromkeys(finder.found))


def _parts(variant: Variant) -> dict[str, Sequence[str]]:
    """Return all but the HTML itself, as lines."""
    calendar = (variant.calendar or "").splitlines()
    return {
        "subject": [variant.subject],
        "preheader": [variant.preheader],
        "greeting": [variant.greeting_named, variant.greeting_unnamed],
        "text": variant.text.splitlines(),
        "links": _links(variant),
        # RFC 5545 §3.8.7.2: when it was written, which is each time that it is composed.
        "calendar": [line for line in calendar if not line.startswith("DTSTAMP")],
    }


def _named_parts(variant: Variant | None) -> dict[str, Sequence[str]]:
    if variant is None:
        return {}
    return {
        label: [_named(variant, line) for line in lines] for label, lines in _parts(variant).items()
    }


def _named(variant: Variant, text: str) -> str:
    """Put the names of fields for their marks, the longest mark first: one may begin another."""
    for mark in sorted(variant.placeholders, key=lambda mark: -len(mark.token)):
        text = text.replace(mark.token, f"[{mark.field}]")
    return text


def _diff(old: Sequence[str], new: Sequence[str]) -> tuple[LineDifference, ...]:
    lines: list[LineDifference] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            lines += [LineDifference(kind="same", text=line) for line in old[old_from:old_to]]
        else:
            lines += [LineDifference(kind="gone", text=line) for line in old[old_from:old_to]]
            lines += [LineDifference(kind="new", text=line) for line in new[new_from:new_to]]
    return tuple(lines)


class _LinkFinder(HTMLParser):
    """Where the links of a mail lead, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of a link."""
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]
