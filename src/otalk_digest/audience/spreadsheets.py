"""Rows of whatever a spreadsheet saves as CSV. A broken row never takes others with it."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from otalk_digest.errors import InputError

MAX_CELL = 10_000
_TOO_LONG = f"a cell is longer than {MAX_CELL} characters: is a quote unclosed?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `number` counts as a spreadsheet does, the header being 1."""

    number: int
    cells: tuple[str, ...]
    #: Why the cells are not to be trusted; they are then the line as it was.
    fault: str | None = None


def read_rows(path: Path) -> Iterator[Row]:
    """Yield every row, empty ones too. Raises InputError when there is nothing to read."""
    with _open(path) as file:
        delimiter = _delimiter(file)
        number = 0
        while row := _next_row(file, delimiter, number + 1):
            number += 1
            yield row


def _next_row(file: io.StringIO, delimiter: str, number: int) -> Row | None:
    start = file.tell()
    try:
        cells = next(csv.reader(iter(file.readline, ""), delimiter=delimiter, strict=True), None)
    except csv.Error as error:
        # An unclosed quote swallows the rows below it: go back to the end of its own line.
        file.seek(start)
        line = file.readline().rstrip("\n")
        is_limit = "field limit" in str(error)
        reason = _TOO_LONG if is_limit else "its quotes do not match"
        return Row(number=number, cells=(line,), fault=reason)
    if cells is None:
        return None
    fault = _TOO_LONG if any(len(cell) > MAX_CELL for cell in cells) else None
    return Row(number=number, cells=tuple(cells), fault=fault)


def _open(path: Path) -> io.StringIO:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    if not data.strip():
        raise InputError(f"{path} is empty. Its first line must name columns, with email first.")
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    return io.StringIO(text, newline="")


def _decode(data: bytes) -> str:
    """Spreadsheets save UTF-8 with or without a mark, UTF-16, or the Windows code page."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _delimiter(file: io.StringIO) -> str:
    header = file.readline()
    file.seek(0)
    return max(",;\t|", key=header.count)
