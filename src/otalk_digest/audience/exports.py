"""Subscribers as a file that `imports` reads back unchanged. Pure."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TextIO

from otalk_digest.audience.columns import COLUMNS
from otalk_digest.audience.formulas import safe
from otalk_digest.model.audience import Subscriber


def write_subscribers(file: TextIO, people: Iterable[Subscriber]) -> None:
    """Write what `read_subscribers` reads back unchanged; safe to open in a spreadsheet."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for person in people:
        writer.writerow(map(safe, _cells(person)))


def _cells(person: Subscriber) -> Iterator[str]:
    """Yield them in the order of `COLUMNS`."""
    yield person.address
    yield from (text or "" for text in (person.name, person.zone, person.country, person.language))
    yield ";".join(sorted(person.tags))
    yield ";".join(sorted(person.wants))
    yield from (person.consent, person.source, person.cadence, person.reminder)
    yield from map(_written, (person.paused_until, person.joined_at, person.proof.at))
    yield person.proof.method or ""
    yield person.proof.wording or ""


def _written(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
