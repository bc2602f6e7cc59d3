"""Subscriber files: whatever a spreadsheet or another program saves, read row by row."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple
from zoneinfo import available_timezones

from otalk_digest.audience import cells as meaning
from otalk_digest.audience.columns import COMMAS_PART_TAGS, Columns, understand
from otalk_digest.audience.formulas import unsafe
from otalk_digest.audience.identity import normalise_address, normalise_addresses
from otalk_digest.audience.refusals import Reject
from otalk_digest.audience.spreadsheets import Block, Row, open_sheet
from otalk_digest.errors import InputError
from otalk_digest.model.audience import Consent, Listed, Proof, Subscriber

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_NO_PROOF: Final = Proof()
#: What subscribers say besides their address and name.
_SAID: Final = ("consent", "zone", "country", "language", "tags", "wants", "source")
#: Fields that most lists do not have, so that most rows are not asked for them.
_RARE: Final = frozenset(
    {
        *("first_name", "last_name", "cadence", "reminder", "paused_until", "joined"),
        *("consented_at", "method", "wording", "off", "left"),
    }
)
#: So many rows are read one by one where one of them is unusual.
_FEW: Final = 8


class _Unsaid(NamedTuple):
    """What is meant where a row does not say."""

    consent: Consent
    source: str
    proof: Proof


class SubscriberList:
    """A list that was opened: what was understood of it, then its rows, once."""

    def __init__(self, path: Path, named: Mapping[str, str], unsaid: _Unsaid) -> None:
        sheet = open_sheet(path)
        #: In plain words, such as "UTF-8".
        self.encoding = sheet.encoding
        #: The same, such as "commas".
        self.delimiter = sheet.delimiter
        try:
            header, self.columns = _first(sheet.rows, path, named)
        except BaseException:
            sheet.rows.close()
            raise
        self._rows: Iterator[Row | Block] = sheet.rows
        if not self.columns.has_titles:
            self._rows = chain([header], sheet.rows)
        self._reader = _RowReader(self.columns, unsaid)

    def __iter__(self) -> Iterator[Listed | Reject]:
        """Yield subscribers and rejects; each of them in the order of the rows."""
        for rows in self._rows:
            if isinstance(rows, Block):
                yield from self._together(rows)
            else:
                yield from self._alone(rows)

    def _together(self, block: Block) -> Iterator[Listed | Reject]:
        """Read many rows at once, and what has something unusual in it in ever smaller parts."""
        number, columns = block
        count = len(columns[0])
        found = self._reader.subscribers(columns)
        if found is not None:
            people, refused = found
            yield people
            for place in refused:
                cells = tuple(column[place] for column in columns)
                yield from self._alone(Row(number + place, cells))
        elif count > _FEW and not self._reader.has_rare:
            half = count // 2
            yield from self._together(Block(number, [each[:half] for each in columns]))
            yield from self._together(Block(number + half, [each[half:] for each in columns]))
        else:
            for place, cells in enumerate(zip(*columns, strict=True), number):
                yield from self._alone(Row(place, cells))

    def _alone(self, row: Row) -> Iterator[Listed | Reject]:
        if any(map(str.strip, row.cells)):
            try:
                yield Listed.of([self._reader.subscriber(row)])
            except InputError as error:
                titles = self.columns.titles
                yield Reject(row=row.number, reason=str(error), titles=titles, cells=row.cells)


def read_subscribers(
    path: Path,
    *,
    default_consent: Consent,
    default_source: str,
    default_proof: Proof = _NO_PROOF,
    named: Mapping[str, str] = _NOTHING,
) -> SubscriberList:
    """Open a list; the defaults are for rows that do not say.

    Raises:
        InputError: the file cannot be used at all: missing, empty, or without addresses.
    """
    unsaid = _Unsaid(default_consent, default_source, default_proof)
    return SubscriberList(path, named, unsaid)


def _first(
    rows: Iterator[Row | Block], path: Path, named: Mapping[str, str]
) -> tuple[Row, Columns]:
    header = next(rows, None)
    if not isinstance(header, Row):
        raise InputError(f"{path} is empty. Its first line must name columns, with email first.")
    if header.fault is not None:
        raise InputError(f"{path}, line 1: {header.fault}. It must name the columns.")
    try:
        return header, understand(header.cells, named)
    except InputError as error:
        raise InputError(f"{path}, line 1: {error}.") from error


class _RowReader:
    """Makes subscribers of the rows of one file; what its cells say again is read once."""

    def __init__(self, columns: Columns, unsaid: _Unsaid) -> None:
        self._columns = dict(columns.positions)
        #: Each row is then read by itself.
        self.has_rare = not _RARE.isdisjoint(self._columns)
        self._source = unsaid.source
        self._said = [field for field in _SAID if field in self._columns]
        has_commas = columns.program in COMMAS_PART_TAGS
        # Few different ones in a file, and no more kept than fit easily.
        remembered = lru_cache(maxsize=4_096)
        self._say = remembered(self._read_said)
        self._zone = meaning.zone_reader(available_timezones())
        self._country = remembered(meaning.country_of)
        self._tags = remembered(lambda cell: meaning.words_of(cell.lower(), has_commas=has_commas))
        self._wants = remembered(lambda cell: meaning.wants_of(cell.lower()))
        self._consent = remembered(lambda cell: meaning.consent_of(cell.lower(), unsaid.consent))
        self._width = 1 + max(self._columns.values())
        # How people agreed says nothing about who did not.
        self._proofs = dict.fromkeys(Consent, _NO_PROOF)
        self._proofs[Consent.CONFIRMED] = unsaid.proof

    def subscribers(self, columns: Sequence[Sequence[str]]) -> tuple[Listed, list[int]] | None:
        """Read rows of which each is a line, all at once; return the places of refused ones too.

        None when there may be something in one of them that wants a closer look.
        """
        if self.has_rare or len(columns) < self._width:
            return None
        if not _is_plain("".join(chain.from_iterable(columns))):
            return None
        count = len(columns[0])

        def cells(field: str) -> Iterable[str]:
            return map(str.strip, columns[self._columns[field]])

        try:
            said = (
                list(map(self._say, *map(cells, self._said)))
                if self._said
                else [self._say()] * count
            )
        except InputError:
            return None
        names = list(cells("name")) if "name" in self._columns else [""] * count
        addresses, identities, refused = normalise_addresses(columns[self._columns["address"]])
        people = Listed(addresses, identities, names, said)
        for place in reversed(refused):
            for column in people:
                del column[place]
        return people, refused

    def _read_said(self, *cells: str) -> Subscriber:
        """Read what is said besides address and name. Raises InputError."""
        get = dict(zip(self._said, cells, strict=True)).get
        consent = self._consent(get("consent", ""))
        return Subscriber(
            *("", ""),
            zone=self._zone(get("zone", "")),
            country=self._country(get("country", "")),
            language=get("language") or None,
            tags=self._tags(get("tags", "")),
            wants=self._wants(get("wants", "")),
            consent=consent,
            source=get("source") or self._source,
            proof=self._proofs[consent],
        )

    def subscriber(self, row: Row) -> Subscriber:
        """Raises InputError, which says why the row is refused."""
        record = self._record(row)
        address, identity = normalise_address(record.get("address", ""))
        said = self._say(*(record.get(field, "") for field in self._said))
        name = record.get("name") or None
        person = said._replace(address=address, identity=identity, name=name)
        return self._with_rare(person, record) if self.has_rare else person

    def _with_rare(self, person: Subscriber, record: Mapping[str, str]) -> Subscriber:
        def cell(field: str) -> str:
            return record.get(field, "")

        has_left = bool(cell("left")) or meaning.is_yes(cell("off"), field="email disabled")
        said = _NO_PROOF if has_left else person.proof
        parts = " ".join(filter(None, (cell("first_name"), cell("last_name"))))
        return person._replace(
            name=person.name or parts or None,
            consent=Consent.WITHDRAWN if has_left else person.consent,
            cadence=meaning.cadence_of(cell("cadence")),
            reminder=meaning.reminder_of(cell("reminder")),
            paused_until=meaning.moment_of(cell("paused_until"), field="paused_until"),
            joined_at=meaning.moment_of(cell("joined"), field="joined"),
            proof=Proof(
                at=meaning.moment_of(cell("consented_at"), field="consented_at") or said.at,
                method=cell("method") or said.method,
                wording=cell("wording") or said.wording,
            ),
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
        if _is_plain("".join(cells)):
            return record
        for field, cell in record.items():
            # What people agreed to may be a paragraph or two.
            if fault := _fault_of(cell.replace("\n", " ") if field == "wording" else cell):
                raise InputError(f"{field}: {fault}")
        return {field: unsafe(cell) for field, cell in record.items()}


def _is_plain(text: str) -> bool:
    """Whether nothing in it is refused, and there is no mark of an export."""
    return text.isprintable() and "'" not in text and "\ufffd" not in text


def _fault_of(cell: str) -> str | None:
    """Say why a cell is refused rather than changed."""
    if "\n" in cell:
        return "it runs over more than one line: is a quote unclosed?"
    if "\ufffd" in cell:
        return "a character was lost when the file was saved"
    return "it holds a control character" if _CONTROL.search(cell) else None
