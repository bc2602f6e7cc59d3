"""Rows of whatever a spreadsheet saves as CSV. A broken row never takes others with it."""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Generator, Iterator
from itertools import repeat
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TextIO

from otalk_digest.errors import InputError

MAX_CELL = 10_000
_TOO_LONG = f"a cell is longer than {MAX_CELL} characters: is a quote unclosed?"
_CHUNK: Final = 1 << 20
#: How many characters are read together, about.
_BLOCK: Final = 1 << 15
DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_ENCODINGS: Final = {
    "utf-8-sig": "UTF-8",
    "cp1252": "Windows' western code page",
    **dict.fromkeys(("utf-16", "utf-16-le", "utf-16-be"), "UTF-16"),
    "utf-32": "UTF-32",
}
#: Excel's own way to name the delimiter, in a line before the titles.
_NAMED: Final = re.compile(r"\ufeff?\"?sep=([,;\t|])\"?\n?")
_QUOTED: Final = re.compile(r'"[^"]*"')


class Row(NamedTuple):
    """One row. `number` counts as a spreadsheet does, the header being 1."""

    number: int
    cells: tuple[str, ...]
    #: Why the cells are not to be trusted; they are then the line as it was.
    fault: str | None = None


class Block(NamedTuple):
    """Rows of a line each, alike in width and with no quote: nothing is wrong with how they are.

    They come by columns, which is far less work than row by row.
    """

    #: The number of its first row.
    number: int
    columns: list[list[str]]


class Sheet(NamedTuple):
    """A file that was opened. Encoding and delimiter are in plain words."""

    encoding: str
    delimiter: str
    #: Every row, empty ones too; the first is by itself.
    rows: Generator[Row | Block, None, None]


def open_sheet(path: Path) -> Sheet:
    """Find out how a file is written. Raises InputError when there is nothing to read."""
    file = _open(path)
    try:
        delimiter = _delimiter(file)
    except BaseException:
        file.close()
        raise
    rows = _rows(file, delimiter)
    return Sheet(_ENCODINGS[file.encoding], DELIMITERS[delimiter], rows)


def _rows(file: TextIO, delimiter: str) -> Generator[Row | Block, None, None]:
    with file:
        number = 1
        lines = file.readlines(1)
        while lines:
            if number > 1 and _is_plain(lines):
                yield from _together(lines, delimiter, number)
                number += len(lines)
            else:
                for row in _with_care(file, delimiter, deque(lines), number=number):
                    yield row
                    number = row.number + 1
            lines = file.readlines(_BLOCK)


def _is_plain(lines: list[str]) -> bool:
    return '"' not in "".join(lines) and max(map(len, lines)) <= MAX_CELL


def _together(lines: list[str], delimiter: str, number: int) -> Iterator[Row | Block]:
    """Yield plain lines in as large blocks as they are alike in width.

    Without quotes there is nothing else that csv would do.
    """
    widths = set(map(str.count, lines, repeat(delimiter)))
    if len(widths) == 1:
        width = widths.pop() + 1
        cells = "".join(lines).removesuffix("\n").replace("\n", delimiter).split(delimiter)
        yield Block(number, [cells[place::width] for place in range(width)])
    else:
        half = len(lines) // 2
        yield from _together(lines[:half], delimiter, number)
        yield from _together(lines[half:], delimiter, number + half)


def _with_care(
    file: TextIO, delimiter: str, again: deque[str], *, number: int
) -> Generator[Row, None, None]:
    """Yield the rows that begin in these lines, or in those that a broken row gives back."""
    while again:
        taken: list[str] = []
        rows = csv.reader(_noted(file, again, taken), delimiter=delimiter, strict=True)
        try:
            for cells in rows:
                yield Row(number, tuple(cells), _fault(cells, taken))
                number += 1
                taken.clear()
                if not again:
                    return
        except csv.Error as error:
            # An unclosed quote swallows the rows below it: go on after its own line.
            reason = _TOO_LONG if "field limit" in str(error) else "its quotes do not match"
            yield Row(number, (taken[0].rstrip("\n"),), reason)
            number += 1
            again.extendleft(reversed(taken[1:]))


def _noted(file: TextIO, again: deque[str], taken: list[str]) -> Iterator[str]:
    """Yield lines, those to be read again first; keep those of the row that is being read."""
    while again:
        taken.append(again.popleft())
        yield taken[-1]
    for line in file:
        taken.append(line)
        yield line


def _fault(cells: list[str], taken: list[str]) -> str | None:
    # No cell is longer than its lines, and almost every row is one short line.
    if len(taken) == 1 and len(taken[0]) <= MAX_CELL:
        return None
    return _TOO_LONG if any(len(cell) > MAX_CELL for cell in cells) else None


def _open(path: Path) -> TextIO:
    try:
        file: BinaryIO = path.open("rb")
        if not file.seekable():
            # A pipe is read once, and we look at the whole of it first.
            with file:
                file = io.BytesIO(file.read())
        encoding = _encoding(file)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    if encoding is None:
        file.close()
        raise InputError(f"{path} is empty. Its first line must name columns, with email first.")
    file.seek(0)
    # Old and new ends of lines become one.
    return io.TextIOWrapper(file, encoding=encoding, errors="replace", newline=None)


def _encoding(file: BinaryIO) -> str | None:
    """Return how the file is written; None when there is nothing in it.

    Spreadsheets save UTF-8 with or without a mark, UTF-16, or the Windows code page.
    """
    beginning = file.read(_CHUNK)
    if marked := _marked(beginning):
        return marked
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf_8, is_blank, chunk = True, True, beginning
    while chunk:
        is_blank = is_blank and chunk.isspace()
        if is_utf_8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf_8 = False
        chunk = file.read(_CHUNK)
    if is_blank:
        return None
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        is_utf_8 = False
    return "utf-8-sig" if is_utf_8 else "cp1252"


def _marked(beginning: bytes) -> str | None:
    """Return what its first bytes say, or that every other byte is nothing."""
    if beginning.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    first = beginning[: 1 << 10]
    even, odd = first[::2].count(0), first[1::2].count(0)
    if max(even, odd) * 3 < len(first) or min(even, odd) * 10 > len(first):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _delimiter(file: TextIO) -> str:
    """Find it in the first line, and leave the file after a line that only names it."""
    first = file.readline()
    if named := _NAMED.fullmatch(first):
        return named[1]
    file.seek(0)
    outside = _QUOTED.sub("", first)
    return max(DELIMITERS, key=outside.count)
