"""`check`: why a message should not go out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.numbers import NUMBER
from otalk_digest.cli.printing import print_json
from otalk_digest.cli.send import edition_to_show
from otalk_digest.errors import CheckFailedError, InputError
from otalk_digest.model.audience import segment_name
from otalk_digest.model.finding import Finding, Level, Place
from otalk_digest.pipeline.checking import Findings, check_edition, check_messages

if TYPE_CHECKING:
    from otalk_digest.check.expected import Expected


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--edition", type=NUMBER, metavar="N", help="A past edition, not the next one.")
@click.option("--segment", metavar="S", help="Only this segment.")
@click.option("--json", "is_json", is_flag=True, help="One finding a line.")
@click.pass_obj
def check(
    app: App, files: Sequence[Path], edition: int | None, segment: str | None, is_json: bool
) -> int:
    """Say why the next edition, or these messages, should not go out, and how to mend them.

    FILES are messages as .eml. Leaves with 5 when something must be mended first: the same
    keeps “run” and “send” from sending.
    """
    if files and (edition is not None or segment is not None):
        raise click.UsageError("Name files, or an edition and its segment, not both.")
    found = _check_files(app, files) if files else _check_edition(app, edition, segment)
    if is_json:
        for where, findings in found.items():
            for finding in findings:
                print_json(_record(where, finding))
    else:
        _print(found)
    return CheckFailedError.exit_status if _count(found, Level.MUST) else 0


def _check_edition(app: App, number: int | None, segment: str | None) -> Findings:
    from otalk_digest.audience.segments import choose_segments

    with app.store(must_exist=True) as store:
        shown = edition_to_show(app, store, number, segment)
        if segment is not None:
            # Raises SettingsError when there is no such segment.
            names = {each.name for each in choose_segments(app.segments, segment)}
            kept = tuple(each for each in shown.variants if segment_name(each.segment) in names)
            shown = replace(shown, variants=kept)
        if not shown.variants:
            raise InputError(f"Edition {shown.number} has nothing for the segment {segment}.")
        return check_edition(store, shown, app.post(), expected=app.expected())


def _check_files(app: App, files: Sequence[Path]) -> Findings:
    expected = _expected_of_files(app)
    return {str(file): check_messages([_read(file)], expected) for file in files}


def _expected_of_files(app: App) -> "Expected":
    """A message may come from anywhere: without settings, any host may give its pictures."""
    from otalk_digest.check.expected import Expected

    hosts = app.expected().image_hosts if app.config.exists() else frozenset()
    return Expected(has_web=True, image_hosts=hosts)


def _read(file: Path) -> bytes:
    from otalk_digest.check.mail import is_message

    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}. Name another file.") from error
    if not is_message(raw):
        raise InputError(
            f"{file} is no e-mail message. Name an .eml file, such as those of: "
            "otalk-digest render --out FOLDER."
        )
    return raw


def _print(found: Mapping[str, Sequence[Finding]]) -> None:
    for where, findings in found.items():
        click.echo(f"{where}: {_summary(findings)}")
        known: set[str] = set()
        for finding in findings:
            click.echo(f"\n  {str(finding.level).upper()} {finding.rule}")
            click.echo(f"    {_where(finding.place)}")
            if finding.rule not in known:
                click.echo(f"    Why: {finding.why}")
                click.echo(f"    Mend: {finding.mend}")
            known.add(finding.rule)
        if findings:
            click.echo()


def _summary(findings: Sequence[Finding]) -> str:
    failed = sum(finding.level is Level.MUST for finding in findings)
    if not findings:
        return "nothing to mend."
    return f"{failed} must be mended, {len(findings) - failed} should be."


def _where(place: Place) -> str:
    line = "" if place.line is None else f", line {place.line}"
    return f"{place.part}{line}: {place.excerpt}"


def _record(where: str, finding: Finding) -> dict[str, object]:
    return {
        "in": where,
        "rule": finding.rule,
        "level": str(finding.level),
        "part": str(finding.place.part),
        "line": finding.place.line,
        "path": finding.place.path,
        "excerpt": finding.place.excerpt,
        "why": finding.why,
        "mend": finding.mend,
    }


def _count(found: Mapping[str, Sequence[Finding]], level: Level) -> int:
    return sum(finding.level is level for findings in found.values() for finding in findings)
