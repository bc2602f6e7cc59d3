"""Subscriber files: whatever a spreadsheet saves, read row by row."""

import csv
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO
from zoneinfo import available_timezones

from otalk_digest.audience.identity import normalise_address
from otalk_digest.audience.spreadsheets import Row, read_rows
from otalk_digest.errors import InputError
from otalk_digest.model.audience import Consent, Subscriber
from otalk_digest.model.news import NewsKind

#: What a column is called, here and in other programs' exports.
_NAMES = {
    "address": ("email", "e-mail", "email address", "e-mail address", "address", "mail"),
    "name": ("name", "full name", "display name"),
    "zone": ("zone", "time zone", "timezone", "tz"),
    "country": ("country", "country code"),
    "language": ("language", "lang", "locale"),
    "tags": ("tags", "labels", "groups"),
    "wants": ("wants", "preferences", "interests"),
    "consent": ("consent", "status"),
    "source": ("source", "origin"),
}
COLUMNS = tuple(names[0] for names in _NAMES.values())
_CONSENT = {
    "confirmed": Consent.CONFIRMED,
    "subscribed": Consent.CONFIRMED,
    "active": Consent.CONFIRMED,
    "pending": Consent.PENDING,
    "unconfirmed": Consent.PENDING,
    "withdrawn": Consent.WITHDRAWN,
    "unsubscribed": Consent.WITHDRAWN,
    "cleaned": Consent.WITHDRAWN,
    "bounced": Consent.WITHDRAWN,
}
_LIST_SEPARATORS = re.compile(r"[;|]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: How much of a cell a reason repeats.
_SHOWN = 40
#: How many refused rows are shown at once.
_FIRST = 5
# Spreadsheets run cells that begin so; `export` puts an apostrophe before them.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that was not imported. `row` counts as a spreadsheet does, the header being 1."""

    row: int
    reason: str
    #: The file's own titles.
    titles: tuple[str, ...]
    cells: tuple[str, ...]


def read_subscribers(
    path: Path, *, default_consent: Consent, default_source: str
) -> Iterator[Subscriber | Reject]:
    """Yield a subscriber or a reject for each row that is not empty.

    Raises:
        InputError: the file cannot be used at all: missing, empty, or without an address column.
    """
    rows = read_rows(path)
    header = next(rows, None)
    if header is None:
        raise InputError(f"{path} is empty. Its first line must name columns, with email first.")
    columns = _columns(header, path)
    reader = _RowReader(columns, default_consent, default_source)
    for row in rows:
        if not any(row.cells) or not any(map(str.strip, row.cells)):
            continue
        try:
            yield reader.subscriber(row)
        except InputError as error:
            yield Reject(row=row.number, reason=str(error), titles=header.cells, cells=row.cells)


class _RowReader:
    """Makes subscribers of the rows of one file; what its cells say again is read once."""

    def __init__(self, columns: dict[str, int], consent: Consent, source: str) -> None:
        self._columns = columns
        self._source = source
        # Few different ones in a file, and no more kept than fit easily.
        zones = available_timezones()
        remembered = lru_cache(maxsize=4_096)
        self._zone = remembered(lambda cell: _zone(cell, zones))
        self._country = remembered(_country)
        self._tags = remembered(lambda cell: _set(cell.lower()))
        self._wants = remembered(lambda cell: _wants(cell.lower()))
        self._consent = remembered(lambda cell: _consent(cell.lower(), consent))

    def subscriber(self, row: Row) -> Subscriber:
        """Raises InputError, which says why the row is refused."""
        get = self._record(row).get
        address, identity = normalise_address(get("address", ""))
        return Subscriber(
            address,
            identity,
            name=get("name") or None,
            zone=self._zone(get("zone", "")),
            country=self._country(get("country", "")),
            language=get("language") or None,
            tags=self._tags(get("tags", "")),
            wants=self._wants(get("wants", "")),
            consent=self._consent(get("consent", "")),
            source=get("source") or self._source,
        )

    def _record(self, row: Row) -> dict[str, str]:
        if row.fault is not None:
            raise InputError(row.fault)
        cells = row.cells
        record = {
            field: cells[position].strip()
            for field, position in self._columns.items()
            if position < len(cells)
        }
        text = "".join(cells)
        # Almost every row: nothing in it that is refused, and no mark of an export.
        if text.isprintable() and "'" not in text and "\ufffd" not in text:
            return record
        for field, cell in record.items():
            if fault := _fault_of(cell):
                raise InputError(f"{field}: {fault}")
        return {field: _unsafe(cell) for field, cell in record.items()}


class Refusals:
    """The rows that were refused, out of memory: a list may hold any number of them."""

    def __init__(self) -> None:
        self._file = TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed by `close`
        self._writer = csv.writer(self._file)
        self.count = 0
        #: To show at once.
        self.first: list[Reject] = []

    def add(self, reject: Reject) -> None:
        """Note one row."""
        if not self.count:
            self._writer.writerow(["row", "reason", *reject.titles])
        self._writer.writerow([reject.row, reject.reason, *map(_defused, reject.cells)])
        self.count += 1
        if self.count <= _FIRST:
            self.first.append(reject)

    def write(self, path: Path) -> None:
        """Write them to a file: mended, it is imported like the first.

        Raises InputError when it cannot be written.
        """
        try:
            self._file.seek(0)
            with path.open("w", encoding="utf-8", newline="") as file:
                shutil.copyfileobj(self._file, file)
        except OSError as error:
            raise InputError(
                f"{path} cannot be written: {error.strerror}. Name another with --rejects."
            ) from error

    def close(self) -> None:
        """Forget them."""
        self._file.close()


def write_subscribers(file: TextIO, people: Iterable[Subscriber]) -> None:
    """Write what `read_subscribers` reads back unchanged; safe to open in a spreadsheet."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for person in people:
        cells = (
            person.address,
            person.name or "",
            person.zone or "",
            person.country or "",
            person.language or "",
            ";".join(sorted(person.tags)),
            ";".join(sorted(person.wants)),
            person.consent,
            person.source,
        )
        writer.writerow(map(_safe, cells))


def _columns(header: Row, path: Path) -> dict[str, int]:
    """Return field → position of its column."""
    if header.fault is not None:
        raise InputError(f"{path}, line 1: {header.fault}. It must name the columns.")
    titles = [cell.strip().lower() for cell in header.cells]
    found = {}
    for field, names in _NAMES.items():
        for name in names:
            if name in titles:
                found[field] = titles.index(name)
                break
    if "address" not in found:
        is_data = any("@" in title for title in titles)
        problem = (
            "it holds a subscriber, not the names of columns"
            if is_data
            else f"no column is called email; found: {', '.join(titles)[:200]}"
        )
        raise InputError(
            f"{path}, line 1: {problem}. "
            f"Name the columns in the first line, such as: {','.join(COLUMNS)}."
        )
    return found


def _fault_of(cell: str) -> str | None:
    """Say why a cell is refused rather than changed."""
    if "\n" in cell:
        return "it runs over more than one line: is a quote unclosed?"
    if "\ufffd" in cell:
        return "a character was lost when the file was saved"
    return "it holds a control character" if _CONTROL.search(cell) else None


def _zone(cell: str, zones: set[str]) -> str | None:
    if cell and cell not in zones:
        raise InputError(f"{_shown(cell)} is no time zone; write one such as Europe/London")
    return cell or None


def _country(cell: str) -> str | None:
    country = cell.upper()
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise InputError(f"{_shown(country)} is no country code; write two letters such as GB")
    return country or None


def _set(cell: str) -> frozenset[str]:
    return frozenset(part.strip() for part in _LIST_SEPARATORS.split(cell) if part.strip())


def _wants(cell: str) -> frozenset[str]:
    kinds = _set(cell)
    if unknown := kinds - set(NewsKind):
        known = ", ".join(NewsKind)
        raise InputError(f"wants: {_shown(min(unknown))} is no kind of news; known ones: {known}")
    return kinds


def _consent(cell: str, default: Consent) -> Consent:
    if not cell:
        return default
    if cell not in _CONSENT:
        raise InputError(
            f"consent: {_shown(cell)} is unknown; write confirmed, pending or withdrawn"
        )
    return _CONSENT[cell]


def _shown(cell: str) -> str:
    """Repeat what was written, unless a row slipped sideways and it is somebody's address."""
    return "an address" if "@" in cell else repr(cell[:_SHOWN])


def _defused(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _safe(cell: str) -> str:
    """Also mark what begins with the mark itself, so that `_unsafe` gives it back."""
    return f"'{cell}" if cell.startswith("'") else _defused(cell)


def _unsafe(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith((*_FORMULA_STARTS, "'")) else cell
