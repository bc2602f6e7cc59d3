"""`approve` and `hold`, and where an edition stands in words."""

import getpass
from collections.abc import Iterator, Sequence

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.numbers import NUMBER
from otalk_digest.cli.printing import counted, moment
from otalk_digest.errors import InputError
from otalk_digest.model.edition import Edition
from otalk_digest.model.finding import Finding
from otalk_digest.pipeline import approving
from otalk_digest.pipeline.approving import Decision, PartDifference, Standing, State
from otalk_digest.pipeline.checking import check_edition
from otalk_digest.store.database import Store

#: More lines than this are a change to look at, not to read here.
_MOST_LINES = 12
_NAME_MOST = 100

by_option = click.option("--by", metavar="NAME", help="Who says so; else your login name.")


@click.command()
@click.argument("edition", type=NUMBER, metavar="N")
@by_option
@click.pass_obj
def approve(app: App, edition: int, by: str | None) -> None:
    """Let the next edition leave as it is now, or go on with a frozen one that is held.

    N is its number, which run and plan show. The next run sends it, unless by then readers
    would see something else, or the readers are not the same: then it is asked for again.
    """
    with app.store(must_exist=True) as store:
        done = approving.approve(
            store,
            app.press(),
            app.segments,
            edition,
            by=named(by),
            clock=app.clock,
            check=lambda proposed: _findings(app, store, proposed),
        )
    if done.edition is None:
        click.echo(f"Edition {edition} is held no longer: the next run goes on with it.")
        return
    click.echo(f"Edition {edition} is {said(done.decision)}:")
    for variant in done.edition.variants:
        readers = done.decision.counts[variant.segment]
        click.echo(f"  {variant.segment}: {variant.subject} ({counted(readers, 'reader')})")
    click.echo("It leaves with the next: otalk-digest run.")


def _findings(app: App, store: Store, proposed: Edition) -> Sequence[Finding]:
    found = check_edition(store, proposed, app.post(), expected=app.expected())
    return [finding for findings in found.values() for finding in findings]


@click.command()
@click.argument("edition", type=NUMBER, metavar="N")
@click.option("--reason", metavar="TEXT", help="Why; the run says it.")
@by_option
@click.pass_obj
def hold(app: App, edition: int, reason: str | None, by: str | None) -> None:
    """Let nothing of an edition leave until it is approved.

    N is the next edition, or one that is being sent: then what is in flight still arrives, and
    the rest waits.
    """
    with app.store(must_exist=True) as store:
        decision = approving.hold(store, edition, by=named(by), reason=reason, clock=app.clock)
    _print_held(decision)


def named(by: str | None) -> str:
    """Return who says so. Raises InputError when nobody knows."""
    if by is None:
        try:
            by = getpass.getuser()
        except (OSError, KeyError) as error:
            raise InputError("Nobody knows your login name. Say who you are: --by NAME.") from error
    name = " ".join(by.split())
    if not name or len(name) > _NAME_MOST:
        raise InputError(f"--by: write a name of 1 to {_NAME_MOST} characters.")
    return name


def said(decision: Decision | None) -> str:
    """Return a decision in words; "" for none."""
    if decision is None:
        return ""
    reason = f": {decision.reason}" if decision.reason else ""
    return f"{decision.what} by {decision.by}, {moment(decision.at)}{reason}"


def print_standing(standing: Standing) -> None:
    """Say whether an edition may leave, and what has changed since it was approved."""
    number, decision = standing.number, said(standing.decision)
    match standing.state:
        case State.WAITING | State.CHANGED:
            click.echo(
                f"waiting for approval of edition {number}: otalk-digest preview, "
                f"then otalk-digest approve {number}"
            )
        case State.HELD if standing.decision is not None:
            _print_held(standing.decision)
        case State.NOTHING_ASKED:
            click.echo(f"Edition {number}: no approval is asked for.")
        case State.APPROVED | State.SENT:
            click.echo(f"Edition {number} is {decision}." if decision else f"Edition {number}.")
    if standing.state is State.CHANGED:
        click.echo(f"It has changed since it was {decision}:")
        lines = list(_changes(standing))
        for line in lines[:_MOST_LINES]:
            click.echo(f"  {line}")
        if len(lines) > _MOST_LINES:
            click.echo(f"  … and {len(lines) - _MOST_LINES} more; see: otalk-digest preview.")


def _print_held(decision: Decision) -> None:
    number, words = decision.edition, said(decision).rstrip(".")
    click.echo(f"Edition {number} is {words}. Let it go with: otalk-digest approve {number}.")


def _changes(standing: Standing) -> Iterator[str]:
    for part in standing.parts:
        yield from (f"{part.segment}: {line}" for line in _part(part))
    for name in standing.segments:
        yield f"{name}: the segment is defined otherwise"
    for shift in standing.readers:
        yield f"{shift.segment}: {counted(shift.now, 'reader')}, approved for {shift.approved}"


def _part(part: PartDifference) -> Iterator[str]:
    gone = [line.text for line in part.lines if line.kind == "gone"]
    new = [line.text for line in part.lines if line.kind == "new"]
    match part.label:
        case "subject":
            yield from (f"the subject was: {line}" for line in gone)
            yield from (f"the subject is: {line}" for line in new)
        case "links":
            yield from (f"link gone: {line}" for line in gone)
            yield from (f"link added: {line}" for line in new)
        case "html":
            yield "the same words look different"
        case "text" | "calendar" as label:
            yield f"{label}: {counted(part.gone, 'line')} gone, {part.new} new"
        case label:
            yield f"the {label} has changed"
