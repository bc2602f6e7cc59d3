"""Files that a command was asked to write: whole, or as they were."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from otalk_digest.errors import InputError


@contextlib.contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes its name, and the rights of its predecessor, when all is in it.

    Raises InputError when it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            # A pipe, a terminal: nothing can take its place.
            with path.open("wb") as device:
                yield device
            return
        place = path.resolve()
        half = place.with_name(f".{place.name}.{os.getpid()}")
        try:
            with half.open("wb") as file:
                if place.exists():
                    shutil.copymode(place, half)
                yield file
            half.replace(place)
        finally:
            half.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}. Mend that, or name another place."
        ) from error
