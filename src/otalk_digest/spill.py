"""Room for what would not fit into memory: a file without a name, gone with whoever made it."""

import contextlib
from collections.abc import Iterator
from tempfile import TemporaryFile
from types import TracebackType
from typing import NamedTuple, Self

from otalk_digest.errors import StoreError


class Extent(NamedTuple):
    """Where something is."""

    start: int
    size: int


class Spill:
    """Bytes that are written one after the other and read in any order. Raises StoreError."""

    def __init__(self) -> None:
        with wanting_room():
            self._file = TemporaryFile()  # noqa: SIM115 - closed by `__exit__`
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What is still to be written is not needed either.
        with contextlib.suppress(OSError):
            self._file.close()

    def add(self, data: bytes) -> Extent:
        """Put something aside; return where it is."""
        extent = Extent(self._end, len(data))
        with wanting_room():
            self._file.write(data)
        self._end += extent.size
        return extent

    def read(self, extent: Extent) -> bytes:
        """Return what was put there."""
        with wanting_room():
            self._file.seek(extent.start)
            return self._file.read(extent.size)


@contextlib.contextmanager
def wanting_room() -> Iterator[None]:
    """Say what to do where there is no room for such files. Raises StoreError."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"There is no room for temporary files ({error.strerror}). Make some, or name another "
            "folder in the environment variable TMPDIR, then start the same command again."
        ) from error
