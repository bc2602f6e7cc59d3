"""`rehearse`: weeks that are over, once more, into a folder."""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.printing import print_table
from otalk_digest.cli.render import pages_of
from otalk_digest.cli.snapshots import read_snapshots
from otalk_digest.errors import InputError
from otalk_digest.pipeline.looks import (
    Calendar,
    Look,
    Snapshot,
    looks_of_snapshots,
    looks_of_store,
    rulings_of_store,
)
from otalk_digest.pipeline.overruling import Ruling
from otalk_digest.pipeline.proofing import Proof, ProofReader, proofs
from otalk_digest.pipeline.rehearsing import Stage, Week, rehearse_weeks
from otalk_digest.store.database import Store, open_store
from otalk_digest.store.rehearsals import copy_audience
from otalk_digest.web.rehearsal import edition_folder, index_page

_WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
#: Only a folder with this in it is ever emptied.
_MARK: Final = ".otalk-digest-rehearsal"


class _Moment(click.DateTime):
    """click's own, which says what to write instead."""

    def __init__(self, form: str, what: str, example: str) -> None:
        super().__init__([form])
        self._advice = f"is no {what}; write one such as {example}"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} {self._advice}", param, ctx)


_DAY: Final = _Moment("%Y-%m-%d", "day", "2026-11-18")
_HOUR: Final = _Moment("%H:%M", "hour", "09:00")


@click.command()
@click.option("--from", "first", type=_DAY, required=True, metavar="DAY", help="The first day.")
@click.option("--to", "last", type=_DAY, required=True, metavar="DAY", help="The last day.")
@click.option(
    "--snapshots",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Saved feeds named 2026-11-18.xml or 2026-11-18T0900.xml; else what the store saw.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("rehearsal"),
    show_default=True,
    help="Where to put it; an older rehearsal there is replaced.",
)
@click.option(
    "--weekday",
    type=click.Choice(_WEEKDAYS),
    default="wednesday",
    show_default=True,
    help="The day of the job.",
)
@click.option(
    "--at",
    "hour",
    type=_HOUR,
    default="09:00",
    show_default=True,
    metavar="HH:MM",
    help="The hour of the job, in the chat profile's time zone.",
)
@click.pass_obj
def rehearse(
    app: App,
    first: datetime,
    last: datetime,
    snapshots: Path | None,
    out: Path,
    weekday: str,
    hour: datetime,
) -> None:
    """Replay weeks and write each edition that would have gone out, with an index.

    Both days count. Weeks before the first day are walked through too, so that what was told
    then is not told again. Readers are those of the store as they are now. Sends nothing, and
    changes nothing but the folder.
    """
    if first > last:
        raise click.UsageError("--from is later than --to. Turn them round.")
    calendar = Calendar(
        first=first.date(),
        last=last.date(),
        weekday=_WEEKDAYS.index(weekday),
        hour=hour.time(),
        zone=app.settings.chat.profile().zone,
    )
    saved = read_snapshots(snapshots, calendar.zone) if snapshots else None
    weeks: list[Week] = []
    with _empty_store() as store, _writing(out):
        for week in _weeks(app, store, calendar, saved):
            weeks.append(week)
            for issue in week.issues:
                shown = proofs(store, issue.edition, app.post(), ProofReader())
                _write(shown, out / edition_folder(issue.edition, week.at, calendar))
        page = index_page(weeks, calendar=calendar, name=app.settings.digest.name)
        (out / "index.html").write_text(page, encoding="utf-8")
    _print_weeks(weeks)
    click.echo(f"Nothing was sent. Open {out / 'index.html'} in a browser.")


def _weeks(
    app: App, stage: Store, calendar: Calendar, saved: Sequence[Snapshot] | None
) -> Iterator[Week]:
    """Yield the weeks that were asked for; those before them happen unseen."""
    looks, rulings = _history(app, stage, is_store_needed=saved is None)
    begin = min((each.at for each in saved or looks), default=None)
    clocks = calendar.clocks(since=begin)
    if saved is not None:
        looks = tuple(looks_of_snapshots(saved, clocks))
    setting = Stage(store=stage, press=app.press(), segments=app.segments)
    for week in rehearse_weeks(setting, looks, rulings, clocks):
        if calendar.holds(week.at):
            yield week


def _history(
    app: App, stage: Store, *, is_store_needed: bool
) -> tuple[Sequence[Look], Sequence[Ruling]]:
    """Copy the readers onto the stage; return what the real store saw, and was told."""
    database = app.settings.database
    if not is_store_needed and isinstance(database, Path) and not database.exists():
        return (), ()
    with app.store(must_exist=True) as store, store.read() as real:
        with stage.begin() as connection:
            copy_audience(real, connection)
        return looks_of_store(real), rulings_of_store(real)


@contextlib.contextmanager
def _empty_store() -> Iterator[Store]:
    with TemporaryDirectory(prefix="otalk-digest-") as folder:
        store = open_store(Path(folder) / "rehearsal.sqlite3")
        try:
            yield store
        finally:
            store.close()


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Empty the folder and watch over what is written there. Raises InputError."""
    try:
        if out.exists() and any(out.iterdir()):
            if not (out / _MARK).exists():
                raise InputError(f"{out} holds something else. Name another folder with --out.")
            shutil.rmtree(out)
        out.mkdir(parents=True, exist_ok=True)
        (out / _MARK).touch()
        yield
    except OSError as error:
        raise InputError(
            f"{error.filename or out} cannot be written: {error.strerror}. "
            "Name another folder with --out."
        ) from error


def _write(shown: Sequence[Proof], folder: Path) -> None:
    folder.mkdir(parents=True)
    for proof in shown:
        for name, content in pages_of(proof).items():
            (folder / name).write_bytes(content)


def _print_weeks(weeks: Sequence[Week]) -> None:
    print_table(
        ("week", "edition", "readers", "what"),
        (
            (
                week.at.date(),
                ", ".join(str(issue.edition.number) for issue in week.issues) or "none",
                week.mails,
                week.why_nothing
                or " · ".join(
                    f"{piece.kind}: {piece.topic}" for piece in week.pieces if piece.told
                ),
            )
            for week in weeks
        ),
    )
    if any(week.issues for week in weeks) and not any(week.mails for week in weeks):
        click.echo("warning: no reader is confirmed, so nobody would have got these", err=True)
    for week in weeks:
        for fault in week.faults:
            click.echo(f"warning: {fault.place}: {fault.reason}", err=True)
