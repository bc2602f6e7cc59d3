"""The rows of a list that cannot be used: kept out of memory, and written down to be mended."""

import contextlib
import csv
import shutil
from dataclasses import dataclass
from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from otalk_digest.audience.formulas import defused
from otalk_digest.spill import wanting_room

#: How many refused rows are shown at once.
_FIRST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that was not imported. `row` counts as a spreadsheet does, the header being 1."""

    row: int
    reason: str
    #: The file's own titles.
    titles: tuple[str, ...]
    cells: tuple[str, ...]


class Refusals:
    """The rows that were refused, out of memory: a list may hold any number of them."""

    def __init__(self) -> None:
        with wanting_room():
            self._bytes = TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._file = TextIOWrapper(self._bytes, encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self.count = 0
        #: To show at once.
        self.first: list[Reject] = []

    def add(self, reject: Reject) -> None:
        """Note one row. Raises StoreError."""
        with wanting_room():
            if not self.count:
                self._writer.writerow(["row", "reason", *reject.titles])
            self._writer.writerow([reject.row, reject.reason, *map(defused, reject.cells)])
        self.count += 1
        if self.count <= _FIRST:
            self.first.append(reject)

    def write(self, file: BinaryIO) -> None:
        """Write them to a file, in UTF-8: mended, it is imported like the first."""
        with wanting_room():
            self._file.flush()
            self._bytes.seek(0)
        shutil.copyfileobj(self._bytes, file)

    def close(self) -> None:
        """Forget them, those that are not written yet as well."""
        with contextlib.suppress(OSError):
            self._file.close()
