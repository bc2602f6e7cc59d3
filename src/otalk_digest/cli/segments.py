"""`segments`: who is in which, who in several or none, and why one subscriber gets what."""

from collections.abc import Iterator, Sequence
from typing import Final

import click

from otalk_digest.audience.identity import hash_identity, normalise_address
from otalk_digest.audience.matching import in_words, parts_of
from otalk_digest.cli.app import App
from otalk_digest.cli.printing import counted, moment, print_json, print_table
from otalk_digest.errors import InputError
from otalk_digest.model.audience import Cadence, Segment
from otalk_digest.model.delivery import SkipReason
from otalk_digest.model.news import NewsKind
from otalk_digest.pipeline.explaining import Explanation, explain
from otalk_digest.store import census
from otalk_digest.store import subscribers as people
from otalk_digest.store.census import Count
from otalk_digest.store.database import secret_key

_PACES: Final = {
    Cadence.EACH: "with each edition",
    Cadence.WEEKLY: "with the first edition of a week",
    Cadence.MONTHLY: "with the first edition of a month",
}
_WHY: Final = {
    SkipReason.UNCONFIRMED: "they have not confirmed that they want it",
    SkipReason.WITHDRAWN: "they have left",
    SkipReason.SUPPRESSED: "their address is never mailed again",
    SkipReason.NO_SEGMENT: "no segment matches them",
    SkipReason.NOT_DUE: "it is not their turn, and nothing in it cannot wait",
    SkipReason.PAUSED: "they paused",
    SkipReason.NOTHING_FOR_SEGMENT: "it has nothing for their segment",
    SkipReason.NOT_WANTED: "nothing in it is of a kind that they asked for",
    SkipReason.ALREADY_TOLD: "they were told all of it before",
}


@click.group(invoke_without_command=True)
@click.option("--json", "is_json", is_flag=True, help="One segment a line.")
@click.pass_context
def segments(ctx: click.Context, is_json: bool) -> None:
    """Count the readers of each segment, those it shares with others, and those in none.

    Each reader belongs to the first segment that matches.
    """
    if ctx.invoked_subcommand is not None:
        return
    app: App = ctx.obj
    known = app.segments
    with app.store(must_exist=True) as store, store.read() as connection:
        counts = census.count_readers(connection, known, now=app.clock())
        shared = census.count_shared(connection, known)
        lines = [(segment, part) for segment in known for part in parts_of(segment.rule)]
        missing = census.count_missing(connection, known, [part for _, part in lines])
    lost = _readers(counts, None)
    why = [
        (segment.name, in_words(part, zone=segment.zone), number)
        for (segment, part), number in zip(lines, missing, strict=True)
        if number
    ]
    if is_json:
        for place, segment in enumerate(known):
            print_json(_record(segment, counts) | _overlap_record(known, shared, place))
        print_json({"segment": None, "readers": lost, "why": [list(row) for row in why]})
        return
    _print_counts(known, counts)
    _print_shared(known, shared)
    if lost:
        who = counted(
            lost,
            "confirmed reader is in no segment and gets nothing",
            "confirmed readers are in no segment and get nothing",
        )
        click.echo(f"\n{who}, because:")
        print_table(("segment", "what does not hold", "for readers"), why)


@segments.command(name="explain")
@click.argument("address")
@click.option("--json", "is_json", is_flag=True, help="As one object.")
@click.pass_obj
def explain_(app: App, address: str, is_json: bool) -> None:
    """Say why the subscriber with ADDRESS gets what they get, rule by rule."""
    _, identity = normalise_address(address)
    now = app.clock()
    with app.store(must_exist=True) as store:
        with store.read() as connection:
            identity_hash = hash_identity(identity, secret_key(connection))
            person = people.find_subscriber(connection, identity_hash)
            is_suppressed = people.is_suppressed(connection, identity_hash)
        if person is None:
            known = (
                "It is on the list of those that are never mailed again." if is_suppressed else ""
            )
            raise InputError(
                f"There is no subscriber of that address. {known or 'See: subscribers list.'}"
            )
        found = explain(
            store, app.press(), app.segments, person, identity_hash=identity_hash, now=now
        )
    if is_json:
        print_json(_explanation_record(found))
        return
    for line in _said(found):
        click.echo(line)


def _print_counts(known: Sequence[Segment], counts: Sequence[Count]) -> None:
    rows: list[tuple[object, ...]] = [
        (
            segment.name,
            _readers(counts, segment.name),
            _wishing(counts, segment.name, Cadence.WEEKLY),
            _wishing(counts, segment.name, Cadence.MONTHLY),
            _paused(counts, segment.name),
            segment.schedule,
            " ".join(sorted(segment.kinds)),
            segment.theme,
            segment.max_age_days,
        )
        for segment in known
    ]
    headings = ("segment", "readers", "weekly", "monthly", "paused", "schedule")
    print_table((*headings, "receives", "theme", "max age"), rows)


def _print_shared(known: Sequence[Segment], shared: Sequence[Sequence[int]]) -> None:
    """Say who matches two: the one that stands first in the file has them."""
    if len(known) == 1:
        return
    click.echo("\nHow many match both; the one further up has them:")
    names = [segment.name for segment in known]
    print_table(("", *names), ((name, *row) for name, row in zip(names, shared, strict=True)))


def _said(found: Explanation) -> Iterator[str]:
    person = found.person
    yield f"Consent: {person.consent}, since a sign-up of {moment(person.joined_at)}."
    if found.is_suppressed:
        yield "Suppressed: this address is never mailed again."
    if person.paused_until is not None:
        yield f"Paused until {moment(person.paused_until)}."
    yield f"Tags: {', '.join(sorted(person.tags)) or 'none'}."
    yield f"Zone: {person.zone or 'that of the chats'}. Country: {person.country or 'unknown'}."
    yield f"Language: {person.language or 'unknown'}."
    yield f"Wants: {', '.join(sorted(person.wants)) or 'everything'}; cadence {person.cadence}."
    is_taken = False
    for number, ruling in enumerate(found.rulings, 1):
        said = "does not match"
        if ruling.holds:
            said = "would match too, but stands further down" if is_taken else "matches first"
        is_taken = is_taken or ruling.holds
        yield f"\n{number}. {ruling.segment.name}: {said}"
        for line in ruling.lines:
            yield f"   {'  ' * line.depth}{'yes' if line.holds else 'no '}  {line.text}"
    yield ""
    yield from _outcome(found)


def _outcome(found: Explanation) -> Iterator[str]:
    segment = found.segment
    if segment is None:
        yield "No segment matches, so they get nothing."
    else:
        kinds = ", ".join(sorted(_kinds(found, segment))) or "nothing"
        yield f"They are in {segment.name} and get: {kinds}."
        yield f"They are told {_PACES[found.pace]}: {_because(found, segment)}."
        age = counted(segment.max_age_days, "day")
        yield f"Theme {segment.theme}; news older than {age} is left out."
    upcoming = found.upcoming
    if upcoming is None:
        yield "Next edition: there is none now, for there is nothing to say."
    elif upcoming.place.reason is None:
        place = upcoming.place
        yield f"Next edition, {upcoming.number}: yes, as {place.segment}: {upcoming.subject}"
    else:
        reason = SkipReason(upcoming.place.reason)
        more = ""
        if reason is SkipReason.NOT_DUE:
            more = f"; the next turn begins {moment(found.turns_at)}"
        yield f"Next edition, {upcoming.number}: no: {_WHY[reason]}{more}."


def _kinds(found: Explanation, segment: Segment) -> frozenset[str]:
    """Return what the segment receives of what the reader asked for."""
    wants = found.person.wants
    if NewsKind.ANNOUNCEMENT in wants:
        # Who wants to hear of chats wants to hear that one has changed or is off.
        wants |= {NewsKind.CHANGE, NewsKind.CANCELLATION}
    kinds = frozenset(map(str, segment.kinds))
    return kinds & wants if wants else kinds


def _because(found: Explanation, segment: Segment) -> str:
    if found.pace is Cadence.EACH:
        return "neither they nor the segment asked for less"
    if found.person.cadence is found.pace:
        return "they wish it so"
    return f"the schedule of {segment.name} says so"


def _readers(counts: Sequence[Count], name: str | None) -> int:
    return sum(count.readers for count in counts if count.segment == name)


def _wishing(counts: Sequence[Count], name: str, wish: Cadence) -> int:
    return sum(c.readers for c in counts if c.segment == name and c.wish is wish)


def _paused(counts: Sequence[Count], name: str) -> int:
    return sum(count.readers for count in counts if count.segment == name and count.is_paused)


def _record(segment: Segment, counts: Sequence[Count]) -> dict[str, object]:
    return {
        "segment": segment.name,
        "readers": _readers(counts, segment.name),
        "wishes": {str(wish): _wishing(counts, segment.name, wish) for wish in Cadence},
        "paused": _paused(counts, segment.name),
        "schedule": str(segment.schedule),
        "receives": sorted(segment.kinds),
        "theme": segment.theme,
        "max_age_days": segment.max_age_days,
    }


def _overlap_record(
    known: Sequence[Segment], shared: Sequence[Sequence[int]], place: int
) -> dict[str, object]:
    names = [segment.name for segment in known]
    matching = dict(zip(names, shared[place], strict=True))
    return {"matches": matching.pop(names[place]), "also_matches": matching}


def _explanation_record(found: Explanation) -> dict[str, object]:
    upcoming = found.upcoming
    return {
        "consent": str(found.person.consent),
        "suppressed": found.is_suppressed,
        "paused_until": found.person.paused_until,
        "cadence": str(found.person.cadence),
        "segment": found.segment and found.segment.name,
        "pace": str(found.pace),
        "kinds": sorted(_kinds(found, found.segment)) if found.segment else [],
        "rules": [
            {
                "segment": ruling.segment.name,
                "holds": ruling.holds,
                "lines": [[line.depth, line.text, line.holds] for line in ruling.lines],
            }
            for ruling in found.rulings
        ],
        "next_edition": upcoming and upcoming.number,
        "gets_it": upcoming is not None and upcoming.place.reason is None,
        "as": upcoming and upcoming.place.segment,
        "why_not": upcoming and upcoming.place.reason,
    }
