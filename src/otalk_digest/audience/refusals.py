"""The rows of a list that cannot be used: kept out of memory, and written down to be mended."""

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from otalk_digest.audience.formulas import defused
from otalk_digest.errors import InputError

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
        self._file = TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed by `close`
        self._writer = csv.writer(self._file)
        self.count = 0
        #: To show at once.
        self.first: list[Reject] = []

    def add(self, reject: Reject) -> None:
        """Note one row."""
        if not self.count:
            self._writer.writerow(["row", "reason", *reject.titles])
        self._writer.writerow([reject.row, reject.reason, *map(defused, reject.cells)])
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
